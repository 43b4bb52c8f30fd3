"""Photographs whose cameras are known to a textured model, at one quality."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Literal, NamedTuple

from kai_pipelines import Gpu, ImageSet, PointCloud, Quality, SparseModel, pipeline, select, switch
from steps.reconstruction.artifacts import TexturedModel
from steps.reconstruction.depth import estimate_depth
from steps.reconstruction.fuse import fuse_depth
from steps.reconstruction.metrics import StepMetrics
from steps.reconstruction.presets import PRESETS, Preset
from steps.reconstruction.simplify import simplify_mesh
from steps.reconstruction.surface import mesh_surface
from steps.reconstruction.texture import texture_mesh
from steps.reconstruction.undistort import undistort_photos


class Built(NamedTuple):
    """A model of one quality, and what each step of it cost."""

    quality: Quality
    points: PointCloud
    model: TexturedModel
    undistort_metrics: StepMetrics
    depth_metrics: StepMetrics
    fuse_metrics: StepMetrics
    surface_metrics: StepMetrics
    simplify_metrics: StepMetrics
    texture_metrics: StepMetrics


@pipeline(title="A model of one quality")
def build_model(
    photos: ImageSet,
    sparse: SparseModel,
    quality: Quality,
    device: Annotated[Literal["cpu", "cuda"], "of the dense stereo"] = "cpu",
    masks: ImageSet | None = None,
) -> Built:
    """From photographs and their cameras to a textured model at one quality."""
    undistorted = undistort_photos(
        photos, sparse, max_image_size=preset(quality, lambda row: row.image_size), masks=masks
    )
    views = preset(quality, lambda row: row.views)
    depth = switch(
        device,
        {
            "cuda": lambda: estimate_depth.with_(gpu=Gpu(1))(undistorted.scene, views, device="cuda"),
            "cpu": lambda: estimate_depth(undistorted.scene, views, device="cpu"),
        },
        name="estimate-depth",
    )
    fused = fuse_depth(undistorted.scene, depth.depth)
    surface = mesh_surface(
        fused.points, undistorted.scene, depth.depth, poisson_depth=preset(quality, lambda row: row.poisson_depth)
    )
    simplified = simplify_mesh(surface.mesh, max_faces=preset(quality, lambda row: row.faces))
    textured = texture_mesh(
        simplified.mesh, photos, sparse, texture_size=preset(quality, lambda row: row.texture_size), masks=masks
    )
    return Built(
        select(quality, low=Quality.LOW, medium=Quality.MEDIUM, high=Quality.HIGH), fused.points, textured.model,
        undistorted.metrics, depth.metrics, fused.metrics, surface.metrics, simplified.metrics, textured.metrics,
    )  # fmt: skip


def preset(quality: Quality, figure: Callable[[Preset], int]) -> int:
    """A figure of a quality's preset."""
    low, medium, high = (figure(PRESETS[each]) for each in Quality)
    return select(quality, low=low, medium=medium, high=high)
