"""Files in, files out: what `finalize_reconstruction` is made of."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path

from kai_pipelines import ImageSet, PointCloud, SparseModel
from steps.reconstruction.artifacts import MatchGraph, PhotoAssessment, TexturedModel
from steps.reconstruction.documents import (
    AssessmentDocument,
    ChoiceDocument,
    MatchDocument,
    photo_names,
    read_document,
)
from steps.reconstruction.metrics import FailedTry, StepMetrics
from steps.reconstruction.reporting.cameras import cameras_document
from steps.reconstruction.reporting.compose import Inputs, compose
from steps.reconstruction.reporting.content import Content
from steps.reconstruction.reporting.figures import (
    Summary,
    collect_warnings,
    costs,
    device,
    device_reason,
    fallbacks,
    held_out,
    ply_vertices,
    scale,
    step_values,
    unregistered,
    versions,
)
from steps.reconstruction.reporting.geometry import read_geometry
from steps.reconstruction.reporting.held_out import read_held_out
from steps.reconstruction.reporting.page import page
from steps.reconstruction.reporting.privacy import private_metrics, private_warning, without_places
from steps.reconstruction.scene import read_scene


def read(
    photos: ImageSet,
    masks: ImageSet | None,
    assessment: PhotoAssessment,
    match_graph: MatchGraph,
    sparse: SparseModel,
    points: PointCloud,
    model: TexturedModel,
) -> Inputs:
    """Read all documents and models."""
    assessed = read_document(assessment.path, AssessmentDocument)
    matches = read_document(match_graph.path, MatchDocument)
    return Inputs(
        photos=photos.path,
        masks=masks.path if masks else None,
        model=model.path,
        assessment=assessed.model_copy(
            update={
                "issues": [private_warning(issue) for issue in assessed.issues],
                "reason": without_places(assessed.reason),
            }
        ),
        matches=matches.model_copy(update={"gaps": [private_warning(gap) for gap in matches.gaps]}),
        scene=read_scene(sparse.path),
        dense_points=ply_vertices(points.path),
        geometry=read_geometry(model.path),
        held_out=read_held_out(model.path),
    )


def summarize(
    inputs: Inputs,
    choice: ChoiceDocument,
    quality: str,
    requested: str,
    steps: Sequence[StepMetrics],
    degraded: Sequence[FailedTry] = (),
) -> Summary:
    """Count in the artifacts what can be counted there; the rest is what the steps said."""
    told = [private_metrics(one) for one in steps]
    given_up = [one.model_copy(update={"why": without_places(one.why)}) for one in degraded]
    assessed = inputs.assessment.photos
    given = len(photo_names(inputs.assessment, inputs.matches))
    source, unit = scale(told)
    return Summary(
        quality=str(quality),
        requested_quality=str(requested),
        requested=str(requested),
        chosen=choice.quality or str(quality),
        built=str(quality),
        reason=without_places(choice.reason) or inputs.assessment.reason,
        device=device(told),
        device_reason=device_reason(told),
        photos=given,
        photos_used=sum(photo.used for photo in assessed) if assessed else given,
        registered=len(inputs.scene.views),
        unregistered=unregistered(inputs.assessment, inputs.matches, inputs.scene),
        mean_reprojection_px=round(inputs.scene.mean_reprojection_px, 4),
        sparse_points=len(inputs.scene.points),
        dense_points=inputs.dense_points,
        vertices=len(inputs.geometry.vertices),
        faces=len(inputs.geometry.faces),
        texture_px=inputs.geometry.texture_px,
        dimensions=inputs.geometry.dimensions,
        unit=unit,
        scale_source=source,
        predictions=choice.predictions,
        within=choice.within,
        checks=choice.checks,
        values=step_values(told),
        warnings=collect_warnings(told),
        fallbacks=fallbacks(choice.quality or str(quality), str(quality), given_up),
        versions=versions(),
        **held_out(told),
        **costs(told),
    )


def illustrate(inputs: Inputs, summary: Summary, report: Callable[[str], None]) -> Content:
    """Make all pictures of the page."""
    from steps.reconstruction.reporting.drawing import Drawing

    return compose(inputs, summary, Drawing(inputs.geometry), report)


def write(cameras: Path, metrics: Path, report: Path, content: Content) -> None:
    """Write the two documents and the page."""
    _write_json(cameras, cameras_document(content.scene))
    _write_json(metrics, content.summary.model_dump(mode="json"))
    report.write_text(page(content), encoding="utf-8")


def _write_json(path: Path, document: object) -> None:
    path.write_text(json.dumps(document, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
