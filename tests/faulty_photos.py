"""Folders of photographs with every fault that people bring, made from good ones."""

from __future__ import annotations

import io
import os
import struct
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import PIL.Image
from numpy.typing import NDArray
from PIL.TiffImagePlugin import IFDRational

Pixels = NDArray[np.uint8]
LATITUDE, LONGITUDE = 47.3769, 8.5417
SECRETS = (b"A. Photographer", b"SN-123456", b"secret note", b"http://ns.adobe.com")
"""What `with_private_data` writes, and nothing may hand on."""


def pixels(path: Path) -> Pixels:
    """A good photograph."""
    with PIL.Image.open(path) as image:
        return np.asarray(image.convert("RGB"))


def save(values: Pixels, path: Path, **options: object) -> Path:
    """Write pixels as the kind that the name says."""
    path.parent.mkdir(parents=True, exist_ok=True)
    PIL.Image.fromarray(values).save(path, **({"quality": 92} if path.suffix in {".jpg", ".jpeg"} else {}) | options)
    return path


def collage(seed: int, width: int, height: int, shapes: int = 400) -> Pixels:
    """Sharp shapes of all colors and sizes; with another seed it has nothing in common with this one."""
    rng = np.random.default_rng(seed)
    picture = np.full((height, width, 3), rng.integers(60, 200, 3), np.uint8)
    for _ in range(shapes):
        angles = np.sort(rng.uniform(0, 2 * np.pi, int(rng.integers(3, 8))))
        corners = np.stack([np.cos(angles), np.sin(angles)], 1) * rng.uniform(0.01, 0.12) * min(width, height)
        corners = corners * rng.uniform(0.4, 1, (len(angles), 1)) + rng.uniform((0, 0), (width, height))
        cv2.fillPoly(picture, [corners.round().astype(np.int32)], rng.integers(0, 256, 3).tolist(), cv2.LINE_AA)
    return picture


def turned_on_the_spot(around: Pixels, turn: float, width: int = 560, height: int = 420) -> Pixels:
    """What a camera in the middle of a cylinder sees of it, `turn` radians from its first view."""
    columns, rows = np.meshgrid(np.arange(width) - (width - 1) / 2, np.arange(height) - (height - 1) / 2)
    angle, up = np.arctan2(columns, 500.0) + turn, rows / np.hypot(columns, 500.0)
    x, y = around.shape[1] / 4 + 900 * angle, around.shape[0] / 2 + 900 * up
    return np.asarray(cv2.remap(around, x.astype(np.float32), y.astype(np.float32), cv2.INTER_LINEAR))


def blurred(values: Pixels, sigma: float) -> Pixels:
    """Out of focus."""
    return np.asarray(cv2.GaussianBlur(values, (0, 0), sigma), np.uint8)


def shaken(values: Pixels, length: int) -> Pixels:
    """Moved sideways while the shutter was open."""
    return np.asarray(cv2.filter2D(values, -1, np.full((1, length), 1 / length, np.float32)), np.uint8)


def brighter(values: Pixels, factor: float) -> Pixels:
    """Exposed otherwise."""
    return np.clip(values.astype(np.float32) * factor, 0, 255).astype(np.uint8)


def exif(orientation: int = 1, focal_mm: float = 28.0, place: tuple[float, float, float] | None = None) -> bytes:
    """EXIF of a camera, perhaps with the place where it was."""
    made = PIL.Image.Exif()
    made[0x010F], made[0x0110], made[0x0112] = "Maker", "Maker One", orientation
    made.get_ifd(0x8769).update({0x920A: IFDRational(Fraction(focal_mm).limit_denominator(100)), 0xA405: 28})
    if place is not None:
        latitude, longitude, altitude = place
        made.get_ifd(0x8825).update({
            1: "N" if latitude >= 0 else "S", 2: _parts(latitude), 3: "E" if longitude >= 0 else "W", 4: _parts(longitude),
            5: b"\x00", 6: IFDRational(Fraction(altitude).limit_denominator(1000)),
        })  # fmt: skip
    return made.tobytes()


