"""The views that one view is matched with, laid out for the kernels, and whether they see the same surface."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from steps.reconstruction.dense.jit import inner, kernel

MOST_ERROR = 3.0
"""Pixels of forward-backward error beyond which more does not count."""


class Sources(NamedTuple):
    """The source views of one reference view, their pixels one after another."""

    texels: NDArray[np.uint32]  # packed images, see cost.pack
    planes: NDArray[np.float32]  # [all pixels, 3] the sources' own planes, or [0, 3] while unknown
    layout: NDArray[np.int64]  # [n, 4] first texel, first plane, height, width
    there: NDArray[np.float64]  # [n, 3, 4] (x, y, 1, inverse depth) here → homogeneous pixel there
    back: NDArray[np.float64]  # [n, 3, 4] the way back


@inner
def project(matrix: NDArray[np.float64], x: float, y: float, w: float) -> tuple[float, float, float]:
    """Pixel (u, v) in the other view and 1 / its scale (0: behind the camera) of pixel (x, y) at inverse depth w."""
    scale = matrix[2, 0] * x + matrix[2, 1] * y + matrix[2, 2] + matrix[2, 3] * w
    if scale <= 1e-9:
        return 0.0, 0.0, 0.0
    scale = 1.0 / scale
    u = (matrix[0, 0] * x + matrix[0, 1] * y + matrix[0, 2] + matrix[0, 3] * w) * scale
    v = (matrix[1, 0] * x + matrix[1, 1] * y + matrix[1, 2] + matrix[1, 3] * w) * scale
    return u, v, scale


@inner
def consistency_error(x: int, y: int, w: float, j: int, sources: Sources) -> float:
    """Pixels between (x, y) and where it returns to by way of source j's own surface, at most MOST_ERROR.

    The forward-backward error of Schönberger et al. (ECCV 2016), with the source's plane instead of one depth.
    """
    start, height, width = sources.layout[j, 1], sources.layout[j, 2], sources.layout[j, 3]
    u, v, scale = project(sources.there[j], x, y, w)
    if scale <= 0.0 or not (u >= 0.0 and v >= 0.0 and u <= width - 1 and v <= height - 1):
        return MOST_ERROR
    column, row = int(u + 0.5), int(v + 0.5)
    index = start + row * width + column
    seen = sources.planes[index, 0] + sources.planes[index, 1] * (u - column) + sources.planes[index, 2] * (v - row)
    if seen <= 0.0:
        return MOST_ERROR
    back_x, back_y, scale = project(sources.back[j], u, v, seen)
    if scale <= 0.0:
        return MOST_ERROR
    error: float = np.sqrt((back_x - x) ** 2 + (back_y - y) ** 2)
    return min(error, MOST_ERROR)


@kernel
def count_consistent(planes: NDArray[np.float32], sources: Sources, most_error: float) -> NDArray[np.uint8]:
    """For each pixel the number of sources in which it meets the same surface: [h, w]."""
    height, width = planes.shape[0], planes.shape[1]
    count = np.zeros((height, width), np.uint8)
    for y in range(height):
        for x in range(width):
            for j in range(len(sources.layout)):
                if consistency_error(x, y, planes[y, x, 0], j, sources) < most_error:
                    count[y, x] += 1
    return count
