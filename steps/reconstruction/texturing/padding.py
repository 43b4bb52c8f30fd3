"""Colors for the texels that no triangle shows: they are seen at seams, in small copies, and cost bytes."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from steps.reconstruction.texturing.rays import Floats
from steps.reconstruction.texturing.texels import Texels

NEAR = 6
"""Texels around charts that repeat the chart's nearest one."""
COARSE = 4
"""What is farther away is filled in a texture so many times smaller."""


def pad(colors: Floats, texels: Texels, *, whole: bool = True) -> NDArray[np.uint8]:
    """The whole texture [s, s, 3]: texels' colors [t, 3], repeated around charts, softly filled farther away.

    Not `whole`, what is farther away stays black.
    """
    import cv2

    size = texels.size
    flat = np.zeros((size * size, 3), np.uint8)
    flat[texels.index] = np.rint(colors).clip(0, 255)
    picture = flat.reshape(size, size, 3)
    empty = np.ones(size * size, np.uint8)
    empty[texels.index] = 0
    found = cv2.distanceTransformWithLabels(empty.reshape(size, size), cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL)
    distance, nearest = np.asarray(found[0], np.float32), np.asarray(found[1], np.int64)
    source = np.zeros(int(nearest.max()) + 1, np.int64)
    source[nearest.ravel()[texels.index]] = texels.index
    near = (distance > 0) & (distance <= NEAR)
    picture[near] = flat[source[nearest[near]]]
    if not whole:
        return picture
    known = distance <= NEAR
    return np.where(known[..., None], picture, _filled(picture, known))


def _filled(picture: NDArray[np.uint8], known: NDArray[np.bool_]) -> NDArray[np.uint8]:
    """The picture's unknown places from ever smaller copies of its known ones (pull and push)."""
    import cv2

    share = known.astype(np.float32)
    size = (max(1, picture.shape[1] // COARSE), max(1, picture.shape[0] // COARSE))
    weight = np.asarray(cv2.resize(share, size, interpolation=cv2.INTER_AREA), np.float32)
    color = np.asarray(cv2.resize(picture * known[..., None], size, interpolation=cv2.INTER_AREA), np.float32)
    levels = [np.dstack([color, weight]).astype(np.float32)]
    while min(levels[-1].shape[:2]) > 1:
        last = levels[-1]
        half = (max(1, last.shape[1] // 2), max(1, last.shape[0] // 2))
        levels.append(np.asarray(cv2.resize(last, half, interpolation=cv2.INTER_AREA), np.float32))
    result = levels[-1]
    for level in reversed(levels[:-1]):
        below = np.asarray(cv2.resize(result, level.shape[1::-1], interpolation=cv2.INTER_LINEAR), np.float32)
        result = np.asarray(level + below * (1 - level[..., 3:]), np.float32)
    full = np.rint(result[..., :3] / np.maximum(result[..., 3:], 1e-6)).clip(0, 255).astype(np.uint8)
    return np.asarray(cv2.resize(full, picture.shape[1::-1], interpolation=cv2.INTER_LINEAR), np.uint8)
