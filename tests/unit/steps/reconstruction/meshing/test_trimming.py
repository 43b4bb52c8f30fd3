"""Which triangles of a closed surface stay, by what is said of its vertices: a flat sheet, told piece by piece."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from steps.reconstruction.meshing.evidence import Evidence
from steps.reconstruction.meshing.ply import Cloud, TriangleMesh
from steps.reconstruction.meshing.topology import areas
from steps.reconstruction.meshing.trimming import significant, trim

CELLS = 40
VIEWS = 6
Where = NDArray[np.bool_]


def sheet() -> TriangleMesh:
    """The square [0, 1]² in `CELLS`² squares, facing +z."""
    x, y = np.meshgrid(*2 * [np.linspace(0, 1, CELLS + 1)])
    index = np.arange((CELLS + 1) ** 2).reshape(CELLS + 1, CELLS + 1)
    a, b, c, d = (part.ravel() for part in (index[:-1, :-1], index[:-1, 1:], index[1:, :-1], index[1:, 1:]))
    faces = np.concatenate([np.column_stack([a, b, d]), np.column_stack([a, d, c])])
    return TriangleMesh(np.column_stack([x.ravel(), y.ravel(), 0 * x.ravel()]), faces)


def evidence(measured: Where, through: Where | None = None) -> Evidence:
    """Photographs that all look at everything, agree where it was `measured` and may look `through` it elsewhere."""
    all_views = np.full(len(measured), VIEWS)
    none = np.zeros(len(measured), np.int64)
    return Evidence(all_views, VIEWS * measured, none if through is None else VIEWS * through, all_views, none)


def kept(measured: Where, through: Where | None = None) -> TriangleMesh:
    """What is left of the sheet when points lie where it was measured."""
    mesh = sheet()
    points = mesh.vertices[measured]
    cloud = Cloud(points, np.tile([0.0, 0.0, 1.0], (len(points), 1)), np.zeros(points.shape, np.uint8))
    return trim(mesh, cloud, 0.2 / CELLS, evidence(measured, through), VIEWS)


def area(mesh: TriangleMesh) -> float:
    return float(areas(mesh.vertices, mesh.faces).sum())


def test_what_nobody_measured_beyond_a_border_is_cut_off() -> None:
    assert area(kept(sheet().vertices[:, 0] < 0.8)) == pytest.approx(0.8, abs=0.04)


def test_a_hole_that_photographs_look_at_is_filled() -> None:
    x, y, _ = sheet().vertices.T

    assert area(kept(np.hypot(x - 0.5, y - 0.5) > 0.12)) == pytest.approx(1)


def test_a_hole_that_they_look_through_stays() -> None:
    x, y, _ = sheet().vertices.T
    hole = np.hypot(x - 0.5, y - 0.5) < 0.12

    assert area(kept(~hole, hole)) < 1 - 0.8 * np.pi * 0.12**2


def test_a_bay_that_the_surface_surrounds_is_filled_up_to_what_is_looked_through() -> None:
    x, y, _ = sheet().vertices.T
    inlet = (x > 0.6) & (x < 0.86) & (np.abs(y - 0.5) < 0.05)
    away = (x >= 0.86) & (np.abs(y - 0.5) < 0.05)

    found = area(kept(~inlet & ~away, away))

    assert found == pytest.approx(1 - 0.14 * 0.1, abs=0.01)


def test_a_strip_along_a_border_is_no_filling() -> None:
    x, _, _ = sheet().vertices.T

    found = area(kept(x < 0.7, x > 0.78))

    assert found == pytest.approx(0.7, abs=0.04)


def test_a_piece_counts_as_much_as_photographs_look_at_it() -> None:
    mesh = sheet()
    x = mesh.vertices[mesh.faces].mean(axis=1)[:, 0]
    two = TriangleMesh(mesh.vertices, mesh.faces[(x < 0.9) | (x > 0.97)])
    small = two.vertices[two.faces].mean(axis=1)[:, 0] > 0.97

    assert len(significant(two).faces) == len(two.faces)
    assert len(significant(two, np.where(small, 1.0, 20.0)).faces) == (~small).sum()


def test_a_surface_without_triangles_stays_so() -> None:
    mesh = TriangleMesh(np.zeros((0, 3)), np.zeros((0, 3), np.int64))
    everything = evidence(np.zeros(0, bool))
    no_points = Cloud(np.zeros((0, 3)), np.zeros((0, 3)), np.zeros((0, 3), np.uint8))

    assert trim(mesh, no_points, 1.0, everything, VIEWS) is mesh
