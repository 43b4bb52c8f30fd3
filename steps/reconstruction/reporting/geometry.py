"""The textured model, and how it is packed into the page for the viewer."""

from __future__ import annotations

import base64
import zlib
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from kai_pipelines import Fatal
from steps.reconstruction.reporting.thumbnails import data_uri

VIEWER_FACES = 400_000
"""A model of more triangles is shown by its still views only, so that the page stays under some megabytes."""
STRAY = 0.4
"""Farther than so much of the extent of nearly all vertices, one is stray."""
INWARD = 0.35
"""From such a mean cosine on between the surface and the way to its middle, it is a room. A wall is near 0."""
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

    @cached_property
    def seen(self) -> NDArray[np.float64]:
        """The vertices that a view has to show, [n, 3]: all but stray ones far from the others."""
        used = self.vertices[np.unique(self.faces)] if len(self.faces) else self.vertices
        if not len(used):
            return used
        low, high = np.percentile(used, (0.5, 99.5), axis=0)
        near = np.all((used >= low - (high - low) * STRAY) & (used <= high + (high - low) * STRAY + 1e-12), axis=1)
        return used[near] if near.any() else used

    @cached_property
    def inward(self) -> bool:
        """Whether it is a room seen from inside: the surface faces its own middle."""
        corners = self.vertices[self.faces]
        if not len(corners):
            return False
        facing = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])  # as long as twice the area
        middles = corners.mean(axis=1)
        area = np.linalg.norm(facing, axis=1)
        center = (middles * area[:, None]).sum(axis=0) / max(float(area.sum()), 1e-30)
        toward = center - middles
        toward /= np.maximum(np.linalg.norm(toward, axis=1, keepdims=True), 1e-12)
        return float(np.einsum("ij,ij->", facing, toward)) > INWARD * float(area.sum())

    @property
    def dimensions(self) -> tuple[float, float, float]:
        """Width, height and depth of what is seen, four digits."""
        seen = self.seen
        across = np.ptp(seen, axis=0) if len(seen) else np.zeros(3)
        width, height, depth = (float(f"{part:.4g}") for part in across)
        return width, height, depth

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


def pack(geometry: Geometry) -> dict[str, Any] | None:
    """The model, quantized and compressed, as the page's script unpacks it; None when too big.

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
    positions, low, size = _quantized(geometry.vertices[keep])
    uvs, uv_low, uv_size = _quantized(geometry.uvs[keep])
    normals = np.clip(np.rint(geometry.normals[keep] * 127), -127, 127).astype(np.int64) & 0xFF
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


def pack_points(points: NDArray[np.float64], colors: NDArray[np.uint8], most: int) -> dict[str, Any]:
    """At most `most` of the points, evenly over their order, in 16 bits within their bounds, and their colors."""
    chosen = np.unique(np.linspace(0, max(len(points) - 1, 0), min(len(points), most)).astype(np.int64))
    places, low, size = _quantized(points[chosen]) if len(chosen) else (np.zeros((0, 3), np.int64), *np.zeros((2, 3)))
    order = np.lexsort(places.T)  # neighbors differ little
    streams = [*_planes(places[order], 2), *_bytes(colors[chosen][order].astype(np.int64))]
    return {
        "count": len(chosen),
        "low": low.tolist(),
        "size": size.tolist(),
        "data": base64.b64encode(zlib.compress(b"".join(streams), 9)).decode("ascii"),
    }


def outline(points: NDArray[np.float64], directions: int = 96) -> NDArray[np.float64]:
    """The few of the points that lie outermost in some direction: what fits them fits all, nearly."""
    turn = np.arange(directions) * np.pi * (3 - np.sqrt(5))  # a Fibonacci sphere
    height = 1 - 2 * (np.arange(directions) + 0.5) / directions
    ring = np.sqrt(1 - height**2)
    rays = np.stack([ring * np.cos(turn), height, ring * np.sin(turn)])
    return points[np.unique((points @ rays).argmax(axis=0))] if len(points) else points


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
