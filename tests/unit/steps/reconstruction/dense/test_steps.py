"""Undistorting, estimating depth and fusing, as a pipeline calls them."""

from __future__ import annotations

import errno
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from kai_pipelines import Fatal, ImageSet, SparseModel
from steps.reconstruction.artifacts import DenseScene, DepthMaps
from steps.reconstruction.colmap import pycolmap
from steps.reconstruction.dense.colmap_io import read_map, write_map
from steps.reconstruction.dense.workspace import Record
from steps.reconstruction.depth import choose_device, estimate_depth
from steps.reconstruction.fuse import fuse_depth
from steps.reconstruction.undistort import undistort_photos


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


@pytest.fixture(scope="module")
def source(rendered, tmp_path_factory):
    return rendered.write(tmp_path_factory.mktemp("photos") / "source")


@pytest.fixture(scope="module")
def scene(source) -> DenseScene:
    return undistort_photos(ImageSet(source / "images"), SparseModel(source / "sparse"), 120).scene


@pytest.fixture(scope="module")
def depth(scene):
    return estimate_depth(scene, views=3, seed=3, device="cpu")


def test_undistorted_photographs_keep_their_names_and_the_size_asked(scene):
    import cv2

    names = sorted(contents(scene.path / "images"))

    assert names == [f"left/{i}.png" for i in range(4)]
    assert max(cv2.imread(str(scene.path / "images" / names[0])).shape) == 120
    assert not list(scene.path.glob("*.sh"))


def test_every_photograph_gets_a_depth_and_a_normal_map(scene, depth):
    first = read_map(depth.depth.path / "depth_maps" / "left" / "1.png.geometric.bin")
    normals = read_map(depth.depth.path / "normal_maps" / "left" / "1.png.geometric.bin")

    assert first.shape == (90, 120)
    assert (first > 0).mean() > 0.85
    assert np.linalg.norm(normals, axis=2) == pytest.approx(np.ones((90, 120)), abs=1e-4)
    assert (normals[:, :, 2] < 0).mean() > 0.99, "normals face the camera"
    assert depth.metrics.values == {"device": "cpu", "views": 3, "depth_maps": 4}
    assert Record.read(depth.depth) == Record(device="cpu", views=3, seed=3)


def test_a_seed_gives_the_same_bytes_again(scene, depth):
    again = estimate_depth(scene, views=3, seed=3, device="cpu")

    assert contents(again.depth.path) == contents(depth.depth.path)


def test_fused_points_lie_on_the_surface_and_face_the_cameras(rendered, scene, depth):
    import trimesh

    before = contents(scene.path) | contents(depth.depth.path)

    fused = fuse_depth(scene, depth.depth)

    cloud = trimesh.load(fused.points.path, process=False)
    points = np.asarray(cloud.vertices)
    to_wall, to_sphere = rendered.distances(points)
    assert np.median(np.minimum(to_wall, to_sphere)) < 0.02
    assert (to_sphere < 0.05).sum() > 100
    assert len(points) == fused.metrics.values["dense_points"] > 2000
    assert fused.metrics.values["device"] == "cpu"
    assert fused.metrics.values["image_size"] == 120
    header = fused.points.path.read_bytes()[:400].decode("latin-1")
    assert all(f" {name}\n" in header for name in ("nx", "ny", "nz", "red", "green", "blue"))
    assert contents(scene.path) | contents(depth.depth.path) == before, "inputs stay as they were"


def test_fusing_again_gives_the_same_bytes(scene, depth):
    first, second = (fuse_depth(scene, depth.depth).points.path.read_bytes() for _ in range(2))

    assert first == second


def test_depth_maps_that_agree_on_nothing_are_refused(scene, depth, tmp_path):
    empty = DepthMaps(tmp_path)
    for path in (depth.depth.path / "depth_maps").rglob("*.bin"):
        name = path.relative_to(depth.depth.path / "depth_maps")
        write_map(tmp_path / "depth_maps" / name, np.zeros((90, 120), np.float32))
        write_map(tmp_path / "normal_maps" / name, np.zeros((90, 120, 3), np.float32))

    with pytest.raises(Fatal) as fault:
        fuse_depth(scene, empty)

    assert fault.value.code == "no-dense-points"
    assert fault.value.hint


def test_names_and_kinds_that_colmap_cannot_write_arrive_at_points(source, tmp_path):
    names = ["#first.png", "two\nlines/ 100%.png", "third.webp", "it's {{x}} \N{SNOWMAN}.png"]
    model = pycolmap.Reconstruction(source / "sparse")
    for image, name in zip(sorted(model.images.values(), key=lambda image: image.name), names, strict=True):
        (tmp_path / "photos" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "photos" / name).write_bytes((source / "images" / image.name).read_bytes())
        image.name = name
    (tmp_path / "sparse").mkdir()
    model.write(tmp_path / "sparse")

    scene = undistort_photos(ImageSet(tmp_path / "photos"), SparseModel(tmp_path / "sparse"), 120).scene
    depth = estimate_depth(scene, views=3, seed=3, device="cpu").depth

    assert fuse_depth(scene, depth).metrics.values["dense_points"] > 1000


def test_of_two_views_from_one_place_the_one_that_saw_more_has_depth(source, tmp_path):
    model = pycolmap.Reconstruction(source / "sparse")
    first, second = sorted(model.images.values(), key=lambda image: (-image.num_points3D, image.name))[1:3]
    second.frame.rig_from_world = first.frame.rig_from_world
    (tmp_path / "sparse").mkdir()
    model.write(tmp_path / "sparse")

    made = undistort_photos(ImageSet(source / "images"), SparseModel(tmp_path / "sparse"), 120)

    names = {f"left/{i}.png" for i in range(4)} - {second.name}
    assert set(contents(made.scene.path / "images")) == names
    assert {image.name for image in pycolmap.Reconstruction(made.scene.path / "sparse").images.values()} == names
    assert made.metrics.values["same_views"] == 1


def test_a_disk_that_is_too_full_is_said_before_colmap_ends_the_process(source, monkeypatch):
    monkeypatch.setattr("shutil.disk_usage", lambda _: SimpleNamespace(free=100_000))

    with pytest.raises(OSError, match=r"0\.1 MB are free where .* may be needed for") as fault:
        undistort_photos(ImageSet(source / "images"), SparseModel(source / "sparse"), 120)

    assert fault.value.errno == errno.ENOSPC


def test_photographs_that_are_gone_are_named(source, tmp_path):
    with pytest.raises(Fatal) as fault:
        undistort_photos(ImageSet(tmp_path), SparseModel(source / "sparse"), 120)

    assert fault.value.code == "missing-photos"
    assert fault.value.files == tuple(f"left/{i}.png" for i in range(4))


@pytest.mark.parametrize(
    ("asked", "usable", "chosen"),
    [("auto", False, "cpu"), ("auto", True, "cuda"), ("cpu", True, "cpu"), ("cuda", True, "cuda")],
)
def test_the_device_is_chosen_by_what_is_there(asked, usable, chosen):
    assert choose_device(asked, usable) == chosen


def test_cuda_refuses_to_be_replaced(scene):
    with pytest.raises(Fatal) as fault:
        choose_device("cuda", usable=False)

    assert fault.value.code == "no-cuda"
