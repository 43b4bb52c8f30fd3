"""Go values taken apart: conversions that refuse, members, elements and slices of lists, maps and strings."""

from __future__ import annotations

from collections.abc import Mapping

from kai_pipelines.expression import numbers, operators
from kai_pipelines.expression.faults import LimitError
from kai_pipelines.expression.printing import go_string
from kai_pipelines.expression.values import Func, GoMap, Opaque, Sized, Slice, Uint8, kind_of, type_name, wrap_int

TEXT_BUDGET = 32 << 20
"""Characters that a string operation may give."""


def text_of(value: object) -> str:
    """`value.(string)`."""
    if not isinstance(value, str):
        raise TypeError(f"interface conversion: interface {{}} is {type_name(value)}, not string")
    return value


def within_budget(size: int) -> None:
    """Refuse a text that would be too long, before it is made."""
    if size > TEXT_BUDGET:
        raise LimitError(f"a text of more than {TEXT_BUDGET} characters")


def to_int(value: object) -> int:
    """expr-lang's own `ToInt`, which truncates floats."""
    if isinstance(value, float):
        return numbers.to_int(value)
    if operators.is_number(value):
        return wrap_int(int(value))
    raise TypeError(f"invalid operation: int({type_name(value)})")


def number_of(name: str, value: object) -> int | float:
    """A number of one of Go's own types."""
    if not operators.is_number(value):
        raise TypeError(f"invalid argument for {name} (type {type_name(value)})")
    return value


def methods_of(value: object) -> Mapping[str, Func]:
    """The methods of a value with a named Go type, by name, bound to it."""
    if isinstance(value, Opaque):
        return value.methods()
    if "." in type_name(value) and isinstance(value, Sized):
        from kai_pipelines.expression.gotime_methods import bound

        return bound(value)
    return {}


def fetch(value: object, key: object) -> object:
    """`value[key]` and `value.key`; raises where Go panics."""
    if type(value) is dict and type(key) is str:
        return value.get(key)
    if value is None:
        raise TypeError(f"cannot fetch {go_string(key)} from <nil>")
    if isinstance(key, str):
        method = methods_of(value).get(key)
        if method is not None:
            return method
        if isinstance(value, Opaque) and key in value.fields:
            return value.fields[key]
    if isinstance(value, (list, str, bytes)):
        items = value.encode("utf-8", "surrogateescape") if isinstance(value, str) else value
        index = to_int(key)
        at = index + len(items) if index < 0 else index
        if not 0 <= at < len(items):
            raise IndexError(f"index out of range: {at} (array length is {len(items)})")
        found = items[at]
        return Uint8(found) if isinstance(found, int) and not isinstance(value, list) else found
    if isinstance(value, dict):
        return value.get(operators.key_for(key, "string"))
    if isinstance(value, GoMap):
        entry = value.get(operators.key_for(key, value.key_type))
        return zero(value.value_type) if entry is None else entry[1]
    raise TypeError(f"cannot fetch {go_string(key)} from {type_name(value)}")


def zero(go_type: str) -> object:
    """The zero value of a map's elements."""
    kind = kind_of(go_type)
    return {"string": "", "int": 0, "bool": False, "float64": 0.0, "slice": Slice(go_type, is_nil=True)}.get(kind)


def get(value: object, key: object) -> object:
    """As `fetch`, but nil where nothing is found."""
    if value is None:
        return None
    if isinstance(value, (list, str, bytes)):
        to_int(key)
        try:
            return fetch(value, key)
        except IndexError:
            return None
    if isinstance(value, (dict, GoMap)):
        return fetch(value, key) if contains_key(value, key) else None
    try:
        return fetch(value, key)
    except TypeError:
        return None


def contains_key(value: object, key: object) -> bool:
    """Whether a map has the key; raises for a key of another type."""
    return operators.contains(key, value)


def slice_of(value: object, start: object, end: object, *, to_the_end: bool) -> object:
    """`value[start:end]`: negative bounds count from the end, and bounds are clipped."""
    if not isinstance(value, (list, str, bytes)):
        raise TypeError(f"cannot slice {type_name(value)}")
    items = value.encode("utf-8", "surrogateescape") if isinstance(value, str) else value
    size = len(items)
    a, b = to_int(start), size if to_the_end else to_int(end)
    a = max(a + size, 0) if a < 0 else a
    b = min(max(b + size, 0) if b < 0 else b, size)
    part = items[min(a, b) : b]
    if isinstance(value, str):
        return bytes(part).decode("utf-8", "surrogateescape")
    return same_type(value, list(part)) if isinstance(value, list) else part


def same_type(value: list[object], items: list[object]) -> list[object]:
    """Some elements of a list as a list of its type."""
    if isinstance(value, Slice):
        go_type = "[]" + value.go_type[value.go_type.index("]") + 1 :]
        return Slice(go_type, items, is_nil=value.is_nil)
    return items
