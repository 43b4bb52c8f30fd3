"""The built-in functions on lists and maps; each gets the machine first."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from kai_pipelines.expression import operators
from kai_pipelines.expression.access import fetch, number_of, same_type
from kai_pipelines.expression.faults import LimitError
from kai_pipelines.expression.machine import Machine
from kai_pipelines.expression.predicates import sort_key
from kai_pipelines.expression.printing import go_string
from kai_pipelines.expression.values import LIST, GoMap, Sized, Slice, Uint8, is_nil, type_name

MAX_DEPTH = 200
"""Levels of nested lists that flatten, min, max, mean and median follow."""


def _flat(name: str, values: Iterable[object], depth: int = 0) -> Iterable[int | float]:
    if depth > MAX_DEPTH:
        raise LimitError("recursion depth exceeded")
    for value in values:
        if isinstance(value, list):
            yield from _flat(name, value, depth + 1)
        elif depth == 0 and isinstance(value, Sized):  # also a duration, but not inside a list
            yield value
        else:
            yield number_of(name, value)


def extreme(name: str, before: Callable[[object, object], bool]) -> Callable[..., object]:
    """`min` and `max`: the first argument that is not after the others."""

    def find(machine: Machine, *values: object) -> object:
        only = values[0] if len(values) == 1 else 0
        if isinstance(only, bool) or not isinstance(only, (list, int, float)):
            return only
        best: object = None
        for value in _flat(name, values):
            if best is None or before(best, value):
                best = value
        return best

    return find


def mean(machine: Machine, *values: object) -> object:
    """The mean of all numbers in the arguments and their lists, 0 of none."""
    found = [float(value) for value in _flat("mean", values)]
    total = 0.0
    for value in found:
        total += value
    return total / len(found) if found else 0.0


def median(machine: Machine, *values: object) -> object:
    """The median, 0 of none."""
    found = sorted(float(value) for value in _flat("median", values))
    middle = len(found) // 2
    if not found:
        return 0.0
    return found[middle] if len(found) % 2 else (found[middle - 1] + found[middle]) / 2


def _items(name: str, value: object) -> list[object]:
    if isinstance(value, bytes):
        return [Uint8(byte) for byte in value]
    if not isinstance(value, list):
        raise TypeError(f"cannot {name} {type_name(value)}")
    return value


def end(index: int) -> Callable[[Machine, object], object]:
    """`first` and `last`: nil where there is none."""

    def take_end(machine: Machine, value: object) -> object:
        try:
            return fetch(value, index)
        except (TypeError, IndexError):
            return None

    return take_end


def take(machine: Machine, value: object, count: object) -> object:
    """The first n elements."""
    items = _items("take from", value)
    if not isinstance(count, int) or isinstance(count, (bool, Uint8)):
        raise TypeError(f"cannot take {type_name(count)} elements")
    if count < 0:
        raise IndexError("slice bounds out of range")
    return same_type(items, items[:count])


def pairs_of(name: str, value: object) -> list[tuple[object, object]]:
    """The entries of a map, by key: Go's order is random, ours is not."""
    if isinstance(value, dict):
        return sorted(value.items())
    if isinstance(value, GoMap):
        return list(value.items())
    raise TypeError(f"cannot {name} {type_name(value)}")


def to_pairs(machine: Machine, value: object) -> object:
    """A map as a list of [key, value]."""
    found = pairs_of("transform to pairs:", value)
    return Slice("[][2]interface {}", (Slice("[2]interface {}", pair) for pair in found))


def from_pairs(machine: Machine, value: object) -> object:
    """A map from a list of [key, value]."""
    result = GoMap("map[interface {}]interface {}")
    for pair in _items("transform from pairs", value):
        if not isinstance(pair, list) or len(pair) != 2:
            raise ValueError(f"invalid pair {go_string(pair)}")
        result.put(pair[0], pair[1])
    return result


def reverse(machine: Machine, value: object) -> object:
    """The list from its end."""
    items = _items("reverse", value)
    machine.grow(len(items))
    return items[::-1]


def uniq(machine: Machine, value: object) -> object:
    """The elements without those that came before."""
    found: list[object] = []
    for item in _items("uniq", value):
        machine.steps += len(found)
        machine.step()
        if not any(operators.equal(item, other) for other in found):
            found.append(item)
    return found


def concat(machine: Machine, *values: object) -> object:
    """The lists one after another; nil when there is nothing in them."""
    found = [item for value in values for item in _items("concat", value)]
    machine.grow(len(found))
    return found or Slice(LIST, is_nil=True)


def flatten(machine: Machine, value: object) -> object:
    """The elements of nested lists."""
    found: list[object] = []
    _flatten(_items("flatten", value), found, 0)
    machine.grow(len(found))
    return found


def _flatten(items: list[object], found: list[object], depth: int) -> None:
    if depth > MAX_DEPTH:
        raise LimitError("recursion depth exceeded")
    for item in items:
        if isinstance(item, list):
            _flatten(item, found, depth + 1)
        else:
            found.append(item)


def sort(machine: Machine, value: object, order: object = "asc") -> object:
    """The list in order, `asc` or `desc`."""
    if order not in ("asc", "desc"):
        raise ValueError(f"invalid order {go_string(order)}, expected asc or desc")
    known = isinstance(value, list) and type_name(value) in (LIST, "[]int", "[]string", "[]float64")
    if not known or not isinstance(value, list) or is_nil(value):
        return Slice(LIST, is_nil=True)
    indices = sorted(range(len(value)), key=sort_key(value.__getitem__, descending=order == "desc"))
    machine.grow(len(value))
    return [value[index] for index in indices]
