"""A subject on a plain black or white background: notice it, and mask what is behind."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

Rgb = NDArray[np.uint8]
Mask = NDArray[np.uint8]
Shade = Literal["black", "white"]

_LOOKED_AT = 320
_MASKED_AT = 800
"""Longer sides, pixels."""
_RIM = 0.04
"""The rim of a photograph, of its shorter side."""
_PLAIN_RIM = 0.75
"""The share of the rim that is background: a stand may reach into it."""
_BLACK, _WHITE = 32.0, 218.0
"""The darkest and the brightest channel of the background, on average."""
_TINT = 14.0
"""Between the channels of a white background."""
_NOISE = 9.0
"""Standard deviation, gray levels, of the rim of a plain background."""
_UNEVEN, _UNEVEN_WHEN_DEEP = 6.0, 14.0
"""The same for all of it; where most of it is black or white as can be, a cloth or a soft shadow may be seen on it."""
_DEEP = 4.0
"""Gray levels from black and from white."""
_LEAST_STEP, _MOST_STEP = 10.0, 40.0
_OF_THE_SUBJECT = 0.2
"""Gray levels from which on it is the subject, and that as a share of the subject's own: a cloth is not quite black."""
_SUBJECT = (0.02, 0.75)
"""The share of the frame that a subject takes."""
_ONE = 0.8
"""The share of what is not background that is one piece."""
_MOST = 0.8
"""Of the photographs so many show the same plain background, or none is masked."""
_SAME_LEVEL = 12.0
"""Gray levels between the backgrounds of two photographs of one set."""
_BRIDGED, _MARGIN = 0.012, 0.01
"""Gaps that are closed and the margin around the subject, of the longer side."""


@dataclass(frozen=True, slots=True)
class Background:
    """The plain background of one photograph."""

    shade: Shade
    level: float
    """Gray levels."""
    step: float
    """From so many gray levels on it is the subject."""


def look(rgb: Rgb) -> Background | None:
    """The background of a photograph, if it is plain all around and there is one thing before it."""
    small = _reduced(rgb, _LOOKED_AT)
    background = _background(small)
    if background is None:
        return None
    behind = _behind(small, background)
    if float((behind[_rim(behind.shape)] > 0).mean()) < _PLAIN_RIM:
        return None
    pixels = small[behind > 0].astype(np.float32).mean(axis=1)
    deep = min(background.level, 255 - background.level) <= _DEEP
    if len(pixels) == 0 or float(pixels.std()) > (_UNEVEN_WHEN_DEEP if deep else _UNEVEN):
        return None
    return background if _is_one_thing(behind == 0) else None


def of_the_set(backgrounds: Sequence[Background | None]) -> Shade | None:
    """The background that nearly all photographs share, if there is one."""
    for shade in ("black", "white"):
        levels = [one.level for one in backgrounds if one is not None and one.shade == shade]
        if len(levels) >= _MOST * len(backgrounds) and levels:
            middle = median(levels)
            if sum(abs(level - middle) <= _SAME_LEVEL for level in levels) >= _MOST * len(backgrounds):
                return shade
    return None


def mask(rgb: Rgb) -> Mask | None:
    """255 on the subject with a small margin, 0 behind it, [h, w]; holes in it stay; None without a plain background."""
    background = _background(_reduced(rgb, _LOOKED_AT))
    if background is None:
        return None
    small = _reduced(rgb, _MASKED_AT)
    side = max(small.shape)
    subject = np.where(_behind(small, background) > 0, 0, 255).astype(np.uint8)
    subject = _without_specks(subject)
    subject = _morphed(subject, cv2.MORPH_CLOSE, _BRIDGED * side)
    subject = np.where(_connected_to_rim(subject == 0), 0, 255).astype(np.uint8)
    subject = _morphed(subject, cv2.MORPH_DILATE, _MARGIN * side)
    full = cv2.resize(cv2.GaussianBlur(subject, (0, 0), 1.5), rgb.shape[1::-1], interpolation=cv2.INTER_LINEAR)
    return np.where(full > 127, 255, 0).astype(np.uint8)


