from __future__ import annotations

from typing import Any

import pytest

from steps.reconstruction.documents import CheckedMeasure, Prediction
from steps.reconstruction.reporting.choice import choice, truth, where
from steps.reconstruction.reporting.figures import Summary


def summary(**changes: Any) -> Summary:
    plain: dict[str, Any] = {
        "requested": "auto", "chosen": "medium", "built": "medium", "reason": "Because.", "predictions": {}, "checks": [],
        "within": None, "total_cpu_seconds": 330.0, "peak_memory_bytes": 900_000_000, "device": "cpu", "device_reason": "",
    }  # fmt: skip
    return Summary.model_construct(**(plain | changes))


@pytest.mark.parametrize(
    ("expected", "how"),
    [(300.0, "10 % more than expected"), (320.0, "as expected"), (660.0, "50 % less than expected")],
)
def test_the_cost_is_held_against_what_was_expected_of_the_built_quality(expected: float, how: str) -> None:
    predictions = {"medium": Prediction(cpu_seconds=expected), "low": Prediction(cpu_seconds=1.0)}

    assert how in truth(summary(predictions=predictions))


def test_without_a_prediction_only_the_cost_is_told() -> None:
    assert truth(summary()) == "It took 5 min 30 s of processor time and 900 MB of memory. Nothing was predicted."


def test_how_far_predictions_can_be_trusted_is_told() -> None:
    told = truth(summary(predictions={"medium": Prediction(cpu_seconds=300)}, within=1.5))

    assert told.endswith("Expectations have been right within a factor of 1.5.")


def test_a_fallback_marks_what_was_chosen_and_what_was_built() -> None:
    told = choice(summary(built="low"))

    assert 'medium <span class="chip info">chosen</span>' in told
    assert 'low <span class="chip good">built</span>' in told


def test_what_was_measured_stands_below_the_table() -> None:
    told = choice(summary(checks=[CheckedMeasure(name="placed", carries="high", words="40 photographs are placed.")]))

    assert "40 photographs are placed." in told and "What was measured" in told
    assert "What was measured" not in choice(summary())


def test_an_absent_gpu_is_told_as_the_reason() -> None:
    assert where(summary(device_reason="no GPU is here")) == "Device of the dense stereo: cpu; no GPU is here."
