from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest

from steps.reconstruction.reporting.overhead import camera_reach, overhead
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
    spots = centers(overhead(scene(5), "arbitrary"))

    assert np.all(np.diff(spots[:, 0]) > 0)
    np.testing.assert_allclose(spots[:, 1], spots[0, 1], atol=0.1)
    height = float(re.findall(r'viewBox="0 0 1000 (\d+)"', overhead(scene(5), "arbitrary"))[0])
    assert spots[0, 1] > height / 2


def test_steps_between_cameras_keep_their_ratio() -> None:
    spots = centers(overhead(scene(5), "arbitrary"))

    np.testing.assert_allclose(np.diff(spots[:, 0]) / np.diff(spots[:, 0])[0], 1, rtol=0.01)


def test_every_camera_has_its_name_on_hover_and_few_have_it_written() -> None:
    few, many = overhead(scene(5), "arbitrary"), overhead(scene(40), "arbitrary")

    assert few.count("<title>IMG_003.jpg</title>") == many.count("<title>IMG_003.jpg</title>") == 3
    assert few.count(">003</text>") == 1
    assert many.count("</text>") == 0


def test_a_model_without_points_is_drawn_with_its_cameras() -> None:
    whole = scene(3)

    drawn = overhead(Scene(whole.views, whole.points[:0], whole.colors[:0], 0.0), "arbitrary")

    assert "<image" not in drawn and "<circle" in drawn


def test_the_world_is_drawn_as_it_stands() -> None:
    """Cameras all on their side would have been turned upright once more by a guess."""
    whole = scene(5)
    quarter = np.array([[0.0, -1, 0], [1, 0, 0], [0, 0, 1]])  # every camera rolls about its own axis
    rolled = tuple(
        replace(view, rotation=quarter @ view.rotation, translation=quarter @ view.translation) for view in whole.views
    )

    spots = centers(overhead(Scene(rolled, whole.points, whole.colors, 0.4), "arbitrary"))

    np.testing.assert_allclose(spots[:, 1], spots[0, 1], atol=0.1)
    assert np.all(np.diff(spots[:, 0]) > 0)


def test_a_scale_bar_is_there_only_in_meters_and_as_long_as_it_says() -> None:
    drawn = overhead(scene(5), "m")

    (start, _, end), (meters,) = (
        re.findall(r'd="M([\d.]+) ([\d.]+)v6H([\d.]+)', drawn)[0],
        re.findall(r">(\d+) m<", drawn)[:1],
    )
    apart = np.diff(centers(drawn)[:, 0])[0]  # cameras stand one apart
    assert (float(end) - float(start)) / apart == pytest.approx(float(meters), rel=0.01)
    assert "scale-bar" not in overhead(scene(5), "arbitrary")


def test_cameras_that_stand_close_are_drawn_small() -> None:
    assert camera_reach(scene(5), 100.0) == 20.0
    assert camera_reach(scene(5), 1.0) == pytest.approx(0.7 * np.hypot(1, 0.1))
    assert camera_reach(scene(1), 1.0) == 1.0
