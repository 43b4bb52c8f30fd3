"""Where up is, for the ways in which people take photographs."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from steps.reconstruction.orientation import upright

Array = NDArray[np.float64]
Camera = tuple[Array, Array]
"""Rotation from the world to the camera, and center."""
UP = np.array([0.2, 0.9, -0.3]) / np.linalg.norm([0.2, 0.9, -0.3])
EAST = np.cross(UP, [0.0, 0.0, 1.0]) / np.linalg.norm(np.cross(UP, [0.0, 0.0, 1.0]))
SOUTH = np.cross(EAST, UP)


def camera(center: Array, target: Array, up: Array, turn: float = 0.0) -> Camera:
    """A camera at `center` that sees `target` and is held level to `up`, then turned about its gaze by `turn` degrees."""
    forward = (target - center) / np.linalg.norm(target - center)
    right = np.cross(forward, up) / np.linalg.norm(np.cross(forward, up))
    down = np.cross(forward, right)
    c, s = np.cos(np.radians(turn)), np.sin(np.radians(turn))
    rotation = np.stack([c * right + s * down, c * down - s * right, forward])
    return rotation, center


def around(count: int, width: float, height: float, turn: float = 0.0) -> tuple[Camera, ...]:
    """Cameras on an arc of `width` degrees, all looking at the origin from `height` above it."""
    return tuple(
        camera(5 * (np.sin(a) * EAST + np.cos(a) * SOUTH) + height * UP, np.zeros(3), UP, turn)
        for a in np.radians(np.linspace(-width / 2, width / 2, count))
    )


def frame_of(cameras: tuple[Camera, ...]) -> Array:
    return upright(np.array([rotation for rotation, _ in cameras]), np.array([center for _, center in cameras]))


def assert_upright(frame: Array, up: Array, degrees: float = 2.0) -> None:
    np.testing.assert_allclose(frame @ frame.T, np.eye(3), atol=1e-9)
    assert np.linalg.det(frame) > 0
    assert np.degrees(np.arccos(np.clip(frame[1] @ up, -1, 1))) < degrees


def test_a_walk_along_a_facade_looks_at_it_from_the_front() -> None:
    frame = frame_of(around(11, width=80, height=0.5))

    assert_upright(frame, UP)
    assert frame[2] @ SOUTH > 0.99


def test_cameras_all_around_and_tilted_down_stand_on_the_ground() -> None:
    assert_upright(frame_of(around(24, width=345, height=3.0)), UP)


def test_parallel_gazes_take_the_cameras_own_up() -> None:
    row = tuple(camera(x * EAST + 5 * SOUTH, x * EAST, UP) for x in np.linspace(-3, 3, 7))

    assert_upright(frame_of(row), UP)


def test_a_flight_over_ground_has_its_cameras_above() -> None:
    spots = [(x, y) for x in range(-2, 3) for y in range(-2, 3)]
    flight = tuple(camera(x * EAST + y * SOUTH + 9 * UP, x * EAST + y * SOUTH, -SOUTH) for x, y in spots)

    assert_upright(frame_of(flight), UP)


def test_a_ring_of_photographs_on_their_side_is_put_upright() -> None:
    assert_upright(frame_of(around(24, width=345, height=0.3, turn=-90)), UP, degrees=6)


def test_photographs_upside_down_do_not_tip_the_others_over() -> None:
    ring = around(24, width=345, height=1.0)
    overturned = [(rotation * [[-1], [-1], [1]], center) for rotation, center in ring[1::2]]

    assert_upright(frame_of((*ring[::2], *overturned)), UP)


def test_one_camera_is_enough() -> None:
    frame = frame_of((camera(5 * SOUTH, np.zeros(3), UP),))

    assert_upright(frame, UP)
    assert frame[2] @ SOUTH > 0.99


def test_no_camera_leaves_the_world_as_it_is() -> None:
    np.testing.assert_array_equal(upright(np.zeros((0, 3, 3)), np.zeros((0, 3))), np.eye(3))
