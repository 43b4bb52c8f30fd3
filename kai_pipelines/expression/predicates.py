"""The built-ins that run a predicate for each element: filter, map, reduce, sortBy and their kin."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from kai_pipelines.expression import operators
from kai_pipelines.expression.machine import Machine, Run, Scope, truth
from kai_pipelines.expression.nodes import Builtin
from kai_pipelines.expression.values import GoMap, Uint8, type_name


def prepare(node: Builtin, arguments: list[Run], then: Run | None) -> Run:
    """The closure of a call; `then` maps what a filter or a find lets through."""
    name, position = node.name, node.position
    collection, body = arguments[0], arguments[1] if len(arguments) > 1 else None
    third = arguments[2] if len(arguments) > 2 else None
    work = _WORK[name]

    def apply(machine: Machine) -> object:
        value = collection(machine)
        machine.position = position
        scope = Scope(elements(value))
        machine.scopes.append(scope)
        try:
            job = _Job(machine, scope, body or _element, then, third, throws=node.throws)
            return work(job)
        finally:
            machine.scopes.pop()

    return apply


def elements(value: object) -> Sequence[object]:
    """What a predicate walks over: a list, or the bytes of a string that was unknown before running."""
    if isinstance(value, list):
        return value
    if isinstance(value, str):
        return [Uint8(byte) for byte in value.encode("utf-8", "surrogateescape")]
    if isinstance(value, bytes):
        return [Uint8(byte) for byte in value]
    if isinstance(value, (dict, GoMap)) and len(value) == 0:
        return ()
    raise TypeError(f"cannot walk over {type_name(value)}: it is no array")


def _element(machine: Machine) -> object:
    scope = machine.scopes[-1]
    return scope.items[scope.index]


class _Job:
    """One call at work: its scope, its predicate, and what to do with hits."""

    def __init__(
        self, machine: Machine, scope: Scope, body: Run, then: Run | None, third: Run | None, *, throws: bool
    ) -> None:
        self.machine = machine
        self.scope = scope
        self.body = body
        self.then = then
        self.third = third
        self.throws = throws

    def turns(self, indices: range | None = None) -> Iterator[object]:
        """The predicate's value for each element."""
        for index in range(len(self.scope.items)) if indices is None else indices:
            self.scope.index = index
            self.machine.step()
            yield self.body(self.machine)

    def hit(self) -> object:
        """The element where the scope stands, mapped."""
        return _element(self.machine) if self.then is None else self.then(self.machine)


def _any(job: _Job) -> object:
    return any(truth(value) for value in job.turns())


def _all(job: _Job) -> object:
    return all(truth(value) for value in job.turns())


def _none(job: _Job) -> object:
    return not any(truth(value) for value in job.turns())


def _one(job: _Job) -> object:
    return sum(truth(value) for value in job.turns()) == 1


def _count(job: _Job) -> object:
    return sum(truth(value) for value in job.turns())


def _filter(job: _Job) -> object:
    found = [job.hit() for value in job.turns() if truth(value)]
    job.machine.grow(len(found))
    return found


def _map(job: _Job) -> object:
    found = list(job.turns())
    job.machine.grow(len(found))
    return found


def _sum(job: _Job) -> object:
    total: object = 0
    for value in job.turns():
        total = operators.arithmetic("+", value, total)
    return total


def _find(job: _Job, *, backwards: bool = False, index: bool = False) -> object:
    size = len(job.scope.items)
    for value in job.turns(range(size - 1, -1, -1) if backwards else None):
        if truth(value):
            return job.scope.index if index else job.hit()
    if job.throws:
        raise IndexError("slice index out of range")
    return None


def _group_by(job: _Job) -> object:
    groups = GoMap("map[interface {}][]interface {}")
    for key in job.turns():
        entry = groups.get(key)
        if entry is None:
            groups.put(key, [_element(job.machine)])
        else:
            entry[1].append(_element(job.machine))  # type: ignore[attr-defined]  # the list that was put there
    return groups


def _sort_by(job: _Job) -> object:
    order = "asc" if job.third is None else job.third(job.machine)
    if order not in ("asc", "desc"):
        raise ValueError("unknown order, use asc or desc")
    keys = list(job.turns())
    indices = sorted(range(len(keys)), key=sort_key(lambda index: keys[index], descending=order == "desc"))
    job.machine.grow(len(keys))
    return [job.scope.items[index] for index in indices]


def _reduce(job: _Job) -> object:
    scope, start = job.scope, 0
    if job.third is not None:
        scope.acc = job.third(job.machine)
    elif not scope.items:
        raise ValueError("reduce of empty array with no initial value")
    else:
        scope.acc, start = scope.items[0], 1
    for value in job.turns(range(start, len(scope.items))):
        scope.acc = value
    return scope.acc


def sort_key(of: Callable[[int], object], *, descending: bool) -> Callable[[int], Any]:
    """A key that compares as expr-lang's `<` does, and refuses what it refuses."""

    def compared(first: int, second: int) -> int:
        a, b = of(first), of(second)
        if descending:
            a, b = b, a
        return -1 if operators.less(a, b) else 1 if operators.less(b, a) else 0

    return functools.cmp_to_key(compared)


_WORK: dict[str, Callable[[_Job], object]] = {
    "any": _any,
    "all": _all,
    "none": _none,
    "one": _one,
    "count": _count,
    "filter": _filter,
    "map": _map,
    "sum": _sum,
    "find": _find,
    "findIndex": functools.partial(_find, index=True),
    "findLast": functools.partial(_find, backwards=True),
    "findLastIndex": functools.partial(_find, backwards=True, index=True),
    "groupBy": _group_by,
    "sortBy": _sort_by,
    "reduce": _reduce,
}
