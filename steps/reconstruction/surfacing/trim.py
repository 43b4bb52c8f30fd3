"""Cutting away what Poisson reconstruction makes up where there are no points: skirts, bubbles, crumbs."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from steps.reconstruction.surfacing.ply import Floats, Triangles

NEIGHBORS = 8
"""The spacing of the points is measured to so many neighbors."""
REACH = 3.0
"""The surface may be so many spacings away from the points around it."""
LEAST_SHARE = 0.01
"""A separate piece with a smaller share of the largest one's area is a crumb."""


def trim(mesh: Triangles, points: Floats) -> Triangles:
    """The part of a surface that points support."""
    return keep_large_pieces(keep_supported(mesh, points))


def keep_supported(mesh: Triangles, points: Floats) -> Triangles:
    """The triangles all of whose corners lie near points, as near as the points there lie to each other."""
    from scipy.spatial import cKDTree

    tree = cKDTree(points)
    sample = points[:: max(1, len(points) // 50_000)]
    spacing = tree.query(sample, NEIGHBORS + 1)[0][:, -1]  # [s], of the sampled points
    usual = float(np.median(spacing))
    near = cKDTree(sample)
    distance = tree.query(mesh.vertices)[0]
    local = spacing[near.query(mesh.vertices)[1]]
    # Sparse regions may have wider holes than dense ones, within reason: a lone outlier has no neighbors.
    allowed = REACH * np.clip(local, usual, 3 * usual)
    return _with_faces(mesh, (distance <= allowed)[mesh.faces].all(axis=1))


def keep_large_pieces(mesh: Triangles) -> Triangles:
    """The mesh without pieces that are tiny beside the largest."""
    if len(mesh.faces) == 0:
        return mesh
    piece = _piece_of_face(mesh)
    area = np.bincount(piece, weights=face_areas(mesh))
    return _with_faces(mesh, (area >= LEAST_SHARE * area.max())[piece])


def _piece_of_face(mesh: Triangles) -> NDArray[np.int64]:
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    a, b = mesh.faces[:, [0, 1]].ravel(), mesh.faces[:, [1, 2]].ravel()
    links = coo_matrix((np.ones(len(a), bool), (a, b)), shape=(len(mesh.vertices),) * 2)
    labels = connected_components(links, directed=False)[1]
    return np.unique(labels[mesh.faces[:, 0]], return_inverse=True)[1].astype(np.int64)


def face_areas(mesh: Triangles) -> Floats:
    """The area of each triangle."""
    a, b, c = mesh.vertices[mesh.faces].transpose(1, 0, 2)
    areas: Floats = np.linalg.norm(np.cross(b - a, c - a), axis=1) / 2
    return areas


def _with_faces(mesh: Triangles, wanted: NDArray[np.bool_]) -> Triangles:
    faces = mesh.faces[wanted]
    used, numbered = np.unique(faces, return_inverse=True)
    return Triangles(mesh.vertices[used], numbered.reshape(-1, 3).astype(np.int64))


def without_degenerate(mesh: Triangles) -> Triangles:
    """The mesh without triangles of no area and without unused vertices."""
    return _with_faces(mesh, face_areas(mesh) > 0)
