from __future__ import annotations

import json
import shutil

import numpy as np
import pytest
from PIL import Image

from kai_pipelines import Fatal, ImageSet, Mesh, SparseModel
from steps.reconstruction.model_io import read_model
from steps.reconstruction.texture import texture_mesh
from steps.reconstruction.texturing.holding_out import Score, compared, doubts, held_out, score
from steps.reconstruction.texturing.rendering import Renderer, Rendering

GRAY = 128


@pytest.fixture(scope="module")
def baked(globe):
    return texture_mesh(Mesh(globe.mesh_file), ImageSet(globe.photos), SparseModel(globe.sparse), 512)


def psnr(difference) -> float:
    return float(10 * np.log10(255**2 / np.mean(np.square(difference))))


def test_the_render_is_what_the_camera_photographed_with_its_distortion(globe, baked) -> None:
    view = globe.views[4]
    with Image.open(globe.photos / view.name) as image:
        photo = np.asarray(image, float)

    rendering = Renderer(read_model(baked.model.path)).draw(view)

    disc = photo.sum(axis=2) > 0
    assert np.mean((rendering.coverage > 0.5) != disc) < 0.003  # an outline off by a pixel differs in 0.008
    both = disc & (rendering.coverage > 0.999)
    assert psnr(rendering.colors[both] - photo[both]) > 38


def test_a_smaller_camera_sees_the_same_smaller(globe, baked) -> None:
    renderer = Renderer(read_model(baked.model.path))

    whole = renderer.draw(globe.views[2]).over((0, 0, 0))
    small = renderer.draw(globe.views[2].resized(160)).over((0, 0, 0))

    assert small.shape == (120, 160, 3)
    halved = whole.reshape(120, 2, 160, 2, 3).mean(axis=(1, 3))
    assert psnr(halved - small) > 35


def test_pixels_that_the_model_covers_and_the_mask_lets_count_are_compared() -> None:
    coverage = np.array([[1, 1, 0.5, 0]], np.float32)
    rendering = Rendering(np.zeros((1, 4, 3), np.uint8), coverage)

    assert compared(rendering).tolist() == [[True, True, False, False]]
    assert compared(rendering, np.array([[False, True, True, True]])).tolist() == [[False, True, False, False]]


def test_a_score_counts_covered_pixels_only_and_levels_one_gain_per_channel() -> None:
    photo = np.full((10, 20, 3), (100, 60, 80), np.uint8)
    colors = np.full((10, 20, 3), (50, 60, 40), np.uint8)
    coverage = np.ones((10, 20), np.float32)
    coverage[:, 15:] = 0.5
    colors[:, 15:] = 255

    found = score(photo, Rendering(colors, coverage))

    assert found.coverage == pytest.approx(0.75)
    assert found.psnr_db == pytest.approx(10 * np.log10(255**2 / ((50**2 + 0 + 40**2) / 3)))
    assert found.leveled_psnr_db > 90


def test_what_a_mask_leaves_out_is_not_part_of_the_frame() -> None:
    photo = np.full((10, 20, 3), 100, np.uint8)
    subject = np.zeros((10, 20), bool)
    subject[:, :10] = True
    coverage = np.zeros((10, 20), np.float32)
    coverage[:, :5] = 1

    assert score(photo, Rendering(photo, coverage), subject).coverage == pytest.approx(0.5)


@pytest.mark.parametrize(
    ("count", "wanted", "numbers"), [(11, 3, [1, 5, 9]), (4, 3, [0, 2, 3]), (3, 3, []), (9, 0, [])]
)
def test_photographs_held_out_are_spread_and_leave_three(count: int, wanted: int, numbers: list[int]) -> None:
    assert held_out(count, wanted) == numbers


def test_pictures_of_the_pairs_lie_beside_their_document(baked) -> None:
    folder = baked.model.path / "held_out"

    pairs = json.loads((folder / "held_out.json").read_text(encoding="utf-8"))["pairs"]

    assert [pair["name"] for pair in pairs] == ["02.png", "07.png", "11.png"]
    for number, pair in enumerate(pairs):
        assert (pair["photo"], pair["render"]) == (f"{number}-photo.jpg", f"{number}-render.jpg")
        with Image.open(folder / pair["photo"]) as photo, Image.open(folder / pair["render"]) as render:
            assert photo.size == render.size == (320, 240)
            assert not photo.getexif()
            assert max(abs(level - GRAY) for level in render.getpixel((1, 1))) < 4  # nothing of the globe is there
    values = baked.metrics.values
    assert values["held_out_photos"] == 3
    assert values["held_out_psnr_db"] == pytest.approx(np.mean([pair["psnr_db"] for pair in pairs]), abs=0.02)
    assert values["held_out_psnr_db"] > 34
    assert values["held_out_coverage"] == pytest.approx(np.mean([pair["coverage"] for pair in pairs]), abs=1e-3)


