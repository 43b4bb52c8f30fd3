"""The binary operators: which types they fit before running, and what they do (vm/runtime, checker/checker.go)."""

from __future__ import annotations

from typing import TypeGuard

from kai_pipelines.expression import natures, numbers
from kai_pipelines.expression.natures import BOOL, FLOAT, INT, STRING, UNKNOWN, Nature
from kai_pipelines.expression.values import Func, GoMap, Int64, Opaque, Sized, is_nil, kind_of, type_name, wrap_int

# Before running


def check_binary(operator: str, left: Nature, right: Nature) -> Nature:
    """The nature of `left operator right`; raises TypeError when no value of these types fits."""
    if operator in ("==", "!="):
        found = BOOL if left.comparable_to(right) else None
    elif operator == "??":
        found = _coalesced(left, right)
    elif operator == "in":
        found = _check_in(left, right)
    elif operator in ("<", ">", "<=", ">="):
        found = _check_ordered(left, right)
    elif operator in ("+", "-", "*", "/", "%", "**", "^", ".."):
        found = _check_arithmetic(operator, left, right)
    elif operator == "matches":
        fits = left.go_type in ("string", "[]uint8") and right.kind == "string"
        found = BOOL if fits or left.maybe_compatible(right, "string") else None
    else:
        family = "bool" if operator in ("or", "||", "and", "&&") else "string"
        fits = left.kind == family and right.kind == family
        found = BOOL if fits or left.maybe_compatible(right, family) else None
    if found is None:
        raise TypeError(f"invalid operation: {operator} (mismatched types {left} and {right})")
    return found


def _coalesced(left: Nature, right: Nature) -> Nature:
    if left.is_nil:
        return right
    return left if right.is_nil or right.assignable_to(left) else UNKNOWN


def _check_in(left: Nature, right: Nature) -> Nature | None:
    if right.kind == "map":
        key = natures.of_type(str(right.go_type)[4 : str(right.go_type).index("]")])
        if not (left.unknown or key.unknown or left.assignable_to(key)):
            raise TypeError(f"cannot use {left} as type {key} in map key")
        return BOOL
    if right.kind == "slice":
        element = right.element()
        if not left.comparable_to(element):
            raise TypeError(f"cannot use {left} as type {element} in array")
        return BOOL
    maybe = (left.unknown and right.is_one_of(("string", "list", "map"))) or right.unknown
    return BOOL if maybe or ((left.kind == "string" or left.unknown) and right.kind in ("struct", "ptr")) else None


def _check_ordered(left: Nature, right: Nature) -> Nature | None:
    families = ("number", "string", "time", "duration")
    same = any(left.is_one_of((family,)) and right.is_one_of((family,)) for family in families)
    return BOOL if same or left.maybe_compatible(right, *families) else None


def _check_arithmetic(operator: str, left: Nature, right: Nature) -> Nature | None:
    if operator in ("/", "**", "^"):
        return FLOAT if (left.number and right.number) or left.maybe_compatible(right, "number") else None
    if operator in ("%", ".."):
        result = INT if operator == "%" else INT.list_of()
        return result if (left.integer and right.integer) or left.maybe_compatible(right, "integer") else None
    if left.number and right.number:
        return FLOAT if "float64" in (left.go_type, right.go_type) else INT
    if operator == "+" and left.kind == right.kind == "string":
        return STRING
    known = _TIME_RESULTS.get((str(left.go_type), operator, str(right.go_type)))
    if known is not None:
        return known
    if operator == "*" and "time.Duration" in (left.go_type, right.go_type) and (left.number or right.number):
        return natures.DURATION
    families = {"+": ("number", "string", "time", "duration"), "-": ("number", "time", "duration")}
    return UNKNOWN if left.maybe_compatible(right, *families.get(operator, ("number", "duration"))) else None


_TIME_RESULTS = {
    ("time.Time", "-", "time.Time"): natures.DURATION,
    ("time.Time", "-", "time.Duration"): natures.TIME,
    ("time.Duration", "-", "time.Duration"): natures.DURATION,
    ("time.Duration", "*", "time.Duration"): natures.DURATION,
    ("time.Time", "+", "time.Duration"): natures.TIME,
    ("time.Duration", "+", "time.Time"): natures.TIME,
    ("time.Duration", "+", "time.Duration"): natures.DURATION,
}

# While running


def is_number(value: object) -> TypeGuard[int | float]:
    """Whether Go's operators treat it as a number; a duration or a weekday is none."""
    kind = type(value)
    return kind is int or kind is float or (isinstance(value, Sized) and "." not in value.go_type)


def arithmetic(operator: str, a: object, b: object) -> object:
    """`a operator b` on values; raises TypeError where Go panics."""
    if is_number(a) and is_number(b):
        return _on_numbers(operator, a, b)
    if operator == "+" and isinstance(a, str) and isinstance(b, str):
        return a + b
    if "." in type_name(a) or "." in type_name(b):
        from kai_pipelines.expression import gotime

        found = gotime.arithmetic(operator, a, b)
        if found is not None:
            return found
    raise TypeError(f"invalid operation: {type_name(a)} {operator} {type_name(b)}")


