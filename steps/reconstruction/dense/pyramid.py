"""Images at several sizes, and where the search starts and goes on at each."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from steps.reconstruction.dense.cost import pack
from steps.reconstruction.dense.patchmatch import Search
from steps.reconstruction.dense.sources import Sources
from steps.reconstruction.dense.views import View, relative, scaled, sparse_inverse_depths

Planes = NDArray[np.float32]
"""[h, w, 3], see `plane`."""
Gray = NDArray[np.uint8]
"""[h, w]."""

RANGE_PERCENTILES, RANGE_MARGIN = (1, 99), 4.0
"""Of the sparse points' inverse depths, and the factor by which the search goes beyond them.

Generous, because smooth ground before the camera has few sparse points and is near.
"""


def gray_at(image: Gray, level: int) -> Gray:
    """`image` halved `level` times, each pixel the mean of those it covers."""
    if level == 0:
        return image
    height, width = image.shape
    size = (max(1, round(width / 2**level)), max(1, round(height / 2**level)))
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)


def calibration_at(view: View, shape: tuple[int, ...]) -> NDArray[np.float64]:
    """The calibration of `view` resized to `shape` (h, w)."""
    return scaled(view.calibration, shape[1] / view.width, shape[0] / view.height)


def starting_planes(view: View, shape: tuple[int, ...]) -> Planes:
    """Planes across the view between the sparse points, at the nearest one's depth outside them."""
    from scipy.interpolate import LinearNDInterpolator, NearestNDInterpolator
    from scipy.spatial import QhullError

    height, width = shape
    points = sparse_inverse_depths(view)
    pixels = (points[:, :2] + 0.5) * [width / view.width, height / view.height] - 0.5
    y, x = np.mgrid[:height, :width].astype(float)
    planes = np.zeros((height, width, 3), np.float32)
    planes[:, :, 0] = NearestNDInterpolator(pixels, points[:, 2])(x, y)
    try:
        between = LinearNDInterpolator(pixels, points[:, 2])(x, y)
    except QhullError:  # fewer than three points, or all on one line: there is no between
        return planes
    planes[:, :, 0] = np.where(np.isfinite(between), between, planes[:, :, 0])
    return planes


def enlarged(planes: Planes, shape: tuple[int, ...]) -> Planes:
    """The same planes for an image of `shape` (h, w)."""
    height, width = shape
    down, across = planes.shape[0] / height, planes.shape[1] / width
    y, x = (np.arange(height) + 0.5) * down - 0.5, (np.arange(width) + 0.5) * across - 0.5
    row = np.clip(np.rint(y), 0, planes.shape[0] - 1).astype(int)
    column = np.clip(np.rint(x), 0, planes.shape[1] - 1).astype(int)
    fine = planes[np.ix_(row, column)].copy()
    fine[:, :, 0] += fine[:, :, 1] * (x - column)[None, :] + fine[:, :, 2] * (y - row)[:, None]
    fine[:, :, 1] *= across
    fine[:, :, 2] *= down
    return fine


def gather_sources(
    view: View, others: Sequence[View], shape: tuple[int, ...], images: Sequence[Gray], planes: Sequence[Planes] = ()
) -> Sources:
    """Lay the sources' pixels, and their planes where known, one after another, with the way to each and back."""
    here = calibration_at(view, shape)
    packed = [pack(image) for image in images]
    texels = np.cumsum([0, *(words.size for words in packed)])
    pixels = np.cumsum([0, *(image.size for image in images)])
    cameras = [calibration_at(other, image.shape) for other, image in zip(others, images, strict=True)]
    return Sources(
        np.concatenate([words.ravel() for words in packed]),
        np.concatenate([p.reshape(-1, 3) for p in planes]) if planes else np.zeros((0, 3), np.float32),
        np.array([[texels[j], pixels[j], *image.shape] for j, image in enumerate(images)], np.int64),
        np.array([relative(view, other, here, camera) for other, camera in zip(others, cameras, strict=True)]),
        np.array([relative(other, view, camera, here) for other, camera in zip(others, cameras, strict=True)]),
    )


def prepare_search(view: View, shape: tuple[int, ...], sources: Sources, consistency: float, seed: int) -> Search:
    """The range of the search, from the sparse points seen, and its scale at an image size."""
    low, high = np.percentile(sparse_inverse_depths(view)[:, 2], RANGE_PERCENTILES)
    farthest, nearest = float(low) / RANGE_MARGIN, float(high) * RANGE_MARGIN
    x, y, w = shape[1] / 2, shape[0] / 2, np.sqrt(farthest * nearest)
    here, closer = (sources.there @ np.array([x, y, 1, w * by]) for by in (1.0, 1.01))
    moved = np.linalg.norm(closer[:, :2] / closer[:, 2:] - here[:, :2] / here[:, 2:], axis=1).max()
    fx, fy, cx, cy = (float(value) for value in calibration_at(view, shape))
    return Search(fx, fy, cx, cy, farthest, nearest, float(0.01 * w / max(moved, 1e-6)), consistency, seed)
