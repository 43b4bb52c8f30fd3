"""What the figures mean: faults of a photograph, alone and among the others, and the quality that a set is good for."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from typing import Literal

from kai_pipelines import Quality
from steps.reconstruction.photographs.measuring import Figures

BLURRED = 1.6
"""Blur at the working size, pixels, from which features get lost; sharp ones have 0 to 1.4."""
_BLURRED_BESIDE = 1.1
_TIMES_BLURRED = 1.5
"""The same among others that are that many times sharper."""
_DETAIL_BLUR = 0.8
"""Blur up to which a photograph shows all that its pixels can."""
_HOPELESS_DETAIL = 220.0
"""Longer side, pixels, of pictures that show too little to place them."""
_DARK, _BLACK = 0.16, 0.1
"""Brightest parts, 0–1: of a dark photograph, and of one in which next to nothing is left."""
_BURNT, _BURNT_REST = 0.3, 0.62
"""Share of burnt pixels, and how bright the others are: an overexposed photograph is bright in the shadows, too."""
_UNEVEN = 2.0
"""Stops by which a photograph's exposure differs from the middle of the set."""
_SMALLEST_SIDE = 400
"""Shorter side, pixels."""

FAULTS = {
    "blurred": "blurred",
    "dark": "very dark",
    "overexposed": "burnt out in large parts",
    "low-contrast": "low in contrast",
    "uneven-exposure": "exposed two stops or more unlike the others",
    "very-small": "very small",
    "very-large": "so large that a part of their pixels is used",
    "several-pictures": "files of several pictures, of which the first is used",
}
"""Code → what photographs are that are used all the same."""


@dataclass(frozen=True, slots=True)
class Measured:
    """A photograph's size and figures."""

    width: int
    height: int
    figures: Figures

    @property
    def detail(self) -> float:
        """Longer side of the smallest image that shows the same, pixels."""
        return max(self.width, self.height) * min(1.0, _DETAIL_BLUR / max(self.figures.blur_px, 1e-6))


def faults(photo: Measured) -> list[str]:
    """The codes of what is wrong with one photograph by itself."""
    figures = photo.figures
    found = {
        "blurred": figures.blur_px >= BLURRED and figures.brightest >= _DARK,
        "dark": figures.brightest < _DARK,
        "overexposed": figures.clipped > _BURNT and figures.unclipped > _BURNT_REST,
        "low-contrast": figures.contrast < 0.08,
        "very-small": min(photo.width, photo.height) < _SMALLEST_SIDE,
    }
    return [code for code, is_so in found.items() if is_so]


def faults_beside(photos: Sequence[Measured]) -> list[list[str]]:
    """The codes of what is wrong with each photograph of a set compared with the others."""
    if not photos:
        return []
    blurs = [photo.figures.blur_px for photo in photos]
    limit = max(_BLURRED_BESIDE, _TIMES_BLURRED * median(blurs))
    stops = [_stops(photo.figures) for photo in photos]
    middle = median(stops)
    found: list[list[str]] = []
    for blur, stop in zip(blurs, stops, strict=True):
        codes = ["blurred"] if BLURRED > blur >= limit else []
        found.append(codes + (["uneven-exposure"] if abs(stop - middle) >= _UNEVEN else []))
    return found


def _stops(figures: Figures) -> float:
    """Exposure in powers of two, as light: what sRGB shows as 0.5 is 0.21 of white."""
    return math.log2(max(figures.brightness, 0.004) ** 2.2)


def hopeless(photos: Sequence[Measured]) -> Literal["dark", "blurred"] | None:
    """What is wrong with all photographs but one at most, if there is such a thing."""
    dark = sum(photo.figures.brightest < _BLACK for photo in photos)
    blurred = sum(photo.detail < _HOPELESS_DETAIL and photo.figures.blur_px >= BLURRED for photo in photos)
    if len(photos) - dark < 2:
        return "dark"
    return "blurred" if len(photos) - blurred < 2 else None


def choose_quality(photos: Sequence[Measured]) -> tuple[Quality, str]:
    """The quality that `auto` takes, and one sentence why; from the photographs alone, on any machine the same."""
    count = len(photos)
    side = median(max(photo.width, photo.height) for photo in photos)
    detail = median(photo.detail for photo in photos)
    finest = f"detail down to {side / detail:.1f} pixels" if detail > 0 else "hardly an edge in them"
    seen = f"{count} photographs of {side:.0f} pixels with {finest}"
    if detail < 800:
        return Quality.LOW, f"{seen}: more than low would not find more."
    if count > 400:
        return Quality.LOW, f"{seen}: so many take days at more than low."
    if detail < 2400:
        return Quality.MEDIUM, f"{seen}: enough for medium, too coarse for high."
    if count < 12:
        return Quality.MEDIUM, f"{seen}: sharp enough for high, but too few for it."
    if count > 150:
        return Quality.MEDIUM, f"{seen}: sharp enough for high, but so many take days at it."
    return Quality.HIGH, f"{seen}: enough for high."
