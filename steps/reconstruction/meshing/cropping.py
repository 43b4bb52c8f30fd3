"""Which points belong to the subject: not strays, and not the far background.

The octree of the surface spans the bounding box of its points, so one stray point far away costs
resolution everywhere.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from steps.reconstruction.dense.views import View
from steps.reconstruction.meshing.ply import Cloud, Points

NEIGHBORS = 8
STRAY = 6.0
"""A point is a stray when its neighbors are so many times farther off than is usual at its distance."""
FAR = 4.0
"""A point is background when it is so many times farther from the cameras than the middle one."""
ASIDE, COMMON = 1.75, 0.5
"""It is beside the subject when it is so many times farther and framed by fewer than this share of the usual views."""
DEEPEST = 12
"""Levels that an octree has at most."""
ASKED = 20_000
"""So many points say what is usual."""
DENSE = 2.0
"""So many points in each cell of a finer octree make it worth its while."""
MARGIN = 0.5
"""The box around nearly all points is widened on each side by this share of its own side."""
WITHIN = (1.0, 99.0)
"""The box holds the points between these percentiles of each axis."""
GAP = 0.04
"""Groups of points farther apart than about this share of the box's diagonal are separate islands."""
ISLAND = 0.02
"""An island is kept when it has this share of the points."""


def spacings(points: Points) -> NDArray[np.float64]:
    """Mean distance of each point to its nearest neighbors, [n]."""
    from scipy.spatial import KDTree

    near, _ = KDTree(points).query(points, k=min(NEIGHBORS, len(points) - 1) + 1, workers=1)
    return np.asarray(near[:, 1:].mean(axis=1), np.float64)


@dataclass(frozen=True)
class Subject:
    """The points of the subject, and the octree that they deserve."""

    cloud: Cloud
    depth: int  # levels
    cell: float  # side of its smallest cell, scene units


def crop(cloud: Cloud, views: Sequence[View], depth: int) -> Subject:
    """What the cameras look at, in no more points than the cells of an octree tell apart.

    `depth` levels divide the subject, and one more where the points are dense enough for it. What is beside the subject
    adds levels above those.
    """
    centers = [view.center for view in views]
    kept = cloud
    beside = np.zeros(len(cloud.points), np.bool_)
    if len(centers):
        distance = _from_cameras(cloud.points, centers)
        usual = np.median(distance)
        off = np.flatnonzero(distance > ASIDE * usual)
        beside[off] = _off_the_common_view(cloud.points[off], cloud.points[distance <= usual], views)
        beside, kept = beside[distance <= FAR * usual], _chosen(cloud, distance <= FAR * usual)
    inside = _in_box(kept.points)
    kept, beside = _chosen(kept, inside), beside[inside]
    subject = _chosen(kept, ~beside)
    subject = _chosen(subject, _in_box(subject.points))
    cell = float(np.ptp(subject.points, axis=0).max(initial=0)) / 2 ** (depth + 1)
    if len(subject.points) < DENSE * len(thinned(subject, cell).points):
        cell *= 2
    kept = thinned(kept, cell)
    if len(centers):
        relative = spacings(kept.points) / np.maximum(_from_cameras(kept.points, centers), 1e-12)
        kept = _chosen(kept, relative <= STRAY * np.median(relative))
        kept = _chosen(kept, _in_box(kept.points))
    low, high = np.percentile(kept.points, WITHIN, axis=0)
    kept = _chosen(kept, _on_islands(kept.points, GAP * float(np.linalg.norm(high - low))))
    side = float(np.ptp(kept.points, axis=0).max(initial=0))
    depth = int(np.clip(round(np.log2(max(side / max(cell, 1e-300), 1.0))), depth, DEEPEST))
    return Subject(kept, depth, side / 2**depth)


def _off_the_common_view(far: Points, near: Points, views: Sequence[View]) -> NDArray[np.bool_]:
    """Which of the points `far` [n, 3] fewer views frame than is usual for those that are `near`."""
    some = near[:: max(1, len(near) // ASKED)]
    return np.asarray(_framed(far, views) < COMMON * np.median(_framed(some, views)), np.bool_)


def _framed(points: Points, views: Sequence[View]) -> NDArray[np.int64]:
    """In how many views each point falls, [n]."""
    count = np.zeros(len(points), np.int64)
    for view in views:
        spot, depth = view.spots(points)
        count += (depth > 1e-9) & (spot >= 0).all(axis=1) & (spot < [view.width, view.height]).all(axis=1)
    return count


def _from_cameras(points: Points, centers: Sequence[Points]) -> NDArray[np.float64]:
    """Distance of each point to the nearest camera, [n]."""
    from scipy.spatial import KDTree

    return np.asarray(KDTree(np.array(centers)).query(points, workers=1)[0], np.float64)


def _in_box(points: Points) -> NDArray[np.bool_]:
    """Per point: it is in the generous box around nearly all of them."""
    low, high = np.percentile(points, WITHIN, axis=0)
    margin = MARGIN * (high - low)
    return np.asarray(((points >= low - margin) & (points <= high + margin)).all(axis=1), np.bool_)


def thinned(cloud: Cloud, side: float) -> Cloud:
    """One point, the mean, for all points of a voxel of this `side` that face the same way.

    Memory and time of a surface then depend on its cells, not on how many photographs saw each; and means are quieter.
    """
    axis = np.abs(cloud.normals).argmax(axis=1)
    sign = np.take_along_axis(cloud.normals, axis[:, None], axis=1)[:, 0] > 0
    if not side > 0:
        return cloud
    cell = np.floor((cloud.points - cloud.points.min(axis=0)) / side).astype(np.int64)
    extent = cell.max(axis=0) + 1
    key = ((cell[:, 0] * extent[1] + cell[:, 1]) * extent[2] + cell[:, 2]) * 6 + 2 * axis + sign
    _, group, count = np.unique(key, return_inverse=True, return_counts=True)

    def means(values: NDArray[np.generic]) -> Points:
        return np.column_stack([np.bincount(group, weights=values[:, k]) / count for k in range(3)])

    normals = means(cloud.normals)
    normals /= np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-12)
    return Cloud(means(cloud.points), normals, np.rint(means(cloud.colors)).astype(np.uint8))


def _on_islands(points: Points, gap: float) -> NDArray[np.bool_]:
    """Per point: it belongs to a group, counted in voxels of side `gap`, that is significant."""
    from scipy.ndimage import label

    cell = ((points - points.min(axis=0)) / max(gap, 1e-12)).astype(np.int64)
    occupied = np.zeros(cell.max(axis=0) + 1, bool)
    occupied[tuple(cell.T)] = True
    labels: Any = label(occupied, structure=np.ones((3, 3, 3)))
    island = np.asarray(labels[0], np.int64)[tuple(cell.T)]
    return np.asarray((np.bincount(island) >= ISLAND * len(points))[island], np.bool_)


def _chosen(cloud: Cloud, keep: NDArray[np.bool_]) -> Cloud:
    return Cloud(cloud.points[keep], cloud.normals[keep], cloud.colors[keep])
