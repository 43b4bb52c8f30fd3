"""The same search written plainly and slowly in numpy: what the kernels are tested against.

One function for each of theirs, float64 throughout, unpacked images, no economy but the linearized
homography, which is part of the method. Never used to reconstruct anything.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from steps.reconstruction.dense import cost as kernels
from steps.reconstruction.dense import patchmatch as search_kernels
from steps.reconstruction.dense.patchmatch import Search
from steps.reconstruction.dense.sources import MOST_ERROR

Array = NDArray[np.float64]
_WORD = (1 << 64) - 1


class Source(NamedTuple):
    """One source view as it is: no packing."""

    image: NDArray[np.uint8]  # [h, w]
    there: Array  # [3, 4]
    back: Array  # [3, 4]
    planes: NDArray[np.float32] | None  # [h, w, 3]


class Patch(NamedTuple):
    """Weights, sum 1, and gray levels of the samples that lie in the image."""

    weights: Array
    values: Array
    inside: NDArray[np.bool_]


def mix(state: int) -> int:
    """SplitMix64's finalizer on Python's own integers."""
    state = (state ^ (state >> 30)) * 0xBF58476D1CE4E5B9 & _WORD
    state = (state ^ (state >> 27)) * 0x94D049BB133111EB & _WORD
    return state ^ (state >> 31)


def uniform(seed: int, pixel: int, draw: int) -> float:
    """A number in [0, 1)."""
    state = mix(seed + 0x9E3779B97F4A7C15 * (pixel + 1) & _WORD)
    return float((mix(state + 0x9E3779B97F4A7C15 * (draw + 1) & _WORD) >> 11) * 2.0**-53)


def homogeneous(matrix: Array, x: float, y: float, w: float) -> Array:
    """Pixel (u, v) and its scale's inverse."""
    projected: Array = matrix @ np.array([x, y, 1.0, w])
    return projected


def bilinear(image: NDArray[np.uint8], u: Array, v: Array) -> Array:
    """Gray levels at (u, v); outside, those of the border."""
    padded = np.pad(image.astype(float), kernels.PADDING + 1, mode="edge")
    u, v = u + kernels.PADDING + 1, v + kernels.PADDING + 1
    column, row = np.floor(u).astype(int), np.floor(v).astype(int)
    right, down = u - column, v - row
    upper = padded[row, column] * (1 - right) + padded[row, column + 1] * right
    lower = padded[row + 1, column] * (1 - right) + padded[row + 1, column + 1] * right
    return np.asarray(upper * (1 - down) + lower * down)


def describe_patch(x: int, y: int, image: NDArray[np.uint8]) -> Patch:
    """The window around (x, y), weighted by nearness in place and in gray level."""
    columns, rows = x + kernels.OFFSETS[:, 0], y + kernels.OFFSETS[:, 1]
    inside = (columns >= 0) & (rows >= 0) & (columns < image.shape[1]) & (rows < image.shape[0])
    values = image[rows[inside], columns[inside]].astype(float)
    distance = (kernels.OFFSETS[inside] ** 2).sum(axis=1) / (2 * kernels.SIGMA_SPACE**2)
    contrast = (values - float(image[y, x])) ** 2 / (2 * kernels.SIGMA_GRAY**2)
    weights = np.exp(-distance - contrast)
    return Patch(weights / weights.sum(), values, inside)


def variance(weights: Array, values: Array) -> float:
    """Weighted variance, `weights` of sum 1."""
    return float(weights @ (values - weights @ values) ** 2)


def match_cost(x: int, y: int, plane: Array, patch: Patch, source: Source) -> float:
    """One minus the weighted correlation, or the worst cost where there is none."""
    height, width = source.image.shape
    projected = homogeneous(source.there, x, y, plane[0])
    if projected[2] <= 1e-9:
        return kernels.WORST
    u, v = projected[:2] / projected[2]
    if not (0 <= u <= width - 1 and 0 <= v <= height - 1):
        return kernels.WORST
    # Derivatives of the homography's columns, then of their quotient: [2 (u, v), 2 (x, y)].
    slopes = source.there[:, :2] + np.outer(source.there[:, 3], plane[1:])
    jacobian = (slopes[:2] - np.outer([u, v], slopes[2])) / projected[2]
    reach = kernels.RADIUS * np.abs(jacobian).sum(axis=1)
    last = np.array([width, height]) - 1 + kernels.PADDING
    center = np.array([u, v])
    if np.any(center - reach < -kernels.PADDING) or np.any(center + reach > last):
        return kernels.WORST
    at = center + kernels.OFFSETS[patch.inside] @ jacobian.T
    values = bilinear(source.image, at[:, 0], at[:, 1])
    own, other = variance(patch.weights, patch.values), variance(patch.weights, values)
    if other < kernels.LEAST_VARIANCE:
        return kernels.WORST
    shared = patch.weights @ ((patch.values - patch.weights @ patch.values) * (values - patch.weights @ values))
    return float(np.clip(1 - shared / np.sqrt(own * other), 0, kernels.WORST))


def consistency_error(x: int, y: int, w: float, source: Source) -> float:
    """Pixels between (x, y) and where it returns to by way of the source's surface."""
    assert source.planes is not None
    height, width = source.image.shape
    projected = homogeneous(source.there, x, y, w)
    if projected[2] <= 1e-9:
        return MOST_ERROR
    u, v = projected[:2] / projected[2]
    if not (0 <= u <= width - 1 and 0 <= v <= height - 1):
        return MOST_ERROR
    column, row = int(u + 0.5), int(v + 0.5)
    seen, across, along = source.planes[row, column].astype(float)
    seen += across * (u - column) + along * (v - row)
    if seen <= 0:
        return MOST_ERROR
    returned = homogeneous(source.back, u, v, seen)
    if returned[2] <= 1e-9:
        return MOST_ERROR
    return min(float(np.linalg.norm(returned[:2] / returned[2] - [x, y])), MOST_ERROR)


