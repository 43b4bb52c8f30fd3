"""Predictions: what is paid is counted as it is, and what is to come grows with what a step goes through."""

from __future__ import annotations

from dataclasses import replace

import pytest

from kai_pipelines import Quality
from steps.reconstruction.choosing.costs import WITHIN, Cost, predict
from steps.reconstruction.presets import PRESETS
from tests.unit.steps.reconstruction.choosing.test_rules import GOOD

FOUNTAIN = replace(GOOD, photos=11, placed=11, longer_side=1536.0, shorter_side=1024.0)
"""Eleven photographs of 1.6 Mpx."""


def test_finer_qualities_cost_more_of_everything() -> None:
    low, medium, high = (predict(GOOD, PRESETS[quality]) for quality in Quality)

    assert low.cpu_seconds < medium.cpu_seconds < high.cpu_seconds
    assert low.peak_memory_bytes < medium.peak_memory_bytes < high.peak_memory_bytes


def test_what_has_been_spent_is_no_prediction() -> None:
    spent = [("assess_photos", Cost(20.0, 3e8)), ("align_photos", Cost(142.0, 9.4e9))]

    with_it, without = predict(GOOD, PRESETS[Quality.LOW], spent), predict(GOOD, PRESETS[Quality.LOW])

    assert with_it.cpu_seconds == pytest.approx(without.cpu_seconds + 162)
    assert with_it.peak_memory_bytes == 9.4e9


def test_photographs_that_could_not_be_placed_cost_nothing_more() -> None:
    assert predict(replace(GOOD, photos=400), PRESETS[Quality.LOW]) == predict(GOOD, PRESETS[Quality.LOW])


def test_twice_the_photographs_take_twice_the_time_in_stereo() -> None:
    one, two = (predict(replace(GOOD, placed=placed), PRESETS[Quality.MEDIUM]).steps for placed in (100, 200))

    assert two["estimate_depth"].cpu_seconds / one["estimate_depth"].cpu_seconds == pytest.approx(2, rel=0.02)
    assert two["estimate_depth"].peak_memory_bytes == one["estimate_depth"].peak_memory_bytes


@pytest.mark.parametrize(
    ("step", "seconds"), [("undistort_photos", 2.0), ("estimate_depth", 42.9), ("texture_mesh", 19.0)]
)
def test_a_measured_run_is_predicted_within_the_factor_that_is_told(step: str, seconds: float) -> None:
    expected = predict(FOUNTAIN, PRESETS[Quality.LOW]).steps[step].cpu_seconds

    assert seconds / WITHIN < expected < seconds * WITHIN


def test_the_document_has_both_figures_of_each_step_and_of_all() -> None:
    document = predict(GOOD, PRESETS[Quality.MEDIUM]).document()

    assert document["cpu_seconds"] == pytest.approx(
        sum(one["cpu_seconds"] for one in document["steps"].values()), abs=1
    )
    assert document["peak_memory_bytes"] == max(one["peak_memory_bytes"] for one in document["steps"].values())
