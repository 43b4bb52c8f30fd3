from __future__ import annotations

import numpy as np
import pytest
import trimesh

from steps.reconstruction.meshing.openings import PINHOLE, bridged, fill, healed, openings
from steps.reconstruction.meshing.ply import TriangleMesh


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


def test_a_pinhole_beside_what_is_meant_to_be_open_stays() -> None:
    ball = trimesh.creation.icosphere(subdivisions=2)
    pricked = without(ball, [0, 200])
    first, second = np.asarray(ball.vertices)[ball.faces[0]], np.asarray(ball.vertices)[ball.faces[200]]

    mended = healed(pricked, first)

    (rim,) = openings(mended.faces)
    left = mended.vertices[rim]
    assert {tuple(corner) for corner in left} == {tuple(corner) for corner in first}
    assert {tuple(corner) for corner in second}.isdisjoint(tuple(corner) for corner in left)
