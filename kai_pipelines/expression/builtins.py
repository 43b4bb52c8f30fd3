"""The built-in functions of expr-lang 1.17.8 and the four of Argo; TypeError and ValueError where Go fails."""

from __future__ import annotations

import base64
import binascii
import time as clock
from collections.abc import Callable, Iterable

from kai_pipelines.expression import gojson, numbers, operators
from kai_pipelines.expression.evaluation import TEXT_BUDGET, Machine
from kai_pipelines.expression.faults import LimitError
from kai_pipelines.expression.predicates import sort_key
from kai_pipelines.expression.printing import go_string
from kai_pipelines.expression.values import (
    DICT,
    LIST,
    Func,
    GoMap,
    Opaque,
    Sized,
    Slice,
    Uint8,
    is_nil,
    kind_of,
    strings,
    type_name,
    wrap_int,
)

MAX_DEPTH = 200
"""Levels of nested lists that flatten, min, max, mean and median follow."""


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
        return wrap_int(int(value))  # type: ignore[call-overload]
    raise TypeError(f"invalid operation: int({type_name(value)})")


def _strict_int(name: str, value: object) -> int:
    if isinstance(value, float) or not operators.is_number(value):
        raise TypeError(f"cannot use {type_name(value)} as argument (type int) to call {name}")
    return wrap_int(int(value))  # type: ignore[call-overload]


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
    return float(value)  # type: ignore[arg-type]


def to_json_compact(value: object) -> str:
    """Argo's `toJson`."""
    return gojson.marshal(value)


def json_path(document: object, path: object) -> object:
    """Argo's `jsonpath(text, path)`."""
    from kai_pipelines.expression.jsonpath import query

    return query(text_of(path), gojson.unmarshal(text_of(document)))


# Members


def methods_of(value: object) -> object:
    """The methods of a value with a named Go type, by name, bound to it."""
    if isinstance(value, Opaque):
        return value.methods()
    if "." in type_name(value) and isinstance(value, Sized):
        from kai_pipelines.expression.gotime import bound

        return bound(value)
    return {}


def fetch(value: object, key: object) -> object:
    """`value[key]` and `value.key`; raises where Go panics."""
    kind = type(value)
    if kind is dict and type(key) is str:
        return value.get(key)  # type: ignore[attr-defined]
    if value is None:
        raise TypeError(f"cannot fetch {go_string(key)} from <nil>")
    if isinstance(key, str):
        method = methods_of(value).get(key)  # type: ignore[attr-defined]
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
        return found if isinstance(value, list) else Uint8(found)  # type: ignore[call-overload]
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


def get(machine: Machine, value: object, key: object) -> object:
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
        return part.decode("utf-8", "surrogateescape")  # type: ignore[union-attr]
    return _same_type(value, part) if isinstance(value, list) else part  # type: ignore[arg-type]


def _same_type(value: list[object], items: list[object]) -> list[object]:
    if isinstance(value, Slice):
        go_type = "[]" + value.go_type[value.go_type.index("]") + 1 :]
        return Slice(go_type, items, is_nil=value.is_nil)
    return items


# Types and numbers


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


def _number(name: str, value: object) -> int | float:
    if not operators.is_number(value):
        raise TypeError(f"invalid argument for {name} (type {type_name(value)})")
    return value  # type: ignore[return-value]


def absolute(machine: Machine, value: object) -> object:
    """The value without its sign; the least integer stays itself."""
    number = _number("abs", value)
    if isinstance(number, float):
        return -number if number < 0 else number
    return number if number >= 0 else type(number)(wrap_int(-number))


def _rounding(name: str, on_float: Callable[[float], float]) -> Callable[[Machine, object], object]:
    return lambda machine, value: on_float(float(_number(name, value)))


def _flat(name: str, values: Iterable[object], depth: int = 0) -> Iterable[int | float]:
    if depth > MAX_DEPTH:
        raise LimitError("recursion depth exceeded")
    for value in values:
        if isinstance(value, list):
            yield from _flat(name, value, depth + 1)
        else:
            yield _number(name, value)


def _extreme(name: str, before: Callable[[object, object], bool]) -> Callable[..., object]:
    def find(machine: Machine, *values: object) -> object:
        if len(values) == 1 and not isinstance(values[0], list) and not operators.is_number(values[0]):
            return values[0]
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


# Strings


def trim_space(text: str) -> str:
    """`strings.TrimSpace`, with Go's white space."""
    from kai_pipelines.expression.lexer import is_space

    start, end = 0, len(text)
    while start < end and is_space(text[start]):
        start += 1
    while end > start and is_space(text[end - 1]):
        end -= 1
    return text[start:end]


def trim(machine: Machine, value: object, *cutset: object) -> object:
    """White space, or the characters given, off both ends."""
    return text_of(value).strip(text_of(cutset[0])) if cutset and cutset[0] != "" else (
        text_of(value) if cutset else trim_space(text_of(value))
    )  # fmt: skip


def split_text(text: str, separator: str, limit: int = -1, *, after: bool = False) -> Slice:
    """`strings.SplitN` and `SplitAfterN`: a limit of 0 gives nil, an empty separator splits characters."""
    if limit == 0:
        return Slice("[]string", is_nil=True)
    if not separator:
        parts = list(text)
        if 0 < limit < len(parts):
            parts = [*parts[: limit - 1], "".join(parts[limit - 1 :])]
        return strings(parts)
    parts = text.split(separator, limit - 1 if limit > 0 else -1)
    if after:
        parts = [part + separator for part in parts[:-1]] + parts[-1:]
    return strings(parts)


def _split(*, after: bool) -> Callable[..., object]:
    def split(machine: Machine, value: object, separator: object, limit: object = -1) -> object:
        return split_text(text_of(value), text_of(separator), to_int(limit), after=after)

    return split


