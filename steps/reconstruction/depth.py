"""Estimate the depth and the normal of every pixel."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Literal, NamedTuple

from kai_pipelines import progress
from steps.reconstruction.artifacts import DenseScene, DepthMaps
from steps.reconstruction.metrics import StepMetrics, measured


class Depth(NamedTuple):
    """What `estimate_depth` returns."""

    depth: DepthMaps
    metrics: StepMetrics


def estimate_depth(
    scene: DenseScene, views: int, seed: int = 0, device: Literal["auto", "cuda", "cpu"] = "auto"
) -> Depth:
    """Match every undistorted photograph with `views` others."""
    import numpy as np

    from steps.reconstruction.dense.colmap_io import write_map
    from steps.reconstruction.dense.estimate import Scene, Settings, estimate_scene
    from steps.reconstruction.dense.plane import normal_map
    from steps.reconstruction.dense.views import read_views

    with measured("estimate_depth") as m, tempfile.TemporaryDirectory() as scratch:
        depth = DepthMaps.new("depth")
        known = read_views(scene.path / "sparse")

        def keep(index, planes, costs, consistent):
            view = known[index]
            good = (costs < 0.9) & (consistent >= 1)
            values = np.where(good, 1 / np.maximum(planes[:, :, 0], 1e-12), 0).astype(np.float32)
            name = f"{view.name}.geometric.bin"
            write_map(depth.path / "depth_maps" / name, values)
            write_map(depth.path / "normal_maps" / name, normal_map(planes, view.calibration))

        estimate_scene(Scene(known, scene.path / "images", views), Path(scratch), Settings(), seed, keep, progress)
        m.value(device="cpu")
    return Depth(depth, m.metrics)