def test_a_photograph_that_lies_is_found_out_only_when_it_is_held_out(globe, tmp_path) -> None:
    """Held out it says nothing of itself: its own texture would show it as it is."""
    folder = tmp_path / "photos"
    shutil.copytree(globe.photos, folder)
    with Image.open(folder / "07.png") as image:
        Image.fromarray(255 - np.asarray(image)).save(folder / "07.png")

    result = texture_mesh(Mesh(globe.mesh_file), ImageSet(folder), SparseModel(globe.sparse), 512)

    pairs = json.loads((result.model.path / "held_out" / "held_out.json").read_text(encoding="utf-8"))["pairs"]
    assert {pair["name"]: pair["psnr_db"] < 18 for pair in pairs} == {"02.png": False, "07.png": True, "11.png": False}


def test_what_masks_leave_out_gives_no_color(globe, tmp_path) -> None:
    photos, masks = tmp_path / "photos", tmp_path / "masks"
    shutil.copytree(globe.photos, photos)
    masks.mkdir()
    for view in globe.views:  # a banner in front of the same part of every photograph: no vote helps
        with Image.open(photos / view.name) as image:
            picture = np.array(image)
        picture[100:140, 140:180] = (255, 0, 255)
        Image.fromarray(picture).save(photos / view.name)
        mask = np.full(picture.shape[:2], 255, np.uint8)
        mask[100:140, 140:180] = 0
        Image.fromarray(mask).save(masks / f"{view.name}.png")

    result = texture_mesh(
        Mesh(globe.mesh_file), ImageSet(photos), SparseModel(globe.sparse), 512, masks=ImageSet(masks), held_out=0
    )

    texture = read_model(result.model.path).texture.astype(int)
    assert np.mean((texture[..., 1] < 60) & (texture[..., 0] > 200)) < 1e-4
    assert result.metrics.values["held_out_photos"] == 0


def test_a_mask_that_is_no_picture_is_named(globe, tmp_path) -> None:
    (tmp_path / "00.png.png").write_text("not a mask")

    with pytest.raises(Fatal) as caught:
        texture_mesh(
            Mesh(globe.mesh_file), ImageSet(globe.photos), SparseModel(globe.sparse), 512, masks=ImageSet(tmp_path)
        )

    assert (caught.value.code, list(caught.value.files)) == ("unreadable-mask", ["00.png.png"])


def test_names_may_have_folders_spaces_and_any_letters(globe, tmp_path) -> None:
    import pycolmap

    model = pycolmap.Reconstruction(str(globe.sparse))
    photos = tmp_path / "photos"
    for image in model.images.values():
        new = f"größe und höhe/фото {image.name}"
        (photos / new).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(globe.photos / image.name, photos / new)
        image.name = new
    (tmp_path / "sparse").mkdir()
    model.write(str(tmp_path / "sparse"))

    result = texture_mesh(Mesh(globe.mesh_file), ImageSet(photos), SparseModel(tmp_path / "sparse"), 256, held_out=1)

    document = json.loads((result.model.path / "held_out" / "held_out.json").read_text(encoding="utf-8"))
    assert document["pairs"][0]["name"] == "größe und höhe/фото 07.png"


@pytest.mark.parametrize(
    ("decibels", "leveled", "says"),
    [(22.0, 22.0, None), (21.9, 21.9, "ghosts"), (19.8, 22.5, "exposure"), (9.0, 10.0, "9.0 dB")],
)
def test_a_low_score_is_doubted_in_words_and_a_fair_one_is_not(
    decibels: float, leveled: float, says: str | None
) -> None:
    told = doubts(3, Score(decibels, leveled, 0.9))

    assert told is None if says is None else told is not None and says in told


def test_a_model_unlike_its_photographs_is_a_warning_that_names_them(globe, tmp_path) -> None:
    for number, path in enumerate(sorted(globe.photos.iterdir())):
        with Image.open(path) as image:
            other = Image.eval(image, lambda value: 255 - value) if number % 2 else image.copy()
        other.save(tmp_path / path.name)

    made = texture_mesh(Mesh(globe.mesh_file), ImageSet(tmp_path), SparseModel(globe.sparse), 128)

    (warning,) = made.metrics.warnings
    assert warning.code == "held-out-low"
    assert len(warning.files) == made.metrics.values["held_out_photos"] == 3