def _reduced(rgb: Rgb, side: int) -> Rgb:
    scale = side / max(rgb.shape[:2])
    if scale >= 1:
        return rgb
    return np.asarray(cv2.resize(rgb, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), np.uint8)


def _rim(shape: tuple[int, ...]) -> NDArray[np.bool_]:
    width = max(2, round(_RIM * min(shape[:2])))
    rim = np.ones(shape[:2], np.bool_)
    rim[width:-width, width:-width] = False
    return rim


def _background(rgb: Rgb) -> Background | None:
    """What is behind, if the middle of the rim's colors is plain black or white."""
    rim = rgb[_rim(rgb.shape)].astype(np.float32)
    color, gray = np.median(rim, axis=0), rim.mean(axis=1)
    level = float(np.median(gray))
    noise = 1.4826 * float(np.median(np.abs(gray - level)))
    if noise > _NOISE:
        return None
    if color.max() <= _BLACK:
        return Background("black", level, _step(rgb, "black", level, noise))
    if color.min() >= _WHITE and float(color.max() - color.min()) <= _TINT:
        return Background("white", level, _step(rgb, "white", level, noise))
    return None


def _step(rgb: Rgb, shade: Shade, level: float, noise: float) -> float:
    away = _away(rgb, shade, level)
    least = max(_LEAST_STEP, 5 * noise)
    subject = away[away > least]
    typical = float(np.quantile(subject, 0.9)) if subject.size else 0.0
    return max(least, min(_MOST_STEP, _OF_THE_SUBJECT * typical))


def _away(rgb: Rgb, shade: Shade, level: float) -> NDArray[np.float32]:
    """By how many gray levels a pixel is not background: a colored one by its brightest or darkest channel."""
    values = rgb.astype(np.float32)
    away = values.max(axis=2) - level if shade == "black" else level - values.min(axis=2)
    return np.asarray(away, np.float32)


def _behind(rgb: Rgb, background: Background) -> Mask:
    """255 where a photograph is background: like it, and connected to the rim."""
    smooth = np.asarray(cv2.GaussianBlur(rgb, (0, 0), max(0.8, max(rgb.shape) / 500)), np.uint8)
    away = _away(smooth, background.shade, background.level)
    return np.where(_connected_to_rim(away < background.step), 255, 0).astype(np.uint8)


def _connected_to_rim(area: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The parts of an area that touch the border of the frame."""
    framed = np.pad(area, 1, constant_values=True).astype(np.uint8)
    _, labels = cv2.connectedComponents(framed, connectivity=4)
    return np.asarray(labels[1:-1, 1:-1] == labels[0, 0])


def _is_one_thing(subject: NDArray[np.bool_]) -> bool:
    """Whether what is not background is mainly one piece of a fair size that reaches into the middle."""
    share = float(subject.mean())
    if not _SUBJECT[0] <= share <= _SUBJECT[1]:
        return False
    count, labels, stats, _ = cv2.connectedComponentsWithStats(subject.astype(np.uint8), connectivity=8)
    if count < 2:
        return False
    largest = 1 + int(np.argmax(stats[1:, cv2.CC_STAT_AREA]))
    height, width = subject.shape
    middle = labels[height // 3 : -(height // 3), width // 3 : -(width // 3)]
    return bool(stats[largest, cv2.CC_STAT_AREA] >= _ONE * subject.sum() and np.any(middle == largest))


def _without_specks(subject: Mask) -> Mask:
    """Without pieces that are much smaller than the largest."""
    _, labels, stats, _ = cv2.connectedComponentsWithStats(subject, connectivity=8)
    areas = stats[:, cv2.CC_STAT_AREA].copy()
    areas[0] = 0
    kept = areas >= 0.01 * max(int(areas.max()), 1)
    return np.where(np.asarray(kept)[np.asarray(labels, np.intp)], 255, 0).astype(np.uint8)


def _morphed(subject: Mask, how: int, radius: float) -> Mask:
    size = 2 * max(1, round(radius)) + 1
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size))
    padded = cv2.copyMakeBorder(subject, size, size, size, size, cv2.BORDER_CONSTANT, value=0)
    return np.asarray(cv2.morphologyEx(padded, how, kernel)[size:-size, size:-size], np.uint8)
