"""The textured model, and how it is packed into the page for the viewer."""

from __future__ import annotations

import base64
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from kai_pipelines import Fatal
from steps.reconstruction.reporting.thumbnails import data_uri

VIEWER_FACES = 400_000
"""A model of more triangles is shown by its still views only, so that the page stays under some megabytes."""
VIEWER_TEXTURE = 2048
"""Longer side of the texture inside the page, pixels."""


@dataclass(frozen=True)
class Geometry:
    """The arrays of a `TexturedModel`."""

    vertices: NDArray[np.float64]  # [v, 3], scene units
    faces: NDArray[np.int64]  # [f, 3]
    uvs: NDArray[np.float64]  # [v, 2], origin bottom left
    normals: NDArray[np.float64]  # [v, 3], unit
    texture: Path

    @property
    def texture_px(self) -> int:
        """Longer side of the texture."""
        with Image.open(self.texture) as image:
            return max(image.size)


def read_geometry(folder: Path) -> Geometry:
    """Read model.npz and find texture.png."""
    try:
        with np.load(folder / "model.npz", allow_pickle=False) as arrays:
            return Geometry(
                vertices=arrays["vertices"].astype(np.float64),
                faces=arrays["faces"].astype(np.int64),
                uvs=arrays["uvs"].astype(np.float64),
                normals=arrays["normals"].astype(np.float64),
                texture=folder / "texture.png",
            )
    except (OSError, KeyError, ValueError) as error:
        raise Fatal(
            f"{folder.name} holds no readable model.npz: {error}", code="unreadable-model", files=["model.npz"]
        ) from error


def pack(geometry: Geometry, frame: NDArray[np.float64]) -> dict[str, Any] | None:
    """The model turned into `frame`, quantized and compressed, as the page's script unpacks it; None when too big.

    Positions and texture coordinates become 16 bits within their bounds, normals 8 bits; every stream is
    stored as differences (zigzag), by byte planes, then deflated together: about 12 bytes per vertex.
    """
    if not 0 < len(geometry.faces) <= VIEWER_FACES:
        return None
    used, first, inverse = np.unique(geometry.faces.reshape(-1), return_index=True, return_inverse=True)
    order = np.argsort(first, kind="stable")  # vertices in the order in which the faces first name them
    rank = np.empty(len(used), np.int64)
    rank[order] = np.arange(len(used))
    keep = used[order]
    positions, low, size = _quantized(geometry.vertices[keep] @ frame.T)
    uvs, uv_low, uv_size = _quantized(geometry.uvs[keep])
    normals = np.clip(np.rint(geometry.normals[keep] @ frame.T * 127), -127, 127).astype(np.int64) & 0xFF
    streams = [*_planes(positions, 2), *_planes(uvs, 2), *_bytes(normals), *_planes(rank[inverse].reshape(-1, 1), 4)]
    return {
        "vertices": len(keep),
        "faces": len(geometry.faces),
        "low": low.tolist(),
        "size": size.tolist(),
        "uvLow": uv_low.tolist(),
        "uvSize": uv_size.tolist(),
        "data": base64.b64encode(zlib.compress(b"".join(streams), 9)).decode("ascii"),
    }


def viewer_texture(geometry: Geometry) -> str:
    """The texture as a data URI, at most `VIEWER_TEXTURE` pixels long."""
    with Image.open(geometry.texture) as image:
        small = image.convert("RGB")
        small.thumbnail((VIEWER_TEXTURE, VIEWER_TEXTURE), Image.Resampling.LANCZOS, reducing_gap=2.0)
        return data_uri(small, quality=80)


def _quantized(values: NDArray[np.float64]) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.float64]]:
    low = values.min(axis=0)
    size = np.maximum(values.max(axis=0) - low, 1e-9)
    return np.rint((values - low) / size * 65535).astype(np.int64), low, size


def _planes(columns: NDArray[np.int64], width: int) -> list[bytes]:
    """Each column [n, c] as zigzag differences, its `width` bytes in separate planes."""
    planes = []
    half = 1 << (8 * width - 1)
    for column in columns.T:
        step = (np.diff(column, prepend=0) + half) % (2 * half) - half  # wraps, and so does its undoing
        zigzag = np.where(step < 0, -2 * step - 1, 2 * step).astype("<u8")
        planes += [
            ((zigzag >> np.uint64(8 * byte)) & np.uint64(0xFF)).astype(np.uint8).tobytes() for byte in range(width)
        ]
    return planes


def _bytes(columns: NDArray[np.int64]) -> list[bytes]:
    return [column.astype(np.uint8).tobytes() for column in columns.T]
