"""The built-in functions of expr-lang 1.17.8 and the four of Argo; TypeError and ValueError where Go fails."""

from __future__ import annotations

import base64
import time as clock
from collections.abc import Callable

from kai_pipelines.expression import builtins_lists as lists
from kai_pipelines.expression import builtins_text as text
from kai_pipelines.expression import gojson, numbers, operators
from kai_pipelines.expression.access import get, number_of, text_of, to_int
from kai_pipelines.expression.machine import Machine
from kai_pipelines.expression.printing import go_string
from kai_pipelines.expression.values import GoMap, Sized, kind_of, type_name, wrap_int


def _strict_int(name: str, value: object) -> int:
    if isinstance(value, float) or not operators.is_number(value):
        raise TypeError(f"cannot use {type_name(value)} as argument (type int) to call {name}")
    return wrap_int(int(value))


def as_int(value: object) -> object:
    """`int(x)` of a number or of decimal digits."""
    if isinstance(value, str):
        try:
            return numbers.parse_int(value)
        except ValueError:
            raise ValueError(f"invalid operation: int({value[:80]})") from None
    if isinstance(value, Sized):  # also a duration or a weekday, which convert
        return wrap_int(int(value))
    return to_int(value)


def as_float(value: object) -> object:
    """`float(x)` of a number or of a string that is one."""
    if isinstance(value, str):
        try:
            return numbers.parse_float(value)
        except ValueError:
            raise ValueError(f"invalid operation: float({value[:80]})") from None
    if not operators.is_number(value):
        raise TypeError(f"invalid operation: float({type_name(value)})")
    return float(value)


def to_json_compact(value: object) -> str:
    """Argo's `toJson`."""
    return gojson.marshal(value)


def json_path(document: object, path: object) -> object:
    """Argo's `jsonpath(text, path)`."""
    from kai_pipelines.expression.jsonpath import query

    return query(text_of(path), gojson.unmarshal(text_of(document)))


def length(machine: Machine, value: object) -> object:
    """Elements of a list or a map, code points of a string."""
    if isinstance(value, str):
        return len(value)
    if isinstance(value, (list, dict, GoMap, bytes)):
        return len(value)
    raise TypeError(f"invalid argument for len (type {type_name(value)})")


_TYPE_NAMES = {"int64": "int", "int32": "int", "uint8": "uint", "uint64": "uint", "float64": "float", "slice": "array"}


def type_of(machine: Machine, value: object) -> object:
    """The kind of a value, or the full name of a named type."""
    name = type_name(value)
    if value is None:
        return "nil"
    if "." in name and kind_of(name) not in ("slice", "map", "func", "ptr"):
        return name
    kind = kind_of(name)
    return "unknown" if kind == "ptr" else _TYPE_NAMES.get(kind, kind)


def absolute(machine: Machine, value: object) -> object:
    """The value without its sign; the least integer stays itself."""
    number = number_of("abs", value)
    if isinstance(number, float):
        return -number if number < 0 else number
    return number if number >= 0 else type(number)(wrap_int(-number))


def _rounding(name: str, on_float: Callable[[float], float]) -> Callable[[Machine, object], object]:
    return lambda machine, value: on_float(float(number_of(name, value)))


def _bits(name: str, operate: Callable[[int, int], int]) -> Callable[[Machine, object, object], object]:
    def apply(machine: Machine, a: object, b: object) -> object:
        return wrap_int(operate(_strict_int(name, a), _strict_int(name, b)))

    return apply


def _shift(operate: Callable[[int, int], int]) -> Callable[[int, int], int]:
    def shift(value: int, count: int) -> int:
        if count < 0:
            raise ValueError(f"invalid operation: negative shift count {count} (type int)")
        return operate(value, min(count, 64))

    return shift


# Time


def now(machine: Machine, *zone: object) -> object:
    """The current time, in UTC or in a zone."""
    from kai_pipelines.expression.gotime import UTC, Location, Time

    return Time(clock.time_ns(), zone[0] if zone and isinstance(zone[0], Location) else UTC)


