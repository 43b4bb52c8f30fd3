"""Depth maps to one cloud: what several views agree on, against what others see through.

View by view, each pixel asks the neighbors for their own depth where it falls. Those that agree (after the
forward-backward error of Schönberger et al., ECCV 2016) move it to their common mean; those that look through it to
something behind speak against it. A pixel that took part is not asked again. In memory are one view, its
neighbors' maps and one byte for each pixel of the scene.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from kai_pipelines.errors import Fatal
from steps.reconstruction.dense.colmap_io import read_map
from steps.reconstruction.dense.jit import inner, kernel
from steps.reconstruction.dense.masks import read_mask
from steps.reconstruction.dense.sources import project
from steps.reconstruction.dense.views import View, count_shared, relative, select_sources
from steps.reconstruction.dense.workspace import MAPS, map_name
from steps.reconstruction.meshing.ply import Cloud

NEIGHBORS = 12
"""Views asked about each pixel."""
LEAST_VIEWS = 3
"""A point needs so many views that agree, its own among them…"""
FEW = 3
"""…or two, where no more neighbors than this look at it and none looks through it."""
LOOKING = 0.2
"""Cosine between normal and ray from which a view looks at a place."""
MOST_ERROR = 1.0
"""Pixels of forward-backward error up to which two views see the same; COLMAP's 2 merges what sharper maps tell apart."""
MOST_DEPTH_ERROR = 0.01
"""Relative difference of depth up to which they do."""
LEAST_COSINE = 0.7
"""Between the normals of two views of the same place."""
BEHIND = 0.01
"""A view that measures so much more depth than the point's looks through it."""
MOST_PIXELS = 48_000_000
"""Of more pixels than this in a scene only every second (third, …) is asked: points fill memory and disk."""
LEVELS = 127.0
"""Of a normal's component, kept in one byte."""


class Maps(NamedTuple):
    """One view's measurements."""

    depth: NDArray[np.float32]  # [h, w], 0: none
    normals: NDArray[np.int8]  # [h, w, 3] camera axes, times LEVELS


class Neighbors(NamedTuple):
    """The neighbors of one view, their pixels one after another."""

    depth: NDArray[np.float32]
    normals: NDArray[np.int8]  # [all pixels, 3]
    layout: NDArray[np.int64]  # [n, 4] first pixel here, first in `claimed`, height, width
    there: NDArray[np.float64]  # [n, 3, 4] see `sources`
    back: NDArray[np.float64]  # [n, 3, 4]
    rays: NDArray[np.float64]  # [n, 3, 3] homogeneous pixel → direction in the world with depth 1
    calibrations: NDArray[np.float64]  # [n, 4]
    rotations: NDArray[np.float64]  # [n, 3, 3] camera axes → world
    centers: NDArray[np.float64]  # [n, 3]


@inner
def measured_there(
    u: float, v: float, index: int, column: int, row: int, j: int, others: Neighbors
) -> tuple[float, float, float, float]:
    """Depth at (u, v) of neighbor j on the plane measured at its pixel `index`, and that plane's normal in the world."""
    fx, fy, cx, cy = (
        others.calibrations[j, 0], others.calibrations[j, 1], others.calibrations[j, 2], others.calibrations[j, 3]
    )  # fmt: skip
    nx, ny, nz = others.normals[index, 0] / LEVELS, others.normals[index, 1] / LEVELS, others.normals[index, 2] / LEVELS
    at_pixel = nx * (column - cx) / fx + ny * (row - cy) / fy + nz
    at_place = nx * (u - cx) / fx + ny * (v - cy) / fy + nz
    depth = np.float64(others.depth[index])
    if at_place < -0.05 and at_pixel < -0.05:
        depth *= min(max(at_pixel / at_place, 0.97), 1.03)
    turn = others.rotations[j]
    return (
        depth,
        turn[0, 0] * nx + turn[0, 1] * ny + turn[0, 2] * nz,
        turn[1, 0] * nx + turn[1, 1] * ny + turn[1, 2] * nz,
        turn[2, 0] * nx + turn[2, 1] * ny + turn[2, 2] * nz,
    )


@inner
def looks_through(z: float, column: int, row: int, j: int, others: Neighbors) -> bool:
    """Whether all that neighbor j measured around a pixel lies well behind depth z."""
    start, height, width = others.layout[j, 0], others.layout[j, 2], others.layout[j, 3]
    for y in range(max(row - 1, 0), min(row + 2, height)):
        for x in range(max(column - 1, 0), min(column + 2, width)):
            depth = others.depth[start + y * width + x]
            if depth <= 0.0 or depth < z * (1.0 + BEHIND):
                return False
    return True


