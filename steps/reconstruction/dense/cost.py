"""How badly a plane matches: one minus the bilaterally weighted correlation of two image patches.

After Schönberger et al., "Pixelwise View Selection for Unstructured Multi-View Stereo" (ECCV 2016), with
two economies: 32 samples of an 11 × 11 window, which fill vector registers exactly, and the plane's
homography linearized at the window's center (over five pixels the difference is far below a pixel).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from steps.reconstruction.dense.jit import kernel

RADIUS = 5
"""Half the window, pixels."""
PADDING = 8
"""Pixels by which packed images repeat their border."""
WORST = 2.0
"""The cost of what cannot be compared; a perfect match costs 0, an inverted one 2."""
LEAST_VARIANCE = 1.0
"""Below this (gray levels², of 255) a patch has nothing to compare."""

_SIGMA_SPACE, _SIGMA_GRAY = 5.0, 51.0  # pixels, gray levels: COLMAP's 5 and 0.2 of the range
_odd = np.arange(-RADIUS, RADIUS + 1, 2)
_grid = np.array([(x, y) for y in _odd for x in _odd if abs(x) + abs(y) < 2 * RADIUS])
OFFSETS_X, OFFSETS_Y = (np.ascontiguousarray(_grid[:, axis].astype(np.float32)) for axis in (0, 1))
"""[32] pixels: a 6 × 6 grid of every second pixel without its corners."""
SAMPLES = len(_grid)
SPACE_WEIGHTS = np.exp(-(_grid**2).sum(axis=1) / (2 * _SIGMA_SPACE**2)).astype(np.float32)
GRAY_WEIGHTS = np.exp(-(np.arange(256.0) ** 2) / (2 * _SIGMA_GRAY**2)).astype(np.float32)
_STEPS_X, _STEPS_Y = _grid[:, 0].copy(), _grid[:, 1].copy()


def pack(image: NDArray[np.uint8]) -> NDArray[np.uint32]:
    """`image` [h, w], padded, each value beside its right, lower and lower right neighbors in one word.

    Bilinear interpolation then needs one load instead of four.
    """
    padded = np.pad(image, ((PADDING, PADDING + 1), (PADDING, PADDING + 1)), mode="edge").astype(np.uint32)
    return padded[:-1, :-1] | padded[:-1, 1:] << 8 | padded[1:, :-1] << 16 | padded[1:, 1:] << 24


@kernel
def describe_patch(
    x: int, y: int, image: NDArray[np.uint8], weights: NDArray[np.float32], deviations: NDArray[np.float32]
) -> tuple[float, float]:
    """Mean and variance of the patch at (x, y); fills its normalized `weights` and weighted `deviations` [32]."""
    height, width = image.shape
    center = np.int64(image[y, x])
    total = np.float32(0.0)
    mean = np.float32(0.0)
    for k in range(SAMPLES):
        px, py = x + _STEPS_X[k], y + _STEPS_Y[k]
        if px < 0 or py < 0 or px >= width or py >= height:
            weights[k] = 0.0
            deviations[k] = 0.0
            continue
        value = np.int64(image[py, px])
        weights[k] = SPACE_WEIGHTS[k] * GRAY_WEIGHTS[abs(value - center)]
        deviations[k] = value
        total += weights[k]
        mean += weights[k] * deviations[k]
    mean /= total
    variance = np.float32(0.0)
    for k in range(SAMPLES):
        deviation = deviations[k] - mean
        weights[k] /= total
        deviations[k] = weights[k] * deviation
        variance += deviations[k] * deviation
    return mean, variance


@kernel
def match_cost(
    x: int,
    y: int,
    w: float,
    wx: float,
    wy: float,
    projection: NDArray[np.float64],
    texels: NDArray[np.uint32],
    start: int,
    height: int,
    width: int,
    weights: NDArray[np.float32],
    deviations: NDArray[np.float32],
    mean: float,
    variance: float,
) -> float:
    """Cost in [0, 2] of plane (w, wx, wy) at pixel (x, y) in the source image at `texels[start:]`.

    `projection` [3, 4] takes (x, y, 1, inverse depth) to homogeneous pixels of the source.
    """
    q = projection
    depth = q[2, 0] * x + q[2, 1] * y + q[2, 2] + q[2, 3] * w
    if depth <= 1e-9:
        return WORST
    scale = 1.0 / depth
    u = (q[0, 0] * x + q[0, 1] * y + q[0, 2] + q[0, 3] * w) * scale
    v = (q[1, 0] * x + q[1, 1] * y + q[1, 2] + q[1, 3] * w) * scale
    if not (u >= 0.0 and v >= 0.0 and u <= width - 1 and v <= height - 1):
        return WORST
    zx, zy = q[2, 0] + q[2, 3] * wx, q[2, 1] + q[2, 3] * wy
    ux, uy = (q[0, 0] + q[0, 3] * wx - u * zx) * scale, (q[0, 1] + q[0, 3] * wy - u * zy) * scale
    vx, vy = (q[1, 0] + q[1, 3] * wx - v * zx) * scale, (q[1, 1] + q[1, 3] * wy - v * zy) * scale
    reach_u, reach_v = RADIUS * (abs(ux) + abs(uy)), RADIUS * (abs(vx) + abs(vy))
    if u - reach_u < -PADDING or v - reach_v < -PADDING:
        return WORST
    if u + reach_u > width - 1 + PADDING or v + reach_v > height - 1 + PADDING:
        return WORST

    stride = width + 2 * PADDING
    u0, v0 = np.float32(u + PADDING), np.float32(v + PADDING)
    a, b, c, d = np.float32(ux), np.float32(uy), np.float32(vx), np.float32(vy)
    base = np.float32(mean)
    first, second, mixed = np.float32(0.0), np.float32(0.0), np.float32(0.0)
    for k in range(SAMPLES):
        su = u0 + a * OFFSETS_X[k] + b * OFFSETS_Y[k]
        sv = v0 + c * OFFSETS_X[k] + d * OFFSETS_Y[k]
        column, row = np.int32(su), np.int32(sv)
        fu, fv = su - np.float32(column), sv - np.float32(row)
        texel = texels[np.uint64(start + row * stride + column)]
        upper_left = np.float32(np.int32(texel & np.uint32(255)))
        upper_right = np.float32(np.int32((texel >> np.uint32(8)) & np.uint32(255)))
        lower_left = np.float32(np.int32((texel >> np.uint32(16)) & np.uint32(255)))
        lower_right = np.float32(np.int32(texel >> np.uint32(24)))
        upper = upper_left + fu * (upper_right - upper_left)
        lower = lower_left + fu * (lower_right - lower_left)
        value = upper + fv * (lower - upper) - base
        first += weights[k] * value
        second += weights[k] * value * value
        mixed += deviations[k] * value
    source_variance = second - first * first
    if source_variance < LEAST_VARIANCE:
        return WORST
    correlation = mixed / np.sqrt(source_variance * np.float32(variance))
    return min(max(1.0 - correlation, 0.0), WORST)
