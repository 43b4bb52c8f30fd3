"""Photographs to a textured 3D model."""

from __future__ import annotations

from typing import Annotated, Literal, NamedTuple

from kai_pipelines import (
    Figures,
    GlbModel,
    Gpu,
    ImageSet,
    ObjModel,
    PointCloud,
    Quality,
    Report,
    SparseModel,
    UsdzModel,
    fallback,
    pipeline,
    switch,
)
from pipelines.build_model import Built, build_model, preset
from steps.reconstruction.align import align_photos
from steps.reconstruction.artifacts import Cameras
from steps.reconstruction.assess import assess_photos
from steps.reconstruction.choose import choose_quality
from steps.reconstruction.device import find_device
from steps.reconstruction.export import export_model
from steps.reconstruction.finalize import finalize_reconstruction
from steps.reconstruction.known_distance import KnownDistance


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


@pipeline(title="3D reconstruction", priority="interactive")
def reconstruction(
    photos: ImageSet,
    quality: Annotated[Quality | Literal["auto"], "auto chooses from what the photographs allow"] = "auto",
    device: Annotated[Literal["auto", "cuda", "cpu"], "of the dense stereo; cuda refuses to be replaced"] = "auto",
    masks: ImageSet | None = None,
    largest: Annotated[bool, "of photographs of several scenes take those of the largest"] = False,
    known_distances: Annotated[list[KnownDistance], "measured between two ends each; they give the scale"] = [],  # noqa: B006  # never changed
) -> Reconstruction:
    """Photographs to a textured 3D model: GLB, USDZ and OBJ, with cameras, points, figures and a report."""
    found = switch(
        device,
        {
            "auto": lambda: find_device("auto"),
            "cuda": lambda: find_device.with_(gpu=Gpu(1))("cuda"),
            "cpu": lambda: find_device("cpu"),
        },
    )
    # Edges from `found`, so that an absent GPU ends the run at once.
    assessed = assess_photos.with_(after=[found])(photos, requested=quality, masks=masks)
    aligned = align_photos(
        assessed.photos, assessed.masks, assessed.assessment,
        max_features=preset(assessed.quality, lambda row: row.features),
        largest=largest, known_distances=known_distances,
    )  # fmt: skip
    chosen = choose_quality(
        assessed.assessment, aligned.match_graph, [assessed.metrics, aligned.metrics], requested=quality
    )

    def build(quality: Quality) -> Built:
        return build_model(assessed.photos, aligned.sparse, quality, found.device, assessed.masks)

    built = switch(
        chosen.quality,
        low=lambda: build(Quality.LOW),
        medium=lambda: fallback(medium=lambda: build(Quality.MEDIUM), low=lambda: build(Quality.LOW)),
        high=lambda: fallback(
            high=lambda: build(Quality.HIGH), medium=lambda: build(Quality.MEDIUM), low=lambda: build(Quality.LOW)
        ),
        name="build",
    )
    exported = export_model(built.model)
    final = finalize_reconstruction(
        assessed.photos, assessed.assessment, aligned.match_graph, aligned.sparse, built.points, built.model,
        quality=built.quality, requested=quality, masks=assessed.masks, choice=chosen.choice,
        steps=[
            found.metrics, assessed.metrics, aligned.metrics, chosen.metrics, built.undistort_metrics,
            built.depth_metrics, built.fuse_metrics, built.surface_metrics, built.simplify_metrics,
            built.texture_metrics, exported.metrics,
        ],
    )  # fmt: skip
    return Reconstruction(
        exported.glb, exported.usdz, exported.obj, built.points, aligned.sparse,
        final.cameras, final.metrics, final.report,
    )  # fmt: skip