@kernel
def fuse_view(
    depth: NDArray[np.float32],
    normals: NDArray[np.int8],
    first: int,
    ray: NDArray[np.float64],
    rotation: NDArray[np.float64],
    center: NDArray[np.float64],
    others: Neighbors,
    claimed: NDArray[np.uint8],
    least: int,
    every: int,
    points: NDArray[np.float32],
    directions: NDArray[np.float32],
    pixels: NDArray[np.int32],
) -> int:
    """Fill `points`, `directions` [pixels, 3] and `pixels` with what the view's neighbors agree to; how many there are.

    Only every `every`th pixel of a row is asked. `first` is the view's own first pixel in `claimed`, which is marked where a neighbor's pixel took part.
    """
    height, width = depth.shape
    views, count = len(others.layout), 0
    taking_part = np.empty(views, np.int64)
    for y in range(height):
        for x in range(y % every, width, every):
            d = np.float64(depth[y, x])
            if d <= 0.0 or claimed[first + y * width + x]:
                continue
            across = ray[0, 0] * x + ray[0, 1] * y + ray[0, 2]
            down = ray[1, 0] * x + ray[1, 1] * y + ray[1, 2]
            along = ray[2, 0] * x + ray[2, 1] * y + ray[2, 2]
            px, py, pz = center[0] + d * across, center[1] + d * down, center[2] + d * along
            ex, ey, ez = normals[y, x, 0] / LEVELS, normals[y, x, 1] / LEVELS, normals[y, x, 2] / LEVELS
            nx = rotation[0, 0] * ex + rotation[0, 1] * ey + rotation[0, 2] * ez
            ny = rotation[1, 0] * ex + rotation[1, 1] * ey + rotation[1, 2] * ez
            nz = rotation[2, 0] * ex + rotation[2, 1] * ey + rotation[2, 2] * ez
            length = np.sqrt(across * across + down * down + along * along)
            weight = max(-(nx * across + ny * down + nz * along) / length, 0.05) / (d * length)
            total = weight
            sx, sy, sz, mx, my, mz = weight * px, weight * py, weight * pz, weight * nx, weight * ny, weight * nz
            agreeing, against, looking = 0, 0, 0
            for j in range(views):
                u, v, scale = project(others.there[j], x, y, 1.0 / d)
                rows, columns = others.layout[j, 2], others.layout[j, 3]
                if scale <= 0.0 or not (u >= 0.0 and v >= 0.0 and u <= columns - 1 and v <= rows - 1):
                    continue
                column, row = int(u + 0.5), int(v + 0.5)
                index = others.layout[j, 0] + row * columns + column
                z = d / scale
                if others.depth[index] <= 0.0 or others.depth[index] > z * (1.0 - MOST_DEPTH_ERROR):
                    c = others.centers[j]
                    qx, qy, qz = c[0] - px, c[1] - py, c[2] - pz
                    if nx * qx + ny * qy + nz * qz > LOOKING * np.sqrt(qx * qx + qy * qy + qz * qz):
                        looking += 1
                if others.depth[index] <= 0.0:
                    continue
                there, ox, oy, oz = measured_there(u, v, index, column, row, j, others)
                bx, by, back = project(others.back[j], u, v, 1.0 / there)
                off = np.sqrt((bx - x) ** 2 + (by - y) ** 2) if back > 0.0 else np.inf
                if off < MOST_ERROR and abs(there / z - 1.0) < MOST_DEPTH_ERROR:
                    if nx * ox + ny * oy + nz * oz < LEAST_COSINE:
                        continue
                    r = others.rays[j]
                    qx, qy, qz = (
                        r[0, 0] * u + r[0, 1] * v + r[0, 2], r[1, 0] * u + r[1, 1] * v + r[1, 2],
                        r[2, 0] * u + r[2, 1] * v + r[2, 2],
                    )  # fmt: skip
                    length = np.sqrt(qx * qx + qy * qy + qz * qz)
                    weight = max(-(ox * qx + oy * qy + oz * qz) / length, 0.05) / (there * length)
                    c = others.centers[j]
                    sx += weight * (c[0] + there * qx)
                    sy += weight * (c[1] + there * qy)
                    sz += weight * (c[2] + there * qz)
                    mx, my, mz = mx + weight * ox, my + weight * oy, mz + weight * oz
                    total += weight
                    taking_part[agreeing] = others.layout[j, 1] + row * columns + column
                    agreeing += 1
                elif off > 2.0 * MOST_ERROR and looks_through(z, column, row, j, others):
                    against += 1
            few = agreeing == 1 and against == 0 and looking <= FEW
            if 2 * against > agreeing or not (agreeing + 1 >= least or few):
                continue
            for k in range(agreeing):
                claimed[taking_part[k]] = 1
            points[count, 0], points[count, 1], points[count, 2] = sx / total, sy / total, sz / total
            length = np.sqrt(mx * mx + my * my + mz * mz)
            directions[count, 0], directions[count, 1], directions[count, 2] = mx / length, my / length, mz / length
            pixels[count] = y * width + x
            count += 1
    return count


