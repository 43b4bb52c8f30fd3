"""Fuse the depth maps of a scene into one point cloud."""

from __future__ import annotations

from typing import NamedTuple

from kai_pipelines import Fatal, PointCloud, Resources, progress, step
from steps.reconstruction.artifacts import DenseScene, DepthMaps
from steps.reconstruction.metrics import StepMetrics, measured
from steps.reconstruction.retrying import COMPUTING

LEAST_POINTS = 100
"""Fewer points are no surface."""


class Fused(NamedTuple):
    """What `fuse_depth` returns."""

    points: PointCloud
    metrics: StepMetrics


@step(resources=Resources(cpu=2, memory="8Gi"), timeout="2h", retry=COMPUTING)
def fuse_depth(scene: DenseScene, depth: DepthMaps) -> Fused:
    """Keep what several depth maps agree on, as points with normals and colors."""
    from steps.reconstruction.dense.fusion import Fusion
    from steps.reconstruction.dense.views import read_views
    from steps.reconstruction.dense.workspace import Record
    from steps.reconstruction.meshing.ply import write_cloud

    with measured("fuse_depth") as m:
        views = read_views(scene.path / "sparse")
        parts = list(Fusion(views, scene.path, depth.path).run(progress))
        count = sum(len(part.points) for part in parts)
        if count < LEAST_POINTS:
            raise Fatal(
                f"The depth maps of {len(views)} photographs agree on {count} points only.",
                code="no-dense-points",
                hint="The surface may be too smooth, shiny or transparent, or the photographs too far apart: "
                "take more of them, closer together, in even light.",
            )
        points = PointCloud.new("points")
        write_cloud(points.path, *parts)
        progress(len(views), len(views), f"{count} points")
        m.value(
            dense_points=count,
            device=Record.read(depth).device,
            image_size=max(max(view.width, view.height) for view in views),
        )
    return Fused(points, m.metrics)
