from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from steps.reconstruction.reporting.subject import subject
from steps.reconstruction.scene import CameraView

RNG = np.random.default_rng(3)
CUBE = RNG.uniform(-1, 1, (400, 3))
HOUSE = RNG.uniform((50, -10, -10), (70, 10, 10), (4000, 3))


def view(place: tuple[float, float, float], target: tuple[float, float, float]) -> CameraView:
    """A square camera of 53 degrees at `place` that looks at `target`."""
    forward = np.subtract(target, place) / np.linalg.norm(np.subtract(target, place))
    right = np.cross(forward, [0.0, 1.0, 0.0])
    right /= np.linalg.norm(right)
    rotation = np.stack([right, np.cross(forward, right), forward])
    calibration = np.array([[100.0, 0, 49.5], [0, 100, 49.5], [0, 0, 1]])
    return CameraView("a.jpg", calibration, rotation, -rotation @ np.array(place), 100, 100, "PINHOLE", ())


def ring(count: int) -> list[CameraView]:
    turns = 2 * np.pi * np.arange(count) / count
    return [view((6 * np.sin(turn), 0.5, 6 * np.cos(turn)), (0.0, 0.0, 0.0)) for turn in turns]


def rows(points: NDArray[np.float64]) -> set[tuple[float, ...]]:
    return {tuple(point) for point in points}


def test_a_house_behind_the_thing_is_not_the_subject_however_many_its_vertices() -> None:
    assert rows(subject(np.vstack([HOUSE, CUBE]), ring(16))) == rows(CUBE)


def test_what_all_photographs_show_is_all_the_subject() -> None:
    assert rows(subject(CUBE, ring(16))) == rows(CUBE)


def test_a_long_wall_is_shown_whole_though_no_photograph_has_all_of_it() -> None:
    wall = np.column_stack([RNG.uniform(-20, 20, 3000), RNG.uniform(-2, 2, 3000), np.zeros(3000)])
    along = [view((x, 0.0, 8.0), (x, 0.0, 0.0)) for x in np.linspace(-18, 18, 19)]

    assert rows(subject(wall, along)) == rows(wall)


def test_without_cameras_or_with_ones_that_look_away_everything_is_shown() -> None:
    away = [view((0.0, 0.0, 30.0), (0.0, 0.0, 60.0))]

    assert rows(subject(CUBE, [])) == rows(subject(CUBE, away)) == rows(CUBE)
    assert len(subject(np.zeros((0, 3)), ring(3))) == 0
