"""Borders that a cut through triangles left ragged, made even."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from steps.reconstruction.meshing.ply import Faces, TriangleMesh
from steps.reconstruction.meshing.topology import selected

TEETH = 2
"""So many times triangles that stick out are taken away."""
ROUNDS = 8
"""So many times a border's vertices move halfway to the middle of their neighbors along it."""


def even_borders(mesh: TriangleMesh) -> TriangleMesh:
    """The same surface without teeth along its borders; vertices elsewhere stay where they are."""
    for _ in range(TEETH):
        edges, owner = border_edges(mesh.faces)
        if not len(edges):
            return mesh
        tooth = np.bincount(owner, minlength=len(mesh.faces)) >= 2
        if tooth.all():
            return mesh
        mesh = selected(mesh, ~tooth)
    edges, _ = border_edges(mesh.faces)
    degree = np.bincount(edges.ravel(), minlength=len(mesh.vertices))
    simple = degree == 2
    vertices = mesh.vertices.copy()
    for _ in range(ROUNDS):
        total = np.zeros_like(vertices)
        np.add.at(total, edges[:, 0], vertices[edges[:, 1]])
        np.add.at(total, edges[:, 1], vertices[edges[:, 0]])
        vertices[simple] = 0.5 * vertices[simple] + 0.25 * total[simple]
    return TriangleMesh(vertices, mesh.faces)


def border_edges(faces: Faces) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Edges of one triangle only, [n, 2] vertices, and that triangle, [n]."""
    edges = np.sort(faces[:, [0, 1, 1, 2, 2, 0]].reshape(-1, 2), axis=1)
    owner = np.repeat(np.arange(len(faces)), 3)
    key = edges[:, 0] * (int(faces.max(initial=0)) + 1) + edges[:, 1]
    order = np.argsort(key, kind="stable")
    key = key[order]
    new = np.r_[True, key[1:] != key[:-1]] if len(key) else np.zeros(0, bool)
    alone = order[new & np.r_[new[1:], True]] if len(key) else order
    return edges[alone], owner[alone]
