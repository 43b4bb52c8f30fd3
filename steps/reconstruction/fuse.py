"""Fuse the depth maps of a scene into one point cloud."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from kai_pipelines import Fatal, PointCloud, Resources, Retry, progress, step
from kai_pipelines.authoring.artifact import SCRATCH
from steps.reconstruction.artifacts import DenseScene, DepthMaps
from steps.reconstruction.metrics import StepMetrics, measured

if TYPE_CHECKING:
    import pycolmap

LEAST_POINTS = 100
"""Fewer points are no surface."""
AGREEING_PIXELS = 3
"""A point is kept when so many pixels of different photographs agree on it."""


class Fused(NamedTuple):
    """What `fuse_depth` returns."""

    points: PointCloud
    metrics: StepMetrics


@step(resources=Resources(cpu=2, memory="8Gi"), timeout="2h", retry=Retry(limit=2, backoff="10s", factor=2))
def fuse_depth(scene: DenseScene, depth: DepthMaps) -> Fused:
    """Keep what several depth maps agree on, as points with normals and colors."""
    from steps.reconstruction.colmap import pycolmap
    from steps.reconstruction.dense.views import read_views
    from steps.reconstruction.dense.workspace import Record

    pycolmap.logging.minloglevel = pycolmap.logging.ERROR.value
    with measured("fuse_depth") as m, tempfile.TemporaryDirectory(dir=os.environ.get(SCRATCH)) as scratch:
        views = read_views(scene.path / "sparse")
        points = PointCloud.new("points")
        workspace = _workspace(Path(scratch), scene, depth, [view.name for view in views])
        progress(0, 1, f"fusing {len(views)} depth maps")
        fused = pycolmap.stereo_fusion(
            points.path, workspace, input_type="geometric", options=_options(len(views)), output_type="ply"
        )
        count = int(fused.num_points3D())
        if count < LEAST_POINTS:
            raise Fatal(
                f"The depth maps of {len(views)} photographs agree on {count} points only.",
                code="no-dense-points",
                hint="The surface may be too smooth, shiny or transparent, or the photographs too far apart: "
                "take more of them, closer together, in even light.",
            )
        progress(1, 1, f"{count} points")
        m.value(
            dense_points=count,
            device=Record.read(depth).device,
            image_size=max(max(view.width, view.height) for view in views),
        )
    return Fused(points, m.metrics)


def _workspace(folder: Path, scene: DenseScene, depth: DepthMaps, names: list[str]) -> Path:
    from steps.reconstruction.dense.workspace import MAPS, assemble

    workspace = assemble(folder, scene)
    for kind in MAPS:
        (workspace / "stereo" / kind).symlink_to((depth.path / kind).resolve())
    (workspace / "stereo" / "fusion.cfg").write_text("".join(f"{name}\n" for name in names), encoding="utf-8")
    return workspace


def _options(views: int) -> pycolmap.StereoFusionOptions:
    from steps.reconstruction.colmap import pycolmap

    options = pycolmap.StereoFusionOptions()
    options.min_num_pixels = min(AGREEING_PIXELS, views)
    options.max_reproj_error = 1.0  # pixels; COLMAP's 2 merges what a sharper depth map tells apart
    options.num_threads = 1  # with more, the order of the points depends on which thread was first
    return options
