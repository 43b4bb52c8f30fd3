"""Positions for the boxes of one flow, top to bottom, in layers (Sugiyama, Tagawa and Toda, 1981).

Layers by longest path; crossings removed by barycenter sweeps; x by alternating least squares: a layer's
boxes go as near as their order allows to the middle of their neighbors, which isotonic regression
(pool adjacent violators) solves exactly. Everything is in pixels; equal input gives equal output.
"""

from __future__ import annotations

from bisect import bisect_right, insort
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

Point = tuple[float, float]

COLUMN_GAP = 28.0
LAYER_GAP = 34.0
LABEL_GAP = 56.0
"""Between layers where an edge carries a label."""
_SWEEPS = 12
_STRAIGHT = 6.0
"""How much more a long edge wants to be straight than a short one."""
_LOOSE = 0.0001


@dataclass(frozen=True, slots=True)
class Layout:
    """Where everything is, from the top left corner of the flow."""

    corners: tuple[Point, ...]
    """The top left corner of each box."""
    routes: tuple[tuple[Point, ...], ...]
    """Of each edge: points in pairs, a vertical run each; between the runs it changes its column."""
    width: float
    height: float


@dataclass
class _Grid:
    """Boxes and the points where long edges pass, in layers; numbers from `boxes` on are such points."""

    layers: list[list[int]]
    above: Mapping[int, list[int]]
    below: Mapping[int, list[int]]
    widths: list[float]
    chains: list[list[int]]
    slack: set[tuple[int, int]]
    """Neighbors, in both orders, that hardly pull each other."""

    @cached_property
    def boxes(self) -> int:
        """How many are boxes."""
        return len(self.widths) - sum(len(chain) - 2 for chain in self.chains)


def lay_out(
    sizes: Sequence[Point],
    edges: Sequence[tuple[int, int]],
    labeled: Collection[int] = (),
    loose: Collection[int] = (),
) -> Layout:
    """Place boxes of the given (width, height); `edges` are pairs of box numbers.

    `labeled` and `loose` are numbers of edges: those that need room for a label, those that pull their ends little.
    """
    if not sizes:
        return Layout((), (), 0.0, 0.0)
    if not edges and len(sizes) > 4:
        return _table(sizes)
    ranks = _ranks(len(sizes), edges)
    grid = _grid(sizes, edges, ranks, loose)
    _uncross(grid)
    centers = _columns(grid)
    tops, bottoms = _rows(grid, sizes, edges, ranks, labeled)
    corners = tuple((centers[box] - sizes[box][0] / 2, tops[ranks[box]]) for box in range(len(sizes)))
    routes = tuple(
        _route(chain, centers, sizes, [tops[rank] for rank in range(ranks[source], ranks[source] + len(chain))],
               [bottoms[rank] for rank in range(ranks[source], ranks[source] + len(chain))])
        for (source, _), chain in zip(_downward(edges, ranks), grid.chains, strict=True)
    )  # fmt: skip
    flipped = tuple(
        tuple(reversed(route)) if ranks[source] > ranks[target] else route
        for (source, target), route in zip(edges, routes, strict=True)
    )
    return _shifted(corners, flipped, sizes, bottoms[-1])


def _shifted(
    corners: tuple[Point, ...], routes: tuple[tuple[Point, ...], ...], sizes: Sequence[Point], height: float
) -> Layout:
    """The layout moved to begin at 0, on half pixels' worth of digits."""
    xs = [x for x, _ in corners] + [x for route in routes for x, _ in route]
    right = max([x + size[0] for (x, _), size in zip(corners, sizes, strict=True)] + xs)
    left = min(xs)

    def move(point: Point) -> Point:
        return (round(point[0] - left, 1), round(point[1], 1))

    return Layout(
        tuple(map(move, corners)),
        tuple(tuple(map(move, route)) for route in routes),
        round(right - left, 1),
        round(height, 1),
    )


def _table(sizes: Sequence[Point]) -> Layout:
    """Boxes that have nothing to do with each other, in rows."""
    columns = min(4, len(sizes))
    width = max(size[0] for size in sizes)
    corners: list[Point] = []
    top = 0.0
    for start in range(0, len(sizes), columns):
        row = sizes[start : start + columns]
        corners += [(column * (width + COLUMN_GAP), top) for column in range(len(row))]
        top += max(size[1] for size in row) + COLUMN_GAP
    return Layout(tuple(corners), (), columns * (width + COLUMN_GAP) - COLUMN_GAP, top - COLUMN_GAP)


