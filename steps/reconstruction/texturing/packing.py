"""Charts laid into a square, shape by shape.

Each chart is a mask of cells, two texels wide. The largest goes first; each takes the lowest place, then the leftmost,
in one of four quarter turns, holes between others included. Rows of the square know where their next taken and their
next free cell is, so that a shape that does not fit jumps past what is in its way.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from steps.reconstruction.dense.jit import kernel

CELL = 2
"""Texels a cell is wide; charts keep so many free around them."""
FILL = 0.86
"""Share of the cells that is tried first;"""
SHRINK = 0.96
"""each further try has so much of the last one's."""
TRIES = 40
GRAZE = 0.2
"""Of a cell that a chart may reach into without taking it."""
TURNS = 4

Points = NDArray[np.float64]
Cells = NDArray[np.int64]


@dataclass(frozen=True)
class Chart:
    """A flat piece of the surface."""

    points: Points  # [n, 2], any unit that all charts share
    triangles: Cells  # [f, 3]


@dataclass(frozen=True)
class _Shape:
    """The cells of a chart at one scale."""

    corner: Points  # [2], cells, where the mask begins in the chart's own frame
    rows: int
    columns: int
    spans: Cells  # [n, 3], of all turns one after another: row, first column, column after the last
    starts: Cells  # [TURNS + 1], where each turn's spans start
    cells: int


def pack(charts: Sequence[Chart], size: int) -> list[Points]:
    """Where the charts' points come to lie in a square of `size` texels, all at the largest scale that fits."""
    upright = [Chart(_straightened(chart.points), chart.triangles) for chart in charts]
    side = size // CELL
    area = sum(_area(chart) for chart in upright)
    scale = float(np.sqrt(FILL * side**2 / max(area, 1e-300)))
    for _ in range(TRIES):
        shapes = [_shape(chart.points * scale, chart.triangles) for chart in upright]
        excess = sum(shape.cells for shape in shapes) / (FILL * side**2)
        if excess <= 1 and (found := _places(shapes, side)) is not None:
            return [
                CELL * _moved(chart.points * scale, shape, place)
                for chart, shape, place in zip(upright, shapes, found, strict=True)
            ]
        scale *= float(np.sqrt(min(SHRINK, 1 / excess)))
    return _in_a_grid(upright, size)


def _straightened(points: Points) -> Points:
    """Turned so that the smallest box around stands upright."""
    import cv2

    (_, _), (_, _), degrees = cv2.minAreaRect(points.astype(np.float32))
    a = np.radians(float(degrees))
    return np.asarray(points @ np.array([[np.cos(a), -np.sin(a)], [np.sin(a), np.cos(a)]]), np.float64)


def _area(chart: Chart) -> float:
    corner = chart.points[chart.triangles]
    a, b = corner[:, 1] - corner[:, 0], corner[:, 2] - corner[:, 0]
    return float(0.5 * np.abs(a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]).sum())


def _shape(points: Points, triangles: Cells) -> _Shape:
    """The cells that triangles over `points` [n, 2], in cells, touch."""
    corner = np.floor(points.min(axis=0))
    columns, rows = (np.floor(points.max(axis=0)) - corner).astype(np.int64) + 1
    mask = np.zeros((rows, columns), np.uint8)
    _draw(points - corner, triangles, mask)
    turned = [_spans(np.rot90(mask, turn)) for turn in range(TURNS)]
    starts = np.cumsum([0, *(len(spans) for spans in turned)])
    return _Shape(corner, int(rows), int(columns), np.concatenate(turned), starts, int(mask.sum()))


@kernel
def _draw(points: Points, triangles: Cells, mask: NDArray[np.uint8]) -> None:
    """Mark the cells that triangles reach into by more than `GRAZE`; each triangle has one at least."""
    for number in range(len(triangles)):
        ys, xs = points[triangles[number], 1], points[triangles[number], 0]
        top, bottom = _range(ys.min(), ys.max(), len(mask))
        for row in range(top, bottom + 1):
            low, high = max(float(row), ys.min()), min(row + 1.0, ys.max())
            left, right = np.inf, -np.inf
            for k in range(3):
                x, y = xs[k], ys[k]
                if low <= y <= high:
                    left, right = min(left, x), max(right, x)
                x_next, y_next = xs[(k + 1) % 3], ys[(k + 1) % 3]
                for level in (low, high):
                    if (y < level) != (y_next < level):
                        crossing = x + (x_next - x) * (level - y) / (y_next - y)
                        left, right = min(left, crossing), max(right, crossing)
            if left <= right:
                first, last = _range(left, right, mask.shape[1])
                mask[row, first : last + 1] = 1


