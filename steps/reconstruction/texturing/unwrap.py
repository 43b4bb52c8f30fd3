"""Flattening a mesh into an atlas, and which triangle each texel belongs to."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from steps.reconstruction.surfacing.ply import Floats, Indices, Triangles

PADDING = 3
"""Texels between charts."""
_SHIFT = 4
"""Binary digits after the point of a texel position in cv2's polygon filling."""


class Atlas(NamedTuple):
    """A mesh whose vertices are split where charts end."""

    vertices: Floats  # [v, 3]
    faces: Indices  # [f, 3], in the order of the unwrapped mesh
    uvs: Floats  # [v, 2], in 0..1, origin bottom left
    source: Indices  # [v], the vertex of the mesh it came from


def unwrap(mesh: Triangles, size: int) -> Atlas:
    """Cut the mesh into charts and pack them into a square of `size` texels (xatlas)."""
    import xatlas

    atlas: Any = xatlas.Atlas()
    atlas.add_mesh(mesh.vertices.astype(np.float32), mesh.faces.astype(np.uint32))
    charts: Any = xatlas.ChartOptions()
    charts.max_cost = 4.0  # larger charts than the default: fewer seams, at little more stretch
    charts.max_iterations = 1
    pack: Any = xatlas.PackOptions()
    pack.resolution, pack.padding, pack.bilinear = size, PADDING, True
    atlas.generate(chart_options=charts, pack_options=pack)
    source, faces, uvs = atlas[0]
    scale = np.array([atlas.width, atlas.height], np.float64) / max(atlas.width, atlas.height)
    placed = np.asarray(uvs, np.float64) * scale
    return Atlas(mesh.vertices[source], np.asarray(faces, np.int64), placed, np.asarray(source, np.int64))


def texel_triangles(atlas: Atlas, size: int) -> NDArray[np.int32]:
    """The triangle of each texel [size, size], row 0 at the top; -1 where there is none."""
    import cv2

    owner = np.full((size, size), -1, np.int32)
    corners = texel_positions(atlas.uvs, size)[atlas.faces]  # [f, 3, 2]
    fixed = np.round(corners * (1 << _SHIFT)).astype(np.int32)
    for face, corner in enumerate(fixed):
        cv2.fillConvexPoly(owner, corner, face, lineType=cv2.LINE_8, shift=_SHIFT)
    return owner


def texel_positions(uvs: Floats, size: int) -> Floats:
    """Texture coordinates as texel positions; the center of the top-left texel is (0, 0)."""
    return np.stack([uvs[..., 0] * size - 0.5, (1 - uvs[..., 1]) * size - 0.5], axis=-1)


def barycentric(atlas: Atlas, owner: NDArray[np.int32], size: int) -> tuple[Indices, Indices, Floats]:
    """For each texel with a triangle: its row-major index [n], its triangle [n], its weights [n, 3]."""
    texels = np.flatnonzero(owner >= 0)
    face = owner.ravel()[texels].astype(np.int64)
    a, b, c = texel_positions(atlas.uvs, size)[atlas.faces[face]].transpose(1, 0, 2)
    position = np.stack([texels % size, texels // size], axis=1)
    ab, ac, ap = b - a, c - a, position - a
    area = ab[:, 0] * ac[:, 1] - ab[:, 1] * ac[:, 0]
    area = np.where(np.abs(area) < 1e-12, 1.0, area)
    v = (ap[:, 0] * ac[:, 1] - ap[:, 1] * ac[:, 0]) / area
    w = (ab[:, 0] * ap[:, 1] - ab[:, 1] * ap[:, 0]) / area
    weights = np.clip(np.stack([1 - v - w, v, w], axis=1), 0, 1)  # a filled border lies just outside
    return texels.astype(np.int64), face, weights / weights.sum(axis=1, keepdims=True)