def _ranks(count: int, edges: Sequence[tuple[int, int]]) -> list[int]:
    """The layer of each box: the longest way to it; one that nothing leads to stands just above what it leads to."""
    after: dict[int, list[int]] = defaultdict(list)
    for source, target in edges:
        after[source].append(target)
    order, back = _topological(count, after)
    ranks = [0] * count
    for box in order:
        for target in after[box]:
            if (box, target) not in back:
                ranks[target] = max(ranks[target], ranks[box] + 1)
    has_before = {target for source, target in edges if (source, target) not in back}
    for box in range(count):
        below = [ranks[target] for target in after[box] if (box, target) not in back]
        if box not in has_before and below:
            ranks[box] = min(below) - 1
    return ranks


def _topological(count: int, after: Mapping[int, list[int]]) -> tuple[list[int], set[tuple[int, int]]]:
    """Boxes so that edges lead forward, and the edges that close a circle."""
    state = [0] * count
    finished: list[int] = []
    back: set[tuple[int, int]] = set()
    for root in range(count):
        stack = [(root, iter(after.get(root, ())))] if not state[root] else []
        state[root] = state[root] or 1
        while stack:
            box, targets = stack[-1]
            target = next(targets, None)
            if target is None:
                state[box] = 2
                finished.append(box)
                stack.pop()
            elif state[target] == 0:
                state[target] = 1
                stack.append((target, iter(after.get(target, ()))))
            elif state[target] == 1:
                back.add((box, target))
    return finished[::-1], back


def _downward(edges: Sequence[tuple[int, int]], ranks: Sequence[int]) -> list[tuple[int, int]]:
    return [(a, b) if ranks[a] <= ranks[b] else (b, a) for a, b in edges]


def _grid(
    sizes: Sequence[Point], edges: Sequence[tuple[int, int]], ranks: Sequence[int], loose: Collection[int]
) -> _Grid:
    layers: list[list[int]] = [[] for _ in range(max(ranks) + 1)]
    for box, rank in enumerate(ranks):
        layers[rank].append(box)
    widths = [width for width, _ in sizes]
    above: dict[int, list[int]] = defaultdict(list)
    below: dict[int, list[int]] = defaultdict(list)
    chains: list[list[int]] = []
    slack: set[tuple[int, int]] = set()
    for number, (source, target) in enumerate(_downward(edges, ranks)):
        chain = [source]
        for rank in range(ranks[source] + 1, ranks[target]):
            widths.append(2.0)
            layers[rank].append(len(widths) - 1)
            chain.append(len(widths) - 1)
        chain.append(target)
        for upper, lower in pairwise(chain):
            below[upper].append(lower)
            above[lower].append(upper)
            slack |= {(upper, lower), (lower, upper)} if number in loose else set()
        chains.append(chain)
    return _Grid(layers, above, below, widths, chains, slack)


def _uncross(grid: _Grid) -> None:
    """Order each layer by the mean place of its neighbors, down and up, and keep the best order met."""
    best, fewest = [list(layer) for layer in grid.layers], _crossings(grid)
    for sweep in range(_SWEEPS):
        if not fewest:
            break
        down = sweep % 2 == 0
        rows = range(1, len(grid.layers)) if down else range(len(grid.layers) - 2, -1, -1)
        for row in rows:
            beside, near = (grid.layers[row - 1], grid.above) if down else (grid.layers[row + 1], grid.below)
            grid.layers[row] = _by_neighbors(grid.layers[row], beside, near)
        if (now := _crossings(grid)) < fewest:
            best, fewest = [list(layer) for layer in grid.layers], now
    grid.layers = best


def _by_neighbors(layer: Sequence[int], beside: Sequence[int], near: Mapping[int, list[int]]) -> list[int]:
    """The layer sorted by the mean place of each one's neighbors; one without keeps its place."""
    place = {box: number for number, box in enumerate(beside)}
    means: dict[int, float] = {}
    for number, box in enumerate(layer):
        found = [place[one] for one in near.get(box, ())]
        means[box] = sum(found) / len(found) if found else number
    return sorted(layer, key=means.__getitem__)


