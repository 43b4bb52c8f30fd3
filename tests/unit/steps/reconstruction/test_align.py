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
from steps.reconstruction.artifacts import PhotoAssessment
from steps.reconstruction.known_distance import KnownDistance
from tests.faulty_photos import collage, save

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
    assert [(warning.code, warning.files) for warning in metrics.warnings] == [("unrelated-photo", ["cat.jpg"])]


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


def test_a_logo_over_photographs_of_different_things_joins_nothing(tmp_path):
    logo = collage(9, 120, 60, 120)
    for seed in range(3):
        picture = collage(seed, 480, 360)
        picture[10:70, 20:140] = logo
        save(picture, tmp_path / f"{seed}.jpg")

    with pytest.raises(Fatal) as refusal:
        align_photos(ImageSet(tmp_path), max_features=FEATURES)

    assert refusal.value.code == "unrelated-photos"


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
    [("fountain_p11", 11, 0.5), ("sceaux_castle", 11, 0.6), ("temple_ring", 47, 0.5), ("brighton_beach", 18, 0.7)],
)
def test_real_photographs_are_placed(photo_data, photos, registered, reprojection):
    result = align_photos(ImageSet(photo_data / photos / "images"), max_features=3000)

    assert int(result.metrics.values["registered"]) >= registered
    assert float(result.metrics.values["mean_reprojection_px"]) < reprojection


def copied(source: Path, target: Path) -> None:
    """The same picture, smaller and compressed anew."""
    picture = cv2.imread(str(source))
    cv2.imwrite(str(target), cv2.resize(picture, None, fx=0.8, fy=0.8, interpolation=cv2.INTER_AREA))


def test_copies_of_one_photograph_are_refused(rendered, tmp_path):
    for index in range(4):
        copied(rendered.photos.path / "view-004.jpg", tmp_path / f"{index}.jpg")

    with pytest.raises(Fatal) as refusal:
        align_photos(ImageSet(tmp_path), max_features=FEATURES)

    assert refusal.value.code == "copies"
    assert refusal.value.files == ("0.jpg", "1.jpg", "2.jpg", "3.jpg")


