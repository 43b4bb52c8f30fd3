"""The search for every pixel's plane: propagation from neighbors, then random refinement.

Red-black sweeps with eight propagation regions and view weights from their costs after Xu and Tao,
"Multi-Scale Geometric Consistency Guided Multi-View Stereo" (CVPR 2019); refinement and the
forward-backward consistency term after Schönberger et al. (ECCV 2016). Pixels of one color read only the
other color, so bands of rows may be swept side by side, by any number of threads, to the same result.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from steps.reconstruction.dense.cost import LEAST_VARIANCE, SAMPLES, WORST, describe_patch, match_cost
from steps.reconstruction.dense.jit import kernel
from steps.reconstruction.dense.plane import gradient_of, normal_of
from steps.reconstruction.dense.random import uniform

REGION_SIZE = 8
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
"""Costs that speak for and against a view (Xu and Tao's τ₀, α, τ₁, β)."""
MOST_ERROR = 3.0
"""Pixels of forward-backward error beyond which more does not count."""
STEEPEST = 0.1
"""Cosine between normal and ray below which a plane is not tried."""
REFINEMENTS = 6


class Sources(NamedTuple):
    """The source views of one reference view, their pixels one after another."""

    texels: NDArray[np.uint32]  # packed images, see cost.pack
    planes: NDArray[np.float32]  # [all pixels, 3] the sources' own planes, or [0, 3] while unknown
    layout: NDArray[np.int64]  # [n, 4] first texel, first plane, height, width
    there: NDArray[np.float64]  # [n, 3, 4] (x, y, 1, inverse depth) here → homogeneous pixel there
    back: NDArray[np.float64]  # [n, 3, 4] the way back


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


@kernel
def consistency_error(
    x: int,
    y: int,
    w: float,
    there: NDArray[np.float64],
    back: NDArray[np.float64],
    planes: NDArray[np.float32],
    start: int,
    height: int,
    width: int,
) -> float:
    """Pixels between (x, y) and where it returns to by way of the source's own surface, at most MOST_ERROR."""
    depth = there[2, 0] * x + there[2, 1] * y + there[2, 2] + there[2, 3] * w
    if depth <= 1e-9:
        return MOST_ERROR
    u = (there[0, 0] * x + there[0, 1] * y + there[0, 2] + there[0, 3] * w) / depth
    v = (there[1, 0] * x + there[1, 1] * y + there[1, 2] + there[1, 3] * w) / depth
    if not (u >= 0.0 and v >= 0.0 and u <= width - 1 and v <= height - 1):
        return MOST_ERROR
    column, row = int(u + 0.5), int(v + 0.5)
    index = start + row * width + column
    seen = planes[index, 0] + planes[index, 1] * (u - column) + planes[index, 2] * (v - row)
    if seen <= 0.0:
        return MOST_ERROR
    depth = back[2, 0] * u + back[2, 1] * v + back[2, 2] + back[2, 3] * seen
    if depth <= 1e-9:
        return MOST_ERROR
    dx = (back[0, 0] * u + back[0, 1] * v + back[0, 2] + back[0, 3] * seen) / depth - x
    dy = (back[1, 0] * u + back[1, 1] * v + back[1, 2] + back[1, 3] * seen) / depth - y
    return min(np.sqrt(dx * dx + dy * dy), MOST_ERROR)


@kernel
def weigh_views(costs: NDArray[np.float32], rows: int, iteration: int, weights: NDArray[np.float32]) -> None:
    """Weight of each view, sum 1, from the costs [rows, n] of planes that neighbors believe in."""
    good_below = GOOD * np.exp(-iteration * iteration / GOOD_DECAY)
    total, best, least = 0.0, 0, np.float32(2.0 * WORST)
    for j in range(len(weights)):
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
        chosen = 4 * good > rows and 8 * bad <= 3 * rows
        weights[j] = trust / good if chosen else 0.0
        total += weights[j]
    if total <= 0.0:
        weights[best] = 1.0
        total = 1.0
    for j in range(len(weights)):
        weights[j] /= total


@kernel
def sweep(
    color: int,
    first_row: int,
    last_row: int,
    iteration: int,
    explore: bool,
    image: NDArray[np.uint8],
    planes: NDArray[np.float32],
    costs: NDArray[np.float32],
    sources: Sources,
    search: Search,
) -> None:
    """Improve `planes` [h, w, 3] and `costs` [h, w] at the pixels of one color in some rows.

    Without `explore` only the cost of the present planes is found.
    """
    height, width = image.shape
    views = len(sources.layout)
    weights, deviations = np.empty(SAMPLES, np.float32), np.empty(SAMPLES, np.float32)
    view_weights = np.empty(views, np.float32)
    candidates, matrix = np.empty((9, 3), np.float64), np.empty((9, views), np.float32)
    span, tilt = 4.0 * 0.5**iteration, 0.5 * 0.5**iteration
    for y in range(first_row, last_row):
        for x in range((y + color) & 1, width, 2):
            mean, variance = describe_patch(x, y, image, weights, deviations)
            if variance < LEAST_VARIANCE:
                costs[y, x] = WORST
                continue
            candidates[0] = planes[y, x]
            rows = 1
            if explore:
                for region in range(8):
                    chosen_x, chosen_y, least = -1, -1, np.float32(2.0 * WORST + MOST_ERROR)
                    for k in range(REGION_SIZE):
                        px, py = x + REGIONS[region, k, 0], y + REGIONS[region, k, 1]
                        if px < 0 or py < 0 or px >= width or py >= height:
                            continue
                        if costs[py, px] < least:
                            chosen_x, chosen_y, least = px, py, costs[py, px]
                    if chosen_x < 0:
                        continue
                    wx, wy = planes[chosen_y, chosen_x, 1], planes[chosen_y, chosen_x, 2]
                    w = planes[chosen_y, chosen_x, 0] + wx * (x - chosen_x) + wy * (y - chosen_y)
                    if w >= search.farthest and w <= search.nearest:
                        candidates[rows, 0], candidates[rows, 1], candidates[rows, 2] = w, wx, wy
                        rows += 1
            draws = REFINEMENTS if explore else 0
            w, wx, wy, best = candidates[0, 0], candidates[0, 1], candidates[0, 2], np.float64(1e9)
            nx, ny, nz = 0.0, 0.0, -1.0
            ray_x, ray_y = (x - search.cx) / search.fx, (y - search.cy) / search.fy
            ray_length = np.sqrt(ray_x * ray_x + ray_y * ray_y + 1.0)
            pixel = y * width + x
            for attempt in range(rows + 1 + draws):
                # First each candidate against every view; then, once, the choice; then refinement of the chosen.
                if attempt == rows:
                    weigh_views(matrix[:rows], rows, iteration, view_weights)
                    for i in range(rows):
                        cost = 0.0
                        for j in range(views):
                            cost += view_weights[j] * matrix[i, j]
                        if cost < best:
                            best, w, wx, wy = cost, candidates[i, 0], candidates[i, 1], candidates[i, 2]
                    continue
                if attempt < rows:
                    tw, tx, ty = candidates[attempt, 0], candidates[attempt, 1], candidates[attempt, 2]
                else:
                    kind = attempt - rows - 1
                    nx, ny, nz = normal_of(x, y, w, wx, wy, search.fx, search.fy, search.cx, search.cy)
                    draw = (iteration * REFINEMENTS + kind) * 4
                    tw = w
                    if kind == 0 or kind == 2:
                        tw = search.farthest + uniform(search.seed, pixel, draw) * (search.nearest - search.farthest)
                    elif kind == 3 or kind == 5:
                        tw = w + (2.0 * uniform(search.seed, pixel, draw) - 1.0) * span * search.pixel
                    if tw < search.farthest or tw > search.nearest:
                        continue
                    if kind == 1 or kind == 2:
                        reach = np.sqrt(uniform(search.seed, pixel, draw + 1))
                        turn = 2.0 * np.pi * uniform(search.seed, pixel, draw + 2)
                        nx, ny = reach * np.cos(turn), reach * np.sin(turn)
                        nz = -np.sqrt(max(1.0 - reach * reach, 0.0))
                    elif kind == 4 or kind == 5:
                        nx += (2.0 * uniform(search.seed, pixel, draw + 1) - 1.0) * tilt
                        ny += (2.0 * uniform(search.seed, pixel, draw + 2) - 1.0) * tilt
                        nz += (2.0 * uniform(search.seed, pixel, draw + 3) - 1.0) * tilt
                    length = np.sqrt(nx * nx + ny * ny + nz * nz)
                    if -(nx * ray_x + ny * ray_y + nz) < STEEPEST * length * ray_length:
                        continue
                    tx, ty = gradient_of(x, y, tw, nx, ny, nz, search.fx, search.fy, search.cx, search.cy)
                cost = 0.0
                for j in range(views):
                    if attempt > rows and view_weights[j] <= 0.0:
                        continue
                    view = match_cost(
                        x, y, tw, tx, ty, sources.there[j], sources.texels, sources.layout[j, 0],
                        sources.layout[j, 2], sources.layout[j, 3], weights, deviations, mean, variance,
                    )  # fmt: skip
                    if search.consistency > 0.0:
                        view += search.consistency * consistency_error(
                            x, y, tw, sources.there[j], sources.back[j], sources.planes,
                            sources.layout[j, 1], sources.layout[j, 2], sources.layout[j, 3],
                        )  # fmt: skip
                    if attempt < rows:
                        matrix[attempt, j] = view
                    else:
                        cost += view_weights[j] * view
                if attempt > rows and cost < best:
                    best, w, wx, wy = cost, tw, tx, ty
            planes[y, x, 0], planes[y, x, 1], planes[y, x, 2] = w, wx, wy
            costs[y, x] = best


@kernel
def count_consistent(
    planes: NDArray[np.float32], sources: Sources, most_error: float, count: NDArray[np.int32]
) -> None:
    """Count for each pixel the sources in which it meets the same surface, into `count` [h, w]."""
    for y in range(planes.shape[0]):
        for x in range(planes.shape[1]):
            for j in range(len(sources.layout)):
                error = consistency_error(
                    x, y, planes[y, x, 0], sources.there[j], sources.back[j], sources.planes,
                    sources.layout[j, 1], sources.layout[j, 2], sources.layout[j, 3],
                )  # fmt: skip
                if error < most_error:
                    count[y, x] += 1
