"""What the operators of a `when` do; each looks at the types of its operands and raises TypeError."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from typing import Any

from kai_pipelines.expression import numbers
from kai_pipelines.expression.printing import go_string
from kai_pipelines.expression.regex import Pattern, compile_pattern
from kai_pipelines.expression.values import wrap_int


def _wrong(symbol: str, value: object, wanted: str) -> TypeError:
    return TypeError(f"value {go_string(value)!r} cannot be used with {symbol!r}, it is no {wanted}")


def _float(symbol: str, value: object) -> float:
    if not isinstance(value, float):
        raise _wrong(symbol, value, "number")
    return value


def _bool(symbol: str, value: object) -> bool:
    if not isinstance(value, bool):
        raise _wrong(symbol, value, "boolean")
    return value


def on_one(symbol: str, value: object) -> object:
    """`!x`, `-x`, `~x`."""
    if symbol == "!":
        return not _bool(symbol, value)
    number = _float(symbol, value)
    return -number if symbol == "-" else float(~numbers.to_int(number))


def _equality(symbol: str, left: object, right: object) -> object:
    return _deep_equal(left, right) is (symbol == "==")


def _deep_equal(left: object, right: object) -> bool:
    if type(left) is not type(right):
        return False
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(_deep_equal(a, b) for a, b in zip(left, right, strict=True))
    return left == right


_ORDERS: dict[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt, ">": operator.gt, "<=": operator.le, ">=": operator.ge,
}  # fmt: skip


def _order(symbol: str, left: object, right: object) -> object:
    a: float | bytes
    b: float | bytes
    if isinstance(left, float) and isinstance(right, float):
        a, b = left, right
    elif isinstance(left, str) and isinstance(right, str):
        a, b = left.encode("utf-8", "surrogateescape"), right.encode("utf-8", "surrogateescape")
    else:
        raise _wrong(symbol, left, "number, or the other side is none")
    return _ORDERS[symbol](a, b)


def _match(symbol: str, left: object, right: object) -> object:
    if not isinstance(left, str):
        raise _wrong(symbol, left, "string")
    if isinstance(right, str):
        right = compile_pattern(right)
    if not isinstance(right, Pattern):
        raise _wrong(symbol, right, "pattern")
    return (right.search(left) is not None) is (symbol == "=~")


def _membership(symbol: str, left: object, right: object) -> object:
    if not isinstance(right, list):
        raise _wrong(symbol, right, "list")
    if isinstance(left, list) and any(isinstance(item, list) for item in right):
        raise TypeError("lists cannot be compared")
    return any(type(left) is type(item) and left == item for item in right)


def _logic(symbol: str, left: object, right: object) -> object:
    a, b = _bool(symbol, left), _bool(symbol, right)
    return (a and b) if symbol == "&&" else (a or b)


def _plus(symbol: str, left: object, right: object) -> object:
    if isinstance(left, str) or isinstance(right, str):
        return go_string(left) + go_string(right)
    return _float(symbol, left) + _float(symbol, right)


def _arithmetic(symbol: str, left: object, right: object) -> object:
    a, b = _float(symbol, left), _float(symbol, right)
    if symbol == "-":
        return a - b
    if symbol == "*":
        return a * b
    if symbol == "/":
        return numbers.divide(a, b)
    if symbol == "**":
        return numbers.power(a, b)
    return math.nan if b == 0 or not math.isfinite(a) or math.isnan(b) else math.fmod(a, b)


def _bitwise(symbol: str, left: object, right: object) -> object:
    a, b = numbers.to_int(_float(symbol, left)), numbers.to_int(_float(symbol, right))
    if symbol in ("<<", ">>"):
        a, b = a % (1 << 64), min(b % (1 << 64), 64)
        return float((a << b) % (1 << 64) if symbol == "<<" else a >> b)
    return float(wrap_int(a & b if symbol == "&" else a | b if symbol == "|" else a ^ b))


def _ternary(symbol: str, left: object, right: object) -> object:
    if symbol == "?":
        return right if _bool(symbol, left) else None
    return right if left is None else left


def _separate(symbol: str, left: object, right: object) -> object:
    return [*left, right] if isinstance(left, list) else [left, right]


OPERATORS: dict[str, Callable[[str, object, object], object]] = {
    **dict.fromkeys(("==", "!="), _equality),
    **dict.fromkeys(_ORDERS, _order),
    **dict.fromkeys(("=~", "!~"), _match),
    **dict.fromkeys(("&&", "||"), _logic),
    **dict.fromkeys(("-", "*", "/", "%", "**"), _arithmetic),
    **dict.fromkeys(("&", "|", "^", "<<", ">>"), _bitwise),
    **dict.fromkeys(("?", ":", "??"), _ternary),
    "+": _plus,
    "in": _membership,
    ",": _separate,
}
