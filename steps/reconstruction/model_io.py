"""A textured model in its folder: model.npz and texture.png."""

from __future__ import annotations

import io
import zipfile
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from kai_pipelines import Fatal

EPOCH = (1980, 1, 1, 0, 0, 0)
"""The date of every member: the same model gives the same bytes."""


@dataclass(frozen=True)
class Model:
    """Triangles with a texture, in the frame of the sparse model."""

    vertices: NDArray[np.float32]  # [v, 3], scene units; doubled at the texture's seams
    faces: NDArray[np.int32]  # [f, 3], counterclockwise seen from outside
    uvs: NDArray[np.float32]  # [v, 2], origin bottom left
    normals: NDArray[np.float32]  # [v, 3], unit
    texture: NDArray[np.uint8]  # [s, s, 3], sRGB, first row at the top


def write_model(folder: Path, model: Model) -> None:
    """Write `model` so that equal models are equal bytes."""
    arrays = {"vertices": model.vertices, "faces": model.faces, "uvs": model.uvs, "normals": model.normals}
    with zipfile.ZipFile(folder / "model.npz", "w", zipfile.ZIP_STORED) as archive:
        for name, array in arrays.items():
            data = io.BytesIO()
            np.lib.format.write_array(data, np.ascontiguousarray(array), allow_pickle=False)
            archive.writestr(zipfile.ZipInfo(f"{name}.npy", EPOCH), data.getvalue())
    Image.fromarray(model.texture, "RGB").save(folder / "texture.png", compress_level=3)


def read_model(folder: Path) -> Model:
    """Read what `write_model` wrote."""
    try:
        with np.load(folder / "model.npz", allow_pickle=False) as arrays, Image.open(folder / "texture.png") as image:
            return Model(
                vertices=arrays["vertices"].astype(np.float32),
                faces=arrays["faces"].astype(np.int32),
                uvs=arrays["uvs"].astype(np.float32),
                normals=arrays["normals"].astype(np.float32),
                texture=np.asarray(image.convert("RGB"), np.uint8),
            )
    except (OSError, KeyError, ValueError) as error:
        raise Fatal(
            f"{folder.name} is not a textured model: {error}", code="unreadable-model", files=["model.npz"]
        ) from error


def with_unit_normals(model: Model) -> Model:
    """Normals of length 1, as formats demand; those that have no direction point up."""
    length = np.linalg.norm(model.normals, axis=1, keepdims=True)
    known = np.isfinite(length) & (length > 1e-6)
    up = np.array([0, 1, 0], np.float32)
    return replace(model, normals=np.where(known, model.normals / np.where(known, length, 1), up).astype(np.float32))
