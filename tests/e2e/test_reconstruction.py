"""The whole road, with real processes: photographs to a textured model."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import trimesh

KAI = Path(sys.executable).parent / "kai"
PHOTOS = Path(os.environ.get("KAI_PHOTO_DATA") or Path(__file__).parents[3] / "shared" / "data" / "photos")
OUTPUTS = {
    "model.glb", "model.usdz", "model_obj", "points.ply", "sparse", "cameras.json", "metrics.json", "report.html",
}  # fmt: skip
FIGURES = {
    "quality", "device", "photos", "registered", "mean_reprojection_px", "sparse_points", "dense_points", "faces",
    "texture_px", "cpu_seconds", "wall_seconds", "peak_memory_bytes", "warnings",
}  # fmt: skip


def kai(folder: Path, *arguments: str) -> dict[str, object]:
    """Run `kai` into folder/out, with a store of its own; the figures it wrote."""
    environment = {**os.environ, "KAI_STORE": str(folder / "store")}
    command = [KAI, *arguments, "-o", folder / "out"]
    ran = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    figures: dict[str, object] = json.loads((folder / "out" / "metrics.json").read_text(encoding="utf-8"))
    return figures


def test_rendered_photographs_become_a_model_in_the_frame_of_their_cameras(tmp_path: Path) -> None:
    figures = kai(tmp_path, "run", "demo", "-p", "views=12")

    out = tmp_path / "out"
    assert {path.name for path in out.iterdir()} >= OUTPUTS
    assert figures.keys() >= FIGURES
    assert figures["registered"] == 12
    assert figures["mean_reprojection_px"] < 0.6
    cameras = json.loads((out / "cameras.json").read_text(encoding="utf-8"))
    mesh = trimesh.load(out / "model.glb", force="mesh")
    assert len(mesh.faces) == figures["faces"]
    seen = [_share_in_picture(np.asarray(mesh.vertices), camera) for camera in cameras.values()]
    assert min(seen) > 0.8  # every photograph shows nearly all of the stone and its slab
    assert np.mean([-np.array(camera["R"])[1] for camera in cameras.values()], axis=0)[1] > 0.8  # +y is up


def _share_in_picture(vertices: np.ndarray, camera: dict[str, list[list[float]]]) -> float:
    """The share of the vertices that a camera of cameras.json sees within its picture."""
    local = vertices @ np.array(camera["R"]).T + np.array(camera["t"])
    pixels = local @ np.array(camera["K"]).T
    x, y = (pixels[:, :2] / pixels[:, 2:]).T
    inside = (local[:, 2] > 0) & (x > 0) & (y > 0) & (x < camera["width"]) & (y < camera["height"])
    return float(inside.mean())


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "photos"), [("fountain_p11", 11), ("sceaux_castle", 11), ("temple_ring", 47), ("brighton_beach", 18)]
)
def test_real_photographs_go_through_at_low(tmp_path: Path, name: str, photos: int) -> None:
    if not (PHOTOS / name).is_dir():
        pytest.skip(f"there is no {PHOTOS / name}; KAI_PHOTO_DATA names the folder of photo sets")

    figures = kai(tmp_path, "run", "reconstruction", "-a", f"photos={PHOTOS / name}", "-p", "quality=low")

    assert figures["registered"] == photos
    assert figures["mean_reprojection_px"] < 0.5
    assert figures["faces"] > 5_000


def photographs(folder: Path, *, views: int, image_size: int) -> Path:
    """A rendered set, small enough to be reconstructed in a test."""
    render = "from steps.data.render_scene import render_scene as r; import shutil, sys; "
    copy = "shutil.copytree(r(views=int(sys.argv[2]), image_size=int(sys.argv[3])).photos.path, sys.argv[1])"
    subprocess.run([sys.executable, "-c", render + copy, folder / "photos", str(views), str(image_size)], check=True)
    return folder / "photos"


@pytest.mark.slow
def test_a_quality_that_the_memory_does_not_carry_gives_way_to_the_next_and_everything_says_so(tmp_path: Path) -> None:
    photos = photographs(tmp_path, views=8, image_size=960)
    environment = {**os.environ, "KAI_STORE": str(tmp_path / "store"), "KAI_MEMORY": "520Mi"}
    command = [KAI, "run", "reconstruction", "-a", f"photos={photos}", "--quality=medium", "-o", tmp_path / "out"]

    ran = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)

    assert ran.returncode == 0, ran.stderr
    told = [line for line in ran.stderr.splitlines() if line.startswith("degraded: ")]
    assert len(told) == 1
    assert told[0].startswith("degraded: medium ran out of memory in ")
    assert told[0].endswith("; built at low")
    figures = json.loads((tmp_path / "out" / "metrics.json").read_text(encoding="utf-8"))
    assert (figures["requested"], figures["chosen"], figures["built"]) == ("medium", "medium", "low")
    assert any("medium ran out of memory" in one["message"] for one in figures["fallbacks"])
    assert "ran out of memory" in (tmp_path / "out" / "report.html").read_text(encoding="utf-8")


def test_a_gpu_that_is_asked_for_and_absent_ends_the_run_before_any_quality_is_built(tmp_path: Path) -> None:
    if any(Path("/dev").glob("nvidia[0-9]*")):
        pytest.skip("a GPU is here")
    photos = photographs(tmp_path, views=3, image_size=320)
    environment = {**os.environ, "KAI_STORE": str(tmp_path / "store")}
    command = [KAI, "run", "reconstruction", "-a", f"photos={photos}", "--device=cuda", "-o", tmp_path / "out"]

    ran = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)

    assert ran.returncode == 1
    assert "error: no-cuda: " in ran.stderr
    assert not list((tmp_path / "out" / "logs").glob("*build*"))
