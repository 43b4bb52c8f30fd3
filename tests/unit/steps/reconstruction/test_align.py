from __future__ import annotations

import json
import shutil
from pathlib import Path

import cv2
import numpy as np
import PIL.Image  # before pycolmap, whose zlib Pillow would otherwise call  # noqa: F401
import pytest

from kai_pipelines import Fatal, ImageSet
from steps.data.render_scene import RenderedScene
from steps.reconstruction.align import Alignment, align_photos

FEATURES = 1200


def poses(result: Alignment) -> dict[str, np.ndarray]:
    """[R | t] of every placed photograph."""
    import pycolmap

    images = pycolmap.Reconstruction(result.sparse.path).images.values()
    return {image.name: image.cam_from_world().matrix() for image in images if image.has_pose}


def gather(scene: RenderedScene, numbers: range, folder: Path) -> Path:
    """Some of the scene's photographs, under names with spaces and in a subfolder."""
    (folder / "left side").mkdir(parents=True)
    for number in numbers:
        shutil.copy(scene.photos.path / f"view-{number:03d}.jpg", folder / "left side" / f"IMG {number:03d}.JPG")
    return folder


def noise(seed: int) -> np.ndarray:
    """A picture of blotches that no other seed has."""
    rng = np.random.default_rng(seed)
    coarse = rng.integers(0, 255, (45, 60, 3)).astype(np.uint8)
    return cv2.resize(coarse, (480, 360), interpolation=cv2.INTER_CUBIC)


@pytest.fixture(scope="module")
def aligned(rendered: RenderedScene, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Alignment]:
    """Six photographs of the scene, one of something else, and what comes of them."""
    folder = gather(rendered, range(6), tmp_path_factory.mktemp("aligned") / "photos")
    cv2.imwrite(str(folder / "cat.jpg"), noise(1))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("KAI_SCRATCH", str(tmp_path_factory.mktemp("made")))
        return folder, align_photos(ImageSet(folder), max_features=FEATURES)


def test_cameras_stand_where_they_stood_when_the_scene_was_photographed(rendered, aligned):
    truth = json.loads((rendered.ground_truth.path / "cameras.json").read_text(encoding="utf-8"))
    found = poses(aligned[1])

    assert sorted(found) == [f"left side/IMG {number:03d}.JPG" for number in range(6)]
    names = sorted(found)
    known = [truth[f"view-{number:03d}.jpg"] for number in range(6)]
    for one in range(6):
        for other in range(one):
            turned = found[names[one]][:, :3] @ found[names[other]][:, :3].T
            true = np.array(known[one]["R"]) @ np.array(known[other]["R"]).T
            angle = np.degrees(np.arccos(np.clip((np.trace(turned.T @ true) - 1) / 2, -1, 1)))
            assert angle < 0.5


def test_counts_and_what_was_left_out_are_told(aligned):
    metrics = aligned[1].metrics

    assert metrics.values["photos"] == 7
    assert metrics.values["registered"] == 6
    assert 0 < float(metrics.values["mean_reprojection_px"]) < 0.6
    assert int(metrics.values["sparse_points"]) > 150
    assert [(warning.code, warning.files) for warning in metrics.warnings] == [("not-registered", ["cat.jpg"])]


def test_the_match_graph_names_photographs_and_their_matches(aligned):
    graph = json.loads(aligned[1].match_graph.path.read_text(encoding="utf-8"))

    assert [photo["name"] for photo in graph["photos"]] == [
        "cat.jpg",
        *(f"left side/IMG {n:03d}.JPG" for n in range(6)),
    ]
    assert [photo["registered"] for photo in graph["photos"]] == [False] + [True] * 6
    assert all(0 < photo["features"] < 1.6 * FEATURES for photo in graph["photos"])
    strong = {(pair["a"], pair["b"]) for pair in graph["pairs"] if pair["inliers"] > 50}
    assert strong >= {(n, n + 1) for n in range(1, 6)}
    assert all(pair["a"] < pair["b"] for pair in graph["pairs"])


def test_the_same_photographs_give_the_same_cameras(aligned):
    folder, first = aligned

    again = align_photos(ImageSet(folder), max_features=FEATURES)

    for name, pose in poses(first).items():
        np.testing.assert_allclose(poses(again)[name], pose, rtol=0, atol=1e-6)


def test_photographs_of_different_things_are_refused_by_name(tmp_path):
    for seed in range(4):
        cv2.imwrite(str(tmp_path / f"{seed}.jpg"), noise(seed))

    with pytest.raises(Fatal) as refusal:
        align_photos(ImageSet(tmp_path), max_features=FEATURES)

    assert refusal.value.code == "unrelated-photos"
    assert refusal.value.files == ("0.jpg", "1.jpg", "2.jpg", "3.jpg")
    assert "overlap" in str(refusal.value.hint)


def test_a_camera_that_only_turned_is_told_to_move(rendered, tmp_path):
    source = cv2.imread(str(rendered.photos.path / "view-000.jpg"))
    height, width = source.shape[:2]
    calibration = np.array([[500.0, 0, width / 2], [0, 500.0, height / 2], [0, 0, 1]])
    for index, turn in enumerate(np.radians([-8, -4, 0, 4, 8])):
        rotation = cv2.Rodrigues(np.array([0.2 * turn, turn, 0]))[0]
        warp = calibration @ rotation @ np.linalg.inv(calibration)
        cv2.imwrite(str(tmp_path / f"{index}.png"), cv2.warpPerspective(source, warp, (width, height)))

    with pytest.raises(Fatal) as refusal:
        align_photos(ImageSet(tmp_path), max_features=FEATURES)

    assert refusal.value.code == "no-parallax"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("photos", "registered", "reprojection"),
    [("fountain_p11", 11, 0.5), ("sceaux_castle", 11, 0.6), ("temple_ring", 45, 0.5), ("brighton_beach", 16, 0.7)],
)
def test_real_photographs_are_placed(photo_data, photos, registered, reprojection):
    result = align_photos(ImageSet(photo_data / photos / "images"), max_features=3000)

    assert int(result.metrics.values["registered"]) >= registered
    assert float(result.metrics.values["mean_reprojection_px"]) < reprojection
