"""Figures of one photograph: blur, brightness, clipping, contrast."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

Gray = NDArray[np.float32]
Bytes = NDArray[np.uint8]
Places = NDArray[np.intp]

WORKING_SIZE = 2400
"""Longer side, pixels, at which blur is measured: that at which features are looked for."""
_SCALES = (1.0, 2.0)
"""Smoothings, sigmas in pixels, at which gradients are compared."""
_TOLD_AT_HALF = 1.0
"""Blur, pixels, from which half the size is looked at, too: it sees blur through strong noise, but none of half its pixels."""
_TILE = 32
"""Side of the tiles in which edges are put together, pixels."""
_EDGES = 0.08
"""The share of the pixels in one direction with the strongest gradients, which may be edges."""
_WEAKEST_EDGE = 1.5
_NOISE_FACTOR = 5.0
"""An edge is so many times steeper than the noise."""
_PLAINEST = 0.1
"""The share of the tiles with the least in them, which show the noise."""
_SHARPEST = 0.3
"""Of the tiles' blurs this quantile is the photograph's: shadows and what is out of focus are soft in a sharp one too."""
_FEWEST_EDGES, _FEWEST_IN_TILE, _FEWEST_TILES = 50, 6, 4
_R = 0.70710678
_DIRECTIONS = (((1.0, 0.0), (0, 1)), ((0.0, 1.0), (1, 0)), ((_R, _R), (1, 1)), ((_R, -_R), (-1, 1)))
"""Across an edge: unit vector (x, y) and the step (rows, columns) to the next pixel."""
_ACROSS = 0.75
"""Squared cosine of 30°."""
_STRAIGHT = 1.5
"""An edge goes on so many coarse sigmas to both sides; the corners of sharp things look like soft edges."""
_DIFFERENCE = 0.55
"""Variance, pixels², that pixels and the difference over two of them add to an edge's: a step's comes out as 0."""


@dataclass(frozen=True, slots=True)
class Figures:
    """Figures of one photograph."""

    blur_px: float
    """Standard deviation of the blur at the working size, pixels; infinite where there is no edge to tell."""
    brightness: float
    """Mean luma, 0–1."""
    clipped: float
    """Share of pixels that are burnt out: white, all channels at their upper end."""
    contrast: float
    """From the 5th to the 95th percentile of luma, 0–1."""
    brightest: float
    """98th percentile of luma, 0–1."""
    unclipped: float
    """Median luma of the pixels that are not burnt out, 0–1."""

    @property
    def sharpness(self) -> float:
        """1 for a photograph without blur, 0.5 at a blur of one pixel, 0 for fog."""
        return 1.0 / (1.0 + self.blur_px**2)


def measure(rgb: Bytes, subject: NDArray[np.bool_] | None = None, blur_px: float | None = None) -> Figures:
    """Measure a photograph [h, w, 3]; its exposure only on the subject [h, w], its blur only where it is not known."""
    gray = np.asarray(cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY), np.uint8)
    burnt = rgb.min(axis=2) >= 254
    seen = np.ones(gray.shape, np.bool_) if subject is None or not subject.any() else subject
    low, high, brightest = np.percentile(gray[seen], (5, 95, 98))
    kept = gray[seen & ~burnt]
    return Figures(
        blur_px=blur(gray) if blur_px is None else blur_px,
        brightness=float(gray[seen].mean()) / 255,
        clipped=float(burnt[seen].mean()),
        contrast=float(high - low) / 255,
        brightest=float(brightest) / 255,
        unclipped=float(np.median(kept)) / 255 if kept.size else 1.0,
    )


def blur(gray: Bytes) -> float:
    """The blur of a photograph at the working size, pixels.

    The gradient at the middle of an edge of blur s, smoothed by r, is proportional to 1 / sqrt(s² + r²), whatever the
    edge's height: two smoothings give s. Re-blurring as a measure: Crete et al., SPIE 6492, 2007; the formula: Zhuo and
    Sim, Pattern Recognition 44, 2011. Squared gradients are summed over the edges of a tile and the noise is taken off
    the sums, so that neither noise nor compression looks sharp. Motion blurs across one direction: the worse ones count.
    """
    scale = WORKING_SIZE / max(gray.shape)
    if scale < 1:
        gray = np.asarray(cv2.resize(gray, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), np.uint8)
    found = _blur_at(gray.astype(np.float32))
    if found is not None and found < _TOLD_AT_HALF:
        return found
    half = cv2.resize(gray, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA).astype(np.float32)
    coarse = _blur_at(half)
    return max(
        (one for one in (found, 2 * coarse if coarse is not None else None) if one is not None), default=float("inf")
    )


def _blur_at(values: Gray) -> float | None:
    """The blur from gradients at two smoothings; None without edges."""
    fine, coarse = (_gradient(values, scale) for scale in _SCALES)
    steepness = coarse[0] ** 2 + coarse[1] ** 2
    noise = _noise(fine[0] ** 2 + fine[1] ** 2, steepness)
    found = [_across(fine, coarse, steepness, noise, *direction) for direction in _DIRECTIONS]
    told = [number for number, one in enumerate(found) if one is not None]
    if not told:
        return None
    variances = np.array([found[number] for number in told], np.float64)
    return float(np.sqrt(_widest(np.array([_DIRECTIONS[number][0] for number in told]), variances)))


def _widest(directions: NDArray[np.float64], variances: NDArray[np.float64]) -> float:
    """The variance along the direction in which it is largest, from variances along some directions [n, 2].

    A blur is a spot with a covariance S, and along u its variance is uᵀ·S·u: three directions tell S, and by how much a
    fourth contradicts them is taken off. From fewer the second largest is taken: one alone may be by chance.
    """
    told = np.sort(variances)
    if len(told) < 4:
        return float(told[-2] if len(told) > 2 else told[-1])
    x, y = directions.T
    design = np.stack([x * x, 2 * x * y, y * y], axis=1)
    (xx, xy, yy), *_ = np.linalg.lstsq(design, variances, rcond=None)
    contradicted = float(np.linalg.norm(design @ np.array([xx, xy, yy]) - variances))
    return max(float(told[-2]), float(np.linalg.eigvalsh(np.array([[xx, xy], [xy, yy]]))[1]) - contradicted)


def _gradient(values: Gray, sigma: float) -> tuple[Gray, Gray]:
    smooth = cv2.GaussianBlur(values, (0, 0), sigma)
    step, none = np.array([-0.5, 0, 0.5], np.float32), np.array([1], np.float32)
    across, down = cv2.sepFilter2D(smooth, -1, step, none), cv2.sepFilter2D(smooth, -1, none, step)
    return np.asarray(across, np.float32), np.asarray(down, np.float32)


def _noise(fine: Gray, coarse: Gray) -> tuple[float, float]:
    """The squared gradient along one direction, at both smoothings, where there is least to see."""
    side = min(_TILE, *fine.shape)
    rows, columns = fine.shape[0] // side, fine.shape[1] // side
    of_tiles = [
        one[: rows * side, : columns * side].reshape(rows, side, columns, side).mean((1, 3)) / 2
        for one in (fine, coarse)
    ]
    plain = of_tiles[1] <= np.quantile(of_tiles[1], _PLAINEST)
    return float(of_tiles[0][plain].mean()), float(of_tiles[1][plain].mean())


def _across(
    fine: tuple[Gray, Gray], coarse: tuple[Gray, Gray], steepness: Gray, noise: tuple[float, float],
    along: tuple[float, float], step: tuple[int, int],
) -> float | None:  # fmt: skip
    """The blur of the strongest edges that lie across a direction; None where there are too few."""
    slope = np.abs(along[0] * coarse[0] + along[1] * coarse[1])
    lies_across = slope * slope > _ACROSS * steepness
    some = slope[::3, ::3][lies_across[::3, ::3]]
    if some.size < _FEWEST_EDGES:
        return None
    weakest = max(float(np.quantile(some, 1 - _EDGES)), _WEAKEST_EDGE, _NOISE_FACTOR * noise[1] ** 0.5)
    lies_across &= slope > weakest
    rows, columns = _edges(slope, lies_across, step)
    if len(rows) < _FEWEST_EDGES:
        return None
    sharp = along[0] * fine[0][rows, columns] + along[1] * fine[1][rows, columns]
    tile = rows // _TILE * (slope.shape[1] // _TILE + 1) + columns // _TILE
    count = np.bincount(tile)
    told = count >= _FEWEST_IN_TILE
    if np.count_nonzero(told) < _FEWEST_TILES:
        return None
    of_fine = (np.bincount(tile, sharp.astype(np.float64) ** 2) - count * noise[0])[told]
    of_coarse = (np.bincount(tile, slope[rows, columns].astype(np.float64) ** 2) - count * noise[1])[told]
    ratio = of_fine / np.maximum(of_coarse, 1e-3)
    variances = (_SCALES[1] ** 2 - ratio * _SCALES[0] ** 2) / np.maximum(ratio - 1, 1e-3) - _DIFFERENCE
    return max(float(np.quantile(np.where(ratio <= 1, 1e3, variances), _SHARPEST)), 0.0)


def _edges(slope: Gray, lies_across: NDArray[np.bool_], step: tuple[int, int]) -> tuple[Places, Places]:
    """Rows and columns where an edge is steepest, and goes straight on to both sides."""
    far = round(_STRAIGHT * _SCALES[1])
    rows, columns = np.nonzero(lies_across[far:-far, far:-far])
    rows, columns = rows + far, columns + far
    down, right = step
    here = slope[rows, columns]
    kept = here >= slope[rows + down, columns + right]
    kept &= here >= slope[rows - down, columns - right]
    kept &= lies_across[rows + far * right, columns - far * down]
    kept &= lies_across[rows - far * right, columns + far * down]
    return rows[kept], columns[kept]
