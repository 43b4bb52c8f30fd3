from __future__ import annotations

import cv2
import numpy as np
import pytest

from steps.reconstruction.alignment.graph import Edge, Graph
from steps.reconstruction.alignment.turning import motion

SIZE = np.array([640.0, 480.0])
RELIEF = np.random.default_rng(0).uniform([-1.5, -1, 3], [1.5, 1, 6], (400, 3))
WALL = np.random.default_rng(1).uniform([-2, -1.5, 4], [2, 1.5, 4 + 1e-9], (400, 3))


def turn(*degrees: float) -> np.ndarray:
    return cv2.Rodrigues(np.radians(np.array(degrees)))[0]


def photographed(points: np.ndarray, rotation: np.ndarray, center: np.ndarray, focal: float, bend: float = 0.0):
    seen = (points - center) @ rotation.T
    flat = seen[:, :2] / seen[:, 2:]
    flat = flat * (1 + bend * (flat**2).sum(axis=1, keepdims=True))
    return focal * flat + SIZE / 2 + np.random.default_rng(3).normal(0, 0.4, flat.shape)


def pair(a: np.ndarray, b: np.ndarray, size_b: np.ndarray = SIZE):
    matches = np.repeat(np.arange(len(a), dtype=np.uint32)[:, None], 2, axis=1)
    sizes = [(int(size[0]), int(size[1])) for size in (SIZE, size_b)]
    edge = Edge(0, 1, matches)
    return motion(Graph(sizes, [a, b], [edge]), edge)


@pytest.mark.parametrize(
    ("rotation", "focal", "bend"),
    [
        (turn(2, 14, 1), 600.0, 0.0),
        (turn(0, 10, 0), 450.0, -0.1),
        (turn(1, 3, 8), 900.0, 0.05),
        (np.eye(3), 780.0, 0.0),
    ],
    ids=["a pan", "a pan with a bent lens", "a roll", "a zoom"],
)
def test_a_camera_that_stays_in_its_place_gives_no_depth(rotation, focal, bend):
    first = photographed(RELIEF, np.eye(3), np.zeros(3), 600.0 if np.allclose(rotation, np.eye(3)) else focal, bend)

    seen = pair(first, photographed(RELIEF, rotation, np.zeros(3), focal, bend))

    assert not seen.has_depth
    assert not seen.copied
    assert seen.turned > 0.9


def test_a_flat_picture_that_slides_gives_no_depth():
    first = photographed(WALL, np.eye(3), np.zeros(3), 600.0)

    assert not pair(first, first + np.array([70.0, 20.0])).has_depth


def test_a_picture_that_was_stretched_and_sheared_gives_no_depth():
    first = photographed(RELIEF, np.eye(3), np.zeros(3), 600.0)

    assert not pair(first, first @ np.array([[0.75, 0.1], [-0.05, 1.1]]) + np.array([40.0, -30.0])).has_depth


@pytest.mark.parametrize("points", [RELIEF, WALL], ids=["relief", "a wall"])
def test_a_step_to_the_side_gives_depth(points):
    first = photographed(points, turn(0, -12, 0), np.array([-1.0, 0, 0]), 600.0)

    seen = pair(first, photographed(points, turn(0, 12, 0), np.array([1.0, 0, 0]), 600.0))

    assert seen.has_depth
    assert seen.turned < 0.5


def test_a_few_wrong_matches_do_not_make_a_pan_look_deep():
    first = photographed(RELIEF, np.eye(3), np.zeros(3), 600.0)
    second = photographed(RELIEF, turn(1, 8, 0), np.zeros(3), 600.0)
    second[::8] += np.random.default_rng(4).uniform(-40, 40, second[::8].shape)

    assert not pair(first, second).has_depth


def test_the_same_picture_in_another_size_is_a_copy():
    first = photographed(RELIEF, np.eye(3), np.zeros(3), 600.0)

    seen = pair(first, first * 0.75, SIZE * 0.75)

    assert seen.copied
    assert not seen.has_depth
