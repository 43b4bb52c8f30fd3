"""Which part of the model the photographs are of, so that a view shows that, and not the street behind it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from steps.reconstruction.projection import project
from steps.reconstruction.scene import CameraView

Array = NDArray[np.float64]

COMMON = 0.5
"""The subject is in so large a share of as many frames as what is in most of them."""
MOST = 0.9
"""That is the percentile, over all vertices in all frames, of the frames that a vertex is in."""
APART = 0.6
"""The subject alone is shown when it is so much smaller than everything; else the rest is no distraction."""


def subject(vertices: Array, views: Sequence[CameraView]) -> Array:
    """Those of `vertices` [n, 3] that a view of the model has to show, [m, 3]."""
    framed = np.zeros(len(vertices), np.int64)
    for view in views:
        framed += project(view, vertices).inside
    if not framed.any():
        return vertices
    order = np.argsort(framed)
    most = framed[order][np.searchsorted(np.cumsum(framed[order]), MOST * framed.sum())]
    within = vertices[framed >= COMMON * most]
    return within if _extent(within) < APART * _extent(vertices) else vertices


def _extent(points: Array) -> float:
    """The diagonal of the box around nearly all of the points."""
    return float(np.linalg.norm(np.ptp(np.percentile(points, (1, 99), axis=0), axis=0)))
