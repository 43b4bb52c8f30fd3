"""Borders that a cut through triangles left ragged, made even."""

from __future__ import annotations

import numpy as np

from steps.reconstruction.meshing.ply import TriangleMesh
from steps.reconstruction.meshing.topology import border_edges, selected

TEETH = 1
"""So many times the triangles that stick out are taken away."""
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
