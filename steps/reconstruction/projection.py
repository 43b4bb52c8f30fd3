"""Where points of the world fall in a photograph."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from steps.reconstruction.scene import CameraView

Floats = NDArray[np.float32]


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
