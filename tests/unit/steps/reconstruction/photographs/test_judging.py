from __future__ import annotations

import pytest

from kai_pipelines import Quality
from steps.reconstruction.photographs.judging import Measured, choose_quality, faults, faults_beside, hopeless
from steps.reconstruction.photographs.measuring import Figures


def photo(width: int = 4000, height: int = 3000, blur: float = 0.5, **figures: float) -> Measured:
    values = {"brightness": 0.5, "clipped": 0.0, "contrast": 0.6, "brightest": 0.9, "unclipped": 0.4} | figures
    return Measured(width, height, Figures(blur_px=blur, **values))


@pytest.mark.parametrize(
    ("photos", "expected"),
    [
        ([photo()] * 30, Quality.HIGH),
        ([photo(1600, 1200)] * 30, Quality.MEDIUM),
        ([photo(640, 480)] * 30, Quality.LOW),
        ([photo()] * 8, Quality.MEDIUM),
        ([photo()] * 200, Quality.MEDIUM),
        ([photo()] * 500, Quality.LOW),
        ([photo(blur=2.7)] * 30, Quality.MEDIUM),
        ([photo(1600, 1200, blur=2.7)] * 30, Quality.LOW),
    ],
)
def test_auto_follows_detail_and_count(photos, expected):
    quality, reason = choose_quality(photos)

    assert quality is expected
    assert str(len(photos)) in reason


@pytest.mark.parametrize(
    ("figures", "fault"),
    [
        ({"blur": 2.0}, "blurred"),
        ({"brightest": 0.1}, "dark"),
        ({"clipped": 0.5, "unclipped": 0.8}, "overexposed"),
        ({"contrast": 0.05}, "low-contrast"),
        ({"width": 320, "height": 240}, "very-small"),
    ],
)
def test_each_fault_has_its_name(figures, fault):
    assert faults(photo(**figures)) == [fault]
    assert faults(photo()) == []


def test_photographs_without_an_edge_are_told_so():
    quality, reason = choose_quality([photo(blur=float("inf"))] * 3)

    assert quality is Quality.LOW
    assert "hardly an edge" in reason


def test_a_bright_sky_over_a_well_exposed_ground_is_no_fault():
    assert faults(photo(clipped=0.45, unclipped=0.4)) == []


def test_a_photograph_is_blurred_beside_much_sharper_ones():
    soft = photo(blur=1.4)

    assert faults(soft) == []
    assert faults_beside([photo(blur=0.5)] * 4 + [soft]) == [[]] * 4 + [["blurred"]]
    assert faults_beside([photo(blur=1.2)] * 4 + [soft]) == [[]] * 5


def test_a_photograph_two_stops_off_is_named():
    """Two stops are a quarter of the light, and 0.25 ** (1 / 2.2) = 0.53 of the brightness."""
    evenly = [photo(brightness=0.5)] * 4

    assert faults_beside([*evenly, photo(brightness=0.25)])[-1] == ["uneven-exposure"]
    assert faults_beside([*evenly, photo(brightness=0.3)])[-1] == []


@pytest.mark.parametrize(("figures", "lost"), [({"brightest": 0.04}, "dark"), ({"blur": 30.0}, "blurred")])
def test_a_set_in_which_next_to_nothing_is_left_is_hopeless(figures, lost):
    bad = photo(**figures)

    assert hopeless([bad] * 5) == lost
    assert hopeless([bad] * 5 + [photo()]) == lost
    assert hopeless([bad] * 3 + [photo()] * 3) is None
