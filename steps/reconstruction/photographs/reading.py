"""Decode a photograph of any common kind into upright 8-bit RGB."""

from __future__ import annotations

import shutil
import warnings
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import PIL.Image
import PIL.ImageOps
from numpy.typing import NDArray

import pycolmap  # isort: skip  # after Pillow: the other way round Pillow's PNG encoder calls pycolmap's zlib and crashes

Rgb = NDArray[np.uint8]

_ORIENTATION = 0x0112
_WEBP_AS = "PNG"
"""COLMAP cannot decode WebP; readers look at the content, and so the name can stay."""
_FORMATS = {
    ".jpg": "JPEG",
    ".jpeg": "JPEG",
    ".png": "PNG",
    ".tif": "TIFF",
    ".tiff": "TIFF",
    ".bmp": "BMP",
    ".webp": _WEBP_AS,
}


class Undecodable(Exception):
    """The file is no photograph, or a broken one; says why in words for a person."""


@dataclass(frozen=True, slots=True)
class Photo:
    """A decoded photograph."""

    rgb: Rgb
    """[h, w, 3], upright."""
    as_it_is: bool
    """The file can be used unchanged: upright 8-bit RGB that every later step decodes."""
    exif: PIL.Image.Exif
    """Without a rotation."""


def read_photo(path: Path) -> Photo:
    """Decode a whole file; raises `Undecodable`."""
    if path.stat().st_size == 0:
        raise Undecodable("the file is empty")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what matters about a file is said in our words, by name
            with PIL.Image.open(path) as opened:
                opened.load()
                return _upright(opened)
    except PIL.UnidentifiedImageError:
        return _read_deep(path)
    except PIL.Image.DecompressionBombError as fault:
        raise Undecodable("it has more than 179 million pixels") from fault
    except (OSError, SyntaxError, ValueError, MemoryError) as fault:
        reason = "it ends too early" if "truncated" in str(fault) else f"it is damaged ({fault})"
        raise Undecodable(reason) from fault


def _upright(image: PIL.Image.Image) -> Photo:
    exif = image.getexif()
    turned = exif.get(_ORIENTATION, 1) not in (0, 1)
    plain = image.mode == "RGB" and image.format in {"JPEG", "MPO", "PNG", "TIFF", "BMP"} and not turned
    upright = PIL.ImageOps.exif_transpose(image) if turned else image
    if _ORIENTATION in exif:
        exif[_ORIENTATION] = 1
    return Photo(_rgb(upright), plain, exif)


def _rgb(image: PIL.Image.Image) -> Rgb:
    """Any of Pillow's modes as [h, w, 3]; 16-bit gray is scaled, where Pillow would clip."""
    if image.mode.startswith(("I", "F")):
        values = np.asarray(image, np.float32)
        top = 65535.0 if values.max(initial=0) > 255 else 255.0
        gray = np.clip(values * (255.0 / top) + 0.5, 0, 255).astype(np.uint8)
        return np.repeat(gray[:, :, None], 3, axis=2)
    if image.mode in {"P", "RGBA", "LA", "PA"}:
        image = image.convert("RGBA")
    return np.ascontiguousarray(np.asarray(image.convert("RGB")))


def _read_deep(path: Path) -> Photo:
    """16-bit RGB TIFF, which Pillow does not know."""
    import cv2

    values = None
    if path.suffix.lower() in {".tif", ".tiff"}:
        values = cv2.imread(str(path), cv2.IMREAD_COLOR)
    if values is None:
        raise Undecodable("it is no image, whatever its name says")
    return Photo(np.ascontiguousarray(values[:, :, ::-1]).astype(np.uint8), False, PIL.Image.Exif())


def write_photo(photo: Photo, source: Path, target: Path) -> None:
    """Copy the file where it can be used as it is, else encode the upright RGB under the same name."""
    target.parent.mkdir(parents=True, exist_ok=True)
    if photo.as_it_is:
        shutil.copyfile(source, target)  # no hard link: a user who edits the photograph would edit a kept result
        return
    format_name = _FORMATS[target.suffix.lower()]
    options = {"quality": 95, "subsampling": 0} if format_name == "JPEG" else {}
    exif = {} if format_name == "BMP" else {"exif": photo.exif.tobytes()}
    PIL.Image.fromarray(photo.rgb).save(target, format=format_name, **options, **exif)


def exif_focal_px(path: Path) -> float | None:
    """The focal length that EXIF and COLMAP's table of sensors give, pixels."""
    camera = pycolmap.infer_camera_from_image(path)
    return float(camera.mean_focal_length()) if camera.has_prior_focal_length else None
