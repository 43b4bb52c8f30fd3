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
from steps.reconstruction.reporting.geometry import Geometry, pack, read_geometry


def unpack(packed: dict[str, Any]) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any], NDArray[Any]]:
    """Positions, texture coordinates, normals and faces: plain loops, as in viewer.js."""
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
    turned = np.array([[0.0, 0, 1], [1, 0, 0], [0, 1, 0]])

    packed = pack(model, turned)

    assert packed is not None
    places, uvs, normals, faces = unpack(packed)
    sizes = np.ptp(model.vertices @ turned.T, axis=0)
    for got, expected, tolerance in (
        (places[faces], model.vertices[model.faces] @ turned.T, sizes / 65535),
        (uvs[faces], model.uvs[model.faces], 1 / 65535),
        (normals[faces], model.normals[model.faces] @ turned.T, 1 / 127),
    ):
        assert np.all(np.abs(got - expected) <= tolerance)


def test_vertices_that_no_face_uses_are_left_out() -> None:
    model = random_geometry(vertices=300, faces=10)

    packed = pack(model, np.eye(3))

    assert packed is not None and packed["vertices"] == len(np.unique(model.faces))


def test_a_smooth_surface_packs_into_few_bytes_per_vertex() -> None:
    side = 60
    x, y = np.meshgrid(np.linspace(0, 1, side), np.linspace(0, 1, side))
    spots = np.stack([x, y], -1).reshape(-1, 2)
    i = np.arange(side * side).reshape(side, side)
    faces = np.stack([i[:-1, :-1], i[:-1, 1:], i[1:, 1:], i[:-1, :-1], i[1:, 1:], i[1:, :-1]], -1).reshape(-1, 3)
    normals = np.tile([0.0, 0.0, 1.0], (side * side, 1))
    model = Geometry(np.insert(spots, 2, np.sin(9 * spots[:, 0]), axis=1), faces, spots, normals, Path("t.png"))

    packed = pack(model, np.eye(3))

    assert packed is not None and len(packed["data"]) < 14 * side * side


def test_a_model_too_big_for_a_page_is_not_packed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subject, "VIEWER_FACES", 9)

    assert pack(random_geometry(vertices=30, faces=10), np.eye(3)) is None


def test_a_folder_without_a_model_is_named(tmp_path: Path) -> None:
    with pytest.raises(Fatal, match=r"holds no readable model\.npz"):
        read_geometry(tmp_path)
