from __future__ import annotations

import numpy as np
import pytest
import trimesh

from steps.reconstruction.meshing.closing import LARGEST, capped
from steps.reconstruction.meshing.evidence import Evidence
from steps.reconstruction.meshing.openings import fill, openings
from steps.reconstruction.meshing.ply import TriangleMesh


def tent(height: float) -> TriangleMesh:
    """A pyramid without its floor: four triangles that look outward."""
    vertices = np.array([[-1.0, -1, 0], [1, -1, 0], [1, 1, 0], [-1, 1, 0], [0, 0, height]])
    return TriangleMesh(vertices, np.array([[0, 1, 4], [1, 2, 4], [2, 3, 4], [3, 0, 4]]))


def saying(exposed: int = 0, through: int = 0):
    """Photographs that say the same of every place."""

    def ask(places, normals) -> Evidence:
        zero = np.zeros(len(places), np.int64)
        return Evidence(zero + 3, zero, zero + through, zero + exposed, zero)

    return ask


def test_an_opening_is_closed_from_outside() -> None:
    closed = capped(tent(8), saying())

    solid = trimesh.Trimesh(closed.vertices, closed.faces, process=False)
    assert solid.is_watertight
    assert solid.volume == pytest.approx(2 * 2 * 8 / 3)


@pytest.mark.parametrize("told", [{"exposed": 1}, {"through": 2}])
def test_what_photographs_look_at_or_through_stays_open(told) -> None:
    assert len(capped(tent(8), saying(**told)).faces) == 4


def test_a_pinhole_is_closed_though_photographs_look_at_it() -> None:
    ball = trimesh.creation.icosphere(subdivisions=4)
    pricked = TriangleMesh(np.asarray(ball.vertices), ball.faces[1:].astype(np.int64))

    closed = capped(pricked, saying(exposed=3))

    assert trimesh.Trimesh(closed.vertices, closed.faces, process=False).is_watertight


def test_what_is_more_opening_than_surface_stays_open() -> None:
    flat = tent(1.5)
    walls = 4 * 2 * np.hypot(1.5, 1) / 2
    assert LARGEST * walls < 4

    assert len(capped(flat, saying()).faces) == 4


def test_a_small_opening_whose_rim_crosses_itself_is_closed_all_the_same() -> None:
    ball = trimesh.creation.icosphere(subdivisions=5)
    hub = 0
    faces = np.asarray(ball.faces, np.int64)
    pricked = TriangleMesh(np.array(ball.vertices), faces[(faces != hub).all(axis=1)])
    (rim,) = openings(pricked.faces)
    pricked.vertices[rim] = pricked.vertices[rim][np.argsort(np.arange(len(rim)) * 2 % len(rim))]
    assert fill(pricked.vertices[rim]) is None

    closed = capped(pricked, saying(exposed=3))

    assert openings(closed.faces) == []


def on_a_table(width: float) -> TriangleMesh:
    """A slender cone of 60 sides, 30 high, and so much of the table around its foot of radius 1."""
    turns = np.arange(60) * 2 * np.pi / 60
    circle = np.column_stack([np.cos(turns), np.sin(turns), 0 * turns])
    foot = np.arange(60)
    onward = np.roll(foot, -1)
    side = np.column_stack([foot, onward, np.full(60, 120)])
    ring = np.concatenate(
        [np.column_stack([foot, foot + 60, onward + 60]), np.column_stack([foot, onward + 60, onward])]
    )
    return TriangleMesh(np.vstack([circle, (1 + width) * circle, [0, 0, 30]]), np.concatenate([side, ring]))


def test_a_narrow_ring_of_the_table_goes_before_the_cap_comes() -> None:
    closed = capped(on_a_table(0.1), saying())

    solid = trimesh.Trimesh(closed.vertices, closed.faces, process=False)
    assert solid.is_watertight
    assert solid.volume == pytest.approx(np.pi * 30 / 3, rel=0.06)  # its edge is rounded
    assert np.linalg.norm(closed.vertices[:, :2], axis=1).max() <= 1


def test_a_wide_ring_is_ground_and_stays() -> None:
    closed = capped(on_a_table(0.5), saying())

    assert trimesh.Trimesh(closed.vertices, closed.faces, process=False).is_watertight
    assert np.linalg.norm(closed.vertices[:, :2], axis=1).max() == pytest.approx(1.5)
