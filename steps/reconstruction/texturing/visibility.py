"""Which photographs see which part of a mesh, and how well."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from steps.reconstruction.surfacing.ply import Floats, Indices, Triangles
from steps.reconstruction.texturing.cameras import View

SMOOTHING = 4
"""Rounds of averaging of the scores over the mesh, so that neighbors choose the same photograph."""
BORDER = 0.04
"""Photographs fade out over this share of their width."""


class Occlusion:
    """Whether something of the mesh lies between a point and a camera (embree)."""

    def __init__(self, mesh: Triangles) -> None:
        from embreex.mesh_construction import TriangleMesh
        from embreex.rtcore_scene import EmbreeScene

        corners = mesh.vertices[mesh.faces].astype(np.float32)
        self._scene: Any = EmbreeScene()
        self._mesh: Any = TriangleMesh(self._scene, corners)  # kept: the scene does not own it
        size = np.linalg.norm(corners.max(axis=(0, 1)) - corners.min(axis=(0, 1)))
        self._slack = 2e-3 * float(size)

    def visible(self, points: Floats, center: Floats) -> NDArray[np.bool_]:
        """Whether each point is seen from `center`: nothing is hit clearly before it."""
        rays = points - center
        distance = np.linalg.norm(rays, axis=1)
        directions = (rays / distance[:, None]).astype(np.float32)
        origins = np.tile(center.astype(np.float32), (len(points), 1))
        first = self._scene.run(origins, directions, query="DISTANCE")
        clear: NDArray[np.bool_] = np.asarray(first) >= distance - self._slack
        return clear


def vertex_scores(mesh: Triangles, normals: Floats, views: list[View], occlusion: Occlusion) -> NDArray[np.float32]:
    """How well each photograph shows each vertex [v, n]: its pixels per unit of surface; 0 where it does not.

    The resolution on the surface is focal length / distance, foreshortened by the cosine of the angle.
    """
    scores = np.zeros((len(mesh.vertices), len(views)), np.float32)
    for index, view in enumerate(views):
        pixels, inside = view.project(mesh.vertices)
        toward = view.center - mesh.vertices
        distance = np.linalg.norm(toward, axis=1)
        cosine = np.einsum("ij,ij->i", toward, normals) / np.maximum(distance, 1e-12)
        seen = np.flatnonzero(inside & (cosine > 0.1))
        seen = seen[occlusion.visible(mesh.vertices[seen], view.center)]
        quality = view.focal / distance[seen] * cosine[seen] ** 1.5 * _inner(pixels[seen], view)
        scores[seen, index] = quality
    return scores


def _inner(pixels: Floats, view: View) -> Floats:
    """1 inside a photograph, falling to 0 at its border."""
    width, height = view.camera.width, view.camera.height
    to_border = np.minimum(
        np.minimum(pixels[:, 0], width - 1 - pixels[:, 0]), np.minimum(pixels[:, 1], height - 1 - pixels[:, 1])
    )
    fade: Floats = np.clip(to_border / (BORDER * width), 0, 1)
    return fade


def smoothed(scores: NDArray[np.float32], faces: Indices) -> NDArray[np.float32]:
    """Scores averaged over neighbors on the mesh; what a photograph does not see stays 0."""
    from scipy.sparse import coo_matrix, diags

    count = len(scores)
    a, b = faces[:, [0, 1, 2]].ravel(), faces[:, [1, 2, 0]].ravel()
    links = coo_matrix((np.ones(2 * len(a), np.float32), (np.r_[a, b], np.r_[b, a])), shape=(count, count)).tocsr()
    links.data[:] = 1
    links = links + diags(np.ones(count, np.float32))
    mean = diags(1 / np.asarray(links.sum(axis=1)).ravel()) @ links
    result = scores
    for _ in range(SMOOTHING):
        result = mean @ result
    return np.where(scores > 0, result, 0).astype(np.float32)


def vertex_normals(mesh: Triangles) -> Floats:
    """Unit normals [v, 3], weighted by the area of the triangles."""
    a, b, c = mesh.vertices[mesh.faces].transpose(1, 0, 2)
    flat = np.cross(b - a, c - a)
    normals = np.zeros_like(mesh.vertices)
    for corner in range(3):
        np.add.at(normals, mesh.faces[:, corner], flat)
    length = np.linalg.norm(normals, axis=1, keepdims=True)
    result: Floats = normals / np.maximum(length, 1e-20)
    return result
