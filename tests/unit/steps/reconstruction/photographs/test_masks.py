from __future__ import annotations

from pathlib import Path

import numpy as np
import PIL.Image
import pytest

from kai_pipelines import Fatal
from steps.reconstruction.photographs.masks import WrongSize, fit_mask, looks_inverted, match_masks
from steps.reconstruction.photographs.reading import read_photo
from tests.faulty_photos import exif, save
from tests.unit.steps.reconstruction.photographs.pictures import scene


def folder_of(place: Path, *names: str) -> Path:
    for name in names:
        save(np.full((8, 12, 3), 255, np.uint8), place / name)
    return place


@pytest.mark.parametrize(
    "mask",
    [
        "photo.jpg.png",
        "photo.JPG.mask.png",
        "photo_mask.png",
        "photo-mask.jpg",
        "photo.mask.tif",
        "photo.png",
        "photo.jpg",
    ],
)
def test_each_convention_names_its_photograph(tmp_path, mask):
    given = match_masks(folder_of(tmp_path, mask, "other.png"), ["photo.jpg", "more.jpg"])

    assert given.of == {"photo.jpg": mask}
    assert given.left_over == ("other.png",)


def test_the_clearest_name_wins(tmp_path):
    given = match_masks(folder_of(tmp_path, "a.png", "a_mask.png", "a.jpg.png"), ["a.jpg"])

    assert given.of == {"a.jpg": "a.jpg.png"}


def test_photographs_of_one_name_need_the_whole_name(tmp_path):
    given = match_masks(folder_of(tmp_path, "a.png", "a.tif.png"), ["a.jpg", "a.tif"])

    assert given.of == {"a.tif": "a.tif.png"}


def test_masks_lie_in_the_same_subfolders_or_all_in_one(tmp_path):
    deep = match_masks(folder_of(tmp_path / "deep", "left/a.png", "right/a.png"), ["left/a.jpg", "right/a.jpg"])
    flat = match_masks(folder_of(tmp_path / "flat", "a.png", "b.png"), ["left/a.jpg", "right/b.jpg"])

    assert deep.of == {"left/a.jpg": "left/a.png", "right/a.jpg": "right/a.png"}
    assert flat.of == {"left/a.jpg": "a.png", "right/b.jpg": "b.png"}


def test_masks_of_other_photographs_are_refused_with_the_names(tmp_path):
    with pytest.raises(Fatal) as raised:
        match_masks(folder_of(tmp_path, "x.png"), ["a.jpg"])

    assert raised.value.code == "masks-match-no-photo"
    assert raised.value.files == ("x.png", "a.jpg")


def drawn(tmp_path: Path, mask: PIL.Image.Image, photo: np.ndarray, orientation: int = 1) -> np.ndarray:
    save(photo, tmp_path / "photos" / "a.jpg", exif=exif(orientation))
    (tmp_path / "masks").mkdir()
    mask.save(tmp_path / "masks" / "a.png")
    return fit_mask(match_masks(tmp_path / "masks", ["a.jpg"]), "a.jpg", read_photo(tmp_path / "photos" / "a.jpg"))


def left_half(width: int, height: int) -> PIL.Image.Image:
    values = np.zeros((height, width), np.uint8)
    values[:, : width // 2] = 255
    return PIL.Image.fromarray(values)


@pytest.mark.parametrize("mode", ["L", "1", "RGB", "P", "I;16"])
def test_any_kind_of_image_is_a_mask(tmp_path, mode):
    mask = left_half(320, 240)
    mask = PIL.Image.fromarray(np.asarray(mask, np.uint16) * 257) if mode == "I;16" else mask.convert(mode)

    found = drawn(tmp_path, mask, scene(0, 320, 240))

    assert np.all(found[:, :160] == 255) and np.all(found[:, 160:] == 0)


def test_a_mask_of_zeros_and_ones_or_of_transparency_is_one(tmp_path):
    ones = PIL.Image.fromarray(np.asarray(left_half(320, 240)) // 255)
    clear = PIL.Image.merge("LA", (PIL.Image.new("L", (320, 240), 200), left_half(320, 240)))

    for number, mask in enumerate((ones, clear)):
        found = drawn(tmp_path / str(number), mask, scene(0, 320, 240))
        assert np.all(found[:, :160] == 255) and np.all(found[:, 160:] == 0)


def test_a_smaller_mask_of_the_same_shape_is_enlarged(tmp_path):
    found = drawn(tmp_path, left_half(80, 60), scene(0, 320, 240))

    assert found.shape == (240, 320)
    assert np.all(found[:, :156] == 255) and np.all(found[:, 164:] == 0)


def test_a_mask_of_another_shape_is_refused(tmp_path):
    with pytest.raises(WrongSize, match="100 × 100 for 320 × 240"):
        drawn(tmp_path, left_half(100, 100), scene(0, 320, 240))


def test_a_mask_that_lies_as_the_file_does_is_turned_with_the_photograph(tmp_path):
    """EXIF 6: to be shown after a quarter turn clockwise, so that left becomes top."""
    found = drawn(tmp_path, left_half(320, 240), scene(0, 320, 240), orientation=6)

    assert found.shape == (320, 240)
    assert np.all(found[:160] == 255) and np.all(found[160:] == 0)


def test_an_upright_mask_of_a_turned_photograph_stays(tmp_path):
    found = drawn(tmp_path, left_half(240, 320), scene(0, 320, 240), orientation=6)

    assert np.all(found[:, :120] == 255) and np.all(found[:, 120:] == 0)


def test_white_around_black_looks_inverted():
    mask = np.full((90, 120), 255, np.uint8)
    mask[25:65, 30:90] = 0

    assert looks_inverted(mask)
    assert not looks_inverted(255 - mask)
    assert not looks_inverted(np.full((90, 120), 255, np.uint8))
