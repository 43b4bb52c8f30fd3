"""Ray casting a square of four colors: what is where, and what is not."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from steps.reconstruction.reporting.drawing import Drawing
from steps.reconstruction.reporting.geometry import Geometry
from steps.reconstruction.reporting.views import Pinhole

RED, GREEN, BLUE, WHITE = (200, 0, 0), (0, 200, 0), (0, 0, 200), (200, 200, 200)


@pytest.fixture
def square(tmp_path: Path) -> Geometry:
    """Side 2 in the plane z = 0, seen from +z: red and green above, blue and white below."""
    texture = np.zeros((64, 64, 3), np.uint8)
    texture[:32, :32], texture[:32, 32:], texture[32:, :32], texture[32:, 32:] = RED, GREEN, BLUE, WHITE
    Image.fromarray(texture).save(tmp_path / "texture.png")
    vertices = np.array([[-1.0, -1, 0], [1, -1, 0], [1, 1, 0], [-1, 1, 0]])
    return Geometry(
        vertices=vertices,
        faces=np.array([[0, 1, 2], [0, 2, 3]]),
        uvs=(vertices[:, :2] + 1) / 2,
        normals=np.tile([0.0, 0.0, 1.0], (4, 1)),
        texture=tmp_path / "texture.png",
    )


def camera(z: float) -> Pinhole:
    """At distance |z| on the z axis, x to the right as seen from +z; the square spans pixels 10 to 29 of 40."""
    rotation = np.diag([1.0, -1.0, -1.0]) if z > 0 else np.diag([-1.0, -1.0, 1.0])
    calibration = np.array([[10 * abs(z), 0, 19.5], [0, 10 * abs(z), 19.5], [0, 0, 1]])
    return Pinhole(calibration, rotation, np.array([0.0, 0.0, abs(z)]), 40, 40)


def test_colors_are_where_the_texture_says(square: Geometry) -> None:
    picture = Drawing(square)(camera(5))

    for row, column, color in ((13, 13, RED), (13, 26, GREEN), (26, 13, BLUE), (26, 26, WHITE)):
        assert tuple(picture[row, column]) == (*color, 255)


def test_the_square_covers_its_pixels_and_no_others(square: Geometry) -> None:
    alpha = Drawing(square)(camera(5))[..., 3]

    expected = np.zeros((40, 40), np.uint8)
    expected[10:30, 10:30] = 255
    np.testing.assert_array_equal(alpha, expected)


def test_an_edge_through_a_pixel_covers_it_in_part_and_keeps_its_color(square: Geometry) -> None:
    half = camera(5)
    half.calibration[0, 2] += 0.5

    picture = Drawing(square)(half)

    assert picture[13, 10, 3] == picture[13, 30, 3] == 128
    assert tuple(picture[13, 10, :3]) == RED


def test_the_back_is_grayer_and_mirrored(square: Geometry) -> None:
    front, back = Drawing(square)(camera(5)), Drawing(square)(camera(-5))

    assert back[13, 26, 3] == 255
    red, mirrored = front[13, 13, :3].astype(int), back[13, 26, :3].astype(int)
    assert mirrored.argmax() == red.argmax() == 0
    assert np.ptp(mirrored) < 0.5 * np.ptp(red)


def test_nothing_in_sight_is_all_transparent(square: Geometry) -> None:
    away = camera(5)
    away.translation[2] = -5

    assert not Drawing(square)(away).any()


def test_into_a_room_one_looks_through_the_wall_in_front(tmp_path: Path) -> None:
    """Two squares that face each other: from outside only the inner side of the far one is seen."""
    texture = np.zeros((64, 64, 3), np.uint8)
    texture[:, :32], texture[:, 32:] = RED, GREEN
    Image.fromarray(texture).save(tmp_path / "texture.png")
    corner = np.array([[-1.0, -1], [1, -1], [1, 1], [-1, 1]])
    vertices = np.vstack([np.insert(corner, 2, z, axis=1) for z in (1.0, -1.0)])
    uvs = np.repeat([[0.25, 0.5], [0.75, 0.5]], 4, axis=0)
    faces = np.array([[0, 2, 1], [0, 3, 2], [4, 5, 6], [4, 6, 7]])
    room = Geometry(vertices, faces, uvs, np.zeros((8, 3)), tmp_path / "texture.png")

    picture = Drawing(room)(camera(5))

    assert room.inward
    assert tuple(picture[20, 20]) == (*GREEN, 255)
