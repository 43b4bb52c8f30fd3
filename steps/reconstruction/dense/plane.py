"""How a patch of surface is written down: three numbers per pixel.

In the image of a pinhole camera the inverse depth of a plane is a linear function of the pixel. So a patch
at pixel (x, y) is (w, wx, wy): inverse depth there, and how it changes per pixel to the right and downwards.
Moving a plane to another pixel is one multiply-add per axis, and its homography into another view is
``M + m·(wx, wy, c)ᵀ`` with M, m of the pair of views alone. A pixel's center has integer coordinates.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from steps.reconstruction.dense.jit import inner


@inner
def gradient_of(
    x: float, y: float, w: float, nx: float, ny: float, nz: float, fx: float, fy: float, cx: float, cy: float
) -> tuple[float, float]:
    """(wx, wy) of the plane with this normal, in camera axes, through inverse depth `w` at pixel (x, y)."""
    along_ray = nx * (x - cx) / fx + ny * (y - cy) / fy + nz
    return w * nx / (fx * along_ray), w * ny / (fy * along_ray)


@inner
def normal_of(
    x: float, y: float, w: float, wx: float, wy: float, fx: float, fy: float, cx: float, cy: float
) -> tuple[float, float, float]:
    """Unit normal, in camera axes and towards the camera, of the plane (w, wx, wy) at pixel (x, y)."""
    nx, ny, nz = -fx * wx, -fy * wy, -(w - wx * (x - cx) - wy * (y - cy))
    length = np.sqrt(nx * nx + ny * ny + nz * nz)
    return nx / length, ny / length, nz / length


def normal_map(planes: NDArray[np.float32], calibration: NDArray[np.float64]) -> NDArray[np.float32]:
    """Unit normals [h, w, 3] in camera axes, towards the camera, of `planes` [h, w, 3]."""
    height, width = planes.shape[:2]
    fx, fy, cx, cy = calibration
    y, x = np.mgrid[:height, :width]
    w, wx, wy = np.moveaxis(planes.astype(np.float64), 2, 0)
    normals = -np.stack([fx * wx, fy * wy, w - wx * (x - cx) - wy * (y - cy)], axis=2)
    return np.asarray(normals / np.linalg.norm(normals, axis=2, keepdims=True), np.float32)
