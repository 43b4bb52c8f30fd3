"""The packed model, unpacked as the page's script does it."""

from __future__ import annotations

import base64
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from kai_pipelines import Fatal
from steps.reconstruction.reporting import geometry as subject
from steps.reconstruction.reporting.geometry import Geometry, outline, pack, pack_points, read_geometry


def unpack(packed: dict[str, Any]) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any], NDArray[Any]]:
    """Positions, texture coordinates, normals and faces: plain loops, as in unpacking.js."""
    data = zlib.decompress(base64.b64decode(packed["data"]))
    at = 0

    def column(count: int, width: int) -> list[int]:
        nonlocal at
        values, value = [], 0
        for i in range(count):
            z = sum(data[at + byte * count + i] << (8 * byte) for byte in range(width))
            value = (value + ((z >> 1) ^ -(z & 1))) % (1 << (8 * width))
            values.append(value)
        at += count * width
        return values

    v, f = packed["vertices"], packed["faces"]
    places = np.array([column(v, 2) for _ in range(3)]).T / 65535 * packed["size"] + packed["low"]
    uvs = np.array([column(v, 2) for _ in range(2)]).T / 65535 * packed["uvSize"] + packed["uvLow"]
    normals = np.frombuffer(data, np.int8, 3 * v, at).reshape(3, v).T / 127
    at += 3 * v
    faces = np.array(column(3 * f, 4)).reshape(f, 3)
    assert at == len(data)
    return places, uvs, normals, faces


def unpack_points(packed: dict[str, Any]) -> tuple[NDArray[Any], NDArray[Any]]:
    """Positions and colors, as in unpacking.js."""
    data = zlib.decompress(base64.b64decode(packed["data"]))
    count = packed["count"]
    columns = []
    for k in range(3):
        low, high = (np.frombuffer(data, np.uint8, count, (2 * k + byte) * count).astype(int) for byte in (0, 1))
        zigzag = low | high << 8
        columns.append(np.cumsum((zigzag >> 1) ^ -(zigzag & 1)) % 65536)
    places = np.array(columns).T / 65535 * packed["size"] + packed["low"]
    return places, np.frombuffer(data, np.uint8, 3 * count, 6 * count).reshape(3, count).T


def random_geometry(vertices: int, faces: int) -> Geometry:
    random = np.random.default_rng(3)
    normals = random.normal(size=(vertices, 3))
    return Geometry(
        vertices=random.normal(size=(vertices, 3)) * [1, 20, 300] + [5, -7, 1000],
        faces=random.integers(0, vertices, (faces, 3)),
        uvs=random.uniform(size=(vertices, 2)),
        normals=normals / np.linalg.norm(normals, axis=1, keepdims=True),
        texture=Path("texture.png"),
    )


def test_every_corner_of_every_face_survives_packing() -> None:
    model = random_geometry(vertices=300, faces=500)

    packed = pack(model)

    assert packed is not None
    places, uvs, normals, faces = unpack(packed)
    sizes = np.ptp(model.vertices, axis=0)
    for got, expected, tolerance in (
        (places[faces], model.vertices[model.faces], sizes / 65535),
        (uvs[faces], model.uvs[model.faces], 1 / 65535),
        (normals[faces], model.normals[model.faces], 1 / 127),
    ):
        assert np.all(np.abs(got - expected) <= tolerance)


def test_vertices_that_no_face_uses_are_left_out() -> None:
    model = random_geometry(vertices=300, faces=10)

    packed = pack(model)

    assert packed is not None and packed["vertices"] == len(np.unique(model.faces))


def test_a_smooth_surface_packs_into_few_bytes_per_vertex() -> None:
    side = 60
    x, y = np.meshgrid(np.linspace(0, 1, side), np.linspace(0, 1, side))
    spots = np.stack([x, y], -1).reshape(-1, 2)
    i = np.arange(side * side).reshape(side, side)
    faces = np.stack([i[:-1, :-1], i[:-1, 1:], i[1:, 1:], i[:-1, :-1], i[1:, 1:], i[1:, :-1]], -1).reshape(-1, 3)
    normals = np.tile([0.0, 0.0, 1.0], (side * side, 1))
    model = Geometry(np.insert(spots, 2, np.sin(9 * spots[:, 0]), axis=1), faces, spots, normals, Path("t.png"))

    packed = pack(model)

    assert packed is not None and len(packed["data"]) < 14 * side * side


