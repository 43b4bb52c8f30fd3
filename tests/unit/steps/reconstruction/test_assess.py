from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import PIL.Image
import PIL.ImageOps
import pytest

from kai_pipelines import Fatal, ImageSet, Quality
from steps.reconstruction.assess import Assessment, assess_photos
from tests.faulty_photos import exif, save
from tests.unit.steps.reconstruction.photographs.pictures import on_a_turntable


def picture(seed: int, width: int = 640, height: int = 480) -> PIL.Image.Image:
    """Rectangles of random colors: sharp, colorful, unlike any other seed's."""
    rng = np.random.default_rng(seed)
    values = np.full((height, width, 3), 90, np.uint8)
    for _ in range(60):
        x, y = int(rng.integers(0, width - 40)), int(rng.integers(0, height - 40))
        values[y : y + 40, x : x + 40] = rng.integers(30, 230, 3)
    return PIL.Image.fromarray(values)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Three good photographs."""
    place = tmp_path / "photos"
    place.mkdir()
    for number in range(3):
        picture(number).save(place / f"good-{number}.jpg", quality=92)
    return place


def facts(result: Assessment) -> dict[str, Any]:
    return json.loads(result.assessment.path.read_text(encoding="utf-8"))


def row(result: Assessment, name: str) -> dict[str, Any]:
    return next(photo for photo in facts(result)["photos"] if photo["name"] == name)


def refusal(folder: Path) -> Fatal:
    with pytest.raises(Fatal) as raised:
        assess_photos(ImageSet(folder))
    assert raised.value.hint
    return raised.value


def warning_files(result: Assessment, code: str) -> list[str]:
    return [name for warning in result.metrics.warnings if warning.code == code for name in warning.files]


def test_good_photographs_pass_unchanged(folder):
    result = assess_photos(ImageSet(folder))

    for number in range(3):
        name = f"good-{number}.jpg"
        before, after = (np.asarray(PIL.Image.open(place / name)) for place in (folder, result.photos.path))
        assert np.array_equal(before, after)
    assert row(result, "good-0.jpg") | {"width": 640, "height": 480, "used": True, "issues": []} == row(
        result, "good-0.jpg"
    )
    assert result.metrics.warnings == []
    assert result.metrics.values["photos"] == 3


def test_a_requested_quality_is_taken_and_auto_is_explained(folder):
    assert assess_photos(ImageSet(folder), Quality.HIGH).quality is Quality.HIGH
    chosen = assess_photos(ImageSet(folder))
    assert chosen.quality is Quality.LOW
    assert facts(chosen)["chosen"] == "low"
    assert "640 pixels" in facts(chosen)["reason"]


def test_subfolders_and_capitals_count_and_other_files_do_not(folder):
    (folder / "left side").mkdir()
    picture(7).save(folder / "left side" / "DSC 1.JPEG", format="JPEG")
    (folder / "notes.txt").write_text("Tuesday", encoding="utf-8")
    (folder / ".hidden.jpg").write_text("nothing", encoding="utf-8")

    result = assess_photos(ImageSet(folder))

    assert (result.photos.path / "left side" / "DSC 1.JPEG").is_file()
    assert [issue["files"] for issue in facts(result)["issues"] if issue["code"] == "ignored-files"] == [["notes.txt"]]
    assert len(list(result.photos.path.rglob("*.*"))) == 4


def test_a_missing_folder_is_refused(tmp_path):
    assert refusal(tmp_path / "nowhere").code == "not-a-folder"


def test_a_folder_without_photographs_is_refused(tmp_path):
    (tmp_path / "empty").mkdir()
    assert refusal(tmp_path / "empty").code == "no-photos"


def test_two_photographs_are_refused(folder):
    (folder / "good-2.jpg").unlink()

    fault = refusal(folder)

    assert fault.code == "too-few-photos"
    assert "Of 2 photographs 2" in fault.message


def test_broken_files_are_named_and_left_out_while_three_remain(folder):
    (folder / "text.jpg").write_text("this is no photograph", encoding="utf-8")
    (folder / "empty.png").touch()
    content = (folder / "good-0.jpg").read_bytes()
    (folder / "cut.jpg").write_bytes(content[: len(content) // 2])

    result = assess_photos(ImageSet(folder))

    assert warning_files(result, "unreadable-photo") == ["cut.jpg", "empty.png", "text.jpg"]
    assert row(result, "cut.jpg")["used"] is False
    assert sorted(path.name for path in result.photos.path.iterdir()) == ["good-0.jpg", "good-1.jpg", "good-2.jpg"]
    (folder / "good-2.jpg").unlink()
    fault = refusal(folder)
    assert fault.code == "too-few-photos"
    assert [name.split(" (")[0] for name in fault.files] == ["cut.jpg", "empty.png", "text.jpg"]


def test_raw_files_are_named(folder, tmp_path):
    (folder / "IMG_1.NEF").write_bytes(b"MM\0*")
    assert warning_files(assess_photos(ImageSet(folder)), "unsupported-photo") == ["IMG_1.NEF"]

    only = tmp_path / "phone"
    only.mkdir()
    (only / "a.gif").touch()
    (only / "b.CR2").touch()
    fault = refusal(only)
    assert fault.code == "unsupported-photos"
    assert fault.files == ("a.gif", "b.CR2")


def test_an_exact_copy_is_left_out(folder):
    (folder / "zz-copy.jpg").write_bytes((folder / "good-1.jpg").read_bytes())

    result = assess_photos(ImageSet(folder))

    assert warning_files(result, "duplicate-photo") == ["zz-copy.jpg"]
    assert not (result.photos.path / "zz-copy.jpg").exists()


def test_the_same_frame_twice_stays_and_is_named(folder):
    picture(1).save(folder / "again.jpg", quality=70)

    result = assess_photos(ImageSet(folder))

    assert warning_files(result, "same-view") == ["again.jpg"]
    assert (result.photos.path / "again.jpg").exists()


def test_the_same_frame_many_times_is_no_more_than_one_photograph(folder):
    (folder / "good-2.jpg").unlink()
    for quality in (60, 70, 80):
        picture(1).save(folder / f"again-{quality}.jpg", quality=quality)

    fault = refusal(folder)

    assert fault.code == "copies"
    assert fault.files == tuple(f"again-{quality}.jpg (the same view: good-1.jpg)" for quality in (80, 70, 60))


def test_a_photograph_taken_upright_is_turned(folder):
    exif = PIL.Image.Exif()
    exif[0x0112] = 6  # the camera was turned: show after a quarter turn clockwise
    exif[0x010F] = "Maker"
    upright = picture(11, 480, 640)
    upright.transpose(PIL.Image.Transpose.ROTATE_90).save(folder / "turned.jpg", quality=98, subsampling=0, exif=exif)

    result = assess_photos(ImageSet(folder))

    with PIL.Image.open(result.photos.path / "turned.jpg") as written:
        assert written.size == (480, 640)
        assert written.getexif()[0x0112] == 1
        assert written.getexif()[0x010F] == "Maker"
        difference = np.abs(np.asarray(written, float) - np.asarray(upright, float))
    assert difference.mean() < 3
    assert (row(result, "turned.jpg")["width"], row(result, "turned.jpg")["height"]) == (480, 640)


def test_every_kind_of_pixel_becomes_8_bit_rgb(folder):
    gray = np.asarray(picture(20).convert("L"))
    picture(21).convert("CMYK").save(folder / "cmyk.jpg", quality=95)
    picture(22).convert("P", palette=PIL.Image.Palette.ADAPTIVE).save(folder / "palette.png")
    picture(23).convert("RGBA").save(folder / "alpha.png")
    picture(24).convert("L").save(folder / "gray.jpg", quality=95)
    picture(25).save(folder / "modern.webp", lossless=True)
    cv2.imwrite(str(folder / "deep.png"), gray.astype(np.uint16) * 257)
    cv2.imwrite(str(folder / "deep.tif"), np.asarray(picture(26)).astype(np.uint16)[:, :, ::-1] * 257)

    result = assess_photos(ImageSet(folder))

    assert result.metrics.warnings == []
    for name, expected in {
        "cmyk.jpg": picture(21), "palette.png": picture(22), "alpha.png": picture(23), "gray.jpg": picture(24).convert("L"),
        "modern.webp": picture(25), "deep.png": PIL.Image.fromarray(gray), "deep.tif": picture(26),
    }.items():  # fmt: skip
        with PIL.Image.open(result.photos.path / name) as written:
            assert written.mode == "RGB", name
            difference = np.abs(np.asarray(written, float) - np.asarray(expected.convert("RGB"), float))
        assert difference.mean() < 4, name


def test_the_inputs_stay_as_they_were(folder):
    before = {path.name: path.read_bytes() for path in folder.iterdir()}

    assess_photos(ImageSet(folder))

    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


def test_a_photograph_is_named_without_the_folders_that_all_share(folder):
    outer = folder.parent / "outer"
    (outer / "set").mkdir(parents=True)
    (outer / "notes.txt").touch()
    folder.rename(outer / "set" / "images")

    result = assess_photos(ImageSet(outer), "low")

    assert sorted(path.name for path in result.photos.path.iterdir()) == ["good-0.jpg", "good-1.jpg", "good-2.jpg"]


def test_a_name_in_an_old_encoding_is_refused(folder):
    try:
        (folder / os.fsdecode(b"caf\xe9.jpg")).write_bytes(b"")
    except OSError:
        pytest.skip("this file system takes UTF-8 only")

    with pytest.raises(Fatal) as fault:
        assess_photos(ImageSet(folder))

    assert fault.value.code == "unreadable-names"
    assert fault.value.files == ("caf\\xe9.jpg",)


def masks_of(folder: Path, **drawn: np.ndarray) -> ImageSet:
    place = folder.parent / "masks"
    place.mkdir()
    for stem, values in drawn.items():
        PIL.Image.fromarray(values).save(place / f"{stem}.jpg.png")
    return ImageSet(place)


def half(width: int = 640, height: int = 480) -> np.ndarray:
    values = np.zeros((height, width), np.uint8)
    values[:, : width // 2] = 255
    return values


def test_given_masks_are_handed_on_in_the_size_of_their_photographs(folder):
    masks = masks_of(folder, **{"good-0": half(), "good-1": half(320, 240)})

    result = assess_photos(ImageSet(folder), masks=masks)

    assert sorted(path.name for path in result.masks.path.iterdir()) == ["good-0.jpg.png", "good-1.jpg.png"]
    for path in result.masks.path.iterdir():
        values = np.asarray(PIL.Image.open(path))
        assert values.shape == (480, 640)
        assert set(np.unique(values)) == {0, 255}
    assert warning_files(result, "mask-missing") == ["good-2.jpg"]
    assert facts(result)["masks"] == {"from": "given", "photos": 2, "background": None}


def test_a_mask_of_another_shape_ends_the_run_by_name(folder):
    masks = masks_of(folder, **{"good-0": half(), "good-1": half(480, 480)})

    with pytest.raises(Fatal) as raised:
        assess_photos(ImageSet(folder), masks=masks)

    assert raised.value.code == "mask-size"
    assert raised.value.files == ("good-1.jpg (480 × 480 for 640 × 480 pixels)",)


def test_black_and_inverted_masks_are_named(folder):
    picture(3).save(folder / "good-3.jpg", quality=92)
    inverted = np.full((480, 640), 255, np.uint8)
    inverted[100:380, 150:490] = 0
    masks = masks_of(
        folder, **{"good-0": np.zeros((480, 640), np.uint8), "good-1": inverted, "good-2": half(), "more": half()}
    )

    result = assess_photos(ImageSet(folder), masks=masks)

    assert warning_files(result, "mask-empty") == ["good-0.jpg"]
    assert row(result, "good-0.jpg")["used"] is False
    assert warning_files(result, "mask-inverted") == ["good-1.jpg"]
    assert warning_files(result, "masks-without-photo") == ["more.jpg.png"]
    assert not (result.photos.path / "good-0.jpg").exists()


def test_masks_that_lie_in_the_photographs_folder_are_no_photographs(folder):
    inside = folder / "masks"
    inside.mkdir()
    for number in range(3):
        PIL.Image.fromarray(half()).save(inside / f"good-{number}.png")

    result = assess_photos(ImageSet(folder), masks=ImageSet(inside))

    assert result.metrics.values["photos"] == 3
    assert result.metrics.values["masked_photos"] == 3


def test_transparency_is_a_mask(folder):
    clear = picture(9).convert("RGBA")
    clear.putalpha(PIL.Image.fromarray(half()))
    clear.save(folder / "good-9.png")

    result = assess_photos(ImageSet(folder))

    assert np.array_equal(np.asarray(PIL.Image.open(result.masks.path / "good-9.png.png")), half())


def test_a_turntable_before_black_gets_masks_and_says_so(tmp_path):
    place = tmp_path / "photos"
    place.mkdir()
    for angle in range(0, 60, 12):
        values, _ = on_a_turntable(angle, 5, size=480)
        PIL.Image.fromarray(values).save(place / f"{angle:02}.png")

    result = assess_photos(ImageSet(place))

    assert facts(result)["masks"] == {"from": "made", "photos": 5, "background": "black"}
    assert result.metrics.values["masks"] == "made"
    assert len(list(result.masks.path.iterdir())) == 5
    assert warning_files(result, "dark") == []


def test_positions_are_meters_and_no_file_has_a_latitude(folder):
    for number in range(3):
        save(
            np.asarray(picture(number)),
            folder / f"good-{number}.jpg",
            exif=exif(place=(47.0 + number * 1e-4, 8.0, 400.0)),
        )

    result = assess_photos(ImageSet(folder))

    north = [facts(result)["positions_m"][f"good-{number}.jpg"][1] for number in range(3)]
    assert np.diff(north) == pytest.approx(111_195 * 1e-4, rel=0.005)
    assert "47.0" not in result.assessment.path.read_text(encoding="utf-8")
    for path in result.photos.path.iterdir():
        with PIL.Image.open(path) as image:
            assert image.getexif().get_ifd(0x8825) == {}
            assert image.getexif().get_ifd(0x8769)[0x920A] == 28


def test_cameras_sizes_and_focal_lengths_are_groups_and_none_is_dropped(folder):
    save(np.asarray(picture(5)), folder / "tele.jpg", exif=exif(focal_mm=85.0))
    save(np.asarray(picture(6, 480, 640)), folder / "upright.jpg", exif=exif(focal_mm=28.0))

    result = assess_photos(ImageSet(folder))

    groups = {
        (group["camera"], group["width"], group["focal_mm"]): group["photos"] for group in facts(result)["groups"]
    }
    assert groups == {
        ("", 640, None): ["good-0.jpg", "good-1.jpg", "good-2.jpg"],
        ("Maker One", 640, 85.0): ["tele.jpg"],
        ("Maker One", 480, 28.0): ["upright.jpg"],
    }
    assert result.metrics.values["photos"] == 5


def test_two_that_mirror_each_other_both_go_on_to_be_told_apart_by_the_others(folder):
    flipped = PIL.ImageOps.mirror(picture(0))
    flipped.save(folder / "flip.jpg", quality=95)

    result = assess_photos(ImageSet(folder))

    assert row(result, "flip.jpg")["used"] is True


def test_copies_of_a_broken_file_are_as_broken(tmp_path):
    for name in "abc":
        (tmp_path / f"{name}\n.jpg").write_bytes(b"")

    with pytest.raises(Fatal) as refusal:
        assess_photos(ImageSet(tmp_path))

    assert refusal.value.code == "too-few-photos"
    assert refusal.value.files == tuple(f"{name}\n.jpg (the file is empty)" for name in "abc")
    assert r"[a\n.jpg (the file is empty), " in str(refusal.value)  # a name moves no line


def test_one_picture_and_its_mirror_images_are_copies(tmp_path):
    for name, way in {"a": None, "b": PIL.ImageOps.mirror, "c": PIL.ImageOps.flip}.items():
        (way(picture(0)) if way else picture(0)).save(tmp_path / f"{name}.png")

    with pytest.raises(Fatal) as refusal:
        assess_photos(ImageSet(tmp_path))

    assert refusal.value.code == "copies"
    assert any("mirrored" in file for file in refusal.value.files)


def test_a_photograph_of_100_million_pixels_is_handed_on_smaller(folder):
    large = cv2.resize(np.asarray(picture(30)), (11600, 8700), interpolation=cv2.INTER_NEAREST)
    PIL.Image.fromarray(large).save(folder / "large.jpg", quality=80)

    result = assess_photos(ImageSet(folder))

    with PIL.Image.open(result.photos.path / "large.jpg") as image:
        assert image.size == (5800, 4350)
    assert warning_files(result, "very-large") == ["large.jpg"]


def test_a_broken_heic_is_named_and_avif_goes_on_as_jpeg(folder):
    pytest.importorskip("pi_heif")
    (folder / "IMG_1.HEIC").write_bytes(b"\0\0\0\x18ftypheic")  # cut off after its head

    result = assess_photos(ImageSet(folder))

    assert warning_files(result, "unreadable-photo") == ["IMG_1.HEIC"]
    picture(40).save(folder / "IMG_2.avif", quality=95)
    assert row(assess_photos(ImageSet(folder)), "IMG_2.avif.jpg")["used"] is True


def test_a_decoder_that_gives_up_in_its_own_way_leaves_one_photograph_out(tmp_path, monkeypatch):
    for number in range(4):
        picture(number, 240, 180).save(tmp_path / f"{number}.{'avif' if number == 2 else 'png'}")

    def fail(self):
        raise RuntimeError("Failed to decode frame 0: Decoding of color planes failed")

    monkeypatch.setattr("PIL.AvifImagePlugin.AvifImageFile.load", fail)

    result = assess_photos(ImageSet(tmp_path))

    assert warning_files(result, "unreadable-photo") == ["2.avif"]


def test_photographs_that_are_all_given_as_masks_too_are_told_so(tmp_path):
    for number in range(4):
        picture(number, 240, 180).save(tmp_path / f"{number}.png")

    with pytest.raises(Fatal, match=r"0\.png \(it lies among the masks, too\)"):
        assess_photos(ImageSet(tmp_path), masks=ImageSet(tmp_path))
