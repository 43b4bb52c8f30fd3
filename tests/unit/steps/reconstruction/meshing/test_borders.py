from __future__ import annotations

import numpy as np
import pytest

from steps.reconstruction.meshing.borders import even_borders
from steps.reconstruction.meshing.ply import TriangleMesh
from steps.reconstruction.meshing.topology import border_edges


def plate(cells: int) -> TriangleMesh:
    """A unit square of `cells`² squares, each of two triangles."""
    y, x = np.mgrid[: cells + 1, : cells + 1] / cells
    index = np.arange((cells + 1) ** 2).reshape(cells + 1, cells + 1)
    a, b, c, d = (part.ravel() for part in (index[:-1, :-1], index[:-1, 1:], index[1:, :-1], index[1:, 1:]))
    faces = np.concatenate([np.column_stack([a, b, d]), np.column_stack([a, d, c])])
    return TriangleMesh(np.column_stack([x.ravel(), y.ravel(), 0 * x.ravel()]), faces)


def cut(mesh: TriangleMesh, seed: int) -> TriangleMesh:
    """Ragged at the right: each triangle there stays or goes by chance."""
    middle = mesh.vertices[mesh.faces].mean(axis=1)[:, 0]
    return TriangleMesh(
        mesh.vertices, mesh.faces[middle < 0.8 + 0.05 * np.random.default_rng(seed).uniform(size=len(middle))]
    )


def test_the_border_of_a_plate_is_its_rim() -> None:
    edges, owner = border_edges(plate(4).faces)

    assert len(edges) == len(owner) == 16
    assert np.isin(plate(4).vertices[edges][:, :, :2], (0, 1)).any(axis=2).all()


def test_a_ragged_cut_becomes_even() -> None:
    ragged = cut(plate(40), 1)

    even = even_borders(ragged)

    def unevenness(mesh: TriangleMesh) -> float:
        edges, _ = border_edges(mesh.faces)
        there = mesh.vertices[np.unique(edges)]
        there = there[(there[:, 0] > 0.6) & (np.abs(there[:, 1] - 0.5) < 0.4)]
        return float(there[:, 0].std())

    assert unevenness(even) < 0.5 * unevenness(ragged)
    assert even.vertices[:, 0].max() > 0.75


def test_a_closed_surface_stays_as_it_is() -> None:
    corners = np.array([[0.0, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1]])
    solid = TriangleMesh(corners, np.array([[0, 2, 1], [0, 1, 3], [1, 2, 3], [0, 3, 2]]))

    assert even_borders(solid) is solid


@pytest.mark.parametrize("faces", [np.zeros((0, 3), np.int64), np.array([[0, 1, 2]])])
def test_hardly_any_surface_is_left_alone(faces) -> None:
    mesh = TriangleMesh(np.eye(3), faces)

    assert even_borders(mesh) is mesh