def test_a_model_too_big_for_a_page_is_not_packed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subject, "VIEWER_FACES", 9)

    assert pack(random_geometry(vertices=30, faces=10)) is None


def test_a_folder_without_a_model_is_named(tmp_path: Path) -> None:
    with pytest.raises(Fatal, match=r"holds no readable model\.npz"):
        read_geometry(tmp_path)


def box(corners: NDArray[np.float64], *, inside_out: bool = False) -> Geometry:
    """The hull of eight corners in the order of np.ndindex(2, 2, 2), facing outward or inward."""
    quads = [[0, 1, 3, 2], [4, 6, 7, 5], [0, 4, 5, 1], [2, 3, 7, 6], [0, 2, 6, 4], [1, 5, 7, 3]]
    faces = np.array([[[q[0], q[1], q[2]], [q[0], q[2], q[3]]] for q in quads]).reshape(-1, 3)
    order = faces[:, ::-1] if inside_out else faces
    return Geometry(corners, order, np.zeros((8, 2)), np.zeros((8, 3)), Path("texture.png"))


CUBE = np.array(list(np.ndindex(2, 2, 2)), np.float64)


def test_a_room_faces_its_middle_and_a_solid_does_not() -> None:
    assert box(CUBE, inside_out=True).inward
    assert not box(CUBE).inward


def test_a_flat_wall_is_no_room() -> None:
    spots = np.array([[0.0, 0, 0], [1, 0, 0], [1, 1, 0], [0, 1, 0]])

    wall = Geometry(spots, np.array([[0, 1, 2], [0, 2, 3]]), np.zeros((4, 2)), np.zeros((4, 3)), Path("t.png"))

    assert not wall.inward


def test_dimensions_are_width_height_and_depth() -> None:
    assert box(CUBE * [2.5, 0.75, 10]).dimensions == (2.5, 0.75, 10.0)


def test_a_speck_far_away_is_not_part_of_what_is_seen() -> None:
    spots = np.vstack([np.random.default_rng(2).uniform(-1, 1, (1000, 3)), [[90.0, 0, 0]]])
    faces = np.arange(999).reshape(-1, 3)
    faces = np.vstack([faces, [[998, 999, 1000]]])

    seen = Geometry(spots, faces, np.zeros((1001, 2)), np.zeros((1001, 3)), Path("t.png")).seen

    assert len(seen) == 1000 and seen.max() <= 1


def test_points_keep_their_places_and_colors() -> None:
    random = np.random.default_rng(8)
    points, colors = random.normal(size=(500, 3)) * [1, 10, 100], random.integers(0, 255, (500, 3)).astype(np.uint8)

    places, painted = unpack_points(pack_points(points, colors, 1000))

    nearest = np.linalg.norm((places[:, None] - points[None]) / np.ptp(points, axis=0), axis=2)
    assert sorted(nearest.argmin(axis=1)) == list(range(500))
    assert nearest.min(axis=1).max() < 3e-5
    np.testing.assert_array_equal(painted, colors[nearest.argmin(axis=1)])


def test_many_points_are_thinned_and_none_are_fine() -> None:
    points = np.random.default_rng(8).normal(size=(5000, 3))

    assert pack_points(points, np.zeros((5000, 3), np.uint8), 700)["count"] == 700
    assert pack_points(points[:0], np.zeros((0, 3), np.uint8), 700)["count"] == 0


def test_the_outline_is_outermost_and_few() -> None:
    points = np.random.default_rng(4).normal(size=(5000, 3))

    few = outline(points)

    assert len(few) < 100
    ray = np.array([0.6, 0.64, 0.48])
    assert (few @ ray).max() > 0.9 * (points @ ray).max()
