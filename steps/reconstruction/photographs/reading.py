"""Decode a photograph of any common kind into upright 8-bit RGB, in bounded memory."""

from __future__ import annotations

import contextlib
import warnings
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import PIL.Image
import simplejpeg
from numpy.typing import NDArray

from steps.reconstruction.photographs.exif import CameraTags, read_tags
from steps.reconstruction.photographs.tones import alpha_of, deep_to_8_bit, rgb_of

Rgb = NDArray[np.uint8]
Mask = NDArray[np.uint8]

LARGEST_KEPT = 64_000_000
"""Pixels; larger photographs are handed on at a half, a third … of their sides."""
LARGEST_READ = 300_000_000
"""Pixels; to decode more takes more than 2 GB."""
_LARGEST_DEEP = 80_000_000
"""The same for 16-bit and floating TIFF, which OpenCV decodes whole."""
_AS_IT_IS = {".jpg": {"JPEG", "MPO"}, ".jpeg": {"JPEG", "MPO"}, ".png": {"PNG"}, ".bmp": {"BMP"}}
_STRAY_BYTES = 64
"""So many bytes too much before the end some cameras write into sound photographs."""

PIL.Image.MAX_IMAGE_PIXELS = None  # larger ones than LARGEST_READ are refused by name before they are decoded
with contextlib.suppress(ImportError):
    import pi_heif

    pi_heif.register_heif_opener()


class Undecodable(Exception):
    """The file is no photograph, or a broken one; says why in words for a person."""


@dataclass(frozen=True, slots=True)
class Photo:
    """A decoded photograph."""

    rgb: Rgb
    """[h, w, 3], upright."""
    alpha: Mask | None
    """[h, w], where something is transparent."""
    tags: CameraTags
    as_it_is: bool
    """The file's own pixels can be used unchanged: upright 8-bit RGB that every later step decodes."""
    stored_size: tuple[int, int]
    """Width and height in the file, before it was turned upright or reduced."""
    pictures: int
    """In one file; the first one counts."""


def pixels_of(path: Path) -> int:
    """Pixels as the file's head promises them; 0 where it does not tell."""
    try:
        with _opened(path) as image:
            return image.width * image.height
    except Undecodable:
        return 0


def read_photo(path: Path) -> Photo:
    """Decode a whole file; raises `Undecodable`."""
    try:
        with _opened(path) as image:
            return _decoded(image, path)
    except _Foreign:
        return _read_deep(path)


class _Foreign(Undecodable):
    """Pillow does not know what it is."""


@contextlib.contextmanager
def _opened(path: Path) -> Generator[PIL.Image.Image]:
    try:
        if path.stat().st_size == 0:
            raise Undecodable("the file is empty")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what matters about a file is said in our words, by name
            with PIL.Image.open(path) as image:
                yield image
    except PIL.UnidentifiedImageError as fault:
        raise _Foreign(_guess(path)) from fault
    except PermissionError as fault:
        raise Undecodable("it may not be read (permission denied)") from fault
    except MemoryError as fault:
        raise Undecodable("there is not enough memory to decode it") from fault
    except (OSError, SyntaxError, ValueError, EOFError, IndexError, KeyError, TypeError, RuntimeError) as fault:
        reason = "it ends too early" if "truncated" in str(fault) else f"it is damaged ({fault})"
        raise Undecodable(reason) from fault


def _guess(path: Path) -> str:
    with path.open("rb") as file:
        head = file.read(16)
    if b"ftyphei" in head or b"ftypmif1" in head:
        known = ".heic" in PIL.Image.registered_extensions()
        return "it is HEIC, and damaged" if known else "it is HEIC, which needs the package pi-heif"
    if head.startswith((b"II*\0", b"MM\0*")):
        return "it is a raw or TIFF file of a kind that is not read"
    return "it is no image, whatever its name says"


def _decoded(image: PIL.Image.Image, path: Path) -> Photo:
    stored = image.size
    _refuse_size(stored, LARGEST_READ)
    tags, pictures = read_tags(image), int(getattr(image, "n_frames", 1))
    deep = any("16" in str(tile[3]) for tile in getattr(image, "tile", ()))
    pixels: PIL.Image.Image = image
    if image.format in {"JPEG", "MPO"}:
        pixels = _decoded_jpeg(path, image)
    pixels.load()
    factor = _factor(pixels.size)
    if factor > 1:
        pixels = (pixels.convert("RGB") if pixels.mode in {"P", "1", "PA"} else pixels).reduce(factor)
    if tags.orientation != 1:
        pixels = _upright(pixels, tags.orientation)
    plain = pixels.mode == "RGB" and not deep and tags.orientation == 1 and pixels.size == stored
    return Photo(
        rgb=rgb_of(pixels),
        alpha=alpha_of(pixels),
        tags=tags,
        as_it_is=plain and image.format in _AS_IT_IS.get(path.suffix.lower(), ()) and "transparency" not in image.info,
        stored_size=stored,
        pictures=1 if image.format == "MPO" else pictures,  # phones keep depth and brightness there, for the same view
    )