def _parts(degrees: float) -> tuple[IFDRational, ...]:
    whole, rest = divmod(abs(degrees), 1)
    minutes, rest = divmod(rest * 60, 1)
    return IFDRational(int(whole)), IFDRational(int(minutes)), IFDRational(round(rest * 60 * 10**5), 10**5)


def with_private_data(
    values: Pixels, path: Path, place: tuple[float, float, float] = (LATITUDE, LONGITUDE, 400.0)
) -> Path:
    """A JPEG with everything that tells about its owner: GPS, names, numbers, notes, XMP, a thumbnail, a film at its end."""
    made = PIL.Image.Exif()
    made[0x010F], made[0x0110], made[0x013B], made[0x8298] = "Maker", "Maker One", "A. Photographer", "A. Photographer"
    made.get_ifd(0x8769).update({
        0x920A: IFDRational(28), 0xA431: "SN-123456", 0xA430: "A. Photographer", 0x927C: b"secret note", 0x9286: b"secret note",
    })  # fmt: skip
    latitude, longitude, altitude = place
    height = IFDRational(Fraction(altitude).limit_denominator(1000))
    made.get_ifd(0x8825).update({
        1: "N", 2: _parts(latitude), 3: "E", 4: _parts(longitude), 5: b"\x00", 6: height, 29: "2026:01:01",
    })  # fmt: skip
    buffer = io.BytesIO()
    PIL.Image.fromarray(values).save(buffer, "JPEG", quality=92, exif=made.tobytes(), comment=b"secret note")
    xmp = b"http://ns.adobe.com/xap/1.0/\0<x:xmpmeta>secret note</x:xmpmeta>"
    content = buffer.getvalue()
    segment = b"\xff\xe1" + struct.pack(">H", len(xmp) + 2) + xmp
    path.write_bytes(content[:2] + segment + content[2:] + b"\0\0\0\x18ftypmp42secret note GPS")
    return path


@dataclass(frozen=True)
class Fault:
    """One fault of one photograph."""

    make: Callable[[Path], object]
    """Changes the good photograph at a path ending in .jpg, or puts something beside it."""
    codes: frozenset[str]
    """At least one of these names a file; empty where the photograph is as good as before."""


def _rewrite(change: Callable[[Pixels], Pixels], suffix: str = ".jpg", **options: object) -> Callable[[Path], object]:
    def make(path: Path) -> None:
        values = change(pixels(path))
        path.unlink()
        save(values, path.with_suffix(suffix), **options)

    return make


def _as(mode: str, suffix: str) -> Callable[[Path], object]:
    def make(path: Path) -> None:
        with PIL.Image.open(path) as image:
            converted = image.convert(mode)
        path.unlink()
        converted.save(path.with_suffix(suffix))

    return make


def _bytes(change: Callable[[bytes], bytes]) -> Callable[[Path], object]:
    return lambda path: path.write_bytes(change(path.read_bytes()))


def _beside(suffix: str, change: Callable[[Pixels], Pixels], **options: object) -> Callable[[Path], object]:
    """A copy under another name."""
    return lambda path: save(change(pixels(path)), path.with_name(f"{path.stem}{suffix}"), **options)


def _deep(suffix: str, scale: float, kind: type) -> Callable[[Path], object]:
    def make(path: Path) -> None:
        values = (pixels(path)[:, :, ::-1].astype(np.float64) * scale).astype(kind)
        path.unlink()
        cv2.imwrite(str(path.with_suffix(suffix)), values)

    return make


def _replaced(make_other: Callable[[Path], object]) -> Callable[[Path], object]:
    def make(path: Path) -> None:
        path.unlink()
        make_other(path)

    return make


def _zeroed(content: bytes, start: float, share: float) -> bytes:
    first, last = int(len(content) * start), int(len(content) * (start + share))
    return content[:first] + bytes(last - first) + content[last:]


def _bomb(path: Path) -> None:
    """A PNG of a few bytes that promises 3600 million pixels."""
    buffer = io.BytesIO()
    PIL.Image.new("L", (8, 8)).save(buffer, "PNG")
    content = bytearray(buffer.getvalue())
    content[16:24] = struct.pack(">II", 60_000, 60_000)
    import zlib

    content[29:33] = struct.pack(">I", zlib.crc32(bytes(content[12:29])))
    path.with_suffix(".png").write_bytes(bytes(content))