def _crossings(grid: _Grid) -> int:
    total = 0
    for upper, lower in pairwise(grid.layers):
        place = {box: number for number, box in enumerate(lower)}
        ends = [sorted(place[target] for target in grid.below.get(box, ())) for box in upper]
        seen: list[int] = []  # sorted
        for targets in ends:
            total += sum(len(seen) - bisect_right(seen, target) for target in targets)
            for target in targets:
                insort(seen, target)
    return total


def _columns(grid: _Grid) -> dict[int, float]:
    """The center of every box and passing point."""
    centers: dict[int, float] = {}
    for layer in grid.layers:
        widths = [grid.widths[box] for box in layer]
        middle = (sum(widths) + COLUMN_GAP * (len(layer) - 1)) / 2
        centers |= zip(
            layer, (x - middle for x in _spread([0.0] * len(layer), [1.0] * len(layer), widths)), strict=True
        )
    rows = range(len(grid.layers))
    for sweep in range(2 * _SWEEPS):
        for row in rows if sweep % 2 == 0 else reversed(rows):
            layer = grid.layers[row]
            pulls = [
                _pull(grid, centers, box, up=sweep % 2 == 0 or sweep > 4, down=sweep % 2 == 1 or sweep > 4)
                for box in layer
            ]
            wanted, weights = [want for want, _ in pulls], [weight for _, weight in pulls]
            centers |= zip(layer, _spread(wanted, weights, [grid.widths[box] for box in layer]), strict=True)
    return centers


def _pull(grid: _Grid, centers: Mapping[int, float], box: int, *, up: bool, down: bool) -> tuple[float, float]:
    """Where the neighbors want a box, and how much."""
    near = [*(grid.above.get(box, ()) if up else ()), *(grid.below.get(box, ()) if down else ())]
    pulls = [_LOOSE if (box, one) in grid.slack else _STRAIGHT if max(box, one) >= grid.boxes else 1.0 for one in near]
    total = sum(pulls)
    if not total:
        return centers[box], _LOOSE
    return sum(pull * centers[one] for pull, one in zip(pulls, near, strict=True)) / total, total


def _spread(wanted: Sequence[float], weights: Sequence[float], widths: Sequence[float]) -> list[float]:
    """The centers nearest to those wanted (weighted least squares) that keep order and distance."""
    offsets = [0.0]
    for left, right in pairwise(widths):
        offsets.append(offsets[-1] + (left + right) / 2 + COLUMN_GAP)
    pools: list[tuple[float, float, int]] = []
    for want, weight, offset in zip(wanted, weights, offsets, strict=True):
        mean, mass, size = want - offset, weight, 1
        while pools and pools[-1][0] > mean:
            before, heavy, many = pools.pop()
            mean = (before * heavy + mean * mass) / (heavy + mass)
            mass, size = mass + heavy, size + many
        pools.append((mean, mass, size))
    flat = [mean for mean, _, size in pools for _ in range(size)]
    return [mean + offset for mean, offset in zip(flat, offsets, strict=True)]


def _rows(
    grid: _Grid,
    sizes: Sequence[Point],
    edges: Sequence[tuple[int, int]],
    ranks: Sequence[int],
    labeled: Collection[int],
) -> tuple[list[float], list[float]]:
    """The top and the bottom of each layer."""
    wide = {max(ranks[edges[number][0]], ranks[edges[number][1]]) - 1 for number in labeled}
    tops, bottoms = [], []
    y = 0.0
    for rank, layer in enumerate(grid.layers):
        height = max((sizes[box][1] for box in layer if box < len(sizes)), default=0.0)
        tops.append(y)
        bottoms.append(y + height)
        y += height + (LABEL_GAP if rank in wide else LAYER_GAP)
    return tops, bottoms


def _route(
    chain: Sequence[int],
    centers: Mapping[int, float],
    sizes: Sequence[Point],
    tops: Sequence[float],
    bottoms: Sequence[float],
) -> tuple[Point, ...]:
    """From the lower side of the first box, straight through each layer between, to the upper side of the last."""
    first, last = chain[0], chain[-1]
    points = [(centers[first], tops[0] + sizes[first][1]), (centers[first], bottoms[0])]
    for number, passing in enumerate(chain[1:-1], 1):
        points += [(centers[passing], tops[number]), (centers[passing], bottoms[number])]
    return (*points, (centers[last], tops[-1]), (centers[last], tops[-1]))
