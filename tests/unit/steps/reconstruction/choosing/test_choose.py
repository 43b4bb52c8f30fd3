"""The step: documents in, a quality, its reasons and its price out."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from kai_pipelines import Quality
from steps.reconstruction.artifacts import MatchGraph, PhotoAssessment
from steps.reconstruction.choose import Chosen, choose_quality
from steps.reconstruction.metrics import StepMetrics

NAMES = [f"{number}.jpg" for number in range(20)]
SPENT = [StepMetrics(step="align_photos", cpu_seconds=100.0, peak_memory_bytes=10**9)]


@pytest.fixture
def documents(tmp_path: Path) -> tuple[PhotoAssessment, MatchGraph]:
    """Of photographs that are good for high, with cameras that are good for medium."""
    assessment, graph = tmp_path / "assessment.json", tmp_path / "graph.json"
    photos = [{"name": name, "width": 4000, "height": 3000, "used": True} for name in NAMES]
    assessment.write_text(json.dumps({"photos": photos, "chosen": "high", "reason": "Sharp."}), encoding="utf-8")
    matched = {
        "photos": [{"name": name, "features": 8000, "registered": True} for name in NAMES],
        "inliers": dict.fromkeys(NAMES, 100),
        "median_parallax_deg": 20.0,
    }
    graph.write_text(json.dumps(matched), encoding="utf-8")
    return PhotoAssessment(assessment), MatchGraph(graph)


def choice(chosen: Chosen) -> dict[str, object]:
    document: dict[str, object] = json.loads(chosen.choice.path.read_text(encoding="utf-8"))
    return document


def test_auto_takes_what_the_measurements_carry(documents: tuple[PhotoAssessment, MatchGraph]) -> None:
    chosen = choose_quality(*documents, SPENT)

    told = choice(chosen)
    assert chosen.quality is Quality.MEDIUM
    assert (told["requested"], told["quality"], told["best"]) == ("auto", "medium", "medium")
    assert "100 confirmed features" in str(told["reason"])


def test_who_asks_by_name_gets_it_and_is_told_what_auto_would_take(
    documents: tuple[PhotoAssessment, MatchGraph],
) -> None:
    chosen = choose_quality(*documents, SPENT, requested=Quality.HIGH)

    assert chosen.quality is Quality.HIGH
    assert str(choice(chosen)["reason"]).startswith("high was asked for; auto would take medium.")


def test_each_quality_has_its_price_in_figures_and_progress(
    documents: tuple[PhotoAssessment, MatchGraph], capsys: pytest.CaptureFixture[str]
) -> None:
    chosen = choose_quality(*documents, SPENT)

    predictions = choice(chosen)["predictions"]
    assert isinstance(predictions, dict) and list(predictions) == ["low", "medium", "high"]
    assert all({"cpu_seconds", "peak_memory_bytes"} <= one.keys() for one in predictions.values())
    assert chosen.metrics.values["predicted_cpu_seconds_low"] == predictions["low"]["cpu_seconds"]
    said = capsys.readouterr().err
    assert all(f"{quality}: about" in said for quality in ("low", "medium", "high"))


def test_the_remaining_time_of_a_run_is_told_from_every_step(documents: tuple[PhotoAssessment, MatchGraph]) -> None:
    work = choose_quality(*documents, SPENT).expected_work

    assert work["align_photos"].serial_seconds + work["align_photos"].parallel_seconds == pytest.approx(100)
    assert {"estimate_depth", "texture_mesh", "finalize_reconstruction"} <= work.keys()
    assert work["estimate_depth"].parallel_seconds > work["estimate_depth"].serial_seconds