class Fusion:
    """Fuses the maps of one scene, view by view."""

    def __init__(self, views: list[View], scene: Path, depth: Path) -> None:
        """`scene` is the folder of images/ and masks/, `depth` that of depth_maps/ and normal_maps/."""
        self.views = views
        self._scene, self._folder = scene, depth
        shared = count_shared(views)
        self._neighbors = [select_sources(views, shared, index, NEIGHBORS) for index in range(len(views))]
        self._first = np.cumsum([0, *(view.width * view.height for view in views)])
        self._claimed = np.zeros(int(self._first[-1]), np.uint8)
        self.maps = lru_cache(maxsize=NEIGHBORS + 4)(self._read)

    def run(self, report: Callable[[int, int, str], None]) -> Iterator[Cloud]:
        """The points that each view adds; `report` hears (done, total, what is being done)."""
        for index, view in enumerate(self.views):
            report(index, len(self.views), f"{view.name}: what its neighbors agree to")
            if self._neighbors[index]:
                yield self._fuse(index)

    def _fuse(self, index: int) -> Cloud:
        view, maps = self.views[index], self.maps(index)
        count = maps.depth.size
        points, directions = np.empty((count, 3), np.float32), np.empty((count, 3), np.float32)
        pixels = np.empty(count, np.int32)
        found = fuse_view(
            maps.depth, maps.normals, int(self._first[index]), _rays(view), np.ascontiguousarray(view.rotation.T),
            view.center, self._gather(index), self._claimed, min(LEAST_VIEWS, len(self.views)),
            1 + int(self._first[-1]) // MOST_PIXELS, points, directions, pixels,
        )  # fmt: skip
        colors = self._colors(view)[pixels[:found]]
        return Cloud(points[:found].astype(np.float64), directions[:found].astype(np.float64), colors)

    def _gather(self, index: int) -> Neighbors:
        view, others = self.views[index], self._neighbors[index]
        cameras, maps = [self.views[j] for j in others], [self.maps(j) for j in others]
        starts = np.cumsum([0, *(each.depth.size for each in maps)])
        return Neighbors(
            np.concatenate([each.depth.ravel() for each in maps]),
            np.concatenate([each.normals.reshape(-1, 3) for each in maps]),
            np.array([[starts[k], self._first[j], *maps[k].depth.shape] for k, j in enumerate(others)], np.int64),
            np.array([relative(view, other, view.calibration, other.calibration) for other in cameras]),
            np.array([relative(other, view, other.calibration, view.calibration) for other in cameras]),
            np.array([_rays(other) for other in cameras]),
            np.array([other.calibration for other in cameras]),
            np.array([other.rotation.T for other in cameras]),
            np.array([other.center for other in cameras]),
        )

    def _read(self, index: int) -> Maps:
        view = self.views[index]
        paths = [self._folder / kind / map_name(view.name) for kind in MAPS]
        if not all(path.is_file() for path in paths):  # a view without sources
            return Maps(
                np.zeros((view.height, view.width), np.float32), np.zeros((view.height, view.width, 3), np.int8)
            )
        depth, normals = (read_map(path) for path in paths)
        mask = read_mask(self._scene, view.name, depth.shape)
        if mask is not None:
            depth[~mask] = 0.0
        return Maps(depth, np.rint(normals * np.float32(LEVELS)).astype(np.int8))

    def _colors(self, view: View) -> NDArray[np.uint8]:
        """RGB of each pixel, [pixels, 3]."""
        image = cv2.imdecode(np.fromfile(self._scene / "images" / view.name, np.uint8), cv2.IMREAD_COLOR)
        if image is None:
            raise Fatal(f"{view.name} cannot be read.", code="unreadable-image", files=[view.name])
        return np.asarray(image, np.uint8).reshape(-1, 3)[:, ::-1]


def _rays(view: View) -> NDArray[np.float64]:
    """[3, 3] homogeneous pixel → direction in the world whose depth is 1."""
    return np.ascontiguousarray(view.rotation.T @ np.linalg.inv(view.matrix()))
