"""Where points fall in a photograph, and its colors there."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from steps.reconstruction.reporting.scene import CameraView
from steps.reconstruction.texturing.rays import Floats

Array = NDArray[np.float64]
PLACES = 32_000
"""OpenCV samples fewer than 2^15 places in a row."""
LEVELS = 8


@dataclass(frozen=True)
class Projection:
    """Where points fall in a photograph."""

    spots: Floats  # [n, 2], pixels of the full photograph, center of the top-left one at (0, 0)
    depth: Floats  # [n], along the optical axis, scene units
    inside: NDArray[np.bool_]  # [n], in front of the camera and within the picture


def project(view: CameraView, points: NDArray[np.floating]) -> Projection:
    """Project points [n, 3] of the world with the lens' distortion."""
    rays = points.astype(np.float64) @ view.rotation.T + view.translation
    depth = rays[:, 2].copy()
    before = depth > 1e-9
    rays[~before] = (0, 0, 1)
    slope = np.hypot(rays[:, 0], rays[:, 1]) / rays[:, 2]
    spots = view.project(rays)
    inside = before & (slope <= _widest(view)) & (spots > -0.5).all(axis=1)
    inside &= (spots[:, 0] < view.width - 0.5) & (spots[:, 1] < view.height - 0.5)
    return Projection(spots.astype(np.float32), depth.astype(np.float32), inside)


def _widest(view: CameraView) -> float:
    """Slope of the widest ray at which the lens' polynomial still grows: beyond it points fold back inside."""
    slopes = np.linspace(0, 4, 401)
    corner = np.array([view.width, view.height]) / np.diag(view.calibration)[:2]
    toward = corner / np.linalg.norm(corner)
    rays = np.column_stack([np.outer(slopes, toward), np.ones_like(slopes)])
    radius = np.linalg.norm(view.project(rays) - view.calibration[:2, 2], axis=1)
    shrinking = np.flatnonzero(np.diff(radius) <= 0)
    return float(slopes[shrinking[0]]) if len(shrinking) else float(slopes[-1])


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
