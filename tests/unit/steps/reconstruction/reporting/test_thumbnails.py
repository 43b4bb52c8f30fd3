from __future__ import annotations

import base64
import io
from pathlib import Path

import numpy as np
from PIL import Image

from steps.reconstruction.reporting.thumbnails import data_uri, thumbnail


def opened(uri: str) -> Image.Image:
    head, data = uri.split(",", 1)
    assert head == "data:image/webp;base64"
    return Image.open(io.BytesIO(base64.b64decode(data)))


def test_a_thumbnail_keeps_the_shape_of_the_photograph(tmp_path: Path) -> None:
    Image.new("RGB", (900, 600), (10, 200, 30)).save(tmp_path / "a.jpg")

    small = opened(thumbnail(tmp_path / "a.jpg", 90) or "")

    assert small.size == (90, 60)
    np.testing.assert_allclose(np.asarray(small.convert("RGB")).mean(axis=(0, 1)), [10, 200, 30], atol=6)


def test_a_photograph_on_its_side_is_turned_as_its_exif_says(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.new("RGB", (90, 60)).save(tmp_path / "a.jpg", exif=exif)

    assert opened(thumbnail(tmp_path / "a.jpg", 90) or "").size == (60, 90)


def test_what_is_no_photograph_has_no_thumbnail(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_text("hello")

    assert thumbnail(tmp_path / "a.jpg", 90) is None
    assert thumbnail(tmp_path / "missing.jpg", 90) is None


def test_transparency_is_kept() -> None:
    picture = np.zeros((8, 8, 4), np.uint8)
    picture[:4] = 255

    alpha = np.asarray(opened(data_uri(Image.fromarray(picture))))[..., 3]

    assert alpha[:4].min() == 255 and alpha[4:].max() == 0