def _pages(path: Path) -> None:
    values = PIL.Image.fromarray(pixels(path))
    path.unlink()
    values.save(
        path.with_suffix(".tif"), save_all=True, append_images=[values.transpose(PIL.Image.Transpose.ROTATE_180)]
    )


def _with_nothing_in_it(path: Path) -> None:
    """A floating TIFF in which some pixels are no numbers."""
    values = pixels(path)[:, :, ::-1].astype(np.float32) / 255
    values[:9], values[9:18] = np.nan, np.inf
    path.unlink()
    cv2.imwrite(str(path.with_suffix(".tiff")), values)


def _film(kind: str) -> Callable[[Path], object]:
    """Several pictures in one file, whatever its name says."""

    def make(path: Path) -> None:
        first = PIL.Image.fromarray(pixels(path))
        second = first.transpose(PIL.Image.Transpose.ROTATE_180)
        first.save(path, kind, save_all=True, append_images=[second])

    return make


def _turned(path: Path) -> None:
    """The camera was held upright, and wrote so into EXIF only."""
    values = np.rot90(pixels(path), 1)  # what EXIF's 6 turns back
    save(np.ascontiguousarray(values), path, exif=exif(6))


_BROKEN = frozenset({"unreadable-photo"})
_FINE: frozenset[str] = frozenset()
FAULTS: dict[str, Fault] = {
    "text": Fault(lambda path: path.write_text("no photograph"), _BROKEN),
    "empty": Fault(lambda path: path.write_bytes(b""), _BROKEN),
    "page of the web": Fault(lambda path: path.write_text("<!doctype html><p>404"), _BROKEN),
    "cut in half": Fault(_bytes(lambda content: content[: len(content) // 2]), _BROKEN),
    "cut at its end": Fault(_bytes(lambda content: content[:-20]), _BROKEN),
    "without end marker": Fault(_bytes(lambda content: content[:-2]), _BROKEN),
    "cut in its head": Fault(_bytes(lambda content: content[:100]), _BROKEN),
    "zeros at its end": Fault(_bytes(lambda content: _zeroed(content, 0.5, 0.5)), _BROKEN),
    "zeros inside": Fault(_bytes(lambda content: _zeroed(content, 0.5, 0.1)), _BROKEN),
    "a hole": Fault(_bytes(lambda content: content[: len(content) // 2] + content[len(content) // 2 + 999 :]), _BROKEN),
    "folder": Fault(_replaced(lambda path: path.mkdir()), _BROKEN),
    "pipe": Fault(_replaced(lambda path: os.mkfifo(path)), _BROKEN),
    "link to nothing": Fault(_replaced(lambda path: path.symlink_to("nowhere")), _BROKEN),
    "link in a circle": Fault(_replaced(lambda path: path.symlink_to(path.name)), _BROKEN),
    "one pixel": Fault(lambda path: save(np.zeros((1, 1, 3), np.uint8), path), _BROKEN),
    "bomb": Fault(_replaced(_bomb), _BROKEN),
    "cut png": Fault(
        lambda path: (
            _rewrite(lambda values: values, ".png")(path),
            _bytes(lambda content: content[: len(content) // 2])(path.with_suffix(".png")),
        ),
        _BROKEN,
    ),
    "nothing but zeros": Fault(lambda path: path.write_bytes(bytes(50_000)), _BROKEN),
    "drawing": Fault(lambda path: path.write_text("<svg xmlns='http://www.w3.org/2000/svg'/>"), _BROKEN),
    "device": Fault(_replaced(lambda path: path.symlink_to("/dev/zero")), _BROKEN),
    "name of 255 bytes": Fault(lambda path: path.rename(path.with_name(f"{'x' * 251}.jpg")), _BROKEN),
    "raw": Fault(lambda path: path.with_suffix(".nef").write_bytes(b"MM\0*raw"), frozenset({"unsupported-photo"})),
    "exact copy": Fault(
        lambda path: path.with_name(f"{path.stem} (1).jpg").write_bytes(path.read_bytes()),
        frozenset({"duplicate-photo"}),
    ),
    "compressed again": Fault(_beside("-web.jpg", lambda values: values, quality=40), frozenset({"same-view"})),
    "resized": Fault(
        _beside(
            "-small.jpg",
            lambda values: np.asarray(cv2.resize(values, None, fx=0.6, fy=0.6, interpolation=cv2.INTER_AREA)),
        ),
        frozenset({"near-duplicate"}),
    ),
    "cropped": Fault(
        _beside("-cut.jpg", lambda values: values[10:, : -values.shape[1] // 20]), frozenset({"near-duplicate"})
    ),
    "mirrored copy": Fault(_beside("-flip.jpg", lambda values: np.ascontiguousarray(values[:, ::-1])), _FINE),
    "turned copy": Fault(
        _beside("-turn.jpg", lambda values: np.ascontiguousarray(np.rot90(values))), frozenset({"near-duplicate"})
    ),
    "out of focus": Fault(_rewrite(lambda values: blurred(values, 4)), frozenset({"blurred"})),
    "shaken": Fault(_rewrite(lambda values: shaken(values, 19)), frozenset({"blurred"})),
    "too dark": Fault(_rewrite(lambda values: brighter(values, 0.1)), frozenset({"dark"})),
    "too bright": Fault(_rewrite(lambda values: brighter(values, 5)), frozenset({"overexposed"})),
    "cmyk": Fault(_as("CMYK", ".jpg"), _FINE),
    "gray": Fault(_as("L", ".jpg"), _FINE),
    "gray with alpha": Fault(_as("LA", ".png"), _FINE),
    "palette": Fault(_as("P", ".png"), _FINE),
    "alpha": Fault(_as("RGBA", ".png"), _FINE),
    "webp": Fault(_as("RGB", ".webp"), _FINE),
    "avif": Fault(_as("RGB", ".avif"), _FINE),
    "bmp": Fault(_as("RGB", ".bmp"), _FINE),
    "png of 16 bits": Fault(_deep(".png", 257, np.uint16), _FINE),
    "tiff of 16 bits": Fault(_deep(".tif", 257, np.uint16), _FINE),
    "floating tiff": Fault(_deep(".tiff", 1 / 255, np.float32), _FINE),
    "progressive": Fault(_rewrite(lambda values: values, progressive=True), _FINE),
    "capitals": Fault(lambda path: path.rename(path.with_name(f"{path.stem}.JPG")), _FINE),
    "png named jpg": Fault(lambda path: PIL.Image.fromarray(pixels(path)).save(path, "PNG"), _FINE),
    "held upright": Fault(_turned, _FINE),
    "private data": Fault(lambda path: with_private_data(pixels(path), path), _FINE),
    "gps": Fault(lambda path: save(pixels(path), path, exif=exif(place=(LATITUDE, LONGITUDE, 400.0))), _FINE),
    "several pages": Fault(_pages, frozenset({"several-pictures"})),
    "gif named jpg": Fault(_film("GIF"), frozenset({"several-pictures"})),
    "animated webp named jpg": Fault(_film("WEBP"), frozenset({"several-pictures"})),
    "picture of a phone": Fault(_film("MPO"), _FINE),
    "not all numbers": Fault(_with_nothing_in_it, _FINE),
    "one bit": Fault(_as("1", ".png"), _FINE),
    "dash before its name": Fault(lambda path: path.rename(path.with_name("-rf.jpg")), _FINE),
    "written from right to left": Fault(lambda path: path.rename(path.with_name("\u202eתמונה.jpg")), _FINE),
    "new line in its name": Fault(lambda path: path.rename(path.with_name(f"a\n {path.name}")), _FINE),
    "unicode in its name": Fault(lambda path: path.rename(path.with_name(f"Фото 写真 🏛 {path.name}")), _FINE),
    "subfolder": Fault(
        lambda path: (
            (path.parent / "left side").mkdir(exist_ok=True),
            path.rename(path.parent / "left side" / path.name),
        ),
        _FINE,
    ),
}
"""Fault → how it is made and how it is named; a random mix of them is what a bad folder looks like."""
