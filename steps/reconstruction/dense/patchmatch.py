"""The search for every pixel's plane: propagation from neighbors, then random refinement.

Red-black sweeps with eight propagation regions and view weights from their costs after Xu and Tao,
"Multi-Scale Geometric Consistency Guided Multi-View Stereo" (CVPR 2019); refinement and the
consistency term after Schönberger et al. (ECCV 2016). Pixels of one color read only the other color,
so bands of rows may be swept side by side, by any number of threads, to the same result.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from steps.reconstruction.dense.cost import LEAST_VARIANCE, SAMPLES, WORST, Patch, describe_patch, match_cost
from steps.reconstruction.dense.jit import inner, kernel
from steps.reconstruction.dense.plane import gradient_of, normal_of
from steps.reconstruction.dense.random import uniform
from steps.reconstruction.dense.sources import MOST_ERROR, Sources, consistency_error

_near = [(0, 1), (-1, 2), (1, 2), (-2, 3), (2, 3), (-3, 4), (3, 4), (0, 3)]
_far = [(0, 5), (0, 7), (0, 9), (0, 11), (0, 13), (0, 15), (0, 19), (0, 23)]
REGIONS = np.array(
    [
        [(sign * along, sign * across) if sideways else (sign * across, sign * along) for across, along in region]
        for region in (_near, _far)
        for sideways in (False, True)
        for sign in (-1, 1)
    ]
)
"""[8, 8, 2] pixels (x, y): four wedges beside the pixel, four strips farther out; x + y is odd in all."""

GOOD, GOOD_DECAY, BAD, SPREAD = 0.8, 90.0, 1.2, 0.3
"""Costs that speak for and against a view: tau 0, alpha, tau 1 and beta of Xu and Tao."""
STEEPEST = 0.1
"""Cosine between normal and ray below which a plane is not tried."""
REFINEMENTS = 6
"""Variations of the best plane tried per sweep, see `vary_plane`."""
DEPTH_SPAN, NORMAL_SPAN = 4.0, 0.5
"""How far the first sweep varies: pixels in the source that moves most, and units of the normal. Halved each sweep."""


class Search(NamedTuple):
    """What is searched: inverse depths `nearest` ≥ w ≥ `farthest`, in the camera fx, fy, cx, cy."""

    fx: float
    fy: float
    cx: float
    cy: float
    farthest: float
    nearest: float
    pixel: float  # change of inverse depth that moves a point by one pixel in the source that sees it move most
    consistency: float  # cost of one pixel of forward-backward error; 0: photographs only
    seed: int


@inner
def weigh_views(costs: NDArray[np.float32], iteration: int, weights: NDArray[np.float32]) -> None:
    """Set the weight of each view, sum 1, from the costs [rows, n] of planes that neighbors believe in."""
    rows, views = costs.shape
    good_below = GOOD * np.exp(-iteration * iteration / GOOD_DECAY)
    total, best, least = 0.0, 0, np.float32(np.inf)
    for j in range(views):
        good, bad, trust = 0, 0, 0.0
        for i in range(rows):
            cost = costs[i, j]
            if cost < good_below:
                good += 1
                trust += np.exp(-cost * cost / (2 * SPREAD * SPREAD))
            elif cost > BAD:
                bad += 1
            if cost < least:
                best, least = j, cost
        weights[j] = trust / good if 4 * good > rows and 8 * bad <= 3 * rows else 0.0
        total += weights[j]
    if total <= 0.0:
        weights[best], total = 1.0, 1.0
    for j in range(views):
        weights[j] /= total


@inner
def plane_cost(
    x: int, y: int, plane: tuple[float, float, float], patch: Patch, j: int, sources: Sources, search: Search
) -> float:
    """Cost of a plane in source j: of the photographs and, where asked, of disagreement with the source's surface."""
    cost = match_cost(x, y, plane[0], plane[1], plane[2], patch, j, sources)
    if search.consistency > 0.0:
        cost += search.consistency * consistency_error(x, y, plane[0], j, sources)
    return cost


@inner
def gather_candidates(
    x: int, y: int, planes: NDArray[np.float32], costs: NDArray[np.float32], search: Search, into: NDArray[np.float64]
) -> int:
    """Fill `into` [9, 3] with the pixel's own plane and the best of each region, moved here; how many there are."""
    height, width = costs.shape
    into[0, 0], into[0, 1], into[0, 2] = planes[y, x, 0], planes[y, x, 1], planes[y, x, 2]
    rows = 1
    for region in range(len(REGIONS)):
        from_x, from_y, least = -1, -1, np.float32(np.inf)
        for k in range(REGIONS.shape[1]):
            px, py = x + REGIONS[region, k, 0], y + REGIONS[region, k, 1]
            if px >= 0 and py >= 0 and px < width and py < height and costs[py, px] < least:
                from_x, from_y, least = px, py, costs[py, px]
        if from_x >= 0:
            wx, wy = planes[from_y, from_x, 1], planes[from_y, from_x, 2]
            w = planes[from_y, from_x, 0] + wx * (x - from_x) + wy * (y - from_y)
            if search.farthest <= w <= search.nearest:
                into[rows, 0], into[rows, 1], into[rows, 2] = w, wx, wy
                rows += 1
    return rows


