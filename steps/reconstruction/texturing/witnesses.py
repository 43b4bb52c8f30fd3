"""Which photographs see which triangle, how well, and in what color."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from steps.reconstruction.meshing.ply import TriangleMesh
from steps.reconstruction.projection import Projection, project
from steps.reconstruction.scene import CameraView
from steps.reconstruction.texturing.outlines import Outlines
from steps.reconstruction.texturing.photographs import Album
from steps.reconstruction.texturing.rays import Caster, Floats

Mask = NDArray[np.bool_]

LEAST_COSINE = 0.04
"""A triangle is not seen by a camera that looks along it."""
BORDER = 0.04
"""Near the border of a photograph, within this share of its longer side, its quality falls off."""
OUTLINE = 0.006
"""So near an outline, as a share of the photograph's longer side, a small error of the surface shows something else."""
LEAST_SHARE = 0.02
"""Of its quality that a triangle keeps on an outline, or when not all of its corners are seen."""
TOLERANCE = 0.5
"""A point is hidden when a ray ends so many mean edges before it,"""
RELATIVE = 0.002
"""or this share of its distance, whichever is more."""


@dataclass(frozen=True)
class Witness:
    """What one photograph knows of the mesh."""

    quality: Floats  # [f], pixels² that the triangle covers, less at borders and outlines; 0: not seen
    whole: Mask  # [f], all of its corners are seen, too
    pixels: Floats  # [f], pixels² that the triangle covers
    face_colors: NDArray[np.uint8]  # [f, 3]
    vertex_colors: NDArray[np.uint8]  # [v, 3]
    vertex_seen: Mask  # [v]


class Inquiry:
    """The mesh prepared for asking photograph after photograph."""

    def __init__(self, mesh: TriangleMesh) -> None:
        self._mesh = mesh
        self._caster = Caster(mesh.vertices, mesh.faces)
        corner = mesh.vertices[mesh.faces]
        self._centers = corner.mean(axis=1)
        cross = np.cross(corner[:, 1] - corner[:, 0], corner[:, 2] - corner[:, 0])
        self._normals = cross / np.maximum(np.linalg.norm(cross, axis=1, keepdims=True), 1e-300)
        self._edge = float(np.linalg.norm(corner[:, 1] - corner[:, 0], axis=1).mean())

    def ask(self, view: CameraView, album: Album) -> Witness:
        """What the photograph taken by `view` knows of every triangle and vertex."""
        faces = self._mesh.faces
        corners, centers = project(view, self._mesh.vertices), project(view, self._centers)
        area = projected_areas(corners.spots[faces])
        toward = view.center - self._centers
        cosine = np.einsum("fk,fk->f", toward, self._normals) / np.maximum(np.linalg.norm(toward, axis=1), 1e-300)
        seen = centers.inside & (cosine > LEAST_COSINE)
        overview = max(0, round(float(np.log2(np.sqrt(np.median(area[seen]))))) if seen.any() else 0)
        picture = album.open(view, overview)
        seen &= picture.counts(centers.spots)
        seen[seen] = self.reached(view, self._centers[seen])
        vertex_seen = corners.inside & picture.counts(corners.spots)
        vertex_seen[vertex_seen] = self.reached(view, self._mesh.vertices[vertex_seen])
        whole = np.asarray(vertex_seen[faces].all(axis=1), np.bool_)
        away = Outlines(view, self._caster, self._edge).away(centers.spots, OUTLINE)
        share = np.maximum(np.where(whole, away, 0), LEAST_SHARE)
        return Witness(
            np.where(seen, area * _away_from_border(view, centers) * share, 0).astype(np.float32),
            whole,
            area,
            picture.sample(centers.spots, overview).astype(np.uint8),
            picture.sample(corners.spots, overview).astype(np.uint8),
            vertex_seen,
        )

    def reached(self, view: CameraView, points: NDArray[np.floating]) -> Mask:
        """Per point [n, 3]: nothing stands between it and the camera."""
        toward = points - view.center
        length = np.linalg.norm(toward, axis=1)
        slack = np.maximum(TOLERANCE * self._edge / np.maximum(length, 1e-12), RELATIVE)
        return np.asarray(self._caster.distances(view.center, toward.astype(np.float32)) >= 1 - slack, np.bool_)


def projected_areas(corner: Floats) -> Floats:
    """Pixels² of triangles [f, 3, 2]."""
    a, b = corner[:, 1] - corner[:, 0], corner[:, 2] - corner[:, 0]
    return np.asarray(0.5 * np.abs(a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]), np.float32)


def _away_from_border(view: CameraView, centers: Projection) -> Floats:
    """1 well inside the photograph, near 0 at its border, [f]."""
    last = np.array([view.width - 1, view.height - 1], np.float32)
    gap = np.minimum(centers.spots, last - centers.spots).min(axis=1)
    return np.asarray(np.clip(gap / (BORDER * float(last.max())), 0.01, 1), np.float32)
