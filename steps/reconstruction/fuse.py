"""Fuse depth maps into one point cloud."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import NamedTuple

from kai_pipelines import PointCloud
from steps.reconstruction.artifacts import DenseScene, DepthMaps
from steps.reconstruction.metrics import StepMetrics, measured


class Fused(NamedTuple):
    """What `fuse_depth` returns."""

    points: PointCloud
    metrics: StepMetrics


def fuse_depth(scene: DenseScene, depth: DepthMaps) -> Fused:
    """Keep what several depth maps agree on, as points with normals and colors."""
    import pycolmap

    with measured("fuse_depth") as m, tempfile.TemporaryDirectory() as scratch:
        points = PointCloud.new("points")
        workspace = Path(scratch)
        (workspace / "stereo").mkdir()
        for name, target in {
            "images": scene.path / "images",
            "sparse": scene.path / "sparse",
            "stereo/depth_maps": depth.path / "depth_maps",
            "stereo/normal_maps": depth.path / "normal_maps",
            "stereo/fusion.cfg": scene.path / "stereo" / "fusion.cfg",
        }.items():
            (workspace / name).symlink_to(target.resolve())
        options = pycolmap.StereoFusionOptions()
        options.min_num_pixels = 3
        options.num_threads = 1
        fused = pycolmap.stereo_fusion(
            points.path, workspace, input_type="geometric", options=options, output_type="ply"
        )
        m.value(dense_points=fused.num_points3D())
    return Fused(points, m.metrics)
