"""Pairs of photographs without depth: the camera turned or zoomed, the picture slid, or both are one picture."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from steps.reconstruction.alignment.graph import Edge, Graph

Array = NDArray[np.float64]
Chosen = NDArray[np.bool_]

_WITHIN = 0.003
"""How far from its place a point may lie to be explained, as a share of the longer side; lenses bend that much."""
_WITHIN_PX = 2.0
_SAME_PLACE = 0.001
"""How far a point of a copy may lie from its place, as a share of each side, and `_SAME_PX` where that is more."""
_SAME_PX = 0.75
_FOCALS = (0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0, 1.1, 1.25, 1.4, 1.6, 1.9, 2.3, 3.0, 5.0)
"""Focal lengths that are tried, in longer sides."""
_BENDS = (0.0, -0.3, -0.15, 0.15, 0.3)
"""Radial distortions that are tried."""
_POINTS = 400
_WITH_DEPTH = 0.7
"""A turned camera explains less of a pair with depth: below 0.4 in all that were looked at, above 0.95 without."""


@dataclass(frozen=True, slots=True)
class Motion:
    """Between two photographs."""

    edge: Edge
    turned: float
    """Share of the inliers that a camera explains which only turned and zoomed, or a picture that was edited."""
    copied: bool
    """Every inlier is at the same place in both, whatever their sizes."""

    @property
    def has_depth(self) -> bool:
        """No turned camera explains the pair."""
        return self.turned < _WITH_DEPTH


def motion(graph: Graph, edge: Edge) -> Motion:
    """Look at the inliers of a pair."""
    a, b = graph.places(edge)
    size_a, size_b = np.array(graph.sizes[edge.a], np.float64), np.array(graph.sizes[edge.b], np.float64)
    moved = np.abs(a / size_a - b / size_b)
    same = np.maximum(_SAME_PLACE, _SAME_PX / np.minimum(size_a, size_b))
    copied = bool(np.mean((moved < same).all(axis=1)) > 0.9)
    return Motion(edge, 1.0 if copied else turned_share(a, b, size_a, size_b), copied)


def turned_share(a: Array, b: Array, size_a: Array, size_b: Array) -> float:
    """The share of the matches a ↔ b [n, 2] that one rotation, a focal length, a zoom and a bent lens explain.

    Photographs of one place differ by K₂ R K₁⁻¹. Homographies of flat things seen from two places differ from
    that in three of their eight numbers, so that a wall is no turned camera. Neither is a picture that was cut, turned,
    or stretched: that is affine, and looking at it from beside is not.
    """
    some = np.linspace(0, len(a) - 1, min(len(a), _POINTS)).astype(int)
    points_a, points_b = (a[some] - size_a / 2) / size_a.max(), (b[some] - size_b / 2) / size_b.max()
    within = max(_WITHIN, _WITHIN_PX / size_b.max())
    zooms = (1.0, _zoom(points_a, points_b))
    best = _edited(points_a, points_b, within)
    if best > 0.97:
        return best
    for bend in _BENDS:
        straight_a, straight_b = _straight(points_a, bend), _straight(points_b, bend)
        for focal, zoom in itertools.product(_FOCALS, zooms):
            best = max(best, _turn(straight_a, straight_b, focal, focal * zoom, within))
            if best > 0.97:
                return best
    return best


def _zoom(a: Array, b: Array) -> float:
    """How much larger things are in b: the median over pairs of matches."""
    half = len(a) // 2
    apart_a, apart_b = (np.linalg.norm(of[:half] - of[-half:], axis=1) for of in (a, b))
    far = apart_a > 0.02
    return float(np.median(apart_b[far] / apart_a[far])) if far.any() else 1.0


def _straight(points: Array, bend: float) -> Array:
    return np.asarray(points * (1 + bend * (points**2).sum(axis=1, keepdims=True)), np.float64)


def _turn(a: Array, b: Array, focal_a: float, focal_b: float, within: float) -> float:
    """The share that the best rotation explains."""
    rays_a, rays_b = _rays(a, focal_a), _rays(b, focal_b)

    def away(chosen: Chosen) -> Array:
        u, _, vt = np.linalg.svd(rays_b[chosen].T @ rays_a[chosen])
        mapped = rays_a @ (u @ np.diag([1, 1, np.sign(np.linalg.det(u @ vt))]) @ vt).T
        ahead = mapped[:, 2] > 1e-6
        flat = focal_b * mapped[:, :2] / np.where(ahead, mapped[:, 2], 1e-6)[:, None]
        return np.asarray(np.linalg.norm(flat - b, axis=1), np.float64)

    return _explained(away, len(a), within)


def _edited(a: Array, b: Array, within: float) -> float:
    """The share that the best affine map explains."""
    design = np.concatenate([a, np.ones((len(a), 1))], axis=1)

    def away(chosen: Chosen) -> Array:
        solved = np.linalg.lstsq(design[chosen], b[chosen], rcond=None)[0]
        return np.asarray(np.linalg.norm(design @ solved - b, axis=1), np.float64)

    return _explained(away, len(a), within)


def _explained(away: Callable[[Chosen], Array], count: int, within: float) -> float:
    """The share of points that end where they should, by a map fitted to all, then twice to those it explains best."""
    chosen = np.ones(count, np.bool_)
    distance = np.full(count, np.inf)
    for _ in range(3):
        distance = away(chosen)
        chosen = distance <= max(3 * within, float(np.median(distance)))
    return float(np.mean(distance < within))


def _rays(points: Array, focal: float) -> Array:
    rays = np.concatenate([points / focal, np.ones((len(points), 1))], axis=1)
    return np.asarray(rays / np.linalg.norm(rays, axis=1, keepdims=True), np.float64)