def replace_text(text: str, old: str, new: str, limit: int = -1) -> str:
    """`strings.Replace`; an empty `old` matches before every character and at the end."""
    hits = text.count(old) if limit < 0 else min(text.count(old), limit)
    within_budget(len(text) + hits * len(new))
    return text.replace(old, new, limit)


def replace(machine: Machine, value: object, old: object, new: object, limit: object = -1) -> object:
    """`replace(text, old, new[, n])`."""
    return replace_text(text_of(value), text_of(old), text_of(new), to_int(limit))


def repeat(machine: Machine, value: object, count: object) -> object:
    """The text n times."""
    text, times = text_of(value), to_int(count)
    if times < 0:
        raise ValueError(f"invalid argument for repeat (expected positive integer, got {times})")
    if times > 1_000_000:
        raise LimitError("memory budget exceeded")
    machine.grow(len(text.encode("utf-8", "surrogateescape")) * times)
    return text * times


def join(machine: Machine, value: object, glue: object = "") -> object:
    """The strings of a list with a separator between them."""
    if not isinstance(value, list) or type_name(value) not in (LIST, "[]string"):
        raise TypeError(f"invalid argument for join (type {type_name(value)})")
    parts = [text_of(item) for item in value]
    within_budget(sum(map(len, parts)) + len(parts) * len(text_of(glue)))
    return text_of(glue).join(parts)


def byte_index(text: str, wanted: str, *, last: bool = False) -> int:
    """`strings.Index`: in bytes, -1 when absent."""
    at = text.rfind(wanted) if last else text.find(wanted)
    return at if at <= 0 else len(text[:at].encode("utf-8", "surrogateescape"))


def to_json(machine: Machine, value: object) -> object:
    """Indented JSON."""
    return gojson.marshal(value, indent="  ")


def from_base64(machine: Machine, value: object) -> object:
    """Decoded standard base64."""
    return decode_base64(text_of(value)).decode("utf-8", "surrogateescape")


def decode_base64(text: str) -> bytes:
    """`base64.StdEncoding`: padding is required, line ends are skipped. Raises ValueError."""
    try:
        cleaned = text.replace("\n", "").replace("\r", "")
        return base64.b64decode(cleaned.encode("ascii"), validate=True)
    except (binascii.Error, UnicodeEncodeError) as error:
        raise ValueError(f"illegal base64 data: {error}") from None


# Lists and maps


def _items(name: str, value: object) -> list[object]:
    if isinstance(value, bytes):
        return [Uint8(byte) for byte in value]
    if not isinstance(value, list):
        raise TypeError(f"cannot {name} {type_name(value)}")
    return value


def _end(index: int) -> Callable[[Machine, object], object]:
    def end(machine: Machine, value: object) -> object:
        try:
            return fetch(value, index)
        except (TypeError, IndexError):
            return None

    return end


def take(machine: Machine, value: object, count: object) -> object:
    """The first n elements."""
    items = _items("take from", value)
    if not isinstance(count, int) or isinstance(count, (bool, Uint8)):
        raise TypeError(f"cannot take {type_name(count)} elements")
    if count < 0:
        raise IndexError("slice bounds out of range")
    return _same_type(items, items[:count])


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
    "trim": trim,
    "trimPrefix": lambda machine, value, prefix=" ": text_of(value).removeprefix(text_of(prefix)),
    "trimSuffix": lambda machine, value, suffix=" ": text_of(value).removesuffix(text_of(suffix)),
    "upper": lambda machine, value: upper(text_of(value)),
    "lower": lambda machine, value: lower(text_of(value)),
    "split": _split(after=False),
    "splitAfter": _split(after=True),
    "replace": replace,
    "repeat": repeat,
    "join": join,
    "indexOf": lambda machine, value, wanted: byte_index(text_of(value), text_of(wanted)),
    "lastIndexOf": lambda machine, value, wanted: byte_index(text_of(value), text_of(wanted), last=True),
    "hasPrefix": lambda machine, value, prefix: text_of(value).startswith(text_of(prefix)),
    "hasSuffix": lambda machine, value, suffix: text_of(value).endswith(text_of(suffix)),
    "max": _extreme("max", operators.less),
    "min": _extreme("min", lambda best, value: operators.less(value, best)),
    "mean": mean,
    "median": median,
    "toJSON": to_json,
    "fromJSON": lambda machine, value: gojson.unmarshal(text_of(value)),
    "toBase64": lambda machine, value: base64.b64encode(text_of(value).encode("utf-8", "surrogateescape")).decode(),
    "fromBase64": from_base64,
    "now": now,
    "duration": duration,
    "date": date,
    "timezone": timezone,
    "first": _end(0),
    "last": _end(-1),
    "get": get,
    "take": take,
    "keys": lambda machine, value: [key for key, _ in pairs_of("get keys from", value)],
    "values": lambda machine, value: [item for _, item in pairs_of("get values from", value)],
    "toPairs": to_pairs,
    "fromPairs": from_pairs,
    "reverse": reverse,
    "uniq": uniq,
    "concat": concat,
    "flatten": flatten,
    "sort": sort,
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


def upper(text: str) -> str:
    """`strings.ToUpper`, which maps character by character (ß stays ß)."""
    return _by_character(text, str.upper)


def lower(text: str) -> str:
    """`strings.ToLower`, character by character."""
    return _by_character(text, str.lower)


def _by_character(text: str, change: Callable[[str], str]) -> str:
    if text.isascii():
        return change(text)
    return "".join(changed if len(changed := change(ch)) == 1 else ch for ch in text)


__all__ = ["DICT", "FUNCTIONS", "Func", "fetch", "get", "slice_of"]
