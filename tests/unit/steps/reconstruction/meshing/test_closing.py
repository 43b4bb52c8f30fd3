from __future__ import annotations

import numpy as np
import pytest
import trimesh

from steps.reconstruction.meshing.closing import LARGEST, PINHOLE, bridged, capped, fill, healed, openings
from steps.reconstruction.meshing.evidence import Evidence
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


def test_a_solid_has_no_opening() -> None:
    assert openings(trimesh.creation.box().faces.astype(np.int64)) == []


def test_openings_that_touch_are_left_out() -> None:
    # Two triangles that share a corner: their rims meet there.
    assert openings(np.array([[0, 1, 2], [0, 3, 4]])) == []


def test_a_notched_rim_is_filled_within_itself() -> None:
    # The letter L; a fan from its middle would leave it.
    rim = np.array([[0.0, 0, 0], [3, 0, 0.1], [3, 1, 0], [1, 1, 0], [1, 3, 0.1], [0, 3, 0]])

    triangles = fill(rim)

    assert triangles is not None
    corner = rim[triangles][:, :, :2]
    edge, other = corner[:, 1] - corner[:, 0], corner[:, 2] - corner[:, 0]
    signed = (edge[:, 0] * other[:, 1] - edge[:, 1] * other[:, 0]) / 2
    assert (signed > 0).all()
    assert signed.sum() == pytest.approx(5)


def test_a_rim_that_crosses_itself_is_not_filled() -> None:
    assert fill(np.array([[0.0, 0, 0], [3, 2, 0], [3, 0, 0], [0, 2.5, 0], [-1, 1, 0]])) is None


def test_a_small_opening_whose_rim_crosses_itself_is_closed_all_the_same() -> None:
    ball = trimesh.creation.icosphere(subdivisions=5)
    hub = 0
    pricked = without(ball, np.flatnonzero((ball.faces == hub).any(axis=1)).tolist())
    (rim,) = openings(pricked.faces)
    pricked.vertices[rim] = pricked.vertices[rim][np.argsort(np.arange(len(rim)) * 2 % len(rim))]
    assert fill(pricked.vertices[rim]) is None

    closed = capped(pricked, saying(exposed=3))

    assert openings(closed.faces) == []


def test_a_bridged_rim_is_the_border_of_its_triangles() -> None:
    turn = np.linspace(0, 4 * np.pi, 30, endpoint=False)  # twice around
    rim = np.column_stack([np.cos(turn), np.sin(turn), np.sin(turn / 2)])

    triangles = bridged(rim)

    assert len(triangles) == 28
    (border,) = openings(triangles)
    assert sorted(border) == list(range(30))


def without(mesh: trimesh.Trimesh, faces: list[int]) -> TriangleMesh:
    return TriangleMesh(np.asarray(mesh.vertices), np.delete(mesh.faces, faces, axis=0).astype(np.int64))


def test_pinholes_are_healed_even_where_two_touch() -> None:
    ball = trimesh.creation.icosphere(subdivisions=3)
    around = np.flatnonzero((ball.faces == ball.faces[0, 0]).any(axis=1))
    assert not set(ball.faces[around[0]]) & set(ball.faces[around[2]]) - {ball.faces[0, 0]}

    closed = healed(without(ball, [around[0], around[2]]))

    solid = trimesh.Trimesh(closed.vertices, closed.faces, process=False)
    assert solid.is_watertight
    assert solid.is_winding_consistent


def test_a_longer_rim_is_no_pinhole() -> None:
    turns = np.arange(PINHOLE + 1) * 2 * np.pi / (PINHOLE + 1)
    rim = np.column_stack([np.cos(turns), np.sin(turns), 0 * turns])
    cone = TriangleMesh(
        np.vstack([rim, [0, 0, 5]]),
        np.column_stack([np.arange(len(rim)), np.roll(np.arange(len(rim)), -1), np.full(len(rim), len(rim))]),
    )

    assert len(healed(cone).faces) == len(cone.faces)
    assert len(openings(cone.faces)) == 1


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
