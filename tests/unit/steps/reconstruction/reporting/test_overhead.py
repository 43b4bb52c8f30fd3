from __future__ import annotations

import re

import numpy as np

from steps.reconstruction.reporting.overhead import overhead
from steps.reconstruction.scene import CameraView, Scene


def scene(count: int) -> Scene:
    """`count` level cameras in a row along x, looking along -z at a wall of points."""
    rotation = np.diag([1.0, -1.0, -1.0])
    calibration = np.array([[100.0, 0, 50], [0, 100, 30], [0, 0, 1]])
    views = tuple(
        CameraView(f"IMG_{i:03}.jpg", calibration, rotation, -rotation @ [i, 0.1 * i, 8.0], 100, 60, "PINHOLE", ())
        for i in range(count)
    )
    points = np.random.default_rng(1).uniform([0, -2, -1], [count, 2, 0], (200, 3))
    return Scene(views, points, np.full((200, 3), 128, np.uint8), 0.4)


def centers(drawn: str) -> np.ndarray:
    """Camera centers of the first drawing, in its own units."""
    first = drawn[: drawn.index("</svg>")]
    return np.array([[float(x), float(y)] for x, y in re.findall(r'<circle cx="([\d.-]+)" cy="([\d.-]+)"', first)])


def test_from_above_cameras_stand_below_the_wall_they_look_at_from_left_to_right() -> None:
    spots = centers(overhead(scene(5)))

    assert np.all(np.diff(spots[:, 0]) > 0)
    np.testing.assert_allclose(spots[:, 1], spots[0, 1], atol=0.1)
    height = float(re.findall(r'viewBox="0 0 1000 (\d+)"', overhead(scene(5)))[0])
    assert spots[0, 1] > height / 2


def test_steps_between_cameras_keep_their_ratio() -> None:
    spots = centers(overhead(scene(5)))

    np.testing.assert_allclose(np.diff(spots[:, 0]) / np.diff(spots[:, 0])[0], 1, rtol=0.01)


def test_every_camera_has_its_name_on_hover_and_few_have_it_written() -> None:
    few, many = overhead(scene(5)), overhead(scene(40))

    assert few.count("<title>IMG_003.jpg</title>") == many.count("<title>IMG_003.jpg</title>") == 3
    assert few.count(">003</text>") == 1
    assert many.count("</text>") == 0


def test_a_model_without_points_or_cameras_is_drawn_as_far_as_it_goes() -> None:
    whole = scene(3)
    nothing = Scene(whole.views, whole.points[:0], whole.colors[:0], 0.0)

    assert "<image" not in overhead(nothing) and "<circle" in overhead(nothing)
    assert "No photograph was placed." in overhead(Scene((), whole.points, whole.colors, 0.0))
