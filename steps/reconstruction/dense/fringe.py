"""The fringe that a window leaves around an object: plain background that was matched by the object's edge.

A window beside an object's outline sees the outline; where the background has no texture of its own, the
outline is all there is to match, and the background gets the object's depth. Such a pixel is flat itself, has
what was matched on one side only, lies where the depth map ends or jumps, and on the plain area that goes on
beyond: the rim of the object may be as flat, but its outline lies between it and the background.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from steps.reconstruction.dense.cost import RADIUS, SIGMA_SPACE

FLAT = 0.25
"""A pixel is flat when its 3 by 3 gradient energy is less than this share of its window's."""
PLAIN = 2.0
"""Squared gray levels per pixel of gradient energy up to which an area is plain: noise of two levels makes 1.5."""
BEYOND = 0.5
"""A plain area belongs to the background when this share of it has no depth."""
ONE_SIDED = 0.3
"""Distance of the gradients' center of mass from the pixel, in window radii, from which they are on one side."""
JUMP = 0.02
"""Relative change of depth between neighbors that ends a surface."""


def find_fringe(image: NDArray[np.uint8], depth: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Pixels of `image` [h, w] whose `depth` [h, w] (0: none) is likely that of an outline beside them."""
    gray = image.astype(np.float32)
    right, down = (np.asarray(cv2.Sobel(gray, cv2.CV_32F, *axis, scale=0.125)) for axis in ((1, 0), (0, 1)))
    energy = right**2 + down**2
    reach = np.arange(-RADIUS, RADIUS + 1, dtype=np.float32)
    weight = np.exp(-(reach**2) / np.float32(2 * SIGMA_SPACE**2))
    weight /= weight.sum()
    window = cv2.sepFilter2D(energy, cv2.CV_32F, weight, weight) + np.float32(1e-6)
    off_x = cv2.sepFilter2D(energy, cv2.CV_32F, weight * reach, weight) / window
    off_y = cv2.sepFilter2D(energy, cv2.CV_32F, weight, weight * reach) / window
    one_sided = np.hypot(off_x, off_y) > ONE_SIDED * RADIUS
    around = cv2.blur(energy, (3, 3))
    flat = around < FLAT * window
    background = _goes_on_beyond(np.asarray(flat | (around < PLAIN), np.bool_), depth)
    return np.asarray(one_sided & flat & background & _near_an_end(depth) & (depth > 0))


def _goes_on_beyond(plain: NDArray[np.bool_], depth: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Pixels of `plain` areas that have no depth for the most part."""
    count, area = cv2.connectedComponents(plain.astype(np.uint8), connectivity=4)
    label = np.asarray(area).ravel()
    size = np.maximum(np.bincount(label, minlength=count), 1)
    without = np.bincount(label, weights=(depth <= 0).ravel(), minlength=count) / size
    return np.asarray(plain & (without > BEYOND)[label].reshape(plain.shape), np.bool_)


def _near_an_end(depth: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Pixels within a window of where the depth map has none or jumps."""
    square = np.ones((3, 3), np.uint8)
    high, low = cv2.dilate(depth, square), cv2.erode(depth, square)
    ends = ((low <= 0) | (high > low * (1 + JUMP))).astype(np.uint8)
    side = 2 * RADIUS + 1
    return np.asarray(cv2.dilate(ends, np.ones((side, side), np.uint8)) > 0)
