"""Photographs to a textured 3D model."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Literal, NamedTuple

from kai_pipelines import (
    Figures,
    GlbModel,
    Gpu,
    ImageSet,
    Mesh,
    ObjModel,
    PointCloud,
    Quality,
    Report,
    SparseModel,
    UsdzModel,
    fallback,
    pipeline,
    select,
    switch,
)
from steps.reconstruction.align import align_photos
from steps.reconstruction.artifacts import Cameras
from steps.reconstruction.assess import assess_photos
from steps.reconstruction.depth import estimate_depth
from steps.reconstruction.export import export_model
from steps.reconstruction.finalize import finalize_reconstruction
from steps.reconstruction.fuse import fuse_depth
from steps.reconstruction.metrics import StepMetrics
from steps.reconstruction.presets import PRESETS, Preset
from steps.reconstruction.simplify import simplify_mesh
from steps.reconstruction.surface import mesh_surface
from steps.reconstruction.texture import texture_mesh
from steps.reconstruction.undistort import undistort_photos


class Reconstruction(NamedTuple):
    """What people get."""

    model_glb: GlbModel
    model_usdz: UsdzModel
    model_obj: ObjModel
    points: PointCloud
    sparse: SparseModel
    cameras: Cameras
    metrics: Figures
    report: Report


class DensePoints(NamedTuple):
    """A dense point cloud and what it cost."""

    points: PointCloud
    mesh: Mesh
    undistort_metrics: StepMetrics
    depth_metrics: StepMetrics
    fuse_metrics: StepMetrics
    surface_metrics: StepMetrics


@pipeline(title="3D reconstruction", priority="interactive")
def reconstruction(
    photos: ImageSet,
    quality: Annotated[Quality | Literal["auto"], "auto chooses from what the photographs allow"] = "auto",
) -> Reconstruction:
    """Photographs to a textured 3D model: GLB, USDZ and OBJ, with cameras, points, figures and a report."""
    assessed = assess_photos(photos, requested=quality)
    aligned = align_photos(assessed.photos, max_features=preset(assessed.quality, lambda row: row.features))

    def densify(quality: Quality) -> DensePoints:
        return dense_points(assessed.photos, aligned.sparse, quality)

    dense = switch(
        assessed.quality,
        low=lambda: densify(Quality.LOW),
        medium=lambda: fallback(medium=lambda: densify(Quality.MEDIUM), low=lambda: densify(Quality.LOW)),
        high=lambda: fallback(
            high=lambda: densify(Quality.HIGH),
            medium=lambda: densify(Quality.MEDIUM),
            low=lambda: densify(Quality.LOW),
        ),
        name="dense",
    )
    simplified = simplify_mesh(dense.mesh, max_faces=preset(assessed.quality, lambda row: row.faces))
    textured = texture_mesh(
        simplified.mesh, assessed.photos, aligned.sparse,
        texture_size=preset(assessed.quality, lambda row: row.texture_size),
    )  # fmt: skip
    exported = export_model(textured.model)
    final = finalize_reconstruction(
        assessed.photos, assessed.assessment, aligned.match_graph, aligned.sparse, dense.points, textured.model,
        quality=assessed.quality, requested=quality,
        steps=[
            assessed.metrics, aligned.metrics, dense.undistort_metrics, dense.depth_metrics, dense.fuse_metrics,
            dense.surface_metrics, simplified.metrics, textured.metrics, exported.metrics,
        ],
    )  # fmt: skip
    return Reconstruction(
        exported.glb, exported.usdz, exported.obj, dense.points, aligned.sparse,
        final.cameras, final.metrics, final.report,
    )  # fmt: skip


def dense_points(photos: ImageSet, sparse: SparseModel, quality: Quality) -> DensePoints:
    """The dense branch of one quality; the high one asks for a GPU, and works without."""
    row = PRESETS[quality]
    estimate = estimate_depth.with_(gpu=Gpu(1), memory="24Gi") if quality is Quality.HIGH else estimate_depth
    undistorted = undistort_photos(photos, sparse, max_image_size=row.image_size)
    depth = estimate(undistorted.scene, views=row.views)
    fused = fuse_depth(undistorted.scene, depth.depth)
    surface = mesh_surface(fused.points, undistorted.scene, depth.depth, poisson_depth=row.poisson_depth)
    return DensePoints(
        fused.points, surface.mesh, undistorted.metrics, depth.metrics, fused.metrics, surface.metrics
    )


def preset(quality: Quality, figure: Callable[[Preset], int]) -> int:
    """A figure of the chosen quality's preset."""
    low, medium, high = (figure(PRESETS[each]) for each in Quality)
    return select(quality, low=low, medium=medium, high=high)