@kernel
def _range(low: float, high: float, count: int) -> tuple[int, int]:
    """First and last of `count` cells between `low` and `high`."""
    first, last = int(np.floor(low + GRAZE)), int(np.floor(high - GRAZE))
    if last < first:
        first = last = int(np.floor((low + high) / 2))
    return min(max(first, 0), count - 1), min(max(last, 0), count - 1)


def _spans(mask: NDArray[np.uint8]) -> Cells:
    """Runs of taken cells: row, first column, column after the last, [n, 3]."""
    edges = np.diff(np.pad(mask, ((0, 0), (1, 1))).astype(np.int8), axis=1)
    row, first = np.nonzero(edges > 0)
    _, end = np.nonzero(edges < 0)
    return np.stack([row, first, end], axis=1).astype(np.int64)


def _places(shapes: Sequence[_Shape], side: int) -> list[tuple[int, int, int]] | None:
    """Row, column and turn of each shape in a square of `side` cells, or None when they do not fit."""
    next_taken = np.full((side, side + 1), side, np.int32)
    next_free = np.tile(np.arange(side + 1, dtype=np.int32), (side, 1))
    found = [(0, 0, 0)] * len(shapes)
    order = sorted(range(len(shapes)), key=lambda number: (-shapes[number].cells, number))
    for number in order:
        shape = shapes[number]
        row, column, turn = _lowest(shape.spans, shape.starts, shape.rows, shape.columns, next_taken, next_free)
        if turn < 0:
            return None
        _take(shape.spans[shape.starts[turn] : shape.starts[turn + 1]], row, column, next_taken, next_free)
        found[number] = (int(row), int(column), int(turn))
    return found


@kernel
def _lowest(
    spans: Cells, starts: Cells, rows: int, columns: int, next_taken: NDArray[np.int32], next_free: NDArray[np.int32]
) -> tuple[int, int, int]:
    """The place where the shape's top is lowest: row, column, turn; the turn is -1 when there is none."""
    side = next_taken.shape[0]
    best_top, best_row, best_column, best_turn = side + 1, 0, 0, -1
    for turn in range(len(starts) - 1):
        height, width = (rows, columns) if turn % 2 == 0 else (columns, rows)
        first, last = starts[turn], starts[turn + 1]
        hint = first
        row = 0
        while row + height <= side and row + height < best_top:
            column = 0
            while column + width <= side:
                jump = -1
                for step in range(first - 1, last):
                    span = hint if step < first else step
                    taken = next_taken[row + spans[span, 0], column + spans[span, 1]]
                    if taken < column + spans[span, 2]:
                        jump = next_free[row + spans[span, 0], taken] - spans[span, 1]
                        hint = span
                        break
                if jump < 0:
                    best_top, best_row, best_column, best_turn = row + height, row, column, turn
                    break
                column = jump
            row += 1
    return best_row, best_column, best_turn


@kernel
def _take(spans: Cells, row: int, column: int, next_taken: NDArray[np.int32], next_free: NDArray[np.int32]) -> None:
    """Mark the shape's cells and those around them as taken."""
    side = next_taken.shape[0]
    for span in range(len(spans)):
        for y in range(max(0, row + spans[span, 0] - 1), min(side, row + spans[span, 0] + 2)):
            left, right = max(0, column + spans[span, 1] - 1), min(side, column + spans[span, 2] + 1)
            after = next_free[y, right]
            for x in range(left, right):
                next_taken[y, x], next_free[y, x] = x, after
            x = left - 1
            while x >= 0 and next_taken[y, x] > left:
                next_taken[y, x] = left
                x -= 1
            x = left - 1
            while x >= 0 and next_taken[y, x] == x:
                next_free[y, x] = after
                x -= 1


def _moved(points: Points, shape: _Shape, place: tuple[int, int, int]) -> Points:
    """Points [n, 2] in cells, turned with their shape and laid at its place."""
    row, column, turn = place
    x, y = (points - shape.corner).T
    turned = {
        0: (x, y),
        1: (y, shape.columns - x),
        2: (shape.columns - x, shape.rows - y),
        3: (shape.rows - y, x),
    }[turn]
    return np.asarray(np.stack(turned, axis=1) + np.array([column, row]), np.float64)


def _in_a_grid(charts: Sequence[Chart], size: int) -> list[Points]:
    """For more charts than a tiny texture can hold in their shapes: each squeezed into a square of its own."""
    side = int(np.ceil(np.sqrt(len(charts))))
    square = size / side
    places = []
    for number, chart in enumerate(charts):
        low = chart.points.min(axis=0)
        extent = max(float(np.ptp(chart.points, axis=0).max()), 1e-300)
        corner = np.array([number % side, number // side]) * square
        places.append(corner + square * (0.1 + 0.8 * (chart.points - low) / extent))
    return places
