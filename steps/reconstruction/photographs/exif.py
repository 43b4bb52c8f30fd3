"""What a photograph's EXIF says about its camera and its place, and the little of it that is handed on."""

from __future__ import annotations

import math
import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import PIL.Image
from PIL.TiffImagePlugin import IFDRational

_DAMAGED = (OSError, SyntaxError, ValueError, KeyError, IndexError, TypeError, EOFError, OverflowError, struct.error)
"""What Pillow raises on EXIF that is not what it says."""
_MAKE, _MODEL, _ORIENTATION, _PHOTO, _GPS = 0x010F, 0x0110, 0x0112, 0x8769, 0x8825
_FOCAL, _FOCAL_35MM = 0x920A, 0xA405
_SENSOR = (0xA002, 0xA003, 0xA20E, 0xA20F, 0xA210)
"""Pixels, and pixels per unit in the focal plane: from them COLMAP tells how large the sensor is."""
_WHOLE = frozenset({_FOCAL_35MM, 0xA002, 0xA003, 0xA210})


@dataclass(frozen=True, slots=True)
class Place:
    """Where a photograph was taken by its GPS; WGS 84."""

    latitude: float
    longitude: float
    altitude: float | None
    """Meters above the sea, where it is said."""


@dataclass(frozen=True, slots=True)
class CameraTags:
    """What EXIF says that is of use; whatever is not said or not sound is empty."""

    orientation: int = 1
    make: str = ""
    model: str = ""
    focal: Mapping[int, float] = field(default_factory=dict)
    """Tags of the focal length and the sensor, by number."""
    place: Place | None = None

    @property
    def camera(self) -> str:
        """Maker and model in one name, as people say it."""
        return self.model if self.model.startswith(self.make) else f"{self.make} {self.model}".strip()

    @property
    def focal_mm(self) -> float | None:
        """Focal length, millimeters."""
        return self.focal.get(_FOCAL)

    @property
    def focal_35mm(self) -> float | None:
        """Focal length of a 35 mm camera with the same view, millimeters."""
        return self.focal.get(_FOCAL_35MM)

    def written(self) -> bytes:
        """EXIF of an upright photograph with nothing but camera and focal length; empty where neither is known."""
        if not (self.make or self.model or self.focal):
            return b""
        made = PIL.Image.Exif()
        made.update({tag: text for tag, text in ((_MAKE, self.make), (_MODEL, self.model)) if text})
        made[_ORIENTATION] = 1
        made.get_ifd(_PHOTO).update({
            tag: int(value) if tag in _WHOLE else IFDRational(Fraction(value).limit_denominator(10_000))
            for tag, value in self.focal.items()
        })  # fmt: skip
        return made.tobytes()


def read_tags(image: PIL.Image.Image) -> CameraTags:
    """The tags of an opened photograph; damaged EXIF is as good as none."""
    try:
        exif = image.getexif()
        photo, gps = dict(exif.get_ifd(_PHOTO)), dict(exif.get_ifd(_GPS))
    except _DAMAGED:
        return CameraTags()
    focal = {tag: value for tag in (_FOCAL, _FOCAL_35MM, *_SENSOR) if (value := _positive(photo.get(tag))) is not None}
    orientation = exif.get(_ORIENTATION, 1)
    return CameraTags(
        orientation=orientation if isinstance(orientation, int) and 1 <= orientation <= 8 else 1,
        make=_text(exif.get(_MAKE)),
        model=_text(exif.get(_MODEL)),
        focal=focal,
        place=_place(gps),
    )


def _place(gps: Mapping[int, Any]) -> Place | None:
    latitude, longitude = _degrees(gps.get(2), gps.get(1), "S"), _degrees(gps.get(4), gps.get(3), "W")
    if latitude is None or longitude is None or abs(latitude) > 90 or abs(longitude) > 180:
        return None
    if latitude == longitude == 0:
        return None  # receivers without a fix write zeros
    altitude = _number(gps.get(6))
    below = gps.get(5) in (1, b"\x01")
    return Place(latitude, longitude, -altitude if altitude is not None and below else altitude)


def _degrees(parts: Any, reference: Any, negative: str) -> float | None:
    """Degrees, minutes and seconds as degrees."""
    if not isinstance(parts, tuple | list) or len(parts) != 3:
        return None
    numbers = [_number(part) for part in parts]
    if numbers[0] is None:
        return None
    total = float(sum((number or 0.0) / 60.0**power for power, number in enumerate(numbers)))
    return -total if _text(reference).upper().startswith(negative) else total


def _number(value: Any) -> float | None:
    try:
        number = float(value)
    except (TypeError, ValueError, ZeroDivisionError):
        return None
    return number if math.isfinite(number) else None


def _positive(value: Any) -> float | None:
    number = _number(value)
    return number if number is not None and 0 < number < 1e6 else None


def _text(value: Any) -> str:
    text = value.decode("latin-1") if isinstance(value, bytes) else value if isinstance(value, str) else ""
    return " ".join(text.split("\0")[0].split()).encode("ascii", "replace").decode()[:80]
