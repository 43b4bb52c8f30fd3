"""The colors of a photograph at places in it, and which of its pixels count."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from kai_pipelines import Fatal
from steps.reconstruction.mask_files import read_mask
from steps.reconstruction.scene import CameraView
from steps.reconstruction.texturing.rays import Floats

PLACES = 32_000
"""OpenCV samples fewer than 2^15 places in a row."""
LEVELS = 8
COARSEST_DECODED = 3
"""A JPEG decodes to an eighth of its size at the smallest."""
MASK_MARGIN = 2
"""Pixels along a mask's border that count as outside: their colors are mixed with what is behind."""


def suitable_levels(pixels: Floats, wanted: Floats, coarsest: int) -> NDArray[np.int64]:
    """The level of a pyramid whose pixels are as large as those `wanted`, by a triangle's areas in both, [n] each."""
    fine = 0.5 * np.log2(np.maximum(pixels, 1e-6) / np.maximum(wanted, 1e-6))
    return np.clip(np.round(fine - 0.1), 0, coarsest).astype(np.int64)


class Pyramid:
    """A photograph at full, half, quarter … size, each pixel the mean of four of the level before."""

    def __init__(self, picture: NDArray[np.uint8], first: int = 0, inside: NDArray[np.uint8] | None = None) -> None:
        """`picture` is the level `first`; `inside` of the same size is 0 where the photograph does not count."""
        import cv2

        self._first = first
        self._inside = inside
        self._levels: list[NDArray[np.uint8]] = [picture]
        while len(self._levels) + first < LEVELS and min(self._levels[-1].shape[:2]) >= 8:
            last = self._levels[-1]
            half = (max(1, last.shape[1] // 2), max(1, last.shape[0] // 2))
            self._levels.append(np.asarray(cv2.resize(last, half, interpolation=cv2.INTER_AREA), np.uint8))

    def sample(self, spots: Floats, level: int) -> Floats:
        """Bilinear colors [n, 3], 0-255, at `spots` [n, 2] in pixels of the full photograph."""
        import cv2

        picture = self._levels[min(max(level - self._first, 0), len(self._levels) - 1)]
        x, y = self._places(spots, picture.shape)
        colors = np.empty((len(spots), 3), np.float32)
        for start in range(0, len(spots), PLACES):
            part = slice(start, start + PLACES)
            found = cv2.remap(picture, x[part], y[part], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
            colors[part] = found.reshape(-1, 3)
        return colors

    def counts(self, spots: Floats) -> NDArray[np.bool_]:
        """Whether the photograph counts at `spots` [n, 2] in pixels of the full photograph, [n]."""
        if self._inside is None:
            return np.ones(len(spots), bool)
        height, width = self._inside.shape
        x, y = (np.rint(place) for place in self._places(spots, self._inside.shape))
        within = (x >= 0) & (y >= 0) & (x < width) & (y < height)
        within[within] = self._inside[y[within].astype(np.int64), x[within].astype(np.int64)] > 0
        return np.asarray(within, np.bool_)

    def _places(self, spots: Floats, shape: tuple[int, ...]) -> tuple[Floats, Floats]:
        """Where `spots` of the full photograph fall in a smaller one of `shape`."""
        first = self._levels[0].shape
        across = np.float32(shape[1] / first[1] / 2**self._first)
        down = np.float32(shape[0] / first[0] / 2**self._first)
        half = np.float32(0.5)
        return (spots[:, 0] + half) * across - half, (spots[:, 1] + half) * down - half


@dataclass(frozen=True)
class Album:
    """The photographs, opened one at a time and no finer than asked, and their masks."""

    photos: Path
    masks: Path | None = None

    def open(self, view: CameraView, level: int = 0) -> Pyramid:
        """The photograph's pixels as COLMAP saw them, from `level` of its pyramid on."""
        import cv2

        picture, first = _decoded(self.photos / view.name, min(level, COARSEST_DECODED), view)
        inside = self._mask(view)
        if inside is not None and inside.shape != picture.shape[:2]:
            inside = np.asarray(cv2.resize(inside, picture.shape[1::-1], interpolation=cv2.INTER_NEAREST), np.uint8)
        return Pyramid(picture, first, inside)

    def picture(self, view: CameraView, size: tuple[int, int]) -> tuple[NDArray[np.uint8], NDArray[np.bool_] | None]:
        """The photograph at `size` (width, height), [h, w, 3], and which of its pixels count; None: all do."""
        import cv2

        level = max(0, int(np.log2(view.width / size[0])))
        picture, _ = _decoded(self.photos / view.name, min(level, COARSEST_DECODED), view)
        mask = self._mask(view)
        if picture.shape[1::-1] != size:
            picture = np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.uint8)
        if mask is None:
            return picture, None
        return picture, np.asarray(cv2.resize(mask, size, interpolation=cv2.INTER_NEAREST), np.uint8) > 0

    def _mask(self, view: CameraView) -> NDArray[np.uint8] | None:
        """1 where the photograph counts, at its full size; None when all of it does."""
        import cv2

        mask = read_mask(self.masks, view.name, (view.height, view.width)) if self.masks else None
        if mask is None:
            return None
        return np.asarray(cv2.erode(mask.astype(np.uint8), np.ones((2 * MASK_MARGIN + 1,) * 2, np.uint8)), np.uint8)


def _decoded(path: Path, level: int, view: CameraView) -> tuple[NDArray[np.uint8], int]:
    """The photograph [h, w, 3] at `level` or finer, and its level: JPEG decodes to a half, quarter or eighth at once."""
    import cv2

    try:
        with Image.open(path) as image:
            whole = image.size == (view.width, view.height)
            if whole and level > 0:
                image.draft("RGB", (-(-view.width // 2**level), -(-view.height // 2**level)))
            picture = np.asarray(image.convert("RGB"), np.uint8)
    except (OSError, ValueError) as error:
        raise Fatal(f"{view.name} could not be read: {error}", code="unreadable-photo", files=[view.name]) from error
    if not whole:
        picture = np.asarray(cv2.resize(picture, (view.width, view.height), interpolation=cv2.INTER_AREA), np.uint8)
    first = round(float(np.log2(view.width / picture.shape[1])))
    return picture, first