def test_one_picture_cut_turned_and_stretched_is_refused_even_beside_a_photograph_of_it(rendered, tmp_path):
    source = cv2.imread(str(rendered.photos.path / "view-004.jpg"))
    height, width = source.shape[:2]
    corners = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    beside = corners + np.array([[60, 20], [-10, 80], [-90, -90], [20, -20]], np.float32)
    pictures = {
        "as it is": source,
        "stretched": cv2.resize(source, (width * 3 // 4, height), interpolation=cv2.INTER_AREA),
        "cut": source[height // 6 :, : -width // 5],
        "turned": cv2.warpAffine(source, cv2.getRotationMatrix2D((width / 2, height / 2), 7, 1.1), (width, height)),
        "on a screen": cv2.warpPerspective(source, cv2.getPerspectiveTransform(corners, beside), (width, height)),
    }
    for name, picture in pictures.items():
        cv2.imwrite(str(tmp_path / f"{name}.png"), picture)

    with pytest.raises(Fatal) as refusal:
        align_photos(ImageSet(tmp_path), max_features=FEATURES)

    assert refusal.value.code == "no-parallax"
    assert "no more than 2 pictures" in str(refusal.value)


def test_two_scenes_are_named_unless_the_largest_is_asked_for(rendered, tmp_path):
    for number in range(4):
        shutil.copy(rendered.photos.path / f"view-{number:03d}.jpg", tmp_path / f"stone {number}.jpg")
    wall = cv2.resize(noise(9), (960, 720))
    calibration = np.array([[500.0, 0, 240], [0, 500.0, 180], [0, 0, 1]])
    for index, turn in enumerate(np.radians([-20, 0, 20])):
        rotation = cv2.Rodrigues(np.array([0.0, turn, 0]))[0]
        shift = np.outer([np.tan(turn), 0, 0], [0, 0, 1.0])
        warp = calibration @ rotation @ (np.eye(3) - shift) @ np.linalg.inv(np.diag([2, 2, 1.0]) @ calibration)
        cv2.imwrite(str(tmp_path / f"wall {index}.jpg"), cv2.warpPerspective(wall, warp, (480, 360)))

    with pytest.raises(Fatal) as refusal:
        align_photos(ImageSet(tmp_path), max_features=FEATURES)
    result = align_photos(ImageSet(tmp_path), max_features=FEATURES, largest=True)

    stone, walls = [f"stone {n}.jpg" for n in range(4)], [f"wall {n}.jpg" for n in range(3)]
    assert refusal.value.code == "two-scenes"
    assert refusal.value.files == (*stone, *walls)
    assert "largest=true" in str(refusal.value.hint)
    assert sorted(poses(result)) == stone
    assert [(warning.code, warning.files) for warning in result.metrics.warnings] == [("other-scene", walls)]


def test_a_flipped_photograph_is_left_out_by_name(rendered, tmp_path):
    for number in range(5):
        shutil.copy(rendered.photos.path / f"view-{number:03d}.jpg", tmp_path / f"{number}.jpg")
    cv2.imwrite(str(tmp_path / "flipped.jpg"), cv2.imread(str(tmp_path / "2.jpg"))[:, ::-1])

    result = align_photos(ImageSet(tmp_path), max_features=FEATURES)

    assert sorted(poses(result)) == [f"{number}.jpg" for number in range(5)]
    assert [(warning.code, warning.files) for warning in result.metrics.warnings] == [
        ("mirrored-photo", ["flipped.jpg"])
    ]
    unregistered = json.loads(result.match_graph.path.read_text(encoding="utf-8"))["unregistered"]
    assert "mirror image" in unregistered["flipped.jpg"]


def test_the_model_is_in_meters_where_a_distance_is_known(rendered, aligned):
    truth = json.loads((rendered.ground_truth.path / "cameras.json").read_text(encoding="utf-8"))
    centers = [-np.array(truth[f"view-{n:03d}.jpg"]["R"]).T @ truth[f"view-{n:03d}.jpg"]["t"] for n in range(6)]
    ends = ("left side/IMG 000.JPG", "IMG 005.JPG")
    known = KnownDistance(meters=float(np.linalg.norm(centers[0] - centers[5])), between=ends)

    result = align_photos(ImageSet(aligned[0]), max_features=FEATURES, known_distances=[known])

    found = {name: -pose[:, :3].T @ pose[:, 3] for name, pose in poses(result).items()}
    for one, other in [(0, 2), (1, 4), (3, 5)]:
        length = np.linalg.norm(found[f"left side/IMG {one:03d}.JPG"] - found[f"left side/IMG {other:03d}.JPG"])
        assert length == pytest.approx(np.linalg.norm(centers[one] - centers[other]), rel=0.01)
    assert result.metrics.values["scale_source"] == "known-distance"
    assert result.metrics.values["unit"] == "m"


def test_positions_in_the_assessment_give_meters_and_what_is_up(rendered, aligned, tmp_path):
    truth = json.loads((rendered.ground_truth.path / "cameras.json").read_text(encoding="utf-8"))
    centers = [-np.array(truth[f"view-{n:03d}.jpg"]["R"]).T @ truth[f"view-{n:03d}.jpg"]["t"] for n in range(6)]
    positions = {f"left side/IMG {n:03d}.JPG": (10 * center).tolist() for n, center in enumerate(centers)}
    document = tmp_path / "assessment.json"
    document.write_text(json.dumps({"photos": [], "issues": [], "positions_m": positions}), encoding="utf-8")

    result = align_photos(ImageSet(aligned[0]), assessment=PhotoAssessment(document), max_features=FEATURES)

    found = poses(result)["left side/IMG 003.JPG"]
    assert result.metrics.values["scale_source"] == "gps"
    assert result.metrics.values["up_source"] == "positions"
    down = np.array(truth["view-003.jpg"]["R"])[:, 2]  # the scene's z is up
    np.testing.assert_allclose(found[:, 1], down, atol=0.03)
