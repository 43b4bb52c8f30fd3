"""sprig's functions on lists, maps, defaults, JSON and types; nothing that is given is changed."""

from __future__ import annotations

import math
from collections.abc import Callable

from kai_pipelines.expression import gojson
from kai_pipelines.expression.numbers import parse_float, parse_int, to_int
from kai_pipelines.expression.operators import deep_equal
from kai_pipelines.expression.sprig_text import encode, string_list, strval
from kai_pipelines.expression.values import (
    LIST,
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

NIL_LIST = Slice(LIST, is_nil=True)

# Numbers out of anything (spf13/cast 1.10)


def cast_int(value: object) -> int:
    """A number, a boolean or a string as an integer, 0 when it is none; 0x1F and 017 are read, 3.9 is 3."""
    if isinstance(value, float):
        return to_int(value)
    if isinstance(value, int):
        return wrap_int(int(value))
    if not isinstance(value, str):
        return 0
    whole, dot, fraction = value.partition(".")
    if dot and (not fraction or (fraction.isascii() and fraction.isdigit())):
        unsigned = whole[1:] if whole[:1] in ("+", "-") else whole
        value = whole if unsigned.isascii() and unsigned.isdigit() else value if unsigned else "0"
    try:
        return parse_int(value, 0)
    except ValueError:
        return 0


def cast_float(value: object) -> float:
    """A number, a boolean or a string as a float, 0 when it is none."""
    if isinstance(value, (int, float)):
        return float(value)
    try:
        return parse_float(value) if isinstance(value, str) else 0.0
    except ValueError:
        return 0.0


# Defaults


def empty(value: object) -> bool:
    """Whether a value is its type's zero value or has no elements."""
    if value is None or value is False:
        return True
    if isinstance(value, (str, list, dict, bytes, GoMap)):
        return len(value) == 0
    if isinstance(value, (int, float)):
        return value == 0
    return False


def default(fallback: object, *given: object) -> object:
    """The given value, or the fallback when it is empty."""
    return fallback if not given or empty(given[0]) else given[0]


def coalesce(*values: object) -> object:
    """The first that is not empty."""
    return next((value for value in values if not empty(value)), None)


def ternary(yes: object, no: object, condition: bool) -> object:
    """yes or no."""
    return yes if condition else no


# JSON


def from_json(text: str) -> object:
    """The value, nil when it is no JSON."""
    try:
        return gojson.unmarshal(text)
    except ValueError:
        return None


def lenient(marshal: Callable[[object], str]) -> Callable[[object], str]:
    """JSON, or nothing for what JSON cannot say."""

    def write(value: object) -> str:
        try:
            return marshal(value)
        except TypeError:
            return ""

    return write


def pretty_json(value: object) -> str:
    """Indented JSON."""
    return gojson.marshal(value, indent="  ")


def raw_json(value: object) -> str:
    """JSON that leaves <, > and & alone."""
    return gojson.marshal(value, html=False)


# Lists


def items(what: str, value: object) -> list[object]:
    """The elements of a list; raises TypeError for anything else."""
    if isinstance(value, bytes):
        return [Uint8(byte) for byte in value]
    if not isinstance(value, list):
        raise TypeError(f"Cannot {what} type {kind_of(type_name(value))}")
    return value


def push(value: object, item: object) -> object:
    """The list and one more."""
    return [*items("push on", value), item]


def prepend(value: object, item: object) -> object:
    """One more and the list."""
    return [item, *items("prepend on", value)]


def first(value: object) -> object:
    """The first element, nil of none."""
    found = items("find first on", value)
    return found[0] if found else None


def last(value: object) -> object:
    """The last element, nil of none."""
    found = items("find last on", value)
    return found[-1] if found else None


def rest(value: object) -> object:
    """All but the first; of an empty list nil."""
    found = items("find rest on", value)
    return list(found[1:]) if found else NIL_LIST


def initial(value: object) -> object:
    """All but the last; of an empty list nil."""
    found = items("find initial on", value)
    return list(found[:-1]) if found else NIL_LIST


def reverse(value: object) -> object:
    """The list from its end."""
    return list(reversed(items("find reverse on", value)))


def compact(value: object) -> object:
    """The elements that are not empty."""
    return [item for item in items("compact on", value) if not empty(item)]


def _among(item: object, others: list[object]) -> bool:
    return any(deep_equal(item, other) for other in others)


def uniq(value: object) -> object:
    """The elements without those that came before."""
    found: list[object] = []
    candidates = items("find uniq on", value)
    if len(candidates) > 5000:
        raise ValueError("more than 5000 elements are too many for uniq")
    for item in candidates:
        if not _among(item, found):
            found.append(item)
    return found


def without(value: object, *omitted: object) -> object:
    """The elements that are none of those."""
    return [item for item in items("find without on", value) if not _among(item, list(omitted))]


def has(needle: object, value: object) -> bool:
    """Whether the list has the element; the types must be the same too."""
    return False if value is None else _among(needle, items("find has on", value))


def slice_of(value: object, *bounds: object) -> object:
    """`list[start:end]`."""
    found = items("slice", value)
    if not found:
        return None
    start = cast_int(bounds[0]) if bounds else 0
    end = cast_int(bounds[1]) if len(bounds) > 1 else len(found)
    if not 0 <= start <= end <= len(found):
        raise IndexError("reflect.Value.Slice: slice index out of bounds")
    part = found[start:end]
    return Slice(value.go_type, part) if isinstance(value, Slice) else list(part)


def concat(*lists: object) -> object:
    """The lists one after another; nil when there is nothing."""
    found = [item for value in lists for item in items("concat", value)]
    return found or NIL_LIST


def chunk(size: int, value: object) -> object:
    """Lists of `size` elements."""
    found = items("chunk", value)
    count = math.floor((len(found) - 1) / size) + 1 if size else -1
    if count < 0 or (size < 0 < count):
        raise ValueError("makeslice: len out of range")
    return Slice("[][]interface {}", (list(found[at * size : (at + 1) * size]) for at in range(count)))


def sort_alpha(value: object) -> object:
    """The elements as strings in order."""
    if not isinstance(value, list):
        return strings([strval(value)])
    return strings(sorted(map(str, string_list(value)), key=encode))


# Maps

Dict = dict[str, object]


def dictionary(*values: object) -> object:
    """Keys and values in turn; a key without a value has ""."""
    pairs = list(values) + ([""] if len(values) % 2 else [])
    return {strval(key): value for key, value in zip(pairs[::2], pairs[1::2], strict=True)}


def get(mapping: Dict, key: str) -> object:
    """The value, "" when absent."""
    return mapping.get(key, "")


def put(mapping: Dict, key: str, value: object) -> object:
    """The map with one value changed."""
    return {**mapping, key: value}


def unset(mapping: Dict, key: str) -> object:
    """The map without a key."""
    return {name: value for name, value in mapping.items() if name != key}


def has_key(mapping: Dict, key: str) -> bool:
    """Whether the key is there."""
    return key in mapping


def pluck(key: str, *mappings: Dict) -> object:
    """The values of a key in several maps."""
    return [mapping[key] for mapping in mappings if key in mapping]


def keys(*mappings: Dict) -> object:
    """The keys of maps: Go's order is random, ours is sorted."""
    return strings(name for mapping in mappings for name in sorted(mapping))


def values_of(mapping: Dict) -> object:
    """The values, by key."""
    return [mapping[name] for name in sorted(mapping)]


def pick(mapping: Dict, *wanted: str) -> object:
    """The map with those keys only."""
    return {name: mapping[name] for name in wanted if name in mapping}


def omit(mapping: Dict, *unwanted: str) -> object:
    """The map without those keys."""
    return {name: value for name, value in mapping.items() if name not in unwanted}


def merge(target: Dict, *sources: Dict) -> object:
    """What is missing or empty in the first, from the others."""
    return _merged_all(target, sources, overwrite=False)


def merge_overwrite(target: Dict, *sources: Dict) -> object:
    """The maps over each other; an empty value does not overwrite."""
    return _merged_all(target, sources, overwrite=True)


def _merged_all(first: Dict, sources: tuple[Dict, ...], *, overwrite: bool) -> Dict:
    """The sources into the first one after another; Go changes the first, so it also changes where it comes again."""
    target = first
    for source in sources:
        target = _merged(target, target if source is first else source, overwrite=overwrite)
    return target


def _merged(target: Dict, source: Dict, *, overwrite: bool) -> Dict:
    result = dict(target)
    for name, value in source.items():
        present = result.get(name)
        if isinstance(present, dict) and isinstance(value, dict):
            result[name] = _merged(present, value, overwrite=overwrite)
        elif name not in result:
            if value is not None or overwrite:
                result[name] = value
        elif value is not None and (not empty(value) if overwrite else empty(present)):
            result[name] = value
    return result


def dig(*path: object) -> object:
    """`dig "a" "b" default map`."""
    if len(path) < 3:
        raise TypeError("dig needs at least three arguments")
    value, fallback = path[-1], path[-2]
    for name in path[:-2]:
        if not isinstance(value, dict):
            raise TypeError(
                f"interface conversion: interface {{}} is {type_name(value)}, not map[string]interface {{}}"
            )
        if not isinstance(name, str):
            raise TypeError(f"interface conversion: interface {{}} is {type_name(name)}, not string")
        if name not in value:
            return fallback
        value = value[name]
    return value


def deep_copy(value: object) -> object:
    """The value, for nothing here changes values; nil has no type and is refused."""
    if value is None:
        raise TypeError("reflect: call of reflect.Value.Type on zero Value")
    return value


# Types


def kind(value: object) -> str:
    """The reflect kind."""
    if isinstance(value, (Opaque, Sized)) or value is not None:
        return kind_of(type_name(value))
    return "invalid"


def equal(a: object, b: object) -> bool:
    """`reflect.DeepEqual`."""
    return a is b or (not is_nil(a) and deep_equal(a, b)) or (a is None and b is None)
