"""Collect what all steps found: the cameras, the figures, and a report to look at."""

from __future__ import annotations

from typing import Literal, NamedTuple

from kai_pipelines import (
    Figures,
    ImageSet,
    PointCloud,
    Quality,
    Report,
    Resources,
    SparseModel,
    progress,
    step,
)
from steps.reconstruction.artifacts import Cameras, MatchGraph, PhotoAssessment, TexturedModel
from steps.reconstruction.metrics import FailedTry, StepMetrics
from steps.reconstruction.retrying import COMPUTING


class Finalized(NamedTuple):
    """What a program reads, and what a person looks at."""

    cameras: Cameras
    metrics: Figures
    report: Report


@step(resources=Resources(cpu=1, memory="2Gi"), timeout="30m", retry=COMPUTING)
def finalize_reconstruction(
    photos: ImageSet,
    assessment: PhotoAssessment,
    match_graph: MatchGraph,
    sparse: SparseModel,
    points: PointCloud,
    model: TexturedModel,
    quality: Quality,
    requested: Quality | Literal["auto"],
    steps: list[StepMetrics],
    masks: ImageSet | None = None,
    choice: Figures | None = None,
    degraded: list[FailedTry] = [],  # noqa: B006  # pipelines are compiled with it; nothing changes it
) -> Finalized:
    """Write cameras.json, metrics.json and report.html.

    The figures are taken from the artifacts themselves where they can be counted there, else from what
    the steps said; `choice` is the document of the step that chose the quality, `quality` what was built in
    the end, `degraded` why it is another (`kai run` tells it; a cluster does not). The same inputs give the
    same bytes: nothing of this step's own time is in them, no place on earth, no path and no machine's name.
    """
    from steps.reconstruction.documents import ChoiceDocument, read_document
    from steps.reconstruction.reporting import writing

    parts = 5
    progress(0, parts, "reading the model")
    inputs = writing.read(photos, masks, assessment, match_graph, sparse, points, model)
    chosen = read_document(choice.path, ChoiceDocument) if choice else ChoiceDocument()
    summary = writing.summarize(inputs, chosen, quality, requested, steps, degraded)
    done = iter(range(1, parts))
    content = writing.illustrate(inputs, summary, lambda text: progress(next(done), parts, text))
    out = Finalized(Cameras.new("cameras"), Figures.new("metrics"), Report.new("report"))
    writing.write(out.cameras.path, out.metrics.path, out.report.path, content)
    progress(parts, parts, "done")
    return out
