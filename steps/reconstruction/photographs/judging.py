"""What the figures mean: faults of a photograph, and the quality that a set is good for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from kai_pipelines import Quality
from steps.reconstruction.photographs.measuring import Figures

BLURRED = 1.25
"""Blur at the working size, pixels, from which features get lost; a camera's own is 0 to 0.7."""
_DETAIL_BLUR = 0.7
"""Blur up to which a photograph shows all that its pixels can."""
_SMALLEST_SIDE = 400
"""Shorter side, pixels."""

FAULTS = {
    "blurred": "blurred",
    "dark": "very dark",
    "overexposed": "burnt out in large parts",
    "low-contrast": "low in contrast",
    "very-small": "very small",
}
"""Code → what photographs are that are used all the same."""


@dataclass(frozen=True, slots=True)
class Measured:
    """A photograph's size and figures."""

    width: int
    height: int
    figures: Figures


def faults(photo: Measured) -> list[str]:
    """The codes of what is wrong with one photograph."""
    figures = photo.figures
    found = {
        "blurred": figures.blur_px >= BLURRED,
        "dark": figures.brightness < 0.06,
        "overexposed": figures.clipped > 0.35,
        "low-contrast": figures.contrast < 0.08,
        "very-small": min(photo.width, photo.height) < _SMALLEST_SIDE,
    }
    return [code for code, is_so in found.items() if is_so]


def choose_quality(photos: Sequence[Measured]) -> tuple[Quality, str]:
    """The quality that `auto` takes, and one sentence why; from the photographs alone, on any machine the same."""
    count = len(photos)
    side = median(max(photo.width, photo.height) for photo in photos)
    detail = median(_detail(photo) for photo in photos)
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


def _detail(photo: Measured) -> float:
    """Longer side of the smallest image that shows the same, pixels."""
    return max(photo.width, photo.height) * min(1.0, _DETAIL_BLUR / max(photo.figures.blur_px, 1e-6))