def _on_numbers(operator: str, a: int | float, b: int | float) -> int | float:
    if operator == "/":
        return numbers.divide(float(a), float(b))
    if operator in ("**", "^"):
        return numbers.power(float(a), float(b))
    if operator == "%":
        if isinstance(a, float) or isinstance(b, float):
            raise TypeError(f"invalid operation: {type_name(a)} % {type_name(b)}")
        return numbers.modulo(int(a), int(b))
    if isinstance(a, float) or isinstance(b, float):
        x, y = float(a), float(b)
        return x + y if operator == "+" else x - y if operator == "-" else x * y
    m, n = int(a), int(b)
    return wrap_int(m + n if operator == "+" else m - n if operator == "-" else m * n)


def less(a: object, b: object) -> bool:
    """`a < b`; raises TypeError where Go panics."""
    if is_number(a) and is_number(b):
        return a < b
    if isinstance(a, str) and isinstance(b, str):
        return a.encode("utf-8", "surrogateescape") < b.encode("utf-8", "surrogateescape")
    if type_name(a) == type_name(b) and type_name(a) in ("time.Time", "time.Duration"):
        return bool(a < b)  # type: ignore[operator]  # both are the same of two types that have an order
    raise TypeError(f"invalid operation: {type_name(a)} < {type_name(b)}")


def compare(operator: str, a: object, b: object) -> bool:
    """`<`, `>`, `<=`, `>=` on values."""
    if (isinstance(a, float) and a != a) or (isinstance(b, float) and b != b):
        less(a, b)  # NaN is never in order; the types must fit all the same
        return False
    if operator == "<":
        return less(a, b)
    if operator == ">":
        return less(b, a)
    return not less(b, a) if operator == "<=" else not less(a, b)


def equal(a: object, b: object) -> bool:
    """expr-lang's `==` on values: numbers by value, lists element by element, the rest as Go's DeepEqual."""
    if is_number(a) and is_number(b):
        return _numbers_equal(a, b)
    if isinstance(a, list) and isinstance(b, list) and _may_mix(a, b):
        return len(a) == len(b) and all(equal(x, y) for x, y in zip(a, b, strict=True))
    if is_nil(a) and is_nil(b):
        return True
    return deep_equal(a, b)


def _numbers_equal(a: int | float, b: int | float) -> bool:
    if isinstance(a, float) or isinstance(b, float):
        return float(a) == float(b)
    return wrap_int(int(a)) == wrap_int(int(b))


def _may_mix(a: list[object], b: list[object]) -> bool:
    """Slices compare across types only when one of them is `[]interface {}`, or when their types are the same."""
    one, other = type_name(a), type_name(b)
    simple = ("[]interface {}", "[]string", "[]int", "[]float64")
    if one not in simple or other not in simple:
        return False
    return one == other or "[]interface {}" in (one, other)


def deep_equal(a: object, b: object) -> bool:
    """Go's `reflect.DeepEqual`: the same types all the way down."""
    if type_name(a) != type_name(b) or isinstance(a, Func):
        return False
    if isinstance(a, list) and isinstance(b, list):
        same = is_nil(a) == is_nil(b) and len(a) == len(b)
        return same and all(deep_equal(x, y) for x, y in zip(a, b, strict=True))
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(deep_equal(value, b[key]) for key, value in a.items())
    if isinstance(a, GoMap) and isinstance(b, GoMap):
        if a.entries.keys() != b.entries.keys():
            return False
        return all(deep_equal(value, b.entries[key][1]) for key, (_, value) in a.entries.items())
    return a == b


def contains(needle: object, container: object) -> bool:
    """`needle in container`; raises TypeError where Go panics."""
    if container is None:
        return False
    if isinstance(container, list):
        return any(equal(item, needle) for item in container)
    if isinstance(container, bytes):
        return any(equal(Int64(item), needle) for item in container)
    if isinstance(container, dict):
        return key_for(needle, "string") in container
    if isinstance(container, GoMap):
        return container.get(key_for(needle, container.key_type)) is not None
    if isinstance(container, Opaque) and kind_of(container.go_type) in ("struct", "ptr") and isinstance(needle, str):
        return needle in container.fields
    raise TypeError(f'operator "in" not defined on {type_name(container)}')


def key_for(key: object, key_type: str) -> object:
    """The key to look up in a map: nil is the zero key, another type than the map's is refused."""
    if key_type == "interface {}":
        return key
    if key is None:
        return {"string": "", "int": 0}.get(key_type)
    if type_name(key) != key_type:
        raise TypeError(f"reflect.Value.MapIndex: value of type {type_name(key)} is not assignable to type {key_type}")
    return key
