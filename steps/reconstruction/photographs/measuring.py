"""Figures of one photograph: sharpness, brightness, clipping, contrast."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

Gray = NDArray[np.float32]

_WORKING_SIZE = 1600
"""Longer side, pixels, at which blur is measured: that of the finest dense stereo."""
_SMOOTHING = 0.7
_REBLUR = 1.0
"""Sigmas, pixels: of the filter against noise, and of the known blur that is added."""
_DIFFERENCE = 1 / 3
"""Variance, pixels², that the difference over two pixels adds to an edge's: that of a box two pixels wide."""
_EDGES = 0.04
"""The share of pixels with the strongest gradients, which count as edges."""
_WEAKEST_EDGE = 16.0
_SHARPEST = 0.3
"""Of the edges' blurs this quantile is the photograph's: shadows and rounded things are soft in a sharp one too."""
_FEWEST_EDGES = 50


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

    @property
    def sharpness(self) -> float:
        """1 for a photograph without blur, 0.5 at a blur of one pixel, 0 for fog."""
        return 1.0 / (1.0 + self.blur_px**2)


def measure(rgb: NDArray[np.uint8]) -> Figures:
    """Measure a photograph [h, w, 3]."""
    gray = np.asarray(cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY), np.uint8)
    low, high = np.percentile(gray, (5, 95))
    return Figures(
        blur_px=max(_blur(_resized(gray), direction) for direction in ((1, 0), (0, 1))),
        brightness=float(gray.mean()) / 255,
        clipped=float((rgb.min(axis=2) >= 254).mean()),
        contrast=float(high - low) / 255,
    )


def _resized(gray: NDArray[np.uint8]) -> Gray:
    scale = _WORKING_SIZE / max(gray.shape)
    if scale < 1:
        gray = cv2.resize(gray, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA).astype(np.uint8)
    return gray.astype(np.float32)


def _blur(gray: Gray, direction: tuple[int, int]) -> float:
    """The blur of edges across one direction (1, 0) or (0, 1), pixels.

    The gradient at the middle of a step edge of blur s falls by R = sqrt((s² + r²) / s²) when blur r is
    added; R gives s whatever the edge's height. Zhuo and Sim, "Defocus map estimation from a single
    image", Pattern Recognition 44, 2011; re-blurring as a measure is Crete et al., SPIE 6492, 2007.
    """
    smooth = cv2.GaussianBlur(gray, (0, 0), _SMOOTHING)
    before = np.abs(cv2.Sobel(smooth, cv2.CV_32F, *direction))
    after = np.abs(cv2.Sobel(cv2.GaussianBlur(smooth, (0, 0), _REBLUR), cv2.CV_32F, *direction))
    axis = 1 if direction[0] else 0
    edges = (before >= np.roll(before, 1, axis)) & (before >= np.roll(before, -1, axis))
    edges &= before > max(float(np.quantile(before, 1 - _EDGES)), _WEAKEST_EDGE)
    if np.count_nonzero(edges) < _FEWEST_EDGES:
        return float("inf")
    ratio = before[edges] / np.maximum(after[edges], 1e-3)
    variances = _REBLUR**2 / np.maximum(ratio**2 - 1, 1e-3) - _SMOOTHING**2 - _DIFFERENCE
    return float(np.sqrt(max(float(np.quantile(variances, _SHARPEST)), 0.0)))
