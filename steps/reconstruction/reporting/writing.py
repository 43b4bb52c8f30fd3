"""Files in, files out: what `finalize_reconstruction` is made of."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from kai_pipelines import ImageSet, PointCloud, SparseModel
from steps.reconstruction.artifacts import MatchGraph, PhotoAssessment, TexturedModel
from steps.reconstruction.metrics import StepMetrics
from steps.reconstruction.reporting.cameras import cameras_document
from steps.reconstruction.reporting.compose import compose
from steps.reconstruction.reporting.content import Content
from steps.reconstruction.reporting.documents import AssessmentDocument, MatchDocument, read_document
from steps.reconstruction.reporting.figures import (
    Summary,
    collect_warnings,
    costs,
    device,
    fallbacks,
    ply_vertices,
    step_values,
    versions,
)
from steps.reconstruction.reporting.geometry import Geometry, read_geometry
from steps.reconstruction.reporting.page import page
from steps.reconstruction.scene import Scene, read_scene


@dataclass(frozen=True)
class Inputs:
    """Everything that the other steps left, read."""

    photos: Path
    assessment: AssessmentDocument
    matches: MatchDocument
    scene: Scene
    dense_points: int
    geometry: Geometry


def read(
    photos: ImageSet,
    assessment: PhotoAssessment,
    match_graph: MatchGraph,
    sparse: SparseModel,
    points: PointCloud,
    model: TexturedModel,
) -> Inputs:
    """Read all documents and models."""
    return Inputs(
        photos=photos.path,
        assessment=read_document(assessment.path, AssessmentDocument),
        matches=read_document(match_graph.path, MatchDocument),
        scene=read_scene(sparse.path),
        dense_points=ply_vertices(points.path),
        geometry=read_geometry(model.path),
    )


def summarize(inputs: Inputs, quality: str, requested: str, steps: Sequence[StepMetrics]) -> Summary:
    """Count in the artifacts what can be counted there; the rest is what the steps said."""
    assessed = inputs.assessment.photos
    given = len({photo.name for photo in assessed} | {photo.name for photo in inputs.matches.photos})
    return Summary(
        quality=str(quality),
        requested_quality=str(requested),
        device=device(steps),
        photos=given,
        photos_used=sum(photo.used for photo in assessed) if assessed else given,
        registered=len(inputs.scene.views),
        mean_reprojection_px=round(inputs.scene.mean_reprojection_px, 4),
        sparse_points=len(inputs.scene.points),
        dense_points=inputs.dense_points,
        vertices=len(inputs.geometry.vertices),
        faces=len(inputs.geometry.faces),
        texture_px=inputs.geometry.texture_px,
        values=step_values(steps),
        warnings=collect_warnings(steps),
        fallbacks=fallbacks(steps, quality),
        versions=versions(),
        **costs(steps),
    )


def illustrate(inputs: Inputs, summary: Summary, report: Callable[[str], None]) -> Content:
    """Make all pictures of the page."""
    from steps.reconstruction.reporting.drawing import Drawing

    return compose(
        inputs.photos,
        inputs.assessment,
        inputs.matches,
        inputs.scene,
        inputs.geometry,
        summary,
        Drawing(inputs.geometry),
        report,
    )


def write(cameras: Path, metrics: Path, report: Path, content: Content) -> None:
    """Write the two documents and the page."""
    _write_json(cameras, cameras_document(content.scene))
    _write_json(metrics, content.summary.model_dump(mode="json"))
    report.write_text(page(content), encoding="utf-8")


def _write_json(path: Path, document: object) -> None:
    path.write_text(json.dumps(document, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
