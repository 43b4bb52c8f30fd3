"""Which of two photographs that mirror each other belongs to a set."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
import PIL.Image
from numpy.typing import NDArray

_SIDE = 640
"""Longer side, pixels, at which photographs are compared."""
_FEATURES = 800
_RATIO = 0.8
"""A match is better than the second best by this factor (Lowe, IJCV 2004)."""
_TOLERANCE = 2.0
"""Pixels from the epipolar line."""
_FEWEST = 15
"""Matches below which chance does as well."""

Features = tuple[NDArray[np.float32], NDArray[np.uint8]]


def fit(path: Path, others: Sequence[Path]) -> int:
    """Matches of a photograph with others that one movement of the camera explains."""
    own = _features(path)
    return sum(_consistent(own, _features(other)) for other in others)


def _features(path: Path) -> Features:
    """Places [n, 2] and descriptors [n, 32]."""
    with PIL.Image.open(path) as image:
        image.draft("L", (_SIDE, _SIDE))
        gray = image.convert("L")
        gray.thumbnail((_SIDE, _SIDE))
    points, descriptors = cv2.ORB.create(_FEATURES).detectAndCompute(np.asarray(gray), None)
    if not points:  # then there are no descriptors either
        return np.empty((0, 2), np.float32), np.empty((0, 32), np.uint8)
    return np.array([point.pt for point in points], np.float32), np.asarray(descriptors, np.uint8)


def _consistent(one: Features, other: Features) -> int:
    """Matches on the epipolar lines of the best fundamental matrix; 0 where there are too few to tell."""
    if min(len(one[0]), len(other[0])) < _FEWEST:
        return 0
    pairs = cv2.BFMatcher(cv2.NORM_HAMMING).knnMatch(one[1], other[1], k=2)
    good = [pair[0] for pair in pairs if len(pair) == 2 and pair[0].distance < _RATIO * pair[1].distance]
    if len(good) < _FEWEST:
        return 0
    here, there = one[0][[match.queryIdx for match in good]], other[0][[match.trainIdx for match in good]]
    cv2.setRNGSeed(0)
    matrix, inliers = cv2.findFundamentalMat(here, there, cv2.FM_RANSAC, _TOLERANCE, 0.99)
    count = int(np.count_nonzero(inliers)) if np.size(matrix) >= 9 else 0  # None, of size 1, where none fits
    return count if count >= _FEWEST else 0
