"""Choose the quality that is built, from everything that was measured, and predict what each would cost."""

from __future__ import annotations

import json
from typing import Literal, NamedTuple

from pydantic import BaseModel

from kai_pipelines import Quality, Resources, progress, step
from steps.reconstruction.artifacts import MatchGraph, PhotoAssessment, QualityChoice
from steps.reconstruction.metrics import StepMetrics, measured
from steps.reconstruction.retrying import COMPUTING


class ExpectedWork(BaseModel):
    """CPU seconds of one step."""

    serial_seconds: float
    parallel_seconds: float
    """That all cores share."""


class Chosen(NamedTuple):
    """What `choose_quality` returns."""

    quality: Quality
    choice: QualityChoice
    expected_work: dict[str, ExpectedWork]
    """Step → what is predicted for `quality`: `kai run` tells the remaining time from it."""
    metrics: StepMetrics


@step(resources=Resources(cpu=1, memory="1Gi"), timeout="10m", retry=COMPUTING)
def choose_quality(
    assessment: PhotoAssessment,
    match_graph: MatchGraph,
    spent: list[StepMetrics],
    requested: Quality | Literal["auto"] = "auto",
    memory_limit: int = 8 * 2**30,
) -> Chosen:
    """Take the quality that was asked for, or the finest that the measurements carry within `memory_limit` bytes.

    `spent` are the steps that have run; what they cost stands for their part of each prediction.
    """
    from steps.reconstruction.choosing.costs import WITHIN, Cost, predict, reporting
    from steps.reconstruction.choosing.evidence import gather
    from steps.reconstruction.choosing.rules import best_of, checks, reason
    from steps.reconstruction.documents import AssessmentDocument, MatchDocument, read_document
    from steps.reconstruction.presets import PRESETS

    with measured("choose_quality") as m:
        evidence = gather(
            read_document(assessment.path, AssessmentDocument), read_document(match_graph.path, MatchDocument)
        )
        finished = [(one.step, Cost(one.cpu_seconds, one.peak_memory_bytes)) for one in spent]
        predictions = {quality: predict(evidence, row, finished) for quality, row in PRESETS.items()}
        found = checks(evidence, predictions, memory_limit)
        best = best_of(found)
        quality = best if requested == "auto" else Quality(requested)
        why = reason(found, best)
        if requested != "auto":
            why = f"{quality.value} was asked for; auto would take {best.value}. {why}"
        for each, prediction in predictions.items():
            minutes, size = prediction.cpu_seconds / 60, prediction.peak_memory_bytes / 1e9
            progress(1, 1, f"{each.value}: about {minutes:.1f} CPU minutes and {size:.1f} GB")
            m.value(
                **{
                    f"predicted_cpu_seconds_{each.value}": round(prediction.cpu_seconds, 1),
                    f"predicted_peak_memory_bytes_{each.value}": round(prediction.peak_memory_bytes),
                }
            )
        progress(1, 1, f"{quality.value}: {why}")
        choice = QualityChoice.new("choice")
        document = {
            "requested": str(requested),
            "quality": quality.value,
            "best": best.value,
            "reason": why,
            "checks": [
                {"name": one.name, "value": one.value, "carries": one.carries.value, "words": one.words}
                for one in found
            ],
            "predictions": {each.value: prediction.document() for each, prediction in predictions.items()},
            "within": WITHIN,
        }
        choice.path.write_text(json.dumps(document, indent=1), encoding="utf-8")
        m.value(quality=quality.value, requested=str(requested), best=best.value)
        costs = {**predictions[quality].steps, "finalize_reconstruction": reporting(evidence)}
        expected = {name: _work(name, cost.cpu_seconds) for name, cost in costs.items()}
    return Chosen(quality, choice, expected, m.metrics)


def _work(step: str, cpu_seconds: float) -> ExpectedWork:
    from steps.reconstruction.choosing.costs import PARALLEL

    shared = round(cpu_seconds * PARALLEL.get(step, 0.0), 1)
    return ExpectedWork(serial_seconds=round(cpu_seconds - shared, 1), parallel_seconds=shared)
