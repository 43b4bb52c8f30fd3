"""Hand photographs and masks on to later steps, without anything about the person who took them."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import PIL.Image
from numpy.typing import NDArray

from steps.reconstruction.photographs.reading import Photo
from steps.reconstruction.photographs.stripping import Unparsable, stripped_jpeg, stripped_png

import pycolmap  # isort: skip  # after Pillow: the other way round Pillow's PNG encoder calls pycolmap's zlib and crashes

_FORMATS = {
    ".jpg": "JPEG",
    ".jpeg": "JPEG",
    ".png": "PNG",
    ".tif": "TIFF",
    ".tiff": "TIFF",
    ".bmp": "BMP",
    ".webp": "PNG",  # COLMAP cannot decode WebP; readers look at the content, and so the name can stay
}
_OPTIONS: dict[str, dict[str, object]] = {
    "JPEG": {"quality": 95, "subsampling": 0},
    "PNG": {"compress_level": 1},
    "TIFF": {"compression": "tiff_lzw"},
}


def handed_on_name(name: str) -> str:
    """A photograph's name from here on: its own, and ``.jpg`` after it where nobody else reads its kind."""
    return name if Path(name).suffix.lower() in _FORMATS else f"{name}.jpg"


def write_photo(photo: Photo, source: Path, target: Path) -> None:
    """The file's own pixels where they can be used as they are, else the upright RGB under the same name."""
    target.parent.mkdir(parents=True, exist_ok=True)
    if photo.as_it_is and _copied(photo, source, target):
        return
    format_name = _FORMATS[target.suffix.lower()]
    exif = photo.tags.written()
    options = dict(_OPTIONS.get(format_name, {}))
    if exif and format_name != "BMP":
        options["exif"] = exif
    PIL.Image.fromarray(photo.rgb).save(target, format=format_name, **options)


def _copied(photo: Photo, source: Path, target: Path) -> bool:
    """Whether the file could be copied without its metadata."""
    suffix = target.suffix.lower()
    if suffix == ".bmp":  # has none
        shutil.copyfile(source, target)  # no hard link: a user who edits the photograph would edit a kept result
        return True
    strip = stripped_png if suffix == ".png" else stripped_jpeg
    try:
        target.write_bytes(strip(source.read_bytes(), photo.tags.written()))
    except Unparsable:
        return False
    return True


def write_mask(mask: NDArray[np.uint8], target: Path) -> None:
    """A mask of 0 and 255 as 8-bit PNG."""
    target.parent.mkdir(parents=True, exist_ok=True)
    PIL.Image.fromarray(mask).save(target, format="PNG", compress_level=3)


def exif_focal_px(path: Path) -> float | None:
    """The focal length that EXIF and COLMAP's table of sensors give, pixels."""
    camera = pycolmap.infer_camera_from_image(path)
    return float(camera.mean_focal_length()) if camera.has_prior_focal_length else None