@inner
def vary_plane(
    kind: int, x: int, y: int, pixel: int, iteration: int, plane: tuple[float, float, float], search: Search
) -> tuple[bool, tuple[float, float, float]]:
    """Whether variation `kind` of `plane` may be tried, and what it is.

    0 any depth, 1 any normal, 2 both, 3 a depth nearby, 4 a normal nearby, 5 both.
    """
    w, draw = plane[0], (iteration * REFINEMENTS + kind) * 4
    nx, ny, nz = normal_of(x, y, w, plane[1], plane[2], search.fx, search.fy, search.cx, search.cy)
    if kind == 0 or kind == 2:
        w = search.farthest + uniform(search.seed, pixel, draw) * (search.nearest - search.farthest)
    elif kind == 3 or kind == 5:
        span = DEPTH_SPAN * 0.5**iteration * search.pixel
        w += (2.0 * uniform(search.seed, pixel, draw) - 1.0) * span
    if kind == 1 or kind == 2:
        reach, turn = uniform(search.seed, pixel, draw + 1), 2.0 * np.pi * uniform(search.seed, pixel, draw + 2)
        nx, ny, nz = np.sqrt(reach) * np.cos(turn), np.sqrt(reach) * np.sin(turn), -np.sqrt(1.0 - reach)
    elif kind == 4 or kind == 5:
        span = NORMAL_SPAN * 0.5**iteration
        nx += (2.0 * uniform(search.seed, pixel, draw + 1) - 1.0) * span
        ny += (2.0 * uniform(search.seed, pixel, draw + 2) - 1.0) * span
        nz += (2.0 * uniform(search.seed, pixel, draw + 3) - 1.0) * span
    right, down = (x - search.cx) / search.fx, (y - search.cy) / search.fy
    facing = -(nx * right + ny * down + nz)
    steepest = STEEPEST * np.sqrt((nx * nx + ny * ny + nz * nz) * (right * right + down * down + 1.0))
    if not (search.farthest <= w <= search.nearest) or facing < steepest:
        return False, plane
    wx, wy = gradient_of(x, y, w, nx, ny, nz, search.fx, search.fy, search.cx, search.cy)
    return True, (w, wx, wy)


@inner
def improve_pixel(
    x: int,
    y: int,
    iteration: int,
    candidates: NDArray[np.float64],
    refinements: int,
    patch: Patch,
    matrix: NDArray[np.float32],
    weights: NDArray[np.float32],
    sources: Sources,
    search: Search,
    pixel: int,
) -> tuple[float, tuple[float, float, float]]:
    """The cost and the plane of the best of `candidates` [rows, 3], refined; `matrix` and `weights` are scratch."""
    rows, views = len(candidates), len(weights)
    for i in range(rows):
        plane = (candidates[i, 0], candidates[i, 1], candidates[i, 2])
        for j in range(views):
            matrix[i, j] = plane_cost(x, y, plane, patch, j, sources, search)
    weigh_views(matrix[:rows], iteration, weights)
    best, least = (candidates[0, 0], candidates[0, 1], candidates[0, 2]), np.inf
    for i in range(rows):
        cost = 0.0
        for j in range(views):
            cost += weights[j] * matrix[i, j]
        if cost < least:
            best, least = (candidates[i, 0], candidates[i, 1], candidates[i, 2]), cost
    for kind in range(refinements):
        possible, plane = vary_plane(kind, x, y, pixel, iteration, best, search)
        if not possible:
            continue
        cost = 0.0
        for j in range(views):
            if weights[j] > 0.0:
                cost += weights[j] * plane_cost(x, y, plane, patch, j, sources, search)
        if cost < least:
            best, least = plane, cost
    return least, best


@kernel
def sweep(
    color: int,
    first_row: int,
    last_row: int,
    iteration: int,
    image: NDArray[np.uint8],
    planes: NDArray[np.float32],
    costs: NDArray[np.float32],
    sources: Sources,
    search: Search,
) -> None:
    """Improve `planes` [h, w, 3] and `costs` [h, w] at the pixels of one color in some rows.

    A negative iteration finds the cost of the present planes and changes none.
    """
    width, views = image.shape[1], len(sources.layout)
    samples, deviations = np.empty(SAMPLES, np.float32), np.empty(SAMPLES, np.float32)
    candidates = np.empty((1 + len(REGIONS), 3), np.float64)
    matrix, weights = np.empty((len(candidates), views), np.float32), np.empty(views, np.float32)
    for y in range(first_row, last_row):
        for x in range((y + color) & 1, width, 2):
            mean, variance = describe_patch(x, y, image, samples, deviations)
            if variance < LEAST_VARIANCE:
                costs[y, x] = WORST + MOST_ERROR
                continue
            rows, refinements = 1, 0
            candidates[0] = planes[y, x]
            if iteration >= 0:
                rows, refinements = gather_candidates(x, y, planes, costs, search, candidates), REFINEMENTS
            cost, plane = improve_pixel(
                x, y, max(iteration, 0), candidates[:rows], refinements, Patch(samples, deviations, mean, variance),
                matrix, weights, sources, search, y * width + x,
            )  # fmt: skip
            planes[y, x, 0], planes[y, x, 1], planes[y, x, 2] = plane
            costs[y, x] = cost
