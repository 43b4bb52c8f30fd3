from __future__ import annotations

import numpy as np
import pytest

from steps.reconstruction.reporting.views import SIDES, best_rise, looking

CUBE = np.array([[x, y, z] for x in (-1.0, 1.0) for y in (-1.0, 1.0) for z in (-1.0, 1.0)]) * [3, 1, 2] + [10, 20, 30]


@pytest.mark.parametrize(("title", "turn", "rise"), SIDES)
def test_the_whole_model_is_in_the_picture_and_fills_it(title: str, turn: float, rise: float) -> None:
    camera = looking(CUBE, np.eye(3), turn, rise, 480, 360)

    seen = CUBE @ camera.rotation.T + camera.translation
    spots = seen @ camera.calibration.T
    spots = spots[:, :2] / spots[:, 2:]
    assert np.all(seen[:, 2] > 0), title
    assert np.all(spots > 0) and np.all(spots < [480, 360]), title
    assert np.any(np.ptp(spots, axis=0) > 0.6 * np.array([480, 360])), title


def test_the_front_shows_right_at_the_right_and_up_at_the_top() -> None:
    camera = looking(CUBE, np.eye(3), 0, 0, 480, 360)

    np.testing.assert_allclose(camera.rotation, [[1, 0, 0], [0, -1, 0], [0, 0, -1]], atol=1e-12)


def test_from_the_right_the_front_is_at_the_left() -> None:
    camera = looking(CUBE, np.eye(3), 90, 0, 480, 360)

    assert (camera.rotation @ [0, 0, 1])[0] == pytest.approx(-1)
    assert (camera.rotation @ [-1, 0, 0])[2] == pytest.approx(1)


def test_ground_is_first_seen_from_above_and_a_facade_from_the_front() -> None:
    ground, facade = CUBE * [1, 0.1, 1], CUBE * [1, 1, 0.1]

    assert best_rise(ground, np.eye(3)) == 50
    assert best_rise(facade, np.eye(3)) == 14
    assert best_rise(facade, np.eye(3)[[0, 2, 1]]) == 50
