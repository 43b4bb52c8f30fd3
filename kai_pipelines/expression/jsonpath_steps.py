"""The steps of a JSONPath, and what each does to a value."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

from kai_pipelines.expression.jsonpath_script import Script
from kai_pipelines.expression.values import Int64, type_name

MAX_RESULTS = 100_000


class PathError(ValueError):
    """The path is malformed, or does not fit the document."""


def apply(steps: tuple[Step, ...], root: object, current: object) -> object:
    """The steps on a value, one after the other."""
    return steps[0].apply(root, current, steps[1:]) if steps else current


@dataclass(frozen=True, slots=True)
class Root:
    """`$`."""

    def apply(self, root: object, current: object, following: tuple[Step, ...]) -> object:
        """Start again from the document."""
        return apply(following, root, root)


@dataclass(frozen=True, slots=True)
class Current:
    """`@`."""

    def apply(self, root: object, current: object, following: tuple[Step, ...]) -> object:
        """Stay."""
        return apply(following, root, current)


@dataclass(frozen=True, slots=True)
class Key:
    """`.name`, `['name']`."""

    name: str

    def apply(self, root: object, current: object, following: tuple[Step, ...]) -> object:
        """The value of a key."""
        if not isinstance(current, dict):
            raise PathError(f"key: invalid token target. expected [map] got [{_kind(current)}]")
        if self.name not in current:
            raise PathError(f"key: invalid token key '{self.name}' not found")
        return apply(following, root, current[self.name])


@dataclass(frozen=True, slots=True)
class Index:
    """`[0]`, from the end when negative."""

    index: int

    def apply(self, root: object, current: object, following: tuple[Step, ...]) -> object:
        """One element."""
        if not isinstance(current, list):
            raise PathError(f"index: invalid token target. expected [array slice] got [{_kind(current)}]")
        at = self.index + len(current) if self.index < 0 else self.index
        if not 0 <= at < len(current):
            raise PathError("index: invalid token out of range")
        return apply(following, root, current[at])


@dataclass(frozen=True, slots=True)
class Length:
    """`.length`."""

    def apply(self, root: object, current: object, following: tuple[Step, ...]) -> object:
        """How many elements, or the value of a key of that name."""
        if isinstance(current, dict) and "length" in current:
            return apply(following, root, current["length"])
        if isinstance(current, str):
            return apply(following, root, Int64(len(current.encode("utf-8", "surrogateescape"))))
        if not isinstance(current, (dict, list)):
            raise PathError(f"length: invalid token target. got [{_kind(current)}]")
        return apply(following, root, Int64(len(current)))


@dataclass(frozen=True, slots=True)
class Wildcard:
    """`*`, `[*]`."""

    def apply(self, root: object, current: object, following: tuple[Step, ...]) -> object:
        """Every element that the rest of the path fits."""
        return _each(elements("wildcard", current), root, following)


@dataclass(frozen=True, slots=True)
class Recursive:
    """`..`."""

    def apply(self, root: object, current: object, following: tuple[Step, ...]) -> object:
        """What the rest of the path finds at any depth."""
        found: list[object] = []
        self.collect(found, root, current, following)
        return found

    def collect(self, found: list[object], root: object, current: object, following: tuple[Step, ...]) -> None:
        """Add what is found here and below."""
        if current is None:
            return
        if len(found) > MAX_RESULTS:
            raise PathError(f"more than {MAX_RESULTS} results")
        if not following:
            found.append(current)
        else:
            hit = _attempt(following, root, current)
            if isinstance(hit, list):
                found.extend(hit)
            elif hit is not None:
                found.append(hit)
        for inner in elements("recursive", current) if isinstance(current, (dict, list)) else ():
            self.collect(found, root, inner, following)


@dataclass(frozen=True, slots=True)
class Range:
    """`[from:to:step]`."""

    start: Argument
    end: Argument
    stride: Argument

    def apply(self, root: object, current: object, following: tuple[Step, ...]) -> object:
        """The elements of a range, clipped to the list."""
        if not isinstance(current, list):
            raise PathError(f"range: invalid token target. expected [array slice] got [{_kind(current)}]")
        size = len(current)

        def bound(argument: Argument, default: int) -> int:
            if argument is None:
                return default
            value = _integer(_argument(argument, root, current))
            return min(max(value + size if value < 0 else value, 0), size)

        start, end = bound(self.start, 0), bound(self.end, size)
        stride = 1 if self.stride is None else _integer(_argument(self.stride, root, current))
        if stride == 0:
            raise PathError("range: invalid token out of range")
        indices = range(start, end, stride) if stride > 0 else range(end - 1, start - 1, stride)
        return _some([current[at] for at in indices], root, following)


@dataclass(frozen=True, slots=True)
class Union:
    """`[0,2]`, `['a','b']`."""

    arguments: tuple[Argument, ...]

    def apply(self, root: object, current: object, following: tuple[Step, ...]) -> object:
        """The elements that are there."""
        wanted = [_argument(argument, root, current) for argument in self.arguments]
        if all(isinstance(one, str) for one in wanted):
            if not isinstance(current, dict):
                raise PathError(f"union: invalid token target. expected [map] got [{_kind(current)}]")
            return _some([current[str(one)] for one in wanted if one in current], root, following)
        indices = [_integer(one) for one in wanted]
        if not isinstance(current, list):
            raise PathError(f"union: invalid token target. expected [array slice] got [{_kind(current)}]")
        size = len(current)
        places = [at + size if at < 0 else at for at in indices]
        return _some([current[at] for at in places if 0 <= at < size], root, following)


@dataclass(frozen=True, slots=True)
class Filter:
    """`[?(condition)]`."""

    script: Script

    def apply(self, root: object, current: object, following: tuple[Step, ...]) -> object:
        """The elements for which the condition holds; one that fails does not hold."""
        kept = [item for item in elements("filter", current) if self.holds(root, item)]
        if following and isinstance(following[0], Index):
            return apply(following, root, kept)
        return _each(iter(kept), root, following)

    def holds(self, root: object, item: object) -> bool:
        """Whether the condition gives something that is neither false nor empty."""
        try:
            value = self.script(root, item)
        except (ValueError, TypeError, ZeroDivisionError):
            return False
        if isinstance(value, str) and len(value) > 1 and value[0] == value[-1] and value[0] in "'\"":
            value = value[1:-1]
        return bool(value) and value == value


@dataclass(frozen=True, slots=True)
class Computed:
    """`[(script)]`: a key or an index that is computed."""

    script: Script

    def apply(self, root: object, current: object, following: tuple[Step, ...]) -> object:
        """The element with the computed name or index."""
        value = self.script(root, current)
        step = Key(value) if isinstance(value, str) else Index(_integer(value))
        return step.apply(root, current, following)


Step: TypeAlias = Root | Current | Key | Index | Length | Wildcard | Recursive | Range | Union | Filter | Computed
Argument: TypeAlias = int | str | Script | None


def _kind(value: object) -> str:
    return {"[]interface {}": "slice", "map[string]interface {}": "map"}.get(type_name(value), type_name(value))


def elements(what: str, value: object) -> Iterator[object]:
    """The values of a list or, by key, of a map."""
    if isinstance(value, list):
        return iter(value)
    if not isinstance(value, dict):
        raise PathError(f"{what}: invalid token target. expected [array map slice] got [{_kind(value)}]")
    return (value[key] for key in sorted(value))


def _attempt(following: tuple[Step, ...], root: object, item: object) -> object:
    try:
        return apply(following, root, item)
    except (ValueError, TypeError, ZeroDivisionError):
        return None


def _each(items: Iterator[object], root: object, following: tuple[Step, ...]) -> object:
    """The rest of the path on each; what gives nothing or fails is left out."""
    if not following:
        return list(items)
    found = (_attempt(following, root, item) for item in items)
    return [item for item in found if item is not None]


def _some(items: list[object], root: object, following: tuple[Step, ...]) -> object:
    """As `_each`, but an index applies to the list of them."""
    if following and isinstance(following[0], Index):
        return apply(following, root, items)
    return _each(iter(items), root, following)


def _argument(argument: Argument, root: object, current: object) -> object:
    return argument(root, current) if callable(argument) else argument


def _integer(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or value != value // 1:
        raise PathError(f"an integer is expected, not {_kind(value)}")
    return int(value)
