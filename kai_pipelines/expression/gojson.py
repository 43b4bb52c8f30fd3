"""JSON as Go's encoding/json reads and writes it."""

from __future__ import annotations

import base64
import json
import math
from collections.abc import Iterable
from typing import NoReturn

from kai_pipelines.expression.numbers import format_float
from kai_pipelines.expression.values import Func, GoMap, Opaque, Sized, Slice, type_name


class RawNumber(float):
    """A number that is written again as it was read: Go's `json.RawMessage` of it."""

    spelling: str

    def __new__(cls, spelling: str) -> RawNumber:
        """Keep the spelling; the value is what a float64 holds of it."""
        number = super().__new__(cls, spelling)
        number.spelling = spelling
        return number


_HTML = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026"}
_CONTROLS = {
    **{chr(code): f"\\u{code:04x}" for code in range(32)},
    "\u2028": "\\u2028",
    "\u2029": "\\u2029",
    '"': '\\"',
    "\\": "\\\\",
    "\n": "\\n",
    "\r": "\\r",
    "\t": "\\t",
    "\b": "\\b",
    "\f": "\\f",
    **{chr(code): "\\ufffd" for code in range(0xD800, 0xE000)},
}
_RAW_TABLE = str.maketrans(_CONTROLS)
_HTML_TABLE = str.maketrans({**_CONTROLS, **_HTML})


def encode_string(text: str, *, html: bool = True) -> str:
    """A JSON string with its quotes; `html` escapes <, > and & as `json.Marshal` does."""
    return f'"{text.translate(_HTML_TABLE if html else _RAW_TABLE)}"'


def marshal(value: object, *, indent: str = "", html: bool = True) -> str:
    """`json.Marshal`, or `json.MarshalIndent` with an indent; raises TypeError for what JSON cannot say."""
    parts: list[str] = []
    _write(parts, value, indent, "\n" if indent else "", html)
    return "".join(parts)


def _write(parts: list[str], value: object, indent: str, line: str, html: bool) -> None:
    scalar = _scalar(value, html)
    if scalar is not None:
        parts.append(scalar)
    elif isinstance(value, (list, tuple)):
        _write_all(parts, "[]", [("", item) for item in value], indent, line, html)
    elif isinstance(value, dict):
        pairs = sorted((_key(key), item) for key, item in _by_key(value))
        shown = [(encode_string(key, html=html) + (": " if indent else ":"), value[key]) for key, _ in pairs]
        _write_all(parts, "{}", shown, indent, line, html)
    elif isinstance(value, GoMap) and value.key_type == "string":
        _write(parts, {str(key): item for key, item in value.items()}, indent, line, html)
    else:
        raise TypeError(f"json: unsupported type: {type_name(value)}")


def _by_key(value: dict[object, object]) -> Iterable[tuple[object, int]]:
    return ((key, 0) for key in value)


def _key(key: object) -> str:
    if not isinstance(key, str):
        raise TypeError(f"json: unsupported type: map[{type_name(key)}]interface {{}}")
    return key


def _scalar(value: object, html: bool) -> str | None:
    """The JSON of a value that holds no others, None for a list or a map."""
    if value is None or (isinstance(value, Slice) and value.is_nil):
        return "null"
    if isinstance(value, str):
        return encode_string(value, html=html)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, RawNumber):
        return value.spelling
    if isinstance(value, float):
        return _float(value)
    if isinstance(value, Sized):
        return int.__repr__(value)
    if isinstance(value, int):
        return repr(value)
    if isinstance(value, bytes):
        return f'"{base64.b64encode(value).decode()}"'
    if isinstance(value, Opaque):
        return marshal(value.to_json(), html=html)
    if isinstance(value, Func):
        raise TypeError(f"json: unsupported type: {value.go_type}")
    return None


def _float(value: float) -> str:
    if not math.isfinite(value):
        raise TypeError(f"json: unsupported value: {format_float(value)}")
    text = format_float(value, low=-6, high=21)
    return text.replace("e-0", "e-") if "e-0" in text else text


def _write_all(
    parts: list[str], brackets: str, items: list[tuple[str, object]], indent: str, line: str, html: bool
) -> None:
    parts.append(brackets[0])
    inner = line + indent
    for index, (prefix, item) in enumerate(items):
        parts.append(("," if index else "") + inner + prefix)
        _write(parts, item, indent, inner, html)
    parts.append((line if items else "") + brackets[1])


def unmarshal(text: str) -> object:
    """`json.Unmarshal` into an `interface {}`: every number is a float64. Raises ValueError."""
    if text[:1] == "\ufeff":
        raise ValueError("invalid character '\\ufeff' looking for beginning of value")
    value = json.loads(text, parse_int=_number, parse_float=_number, parse_constant=_constant)
    return _without_surrogates(value) if "\\u" in text or not _is_utf8(text) else value


def _number(text: str) -> float:
    value = float(text)
    if math.isinf(value):
        raise ValueError(f"json: cannot unmarshal number {text[:40]} into Go value of type float64")
    return value


def _constant(text: str) -> NoReturn:
    raise ValueError(f"invalid character {text[0]!r} looking for beginning of value")


def _is_utf8(text: str) -> bool:
    return not any("\ud800" <= ch <= "\udfff" for ch in text)


def _without_surrogates(value: object) -> object:
    """Go reads half a surrogate pair, or a byte that is no UTF-8, as U+FFFD."""
    if isinstance(value, str):
        return "".join("\ufffd" if "\ud800" <= ch <= "\udfff" else ch for ch in value)
    if isinstance(value, list):
        return [_without_surrogates(item) for item in value]
    if isinstance(value, dict):
        return {_without_surrogates(key): _without_surrogates(item) for key, item in value.items()}
    return value


def is_valid(text: str) -> bool:
    """`json.Valid`."""
    try:
        json.loads(text, parse_int=lambda digits: 0, parse_constant=_constant)
    except (ValueError, RecursionError):
        return False
    return text[:1] != "\ufeff"
