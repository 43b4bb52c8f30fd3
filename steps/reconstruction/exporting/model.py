"""A textured model as every writer takes it: upright, with its texture as JPEG."""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

JPEG_QUALITY = 88
Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Model:
    """Geometry in scene units, +y up, standing on y = 0."""

    vertices: Floats  # [v, 3]
    normals: Floats  # [v, 3], unit
    uvs: Floats  # [v, 2], origin bottom left
    faces: NDArray[np.uint32]  # [f, 3], counterclockwise
    jpeg: bytes


def read_model(folder: Path) -> Model:
    """Read a `TexturedModel` and put it upright."""
    with np.load(folder / "model.npz", allow_pickle=False) as arrays:
        motion = arrays["upright"]
        vertices = arrays["vertices"] @ motion[:3, :3].T + motion[:3, 3]
        normals = arrays["normals"] @ motion[:3, :3].T
        uvs, faces = arrays["uvs"], arrays["faces"]
    buffer = io.BytesIO()
    with Image.open(folder / "texture.png") as texture:
        texture.convert("RGB").save(buffer, "JPEG", quality=JPEG_QUALITY, optimize=True, subsampling="4:2:0")
    length = np.linalg.norm(normals, axis=1, keepdims=True)
    unit = np.where(length > 1e-6, normals / np.maximum(length, 1e-6), [0.0, 1.0, 0.0])
    return Model(
        vertices.astype(np.float32),
        unit.astype(np.float32),
        uvs.astype(np.float32),
        faces.astype(np.uint32),
        buffer.getvalue(),
    )
