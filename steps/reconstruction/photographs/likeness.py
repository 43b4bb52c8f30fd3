"""Find photographs that are copies of another one: compressed again, resized, cropped a little, mirrored or turned."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray

Gray = NDArray[np.float32]
Pixel = TypeVar("Pixel", np.uint8, np.float32)

SIDE = 192
"""Longer side, pixels, at which photographs are compared."""
_CELLS = 16
"""Side of the small square pictures by which candidates are chosen."""
_ALIKE = 0.6
"""Correlation of those from which a pair is looked at closely."""
_CANDIDATES = 4
"""Looked at closely for each photograph: those most alike."""
_SMALLEST_CROP = 0.8
"""A side of the smallest part of a photograph that still is a copy of it."""
_SWEEP = 0.025
"""Step of the sizes that are tried at half the size, as a share of the largest."""
_WORTH_A_LOOK = 0.75
"""Correlation there, from which the best is tried at full size."""
_BLOCK = 24
_PLAIN = 2.0
"""Standard deviation, gray levels, below which a block has nothing to compare."""
_SAME = 0.85
_QUANTILE = 0.15
"""All but this share of the blocks must correlate so well: where only the camera moved a little, near things do not."""
_STILL = 0.5
"""Pixels by which blocks of a copy seem to move against each other at most."""
_BAND = (0.8, 4.0)
"""Sigmas, pixels: compression takes what is finer; what is coarser is alike in neighbors, too."""

TURNS = ("as it is", "mirrored", "upside down", "mirrored", "turned", "mirrored", "turned", "mirrored")
"""The eight ways to lay a picture on another."""


@dataclass(frozen=True, slots=True)
class Copy:
    """`copy` shows nothing that `original` does not; both are positions in the set."""

    copy: int
    original: int
    how: str
    """One of `TURNS`."""


def thumbnail(gray: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """A photograph as it is compared."""
    return _sized(gray, SIDE / max(gray.shape))


def find_copies(thumbnails: Sequence[NDArray[np.uint8]], worth: Sequence[tuple[float, ...]]) -> list[Copy]:
    """Copies among photographs; of two the one of less `worth` is the copy, and its original is never one itself."""
    order = sorted(range(len(thumbnails)), key=lambda index: worth[index], reverse=True)
    candidates = _candidates(thumbnails, order)
    found: list[Copy] = []
    copies: set[int] = set()
    for index in order:
        for other, turn in candidates[index]:
            if other not in copies and _is_copy(_turned(thumbnails[index], turn), thumbnails[other]):
                found.append(Copy(index, other, TURNS[turn]))
                copies.add(index)
                break
    return found


def _candidates(thumbnails: Sequence[NDArray[np.uint8]], order: Sequence[int]) -> dict[int, list[tuple[int, int]]]:
    """For each photograph those of more worth that are most like it, with the turn in which they are."""
    if not thumbnails:
        return {}
    cells = np.stack([_cells(thumbnails[index]) for index in order])
    flat = cells.reshape(len(cells), -1)
    chosen: dict[int, list[tuple[int, int]]] = {}
    for start in range(0, len(order), 512):
        part = cells[start : start + 512]
        likeness = np.stack(
            [np.stack([_turned(one, turn) for one in part]).reshape(len(part), -1) @ flat.T for turn in range(8)]
        )
        for row in range(len(part)):
            place = start + row
            best = likeness[:, row, :place]
            ranked = np.argpartition(best, -_CANDIDATES, axis=None)[-_CANDIDATES:] if place else np.empty(0, np.intp)
            ranked = ranked[np.argsort(best.ravel()[ranked])[::-1]]
            pairs = [(int(turn), int(other)) for turn, other in zip(*np.unravel_index(ranked, best.shape), strict=True)]
            chosen[order[place]] = [(order[other], turn) for turn, other in pairs if best[turn, other] > _ALIKE]
    return chosen


def _cells(picture: NDArray[np.uint8]) -> Gray:
    """A square of cells without its mean and contrast, so that products are correlations."""
    small = cv2.resize(picture.astype(np.float32), (_CELLS, _CELLS), interpolation=cv2.INTER_AREA)
    small -= small.mean()
    return np.asarray(small / max(float(np.linalg.norm(small)), 1e-6), np.float32)


def _turned(picture: NDArray[Pixel], turn: int) -> NDArray[Pixel]:
    """One of the eight symmetries of a rectangle, numbered as in `TURNS`."""
    laid = picture.T if turn >= 4 else picture
    mirrored, upturned = ((False, False), (True, False), (True, True), (False, True))[turn % 4]
    if turn >= 4:  # a transposition mirrors: with one more mirror it is a quarter turn
        mirrored, upturned = ((True, False), (False, False), (False, True), (True, True))[turn % 4]
    laid = laid[:, ::-1] if mirrored else laid
    return np.ascontiguousarray(laid[::-1] if upturned else laid)


def _is_copy(one: NDArray[np.uint8], other: NDArray[np.uint8]) -> bool:
    """Whether one of two is the other, or a part of it."""
    values = one.astype(np.float32), other.astype(np.float32)
    return _is_part(*values) or _is_part(*reversed(values))


def _is_part(part: Gray, whole: Gray) -> bool:
    """Whether `part`, at some size, lies in `whole` and is the same there."""
    largest = min(whole.shape[0] / part.shape[0], whole.shape[1] / part.shape[1])
    smallest = max(_SMALLEST_CROP * max(whole.shape[0] / part.shape[0], whole.shape[1] / part.shape[1]), largest * 0.7)
    coarse = _halved(part), _halved(whole)
    swept = [_placed(*coarse, float(scale)) for scale in np.arange(largest, smallest, -_SWEEP * largest)]
    best = max(swept, default=(-1.0, largest, (0, 0)))
    if best[0] < _WORTH_A_LOOK:
        return False
    near = [scale for scale in best[1] + largest * np.linspace(-_SWEEP, _SWEEP, 9) if scale <= largest]
    _, scale, place = max(_placed(part, whole, float(scale)) for scale in [*near, largest])
    return _agrees(part, whole, scale, place)


def _halved(picture: Gray) -> Gray:
    return np.asarray(cv2.resize(picture, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA), np.float32)


def _placed(part: Gray, whole: Gray, scale: float) -> tuple[float, float, tuple[int, int]]:
    """How well `part` fits into `whole` at a scale, and where."""
    sized = _sized(part, scale)
    if sized.shape[0] > whole.shape[0] or sized.shape[1] > whole.shape[1]:
        return -1.0, scale, (0, 0)
    fit = cv2.matchTemplate(whole, sized, cv2.TM_CCOEFF_NORMED)
    _, value, _, place = cv2.minMaxLoc(np.nan_to_num(fit, nan=-1.0, posinf=-1.0, neginf=-1.0))
    return float(value), scale, (int(place[1]), int(place[0]))


def _sized(picture: NDArray[Pixel], scale: float) -> NDArray[Pixel]:
    size = (max(8, round(picture.shape[1] * scale)), max(8, round(picture.shape[0] * scale)))
    method = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(picture, size, interpolation=method), picture.dtype)


def _agrees(part: Gray, whole: Gray, scale: float, place: tuple[int, int]) -> bool:
    """Whether nearly all blocks with something in them are the same in both."""
    sized = _sized(part, scale)
    height, width = sized.shape
    there = whole[place[0] : place[0] + height, place[1] : place[1] + width]
    one, other = _band(sized), _band(there)
    found: list[float] = []
    moved: list[NDArray[np.float64]] = []
    for top in range(0, height - _BLOCK // 2, _BLOCK):
        for left in range(0, width - _BLOCK // 2, _BLOCK):
            block = (slice(top, top + _BLOCK), slice(left, left + _BLOCK))
            a, b = one[block], other[block]
            if max(float(a.std()), float(b.std())) >= _PLAIN:
                found.append(float((a * b).sum() / max(float(np.linalg.norm(a) * np.linalg.norm(b)), 1e-6)))
                moved.append(_movement(a, b))
    if len(found) < 4 or float(np.quantile(found, _QUANTILE)) < _SAME:
        return False
    apart = np.linalg.norm(np.array(moved) - np.median(moved, axis=0), axis=1)
    return float(np.quantile(apart, 1 - _QUANTILE)) <= _STILL


def _movement(one: Gray, other: Gray) -> NDArray[np.float64]:
    """By how many pixels (x, y) a block moved, in the directions that its gradients tell (Lucas and Kanade, 1981)."""
    down, right = np.gradient((one + other) / 2)
    slopes = np.stack([right.ravel(), down.ravel()], axis=1).astype(np.float64)
    certain = slopes.T @ slopes
    damped = certain + np.eye(2) * 0.05 * max(float(np.trace(certain)), 1e-6)
    return np.asarray(np.linalg.solve(damped, slopes.T @ (one - other).ravel().astype(np.float64)), np.float64)


def _band(picture: Gray) -> Gray:
    fine, coarse = (cv2.GaussianBlur(picture, (0, 0), sigma) for sigma in _BAND)
    return np.asarray(fine - coarse, np.float32)
