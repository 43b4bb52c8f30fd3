from __future__ import annotations

import io

import numpy as np
import PIL.Image
import pytest

from steps.reconstruction.photographs.exif import Place, read_tags
from steps.reconstruction.photographs.positions import local_meters
from steps.reconstruction.photographs.stripping import Unparsable, stripped_jpeg, stripped_png
from tests.faulty_photos import SECRETS, exif, with_private_data
from tests.unit.steps.reconstruction.photographs.pictures import scene

METERS_OF_A_DEGREE = 111_195.0
"""On a sphere of the earth's mean radius, 6371 km."""


def tags_of(content: bytes):
    buffer = io.BytesIO()
    PIL.Image.fromarray(scene(0, 64, 64)).save(buffer, "JPEG", exif=content)
    with PIL.Image.open(buffer) as image:
        return read_tags(image)


@pytest.mark.parametrize("place", [(47.5, 8.25, 400.0), (-33.9, -70.5, 10.0)])
def test_the_place_is_read_in_every_quarter_of_the_earth(place):
    found = tags_of(exif(place=place)).place

    assert (found.latitude, found.longitude, found.altitude) == pytest.approx(place, abs=1e-6)


def test_what_is_handed_on_says_camera_and_focal_length_and_nothing_else():
    tags = tags_of(exif(orientation=6, focal_mm=4.25, place=(47.5, 8.25, 400.0)))

    again = tags_of(tags.written())

    assert (again.make, again.model, again.focal_mm, again.focal_35mm) == ("Maker", "Maker One", 4.25, 28)
    assert again.orientation == 1
    assert again.place is None
    assert tags.camera == "Maker One"


@pytest.mark.parametrize("content", [b"Exif\0\0garbage", b"Exif\0\0II*\0\xff\xff\xff\xff", b"Exif\0\0" + bytes(40)])
def test_damaged_exif_is_as_good_as_none(content):
    assert tags_of(content).focal_mm is None


def test_meters_are_those_of_the_earth():
    north = {"a": Place(47.0, 8.0, 100.0), "b": Place(47.001, 8.0, 100.0)}
    east = {"a": Place(60.0, 8.0, 100.0), "b": Place(60.0, 8.001, 130.0)}

    apart = np.subtract(*reversed(list(local_meters(north).values())))
    aside = np.subtract(*reversed(list(local_meters(east).values())))

    assert apart == pytest.approx([0, METERS_OF_A_DEGREE / 1000, 0], rel=0.005, abs=0.01)
    assert aside == pytest.approx([METERS_OF_A_DEGREE / 2000, 0, 30], rel=0.005, abs=0.01)


def test_the_middle_of_all_places_is_zero_also_across_the_date_line():
    places = {"a": Place(10.0, 179.999, 5.0), "b": Place(10.0, -179.999, 7.0), "c": Place(10.001, 180.0, 6.0)}

    found = np.array(list(local_meters(places).values()))

    assert found.mean(axis=0) == pytest.approx([0, 0, 0], abs=1e-3)
    assert np.abs(found).max() < 150


def test_heights_that_nobody_tells_are_equal_and_that_some_tell_leave_out_the_others():
    flat = {"a": Place(47.0, 8.0, None), "b": Place(47.001, 8.0, None)}

    assert [up for _, _, up in local_meters(flat).values()] == [0, 0]
    assert list(local_meters({**flat, "c": Place(47.0, 8.0, 3.0)})) == ["c"]
    assert local_meters({}) == {}


def test_a_stripped_jpeg_has_the_same_pixels_and_no_secrets(tmp_path):
    path = with_private_data(scene(0), tmp_path / "a.jpg")

    stripped = stripped_jpeg(path.read_bytes(), exif())

    with PIL.Image.open(io.BytesIO(stripped)) as image:
        assert np.array_equal(np.asarray(image), np.asarray(PIL.Image.open(path)))
        assert image.getexif()[0x0110] == "Maker One"
    assert not any(secret in stripped for secret in SECRETS)
    assert stripped.endswith(b"\xff\xd9")


def test_a_stripped_png_has_the_same_pixels_and_no_text(tmp_path):
    buffer = io.BytesIO()
    notes = PIL.PngImagePlugin.PngInfo()
    notes.add_text("Author", "A. Photographer")
    PIL.Image.fromarray(scene(0)).save(buffer, "PNG", pnginfo=notes, exif=exif(place=(47.0, 8.0, 1.0)))

    stripped = stripped_png(buffer.getvalue(), exif())

    with PIL.Image.open(io.BytesIO(stripped)) as image:
        assert np.array_equal(np.asarray(image), scene(0))
        assert image.getexif().get_ifd(0x8825) == {}
        assert image.getexif()[0x0110] == "Maker One"
    assert b"A. Photographer" not in stripped


@pytest.mark.parametrize("strip", [stripped_jpeg, stripped_png])
@pytest.mark.parametrize(
    "content", [b"", b"\xff\xd8", b"\xff\xd8\xff\xe1\x00", b"\x89PNG\r\n\x1a\n\0\0\0\xffIDAT", b"text"]
)
def test_other_files_are_not_stripped(strip, content):
    with pytest.raises(Unparsable):
        strip(content, b"")
