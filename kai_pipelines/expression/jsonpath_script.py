"""The little language of JSONPath filters and scripts (evilmonkeyinc/jsonpath, script/standard).

An expression is split at the first operator outside quotes and brackets, the loosest operator first;
`!=` is looked for before `<=`, `+` before `-`, `@` and `$` last.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from kai_pipelines.expression import gojson, numbers
from kai_pipelines.expression.printing import go_string
from kai_pipelines.expression.regex import compile_pattern

Script: TypeAlias = Callable[[object, object], object]
"""A function of the document and the current value."""
Argument: TypeAlias = Script | str | list[object] | dict[str, object] | None

_OPERATORS = ("||", "&&", "==", "!=", "<=", ">=", "<", ">", "=~", "!", "+", "-", "**", "*", "/", "%", "not in", "in")
_ALL = (*_OPERATORS, "@", "$")
_TRUE, _FALSE = ("1", "t", "T", "TRUE", "true", "True"), ("0", "f", "F", "FALSE", "false", "False")


def compile_script(text: str, selector: Callable[[str], Script]) -> Script:
    """A script; `selector` compiles the paths in it."""
    compiled = _build(text, _ALL, selector)
    if compiled is not None:
        return compiled
    return lambda root, current: _constant(text, root, current)


def _constant(text: str, root: object, current: object) -> object:
    if text == "":
        raise ValueError("invalid expression. is empty")
    known = _variables(root, current)
    if text in known:
        return known[text]
    for read in (numbers.parse_float, _parse_bool):
        try:
            return read(text)
        except ValueError:
            continue
    return text


def _parse_bool(text: str) -> bool:
    if text in _TRUE:
        return True
    if text in _FALSE:
        return False
    raise ValueError(f"invalid argument. expected boolean, not {text}")


def _variables(root: object, current: object) -> dict[str, object]:
    return {"$": root, "@": current, "nil": None, "null": None}


def _find(text: str, operator: str) -> int:
    """Where an operator ends first outside quotes and brackets, as its start; -1 when nowhere."""
    quote = ""
    squares = rounds = 0
    for at, ch in enumerate(text):
        if ch in "()" and not quote and squares <= 0:
            rounds += 1 if ch == "(" else -1
        elif ch in "[]" and not quote and rounds <= 0:
            squares += 1 if ch == "[" else -1
        elif ch in "'\"" and quote in ("", ch) and squares <= 0 and rounds <= 0:
            quote = "" if quote else ch
        outside = not quote and squares <= 0 and rounds <= 0
        if outside and at + 1 >= len(operator) and text[at + 1 - len(operator) : at + 1] == operator:
            return at + 1 - len(operator)
    return -1


def _build(text: str, operators: tuple[str, ...], selector: Callable[[str], Script]) -> Script | None:
    text = text.strip()
    if not text:
        return None
    if text.startswith("(") and text.endswith(")"):
        text = text[1:-1].strip()
        operators = _ALL
    for index, operator in enumerate(operators):
        at = _find(text, operator)
        if at < 0:
            continue
        before, after = text[:at].strip(), text[at + len(operator) :].strip()
        is_path = operator in ("@", "$")
        if (not after and not is_path) or (not before and not is_path and operator != "!"):
            continue
        if before and (is_path or operator == "!"):
            continue
        if is_path:
            return _quoting(selector(text))
        left, right = (_argument(part, operators[index:], selector) for part in (before, after))
        return _operation(operator, left, right)
    return None


def _argument(text: str, operators: tuple[str, ...], selector: Callable[[str], Script]) -> Argument:
    compiled = _build(text, operators, selector)
    if compiled is not None:
        return compiled
    if not text:
        return None
    if (text[0], text[-1]) in (("[", "]"), ("{", "}")):
        try:
            value = gojson.unmarshal(text)
        except ValueError:
            return text
        return value if isinstance(value, (list, dict)) else text
    return text


def _quoting(path: Script) -> Script:
    """A string that a path finds stands in single quotes."""

    def find(root: object, current: object) -> object:
        value = path(root, current)
        if isinstance(value, str) and not (len(value) > 1 and value[0] == value[-1] == "'"):
            return f"'{value}'"
        return value

    return find


def _value(argument: Argument, root: object, current: object) -> object:
    value: object = argument(root, current) if callable(argument) else argument
    known = _variables(root, current)
    return known[value] if isinstance(value, str) and value in known else value


def _number(argument: Argument, root: object, current: object) -> float:
    if argument is None:
        raise ValueError("invalid argument. is nil")
    return numbers.parse_float(go_string(_value(argument, root, current)))


def _boolean(argument: Argument, root: object, current: object) -> bool:
    value = None if argument is None else _value(argument, root, current)
    return False if value is None else _parse_bool(go_string(value))


def _string(argument: Argument, root: object, current: object) -> str:
    if argument is None:
        raise ValueError("invalid argument. is nil")
    written: object = argument(root, current) if callable(argument) else argument
    value = _value(argument, root, current)
    if not isinstance(value, str):
        return go_string(value)
    if len(value) > 1 and value[0] == value[-1] == "'":
        return value
    if len(value) > 1 and value[0] == value[-1] == '"':
        return f"'{value[1:-1]}'"
    return value if value is written else f"'{value}'"


def _operation(operator: str, left: Argument, right: Argument) -> Script:
    if operator in ("||", "&&"):
        return lambda root, current: _logic(operator, _boolean(left, root, current), _boolean(right, root, current))
    if operator == "!":
        return lambda root, current: not _boolean(right, root, current)
    if operator in ("==", "!="):
        return lambda root, current: _equal(left, right, root, current) is (operator == "==")
    if operator == "=~":
        return lambda root, current: _matches(_string(left, root, current), _string(right, root, current))
    if operator in ("in", "not in"):
        return lambda root, current: _among(left, right, root, current) is (operator == "in")
    return lambda root, current: _calculate(operator, _number(left, root, current), _number(right, root, current))


def _logic(operator: str, a: bool, b: bool) -> bool:
    return (a or b) if operator == "||" else (a and b)


def _equal(left: Argument, right: Argument, root: object, current: object) -> bool:
    try:
        return _number(left, root, current) == _number(right, root, current)
    except ValueError:
        return _string(left, root, current) == _string(right, root, current)


def _matches(text: str, pattern: str) -> bool:
    stripped = [part[1:-1] if len(part) > 1 and part[0] == part[-1] == "'" else part for part in (text, pattern)]
    return compile_pattern(stripped[1]).search(stripped[0]) is not None


def _among(left: Argument, right: Argument, root: object, current: object) -> bool:
    item: object
    try:
        item = _number(left, root, current)
    except ValueError:
        item = _string(left, root, current)
    collection = _value(right, root, current)
    if isinstance(collection, dict):
        collection = list(collection.values())
    if not isinstance(collection, list):
        raise ValueError("invalid argument. expected array, map, or slice")
    return any(type(item) is type(element) and item == element for element in collection)


def _calculate(operator: str, a: float, b: float) -> object:
    if operator in ("<", ">", "<=", ">="):
        return {"<": a < b, ">": a > b, "<=": a <= b, ">=": a >= b}[operator]
    if operator in ("+", "-", "*"):
        return a + b if operator == "+" else a - b if operator == "-" else a * b
    if operator == "/":
        return numbers.divide(a, b)
    if operator == "**":
        return numbers.power(a, b)
    if a != a // 1 or b != b // 1:
        raise ValueError("invalid argument. expected integer")
    return numbers.modulo(int(a), int(b))
