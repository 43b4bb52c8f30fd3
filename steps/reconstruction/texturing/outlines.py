"""How far places of a photograph are from the outlines of what stands in front of something else."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from steps.reconstruction.scene import CameraView
from steps.reconstruction.texturing.rays import Caster, Floats
from steps.reconstruction.texturing.sight import ray_blocks

LONGEST = 640
"""Pixels of the longer side of the depth map that outlines are found in."""
STEP = 3.0
"""Mean edges of the mesh by which the depth must jump."""
RELATIVE = 0.01
"""Or this share of the distance, whichever is more."""


class Outlines:
    """The outlines that one camera sees of a mesh."""

    def __init__(self, view: CameraView, caster: Caster, edge: float) -> None:
        """`edge` is the mesh's mean edge, scene units."""
        import cv2

        small = view.resized(LONGEST)
        rays = [caster.distances(small.center, toward) for toward in ray_blocks(small, 1)]
        depth = np.concatenate(rays).reshape(small.height, small.width)
        self._scale = small.width / view.width
        self._longest = max(view.width, view.height)
        self._distance = np.asarray(cv2.distanceTransform(_flat(depth, edge), cv2.DIST_L2, 5), np.float32)

    def away(self, spots: Floats, margin: float) -> Floats:
        """0 on an outline to 1 at `margin`, a share of the photograph's longer side, for `spots` [n, 2]; [n]."""
        height, width = self._distance.shape
        x = np.clip((spots[:, 0] + 0.5) * self._scale, 0, width - 1).astype(np.int64)
        y = np.clip((spots[:, 1] + 0.5) * self._scale, 0, height - 1).astype(np.int64)
        gap = np.maximum(self._distance[y, x] - 1, 0) / self._scale
        return np.asarray(np.clip(gap / (margin * self._longest), 0, 1), np.float32)


def _flat(depth: Floats, edge: float) -> NDArray[np.uint8]:
    """1 where the depth [h, w] goes on smoothly to all sides, 0 at a jump; embree's misses are infinite."""
    nearness = np.asarray(1 / np.maximum(depth, 1e-12), np.float32)  # a plane's is linear over the picture
    jump = np.zeros(depth.shape, bool)
    allowed = np.maximum(STEP * edge / np.maximum(depth, 1e-12), RELATIVE) * nearness
    missed = ~np.isfinite(depth) | (depth > 1e30)
    nearness[missed] = 0
    allowed[missed] = 0
    for axis in range(2):
        middle, before, after = (_shifted(nearness, axis, by) for by in (0, 1, -1))
        jump |= np.abs(before + after - 2 * middle) > np.maximum(allowed, 1e-12)
    return (~jump).astype(np.uint8)


def _shifted(values: Floats, axis: int, by: int) -> Floats:
    """The values moved by one row or column, the border's repeated."""
    pads = [(0, 0), (0, 0)]
    pads[axis] = (1, 1)
    padded = np.pad(values, pads, mode="edge")
    size = values.shape[axis]
    return np.take(padded, np.arange(1 - by, 1 - by + size), axis=axis)
