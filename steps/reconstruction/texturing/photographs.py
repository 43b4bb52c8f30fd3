"""The colors of a photograph at places in it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from steps.reconstruction.scene import CameraView
from steps.reconstruction.texturing.rays import Floats

PLACES = 32_000
"""OpenCV samples fewer than 2^15 places in a row."""
LEVELS = 8


class Pyramid:
    """A photograph at full, half, quarter … size, each pixel the mean of four of the level before."""

    def __init__(self, picture: NDArray[np.uint8]) -> None:
        import cv2

        self._levels: list[NDArray[np.uint8]] = [picture]
        while len(self._levels) < LEVELS and min(self._levels[-1].shape[:2]) >= 8:
            last = self._levels[-1]
            half = (max(1, last.shape[1] // 2), max(1, last.shape[0] // 2))
            self._levels.append(np.asarray(cv2.resize(last, half, interpolation=cv2.INTER_AREA), np.uint8))

    def sample(self, spots: Floats, level: int) -> Floats:
        """Bilinear colors [n, 3], 0-255, at `spots` [n, 2] in pixels of the full photograph."""
        import cv2

        picture = self._levels[min(level, len(self._levels) - 1)]
        full = self._levels[0].shape
        x = (spots[:, 0] + np.float32(0.5)) * np.float32(picture.shape[1] / full[1]) - np.float32(0.5)
        y = (spots[:, 1] + np.float32(0.5)) * np.float32(picture.shape[0] / full[0]) - np.float32(0.5)
        colors = np.empty((len(spots), 3), np.float32)
        for start in range(0, len(spots), PLACES):
            part = slice(start, start + PLACES)
            found = cv2.remap(picture, x[part], y[part], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
            colors[part] = found.reshape(-1, 3)
        return colors


def read_photograph(path: Path, view: CameraView) -> Pyramid:
    """The photograph's pixels as COLMAP saw them."""
    import cv2

    with Image.open(path) as image:
        picture = np.asarray(image.convert("RGB"), np.uint8)
    if picture.shape[1::-1] != (view.width, view.height):
        picture = np.asarray(cv2.resize(picture, (view.width, view.height), interpolation=cv2.INTER_AREA), np.uint8)
    return Pyramid(picture)
