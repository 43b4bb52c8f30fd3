"""How badly a plane matches: one minus the bilaterally weighted correlation of two image patches.

After Schönberger et al., "Pixelwise View Selection for Unstructured Multi-View Stereo" (ECCV 2016), with
two economies: 32 samples of an 11 by 11 window, which fill vector registers exactly, and the plane's
homography linearized at the window's center (over five pixels the difference is far below a pixel).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from steps.reconstruction.dense.jit import inner
from steps.reconstruction.dense.sources import Sources, project

RADIUS = 5
"""Half the window, pixels."""
PADDING = 8
"""Pixels by which packed images repeat their border."""
WORST = 2.0
"""The cost of what cannot be compared; a perfect match costs 0, an inverted one 2."""
LEAST_VARIANCE = 1.0
"""Below this (gray levels², of 255) a patch has nothing to compare."""
SIGMA_SPACE, SIGMA_GRAY = 5.0, 20.0
"""Pixels and gray levels over which a sample loses weight: COLMAP's 5, and fewer than its 51."""

_odd = np.arange(-RADIUS, RADIUS + 1, 2)
OFFSETS = np.array([(x, y) for y in _odd for x in _odd if abs(x) + abs(y) < 2 * RADIUS])
"""[32, 2] pixels: a 6 by 6 grid of every second pixel without its corners."""
SAMPLES = len(OFFSETS)
_RIGHT, _DOWN = (np.ascontiguousarray(OFFSETS[:, axis].astype(np.float32)) for axis in (0, 1))
_SPACE_WEIGHTS = np.exp(-(OFFSETS**2).sum(axis=1) / (2 * SIGMA_SPACE**2)).astype(np.float32)
_GRAY_WEIGHTS = np.exp(-(np.arange(256.0) ** 2) / (2 * SIGMA_GRAY**2)).astype(np.float32)
_BYTE, _8, _16, _24 = np.uint32(255), np.uint32(8), np.uint32(16), np.uint32(24)


class Patch(NamedTuple):
    """The reference pixel's window: what the correlation needs of it."""

    weights: NDArray[np.float32]  # [32] sum 1
    deviations: NDArray[np.float32]  # [32] weight times (gray level - mean)
    mean: float
    variance: float


def pack(image: NDArray[np.uint8]) -> NDArray[np.uint32]:
    """`image` [h, w], padded, each value beside its right, lower and lower right neighbors in one word.

    Bilinear interpolation then needs one load instead of four.
    """
    padded = np.pad(image, ((PADDING, PADDING + 1), (PADDING, PADDING + 1)), mode="edge").astype(np.uint32)
    right, lower, opposite = padded[:-1, 1:] << _8, padded[1:, :-1] << _16, padded[1:, 1:] << _24
    words: NDArray[np.uint32] = padded[:-1, :-1] | right | lower | opposite
    return words


@inner
def describe_patch(
    x: int, y: int, image: NDArray[np.uint8], weights: NDArray[np.float32], deviations: NDArray[np.float32]
) -> tuple[float, float]:
    """Mean and variance of the patch at pixel (x, y); fills a Patch's two arrays [32].

    Samples outside the image weigh nothing.
    """
    height, width = image.shape
    center = np.int64(image[y, x])
    total, mean, variance = np.float32(0.0), np.float32(0.0), np.float32(0.0)
    for k in range(SAMPLES):
        column, row = x + OFFSETS[k, 0], y + OFFSETS[k, 1]
        weights[k], deviations[k] = 0.0, 0.0
        if column >= 0 and row >= 0 and column < width and row < height:
            value = np.int64(image[row, column])
            weights[k] = _SPACE_WEIGHTS[k] * _GRAY_WEIGHTS[abs(value - center)]
            deviations[k] = value
            total += weights[k]
            mean += weights[k] * deviations[k]
    mean /= total
    for k in range(SAMPLES):
        deviation = deviations[k] - mean
        weights[k] /= total
        deviations[k] = weights[k] * deviation
        variance += deviations[k] * deviation
    return float(mean), float(variance)


@inner
def match_cost(x: int, y: int, w: float, wx: float, wy: float, patch: Patch, j: int, sources: Sources) -> float:
    """Cost in [0, 2] of plane (w, wx, wy) at pixel (x, y) with its `patch` in source j."""
    start, height, width = sources.layout[j, 0], sources.layout[j, 2], sources.layout[j, 3]
    q = sources.there[j]
    u, v, scale = project(q, x, y, w)
    if scale <= 0.0 or not (u >= 0.0 and v >= 0.0 and u <= width - 1 and v <= height - 1):
        return WORST
    zx, zy = q[2, 0] + q[2, 3] * wx, q[2, 1] + q[2, 3] * wy
    ux, uy = (q[0, 0] + q[0, 3] * wx - u * zx) * scale, (q[0, 1] + q[0, 3] * wy - u * zy) * scale
    vx, vy = (q[1, 0] + q[1, 3] * wx - v * zx) * scale, (q[1, 1] + q[1, 3] * wy - v * zy) * scale
    reach_u, reach_v = RADIUS * (abs(ux) + abs(uy)), RADIUS * (abs(vx) + abs(vy))
    if u - reach_u < -PADDING or v - reach_v < -PADDING:
        return WORST
    if u + reach_u > width - 1 + PADDING or v + reach_v > height - 1 + PADDING:
        return WORST

    # Everything in this loop is float32 or one word, and free of branches, so that it runs in vector registers.
    stride = width + 2 * PADDING
    u0, v0, base = np.float32(u + PADDING), np.float32(v + PADDING), np.float32(patch.mean)
    a, b, c, d = np.float32(ux), np.float32(uy), np.float32(vx), np.float32(vy)
    first, second, mixed = np.float32(0.0), np.float32(0.0), np.float32(0.0)
    for k in range(SAMPLES):
        across, along = u0 + a * _RIGHT[k] + b * _DOWN[k], v0 + c * _RIGHT[k] + d * _DOWN[k]
        column, row = np.int32(across), np.int32(along)
        fraction_x, fraction_y = across - np.float32(column), along - np.float32(row)
        texel = sources.texels[np.uint64(start + row * stride + column)]
        upper_left, upper_right = np.float32(np.int32(texel & _BYTE)), np.float32(np.int32((texel >> _8) & _BYTE))
        lower_left, lower_right = np.float32(np.int32((texel >> _16) & _BYTE)), np.float32(np.int32(texel >> _24))
        upper = upper_left + fraction_x * (upper_right - upper_left)
        lower = lower_left + fraction_x * (lower_right - lower_left)
        value = upper + fraction_y * (lower - upper) - base
        first += patch.weights[k] * value
        second += patch.weights[k] * value * value
        mixed += patch.deviations[k] * value
    variance = second - first * first
    if variance < LEAST_VARIANCE:
        return WORST
    cost: float = 1.0 - mixed / np.sqrt(variance * np.float32(patch.variance))
    return min(max(cost, 0.0), WORST)