def date(machine: Machine, *values: object) -> object:
    """A time from text, by a layout or by the usual ones."""
    from kai_pipelines.expression import gotime

    return gotime.date(list(values))


def duration(machine: Machine, value: object) -> object:
    """A duration such as 1h30m."""
    from kai_pipelines.expression.gotime import parse_duration

    return parse_duration(text_of(value))


def timezone(machine: Machine, value: object) -> object:
    """A time zone by name."""
    from kai_pipelines.expression.gotime import load_location

    return load_location(text_of(value))


FUNCTIONS: dict[str, Callable[..., object]] = {
    "len": length,
    "type": type_of,
    "abs": absolute,
    "ceil": _rounding("ceil", numbers.ceil),
    "floor": _rounding("floor", numbers.floor),
    "round": _rounding("round", numbers.round_half_away),
    "int": lambda machine, value: as_int(value),
    "float": lambda machine, value: as_float(value),
    "string": lambda machine, value: go_string(value),
    "trim": text.trim,
    "trimPrefix": lambda machine, value, prefix=" ": text_of(value).removeprefix(text_of(prefix)),
    "trimSuffix": lambda machine, value, suffix=" ": text_of(value).removesuffix(text_of(suffix)),
    "upper": lambda machine, value: text.upper(text_of(value)),
    "lower": lambda machine, value: text.lower(text_of(value)),
    "split": text.splitter(after=False),
    "splitAfter": text.splitter(after=True),
    "replace": text.replace,
    "repeat": text.repeat,
    "join": text.join,
    "indexOf": lambda machine, value, wanted: text.byte_index(text_of(value), text_of(wanted)),
    "lastIndexOf": lambda machine, value, wanted: text.byte_index(text_of(value), text_of(wanted), last=True),
    "hasPrefix": lambda machine, value, prefix: text_of(value).startswith(text_of(prefix)),
    "hasSuffix": lambda machine, value, suffix: text_of(value).endswith(text_of(suffix)),
    "max": lists.extreme("max", operators.less),
    "min": lists.extreme("min", lambda best, value: operators.less(value, best)),
    "mean": lists.mean,
    "median": lists.median,
    "toJSON": lambda machine, value: gojson.marshal(value, indent="  "),
    "fromJSON": lambda machine, value: gojson.unmarshal(text_of(value)),
    "toBase64": lambda machine, value: base64.b64encode(text_of(value).encode("utf-8", "surrogateescape")).decode(),
    "fromBase64": text.from_base64,
    "now": now,
    "duration": duration,
    "date": date,
    "timezone": timezone,
    "first": lists.end(0),
    "last": lists.end(-1),
    "get": lambda machine, value, key: get(value, key),
    "take": lists.take,
    "keys": lambda machine, value: [key for key, _ in lists.pairs_of("get keys from", value)],
    "values": lambda machine, value: [item for _, item in lists.pairs_of("get values from", value)],
    "toPairs": lists.to_pairs,
    "fromPairs": lists.from_pairs,
    "reverse": lists.reverse,
    "uniq": lists.uniq,
    "concat": lists.concat,
    "flatten": lists.flatten,
    "sort": lists.sort,
    "bitand": _bits("bitand", lambda a, b: a & b),
    "bitor": _bits("bitor", lambda a, b: a | b),
    "bitxor": _bits("bitxor", lambda a, b: a ^ b),
    "bitnand": _bits("bitnand", lambda a, b: a & ~b),
    "bitshl": _bits("bitshl", _shift(lambda a, b: a << b)),
    "bitshr": _bits("bitshr", _shift(lambda a, b: a >> b)),
    "bitushr": _bits("bitushr", _shift(lambda a, b: (a % (1 << 64)) >> b)),
    "bitnot": lambda machine, value: ~_strict_int("bitnot", value),
}
"""The built-ins without a predicate, by name; each gets the machine first."""
