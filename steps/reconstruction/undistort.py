"""Undistort the registered photographs and size them for dense stereo."""

from __future__ import annotations

from typing import NamedTuple

from kai_pipelines import Fatal, ImageSet, SparseModel
from steps.reconstruction.artifacts import DenseScene
from steps.reconstruction.metrics import StepMetrics, measured


class Undistorted(NamedTuple):
    """What `undistort_photos` returns."""

    scene: DenseScene
    metrics: StepMetrics


def undistort_photos(photos: ImageSet, sparse: SparseModel, max_image_size: int) -> Undistorted:
    """Resample the registered photographs as pinhole images of at most `max_image_size` pixels a side."""
    import pycolmap

    with measured("undistort_photos") as m:
        scene = DenseScene.new("scene")
        options = pycolmap.UndistortCameraOptions()
        options.max_image_size = max_image_size
        pycolmap.undistort_images(
            scene.path, sparse.path, photos.path, output_type="COLMAP", undistort_options=options, jpeg_quality=95
        )
        images = [path for path in (scene.path / "images").rglob("*") if path.is_file()]
        if len(images) < 2:
            raise Fatal(
                f"{len(images)} photographs are registered; depth needs two or more.",
                code="too-few-registered",
                hint="Take more photographs, each overlapping its neighbors by two thirds.",
            )
        m.value(images=len(images), image_size=max_image_size)
    return Undistorted(scene, m.metrics)
