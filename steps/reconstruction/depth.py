"""Estimate the depth and the normal of every pixel of the undistorted photographs."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Literal, NamedTuple

from kai_pipelines import Fatal, Resources, progress, step
from kai_pipelines.authoring.artifact import SCRATCH
from steps.reconstruction.artifacts import DenseScene, DepthMaps
from steps.reconstruction.metrics import StepMetrics, measured
from steps.reconstruction.retrying import COMPUTING


class Depth(NamedTuple):
    """What `estimate_depth` returns."""

    depth: DepthMaps
    metrics: StepMetrics


@step(resources=Resources(cpu=4, memory="8Gi"), timeout="6h", retry=COMPUTING)
def estimate_depth(
    scene: DenseScene, views: int, seed: int = 0, device: Literal["auto", "cuda", "cpu"] = "auto"
) -> Depth:
    """Match every undistorted photograph with `views` others: COLMAP's stereo on a GPU, our own without one.

    The same seed gives the same maps on the CPU; COLMAP's on a GPU knows no seed.
    """
    from steps.reconstruction.dense.workspace import Record

    with measured("estimate_depth") as m, tempfile.TemporaryDirectory(dir=os.environ.get(SCRATCH)) as scratch:
        chosen = choose_device(device, cuda_is_usable())
        depth = DepthMaps.new("depth")
        if chosen == "cuda":
            _estimate_on_gpu(scene, depth, views, Path(scratch))
        else:
            _estimate_on_cpu(scene, depth, views, seed, Path(scratch))
        Record(device=chosen, views=views, seed=seed).write(depth)
        m.value(device=chosen, views=views, depth_maps=sum(1 for _ in (depth.path / "depth_maps").rglob("*.bin")))
    return Depth(depth, m.metrics)


def choose_device(asked: Literal["auto", "cuda", "cpu"], usable: bool) -> Literal["cuda", "cpu"]:
    """Where to run; `cuda` refuses to be replaced."""
    if asked == "cuda" and not usable:
        raise Fatal(
            "device=cuda, but there is no NVIDIA GPU here, or pycolmap was built without CUDA.",
            code="no-cuda",
            hint="Use device=auto or device=cpu, or install pycolmap-cuda12 on a machine with a GPU.",
        )
    return "cuda" if usable and asked != "cpu" else "cpu"


def cuda_is_usable() -> bool:
    """Whether pycolmap was built with CUDA and a GPU's device file is here (WSL has its own)."""
    from steps.reconstruction.colmap import pycolmap

    return bool(pycolmap.has_cuda) and (any(Path("/dev").glob("nvidia[0-9]*")) or Path("/dev/dxg").exists())


def _estimate_on_cpu(scene: DenseScene, depth: DepthMaps, views: int, seed: int, scratch: Path) -> None:
    from steps.reconstruction.dense.colmap_io import write_map
    from steps.reconstruction.dense.estimate import Effort, Estimate, Estimator, Scene
    from steps.reconstruction.dense.masks import read_mask
    from steps.reconstruction.dense.plane import normal_map
    from steps.reconstruction.dense.views import View, read_views
    from steps.reconstruction.dense.workspace import map_name

    def keep(view: View, estimate: Estimate) -> None:
        known = estimate.depth()
        mask = read_mask(scene.path, view.name, known.shape)
        if mask is not None:
            known[~mask] = 0.0
        write_map(depth.path / "depth_maps" / map_name(view.name), known)
        write_map(depth.path / "normal_maps" / map_name(view.name), normal_map(estimate.planes, view.calibration))

    searched = Scene(read_views(scene.path / "sparse"), scene.path / "images", views)
    if not searched.usable:
        raise Fatal(
            "No two photographs see the same points from places far enough apart.",
            code="no-parallax",
            files=[view.name for view in searched.views],
            hint="Walk around the object instead of turning on the spot.",
        )
    Estimator(searched, scratch, Effort(), seed).run(keep, progress)


def _estimate_on_gpu(scene: DenseScene, depth: DepthMaps, views: int, scratch: Path) -> None:
    from steps.reconstruction.colmap import pycolmap
    from steps.reconstruction.dense.views import read_views
    from steps.reconstruction.dense.workspace import MAPS, assemble, map_name

    pycolmap.logging.minloglevel = pycolmap.logging.ERROR.value
    workspace = assemble(scratch, scene)
    names = [view.name for view in read_views(scene.path / "sparse")]
    for kind in (*MAPS, "consistency_graphs"):
        for name in names:
            (workspace / "stereo" / kind / name).parent.mkdir(parents=True, exist_ok=True)
    listing = "".join(f"{name}\n__auto__, {views}\n" for name in names)
    (workspace / "stereo" / "patch-match.cfg").write_text(listing, encoding="utf-8")
    progress(0, len(names), "COLMAP's stereo on the GPU")
    pycolmap.patch_match_stereo(workspace, options=pycolmap.PatchMatchOptions())
    for kind in MAPS:
        for name in names:
            target = depth.path / kind / map_name(name)
            target.parent.mkdir(parents=True, exist_ok=True)
            (workspace / "stereo" / kind / map_name(name)).replace(target)
    progress(len(names), len(names), "COLMAP's stereo on the GPU")
