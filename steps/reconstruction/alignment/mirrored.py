"""Photographs that were flipped left to right."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from steps.reconstruction.colmap import pycolmap

_FEATURES = 3000
"""So many of each photograph, the largest first, are compared."""
_RATIO = 0.8
_CONVINCING = 30

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class _Features:
    places: Array  # [n, 2]
    descriptors: NDArray[np.float32]  # [n, 128], unit length


def find_mirrored(database: Path, numbered: Sequence[str], suspects: Sequence[int], good: Sequence[int]) -> list[int]:
    """The suspects that match some good photograph when flipped, and better than as they are.

    No photograph is read again: a SIFT descriptor of a flipped picture is the same numbers in another order.
    """
    if not suspects or not good:
        return []
    with pycolmap.Database.open(database) as opened:
        models = [_read(opened, numbered[index]) for index in good]
        found = []
        for index in suspects:
            plain = _read(opened, numbered[index])
            flipped = _Features(plain.places * [-1, 1], flip(plain.descriptors))
            if any(_agree(flipped, model) >= max(_CONVINCING, 2 * _agree(plain, model)) for model in models):
                found.append(index)
    return found


def flip(descriptors: NDArray[np.float32]) -> NDArray[np.float32]:
    """Descriptors [n, 128] as they are in the flipped picture: 4 rows × 4 columns × 8 directions, about the feature's
    own direction, so that rows and the sense of turning change."""
    bins = descriptors.reshape(-1, 4, 4, 8)[:, ::-1]
    return np.ascontiguousarray(bins[..., (-np.arange(8)) % 8].reshape(-1, 128))


def _read(opened: pycolmap.Database, name: str) -> _Features:
    image = opened.read_image_with_name(name)
    assert image is not None, f"{name} was never registered"
    keypoints = opened.read_keypoints(image.image_id)
    values = np.asarray(opened.read_descriptors(image.image_id).data, np.float32)
    scale = keypoints[:, 2] if keypoints.shape[1] > 2 else np.ones(len(keypoints))
    largest = np.argsort(-scale, kind="stable")[:_FEATURES]
    values = values[largest] / np.maximum(np.linalg.norm(values[largest], axis=1, keepdims=True), 1e-6)
    return _Features(np.asarray(keypoints[largest, :2], np.float64), values)


def _agree(one: _Features, other: _Features) -> int:
    """Matches that one fundamental matrix explains."""
    if min(len(one.descriptors), len(other.descriptors)) < 16:
        return 0
    cosines = one.descriptors @ other.descriptors.T
    best = cosines.argmax(axis=1)
    rows = np.arange(len(best))
    top = cosines[rows, best]
    mutual = cosines.argmax(axis=0)[best] == rows
    cosines[rows, best] = -1.0
    second = cosines.max(axis=1)
    # lengths of differences of unit vectors, as the ratio test wants them
    distinct = np.sqrt(np.maximum(2 - 2 * top, 0)) < _RATIO * np.sqrt(np.maximum(2 - 2 * second, 1e-12))
    chosen = np.flatnonzero(mutual & distinct)
    if len(chosen) < 16:
        return 0
    cv2.setRNGSeed(0)
    _, inliers = cv2.findFundamentalMat(
        one.places[chosen], other.places[best[chosen]], cv2.FM_RANSAC, ransacReprojThreshold=3.0, confidence=0.999
    )
    return int(np.count_nonzero(inliers))  # OpenCV says None where it finds none, and that counts 0