def _upright(image: PIL.Image.Image, orientation: int) -> PIL.Image.Image:
    """EXIF's eight ways to hold a camera."""
    way = {
        2: PIL.Image.Transpose.FLIP_LEFT_RIGHT, 3: PIL.Image.Transpose.ROTATE_180, 4: PIL.Image.Transpose.FLIP_TOP_BOTTOM,
        5: PIL.Image.Transpose.TRANSPOSE, 6: PIL.Image.Transpose.ROTATE_270, 7: PIL.Image.Transpose.TRANSVERSE,
        8: PIL.Image.Transpose.ROTATE_90,
    }  # fmt: skip
    return image.transpose(way[orientation])


def turned_upright(mask: Mask, orientation: int) -> Mask:
    """A picture that lies as its photograph does in the file, upright."""
    return mask if orientation == 1 else np.asarray(_upright(PIL.Image.fromarray(mask), orientation))


def _refuse_size(size: tuple[int, int], largest: int) -> None:
    width, height = size
    if width * height > largest:
        raise Undecodable(f"it has {width * height / 1e6:.0f} million pixels; {largest / 1e6:.0f} million can be read")


def _factor(size: tuple[int, int]) -> int:
    """By how much the sides of a photograph are reduced."""
    factor = 1
    while size[0] * size[1] > LARGEST_KEPT * factor**2:
        factor += 1
    return factor


def _reduced(size: tuple[int, int]) -> tuple[int, int]:
    factor = _factor(size)
    return size[0] // factor, size[1] // factor


def _decoded_jpeg(path: Path, image: PIL.Image.Image) -> PIL.Image.Image:
    """The pixels, much reduced where there are too many.

    Libjpeg decodes what is left of a damaged file and only mumbles, and Pillow does not listen; this decoder tells. What
    it cannot decode as Pillow does, CMYK and rare kinds, it only looks through.
    """
    colors = {"RGB": "RGB", "L": "GRAY"}.get(image.mode, "")
    content, size = path.read_bytes(), _reduced(image.size)
    values: NDArray[np.uint8] | None
    try:
        values = _turbo(content, colors or "GRAY", size, strict=True)
    except ValueError as fault:
        colors = colors if _is_harmless(str(fault)) else ""
        values = _turbo(content, colors, size, strict=False) if colors else None
    if colors and values is not None:
        return PIL.Image.fromarray(values.squeeze(2) if colors == "GRAY" else values)
    image.draft(None, size)
    return image


def _turbo(content: bytes, colors: str, size: tuple[int, int], *, strict: bool) -> NDArray[np.uint8]:
    made = simplejpeg.decode_jpeg(content, colors, min_height=size[1], min_width=size[0], strict=strict)
    return np.asarray(made, np.uint8)


def _is_harmless(said: str) -> bool:
    """Whether a decoder complains of nothing but some stray bytes; raises Undecodable where it says that data is lost."""
    if "Premature end" in said:
        raise Undecodable("it ends too early")
    stray, _, rest = said.removeprefix("Corrupt JPEG data: ").partition(" extraneous bytes before marker 0xd9")
    harmless = stray.isdecimal() and not rest and int(stray) <= _STRAY_BYTES
    if "Corrupt JPEG data" in said and not harmless:
        raise Undecodable("its data is damaged inside")
    return harmless


def _read_deep(path: Path) -> Photo:
    """16-bit and floating TIFF of a kind that Pillow does not know."""
    import cv2

    if path.suffix.lower() not in {".tif", ".tiff"}:
        raise Undecodable(_guess(path))
    quiet = cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)
    try:
        values = cv2.imread(str(path), cv2.IMREAD_UNCHANGED) if path.stat().st_size < 10 * _LARGEST_DEEP else None
    except cv2.error as fault:
        raise Undecodable("it is damaged") from fault
    finally:
        cv2.utils.logging.setLogLevel(quiet)
    if values is None:
        raise Undecodable(_guess(path))
    height, width = values.shape[:2]
    _refuse_size((width, height), _LARGEST_DEEP)
    rgb, alpha = deep_to_8_bit(values)
    return Photo(rgb, alpha, CameraTags(), False, (width, height), 1)
