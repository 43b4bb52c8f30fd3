"""What a plain YAML scalar means to Go's reader (sigs.k8s.io/yaml on go-yaml 2): YAML 1.1 with a few of its own ways.

It differs from PyYAML's: ``1:30`` is text, ``y`` and ``on`` are true, ``1_000`` and ``0o17`` are numbers, a time
stays the text that it is, and every underscore of a number is dropped.
"""

from __future__ import annotations

import base64
import binascii
import re

_WORDS: dict[str, object] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"), True),
    **dict.fromkeys(("n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF"), False),
    **dict.fromkeys((".nan", ".NaN", ".NAN"), float("nan")),
    **dict.fromkeys((".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"), float("inf")),
    **dict.fromkeys(("-.inf", "-.Inf", "-.INF"), float("-inf")),
}
_STARTS_NUMBER = frozenset("+-.0123456789")
_INTEGER = re.compile(r"([-+]?)(?:0[xX]([0-9a-fA-F]+)|0[bB]([01]+)|0[oO]?([0-7]+)|(0|[1-9][0-9]*))")
_BASES = (16, 2, 8, 10)
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_SAFE_DIGITS = 400
"""Digits of a number that is read as one; Go makes text or infinity of anything near it."""

_TAG = "tag:yaml.org,2002:"
_NUMERIC_TAGS = (_TAG + "int", _TAG + "float")
KNOWN_TAGS = frozenset(
    _TAG + name for name in ("str", "int", "float", "bool", "null", "timestamp", "binary", "map", "seq", "merge")
)


def plain(text: str) -> object:
    """The value of an unquoted scalar: None, a boolean, a number, or the text itself."""
    if text in _WORDS:
        return _WORDS[text]
    if text[0] not in _STARTS_NUMBER or len(text) > _SAFE_DIGITS:
        return text
    return _number(text.replace("_", ""), text)


def _number(digits: str, text: str) -> object:
    match = _INTEGER.fullmatch(digits)
    if match is not None:
        sign, *bodies = match.groups()
        for base, body in zip(_BASES, bodies, strict=True):
            if body is not None:
                value = int(body, base)
                return _in_range(-value if sign == "-" else value)
    if _FLOAT.fullmatch(digits) is None:
        return text
    number = float(digits)
    if number in (float("inf"), float("-inf")):
        return text  # ParseFloat: value out of range
    return as_json_number(number)


def _in_range(value: int) -> int | float:
    """Go has 64 bits; larger integers become floating-point numbers there."""
    return value if -(1 << 63) <= value < 1 << 64 else as_json_number(float(value))


def as_json_number(value: float) -> int | float:
    """A number as Go's JSON carries it: ``1000.0`` is ``1000``."""
    return int(value) if value.is_integer() and abs(value) < 1e21 else value


def tagged(tag: str, text: str) -> object:
    """The value of a scalar with an explicit tag; raises ValueError when the two do not fit."""
    if tag == _TAG + "binary":
        try:
            return base64.b64decode(text, validate=False).decode("utf-8", "replace")
        except binascii.Error as error:
            raise ValueError(f"!!binary is not base64: {error}") from None
    value = plain(text) if tag in KNOWN_TAGS and tag != _TAG + "str" and tag != _TAG + "timestamp" else text
    fits = {
        _TAG + "int": isinstance(value, int) and not isinstance(value, bool),
        _TAG + "float": isinstance(value, int | float) and not isinstance(value, bool),
        _TAG + "bool": isinstance(value, bool),
        _TAG + "null": value is None,
    }
    if not fits.get(tag, True):
        raise ValueError(f"{text!r} is no {tag.removeprefix(_TAG)}")
    return value
