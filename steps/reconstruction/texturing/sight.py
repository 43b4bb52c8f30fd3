"""The rays of a photograph's pixels, back through the lens."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from steps.reconstruction.scene import CameraView
from steps.reconstruction.texturing.rays import Floats

ROWS = 128
"""Rows of the picture whose rays are made in one go."""
RAY_GRID = 8
"""Pixels between rays that are traced back through the lens; those between are interpolated."""


def ray_blocks(view: CameraView, samples: int) -> Iterator[Floats]:
    """Directions in the world of all samples, `ROWS` rows of pixels after another, [n, 3] each."""
    columns = np.linspace(-0.5, view.width - 0.5, max(2, view.width // RAY_GRID))
    rows = np.linspace(-0.5, view.height - 0.5, max(2, view.height // RAY_GRID))
    x, y = np.meshgrid(columns, rows)
    rays = view.unproject(np.column_stack([x.ravel(), y.ravel()]))
    rays = np.where(np.isfinite(rays).all(axis=1, keepdims=True), rays, 0) @ view.rotation
    coarse = rays.reshape(len(rows), len(columns), 3).astype(np.float32)
    across = (np.arange(view.width * samples) + 0.5) / samples - 0.5
    coarse = interpolated(coarse.swapaxes(0, 1), columns, across).swapaxes(0, 1)
    down = (np.arange(view.height * samples) + 0.5) / samples - 0.5
    for top in range(0, len(down), ROWS * samples):
        yield interpolated(coarse, rows, down[top : top + ROWS * samples]).reshape(-1, 3)


def interpolated(values: Floats, known: NDArray[np.float64], wanted: NDArray[np.number]) -> Floats:
    """Values [k, …] at the evenly spaced places `known` [k], linearly at the places `wanted` [n]; [n, …]."""
    place = (wanted - known[0]) / (known[1] - known[0])
    left = np.clip(place.astype(np.int64), 0, len(known) - 2)
    share = (place - left).astype(np.float32).reshape(-1, *[1] * (values.ndim - 1))
    return np.asarray(values[left] * (1 - share) + values[left + 1] * share, np.float32)
