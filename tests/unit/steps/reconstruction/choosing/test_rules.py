"""What `auto` chooses: the finest quality that every measurement carries, with the reason in words."""

from __future__ import annotations

from dataclasses import replace

import pytest

from kai_pipelines import Quality
from steps.reconstruction.choosing.costs import Cost, Prediction
from steps.reconstruction.choosing.evidence import Evidence, gather
from steps.reconstruction.choosing.rules import best_of, checks, reason
from steps.reconstruction.documents import AssessmentDocument, MatchDocument

GIB = 2**30
GOOD = Evidence(
    carried=Quality.HIGH, why="40 sharp photographs.", photos=40, placed=40, longer_side=4000.0, shorter_side=3000.0,
    pairs=300, features=8000.0, inliers=900.0, parallax=25.0, thickness=0.3, weak_links=0,
)  # fmt: skip
CHEAP = {quality: Prediction({"estimate_depth": Cost(600.0, 1e9)}) for quality in Quality}


def chosen(evidence: Evidence, predictions: dict[Quality, Prediction] = CHEAP) -> tuple[Quality, str]:
    found = checks(evidence, predictions, 8 * GIB)
    best = best_of(found)
    return best, reason(found, best)


def test_high_only_where_every_measurement_carries_it() -> None:
    best, why = chosen(GOOD)

    assert best is Quality.HIGH
    assert why.startswith("40 sharp photographs.")


@pytest.mark.parametrize(
    ("change", "best", "word"),
    [
        ({"carried": Quality.LOW, "why": "Blurred."}, Quality.LOW, "Blurred."),
        ({"placed": 11}, Quality.MEDIUM, "11 placed photographs are too few"),
        ({"placed": 29}, Quality.MEDIUM, "11 of 40 photographs could not be placed"),
        ({"inliers": 100.0}, Quality.MEDIUM, "100 confirmed features"),
        ({"inliers": 40.0}, Quality.LOW, "40 confirmed features"),
        ({"parallax": 2.0}, Quality.MEDIUM, "2.0°"),
        ({"parallax": 1.0}, Quality.LOW, "1.0°"),
        ({"thickness": 0.001}, Quality.MEDIUM, "flat"),
        ({"weak_links": 10}, Quality.MEDIUM, "10 of 40 photographs hang on few matches"),
    ],
)
def test_the_weakest_measurement_decides_and_says_so(change: dict[str, object], best: Quality, word: str) -> None:
    found, why = chosen(replace(GOOD, **change))  # type: ignore[arg-type]  # one dict for all fields

    assert found is best
    assert word in why


def test_what_was_not_measured_is_held_against_nobody() -> None:
    assert chosen(replace(GOOD, inliers=None, parallax=None, thickness=None))[0] is Quality.HIGH


def test_auto_takes_nothing_that_would_run_for_days() -> None:
    days = {**CHEAP, Quality.HIGH: Prediction({"estimate_depth": Cost(3 * 86_400.0, 1e9)})}

    assert chosen(GOOD, days) == (Quality.MEDIUM, "high would take 72 CPU hours; auto stops at 24 hours.")


def test_auto_takes_nothing_that_a_step_has_no_memory_for() -> None:
    big = {**CHEAP, Quality.HIGH: Prediction({"fuse_depth": Cost(60.0, 20e9)})}

    best, why = chosen(GOOD, big)

    assert best is Quality.MEDIUM
    assert "20.0 GB" in why


def test_the_evidence_is_read_from_what_the_steps_before_wrote() -> None:
    assessed = AssessmentDocument.model_validate(
        {
            "best": "medium",
            "best_reason": "Enough for medium.",
            "reason": "high was requested.",
            "photos": [{"name": name, "width": 300, "height": 400} for name in ("a", "b", "c")]
            + [{"name": "broken", "width": None, "height": None}],
        }
    )
    matched = MatchDocument.model_validate(
        {
            "photos": [{"name": name, "features": 900, "registered": name != "c"} for name in ("a", "b", "c")],
            "pairs": [{"a": 0, "b": 1, "inliers": 200}],
            "inliers": {"a": 200, "b": 100, "c": 3},
            "median_parallax_deg": 12.5,
            "thickness": None,
            "gaps": [
                {"code": "weak-link", "message": "", "files": ["a", "c"]},
                {"code": "azimuth-gap", "message": "", "files": ["b"]},
            ],
        }
    )

    assert gather(assessed, matched) == Evidence(
        carried=Quality.MEDIUM, why="Enough for medium.", photos=3, placed=2, longer_side=400.0, shorter_side=300.0,
        pairs=1, features=900.0, inliers=150.0, parallax=12.5, thickness=None, weak_links=1,
    )  # fmt: skip
