"""Cameras on two rings around the solid."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_TARGET = np.array([0.0, 0.0, 0.47])
_RINGS = ((0.58, 24.0, 4.75), (0.42, 48.0, 4.6))
"""Share of the views, elevation in degrees, and distance of each ring."""
_FOCAL = 1.15
"""Focal length in units of the longer side."""


@dataclass(frozen=True, slots=True)
class Camera:
    """A pinhole camera: x_cam = R·X + t, the center of the top-left pixel is (0, 0)."""

    width: int
    height: int
    focal: float
    rotation: NDArray[np.float64]  # [3, 3]
    center: NDArray[np.float64]  # [3]

    @property
    def calibration(self) -> NDArray[np.float64]:
        """K [3, 3]; the principal point is the image's middle."""
        return np.array([[self.focal, 0, (self.width - 1) / 2], [0, self.focal, (self.height - 1) / 2], [0, 0, 1.0]])

    @property
    def translation(self) -> NDArray[np.float64]:
        """The t [3] of x_cam = R·X + t."""
        return np.asarray(-self.rotation @ self.center)


def place_cameras(views: int, longer_side: int, rng: np.random.Generator) -> list[Camera]:
    """Cameras that all look at the solid; ring by ring, each a little off its even place as a person would be."""
    lower = max(1, round(_RINGS[0][0] * views))
    cameras = []
    for (_, elevation, distance), count in zip(_RINGS, (lower, views - lower), strict=True):
        for index in range(count):
            around = 2 * np.pi * (index + 0.12 * rng.uniform(-1, 1)) / count
            upward = np.radians(elevation + rng.uniform(-2, 2))
            away = distance * (1 + 0.03 * rng.uniform(-1, 1))
            direction = np.array([np.cos(upward) * np.cos(around), np.cos(upward) * np.sin(around), np.sin(upward)])
            target = _TARGET + rng.uniform(-0.04, 0.04, 3)
            cameras.append(_looking(target + away * direction, target, longer_side))
    return cameras


def _looking(center: NDArray[np.float64], target: NDArray[np.float64], longer_side: int) -> Camera:
    forward = (target - center) / np.linalg.norm(target - center)
    right = np.cross(forward, [0, 0, 1.0])
    right /= np.linalg.norm(right)
    rotation = np.stack([right, np.cross(forward, right), forward])
    return Camera(longer_side, longer_side * 3 // 4, _FOCAL * longer_side, rotation, center)
