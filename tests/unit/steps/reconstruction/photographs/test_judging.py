from __future__ import annotations

import pytest

from kai_pipelines import Quality
from steps.reconstruction.photographs.judging import Measured, choose_quality, faults
from steps.reconstruction.photographs.measuring import Figures


def photo(width: int = 4000, height: int = 3000, blur: float = 0.5, **figures: float) -> Measured:
    values = {"brightness": 0.5, "clipped": 0.0, "contrast": 0.6} | figures
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
        ({"brightness": 0.03}, "dark"),
        ({"clipped": 0.5}, "overexposed"),
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