def plane_cost(x: int, y: int, plane: Array, patch: Patch, source: Source, search: Search) -> float:
    """Cost of a plane in one source."""
    cost = match_cost(x, y, plane, patch, source)
    return cost + search.consistency * consistency_error(x, y, plane[0], source) if search.consistency else cost


def weigh_views(costs: Array, iteration: int) -> Array:
    """Weight of each view, sum 1, from costs [rows, n]."""
    good = costs < search_kernels.GOOD * np.exp(-(iteration**2) / search_kernels.GOOD_DECAY)
    bad = ~good & (costs > search_kernels.BAD)
    trust = np.where(good, np.exp(-(costs**2) / (2 * search_kernels.SPREAD**2)), 0).sum(axis=0)
    chosen = (4 * good.sum(axis=0) > len(costs)) & (8 * bad.sum(axis=0) <= 3 * len(costs))
    weights = np.where(chosen, trust / np.maximum(good.sum(axis=0), 1), 0.0)
    if weights.sum() <= 0:
        weights = (np.arange(costs.shape[1]) == costs.min(axis=0).argmin()).astype(float)
    return np.asarray(weights / weights.sum())


def gather_candidates(
    x: int, y: int, planes: NDArray[np.float32], costs: NDArray[np.float32], search: Search
) -> list[Array]:
    """The pixel's own plane and the best of each region, moved here."""
    height, width = costs.shape
    found = [planes[y, x].astype(float)]
    for region in search_kernels.REGIONS:
        inside = [(x + dx, y + dy) for dx, dy in region if 0 <= x + dx < width and 0 <= y + dy < height]
        if not inside:
            continue
        px, py = min(inside, key=lambda place: costs[place[1], place[0]])
        w, wx, wy = planes[py, px].astype(float)
        w += wx * (x - px) + wy * (y - py)
        if search.farthest <= w <= search.nearest:
            found.append(np.array([w, wx, wy]))
    return found


def vary_plane(kind: int, x: int, y: int, pixel: int, iteration: int, plane: Array, search: Search) -> Array | None:
    """Variation `kind` of `plane`, or None where it may not be tried."""
    calibration = np.array([[search.fx, 0, search.cx], [0, search.fy, search.cy], [0, 0, 1]])
    draws = [uniform(search.seed, pixel, (iteration * search_kernels.REFINEMENTS + kind) * 4 + i) for i in range(4)]
    w, wx, wy = plane
    normal = -calibration.T @ np.array([wx, wy, w - wx * x - wy * y])
    normal /= np.linalg.norm(normal)
    if kind in (0, 2):
        w = search.farthest + draws[0] * (search.nearest - search.farthest)
    elif kind in (3, 5):
        w += (2 * draws[0] - 1) * search_kernels.DEPTH_SPAN * 0.5**iteration * search.pixel
    if kind in (1, 2):
        turn = 2 * np.pi * draws[2]
        flat = np.sqrt(draws[1])
        normal = np.array([flat * np.cos(turn), flat * np.sin(turn), -np.sqrt(1 - draws[1])])
    elif kind in (4, 5):
        normal = normal + (2 * np.array(draws[1:]) - 1) * search_kernels.NORMAL_SPAN * 0.5**iteration
    ray = np.linalg.solve(calibration, [x, y, 1.0])
    facing = -(normal @ ray) / (np.linalg.norm(normal) * np.linalg.norm(ray))
    if not search.farthest <= w <= search.nearest or facing < search_kernels.STEEPEST:
        return None
    slope = np.linalg.solve(calibration.T, normal) / (normal @ ray) * w
    return np.array([w, slope[0], slope[1]])


def sweep(
    color: int,
    iteration: int,
    image: NDArray[np.uint8],
    planes: NDArray[np.float32],
    costs: NDArray[np.float32],
    sources: list[Source],
    search: Search,
) -> None:
    """Improve `planes` and `costs` at the pixels of one color; a negative iteration only finds the costs."""
    height, width = image.shape
    for y in range(height):
        for x in range((y + color) & 1, width, 2):
            patch = describe_patch(x, y, image)
            if variance(patch.weights, patch.values) < kernels.LEAST_VARIANCE:
                costs[y, x] = kernels.WORST + MOST_ERROR
                continue
            own = [planes[y, x].astype(float)]
            candidates = own if iteration < 0 else gather_candidates(x, y, planes, costs, search)
            matrix = np.array([[plane_cost(x, y, p, patch, s, search) for s in sources] for p in candidates])
            weights = weigh_views(matrix, max(iteration, 0))
            totals = matrix @ weights
            best, least = candidates[int(totals.argmin())], float(totals.min())
            for kind in range(search_kernels.REFINEMENTS if iteration >= 0 else 0):
                varied = vary_plane(kind, x, y, y * width + x, iteration, best, search)
                if varied is None:
                    continue
                each = [plane_cost(x, y, varied, patch, source, search) for source in sources]
                if (cost := float(weights @ each)) < least:
                    best, least = varied, cost
            planes[y, x], costs[y, x] = best, least
