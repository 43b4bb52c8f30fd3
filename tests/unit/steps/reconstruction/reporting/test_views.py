from __future__ import annotations

import numpy as np
import pytest

from steps.reconstruction.reporting.views import SIDES, best_rise, looking, sides

CUBE = np.array([[x, y, z] for x in (-1.0, 1.0) for y in (-1.0, 1.0) for z in (-1.0, 1.0)]) * [3, 1, 2] + [10, 20, 30]


def ring(turns: list[float], elevation: float = 0.0) -> np.ndarray:
    """Cameras around the cube at these turns, degrees."""
    a, e = np.radians(turns), np.radians(elevation)
    return CUBE.mean(axis=0) + 20 * np.stack(
        [np.sin(a) * np.cos(e), np.full_like(a, np.sin(e)), np.cos(a) * np.cos(e)], 1
    )


@pytest.mark.parametrize("rise", [8.0, 50.0, 89.0])
@pytest.mark.parametrize(("title", "turn"), SIDES)
def test_the_whole_model_is_in_the_picture_and_fills_it(title: str, turn: float, rise: float) -> None:
    camera = looking(CUBE, turn, rise, 480, 360)

    seen = CUBE @ camera.rotation.T + camera.translation
    spots = seen @ camera.calibration.T
    spots = spots[:, :2] / spots[:, 2:]
    assert np.all(seen[:, 2] > 0), title
    assert np.all(spots > 0) and np.all(spots < [480, 360]), title
    assert np.any(np.ptp(spots, axis=0) > 0.9 * np.array([480, 360])), title


def test_the_front_shows_right_at_the_right_and_up_at_the_top() -> None:
    camera = looking(CUBE, 0, 0, 480, 360)

    np.testing.assert_allclose(camera.rotation, [[1, 0, 0], [0, -1, 0], [0, 0, -1]], atol=1e-12)


def test_from_the_right_the_front_is_at_the_left() -> None:
    camera = looking(CUBE, 90, 0, 480, 360)

    assert (camera.rotation @ [0, 0, 1])[0] == pytest.approx(-1)
    assert (camera.rotation @ [-1, 0, 0])[2] == pytest.approx(1)


def test_a_model_of_nothing_is_looked_at_all_the_same() -> None:
    assert np.isfinite(looking(CUBE[:0], 0, 0, 480, 360).translation).all()
    assert np.isfinite(looking(CUBE[:1], 0, 0, 480, 360).translation).all()


def test_ground_is_first_seen_from_above_and_a_facade_from_the_front() -> None:
    ground, facade = CUBE * [1, 0.1, 1], CUBE * [1, 1, 0.1]

    assert best_rise(ground) == 50
    assert best_rise(facade) == 14


def test_only_photographed_sides_are_shown_and_the_others_are_named() -> None:
    found = sides(CUBE, ring([-50, -20, 0, 20, 50]))

    assert [side.title for side in found.shown] == ["Front", "Front left", "Front right", "From high up"]
    assert found.unseen == ("left", "right", "back")


def test_a_subject_photographed_all_around_is_shown_from_all_sides_and_the_top() -> None:
    found = sides(CUBE, ring(list(range(0, 360, 20))))

    assert {side.title for side in found.shown} == {title for title, _ in SIDES} | {"Top", "From high up"}
    assert found.unseen == ()


def test_a_flight_sees_all_sides_and_is_shown_from_well_above() -> None:
    found = sides(CUBE, ring([0, 90, 180], elevation=80))

    assert found.unseen == ()
    assert found.shown[0].rise == 40


def test_a_room_is_looked_into_from_above_whatever_its_cameras_faced() -> None:
    found = sides(CUBE, CUBE.mean(axis=0)[None] + [0.1, 0, 0], inward=True)

    assert found.unseen == () and {side.rise for side in found.shown[:8]} == {40.0}
