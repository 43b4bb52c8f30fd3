"""Graphs of names: circles, an order in which everything comes after what it waits for, and who is before whom."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence


def cycles(graph: Mapping[str, Sequence[str]]) -> list[list[str]]:
    """Circles of names that wait for each other, no name in two of them; a name may wait for itself."""
    found: list[list[str]] = []
    told: set[str] = set()
    state: dict[str, int] = {}
    for root in graph:
        if root in state:
            continue
        path: list[str] = [root]
        stack = [iter(graph.get(root, ()))]
        state[root] = 1
        while stack:
            name = next(stack[-1], None)
            if name is None:
                stack.pop()
                state[path.pop()] = 2
            elif name not in graph:
                continue
            elif state.get(name) == 1:
                if name not in told:
                    circle = path[path.index(name) :]
                    if told.isdisjoint(circle):
                        found.append(circle)
                        told.update(circle)
            elif name not in state:
                state[name] = 1
                path.append(name)
                stack.append(iter(graph[name]))
    return found


def ordered(graph: Mapping[str, Iterable[str]]) -> list[str]:
    """The names, each after what it waits for, breadth first; those of a circle come last, as they were given."""
    waits = {name: sum(one in graph for one in before) for name, before in graph.items()}
    after: dict[str, list[str]] = {}
    for name, before in graph.items():
        for one in before:
            if one in graph:
                after.setdefault(one, []).append(name)
    found = [name for name, number in waits.items() if number == 0]
    for name in found:
        for one in after.get(name, ()):
            waits[one] -= 1
            if waits[one] == 0:
                found.append(one)
    return found if len(found) == len(waits) else [*found, *(name for name, number in waits.items() if number > 0)]


class Ancestry:
    """Who must be finished before whom, kept as one bit for each name."""

    def __init__(self, graph: Mapping[str, Sequence[str]], order: Sequence[str]) -> None:
        self._bit = {name: index for index, name in enumerate(order)}
        self._before: dict[str, int] = {}
        for name in order:
            bits = 0
            for one in graph.get(name, ()):
                if one in self._bit:
                    bits |= self._before.get(one, 0) | (1 << self._bit[one])
            self._before[name] = bits & ~(1 << self._bit[name])

    def has(self, name: str, before: str) -> bool:
        """Whether `before` is among those that `name` waits for, directly or not."""
        return before in self._bit and bool(self._before[name] >> self._bit[before] & 1)
