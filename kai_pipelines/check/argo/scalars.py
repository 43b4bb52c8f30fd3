"""The texts and numbers that Go's types read from JSON in their own way: quantities, times, numbers in a range."""

from __future__ import annotations

import base64
import binascii
import datetime
import math
import re
from collections.abc import Callable, Mapping
from decimal import Decimal

_QUANTITY = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+|[numkMGTPE]|[KMGTPE]i)?")
_TIME = re.compile(
    r"[0-9]{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])"
    r"T(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:[.,][0-9]+)?(?:Z|[+-][0-2][0-9]:[0-5][0-9])"
)
_DIGITS = re.compile(r"[+-]?[0-9]+")
_RANGES = {
    "int32": (-(2**31), 2**31 - 1),
    "int64": (-(2**63), 2**63 - 1),
    "uint32": (0, 2**32 - 1),
    "uint64": (0, 2**64 - 1),
}


class Malformed(ValueError):
    """The value has a type that the field takes, but cannot be read."""


class WrongType(ValueError):
    """The value has another type than the field."""


def _string(value: object) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, datetime.date):
        return value.isoformat()  # a YAML timestamp, which Go reads as text
    raise WrongType


def _bool(value: object) -> bool:
    if isinstance(value, bool):
        return value
    raise WrongType


def whole(value: object) -> int:
    """A number without a fraction: Go writes 5.0 of a YAML file as 5 before it reads it."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e21:
        return int(value)
    raise WrongType


def atoi(text: str) -> int | None:
    """The number that Go's strconv.Atoi reads; None when it reads none."""
    if _DIGITS.fullmatch(text) is None:
        return None
    number = int(text) if len(text) < 25 else 2**63
    return number if -(2**63) <= number < 2**63 else None


def _in_range(kind: str) -> Callable[[object], int]:
    least, most = _RANGES[kind]

    def read(value: object) -> int:
        number = whole(value)
        if not least <= number <= most:
            raise Malformed(f"a number from {least} to {most}")
        return number

    return read


def _float(value: object) -> float:
    if isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value):
        return value
    raise WrongType


def _int_or_string(value: object) -> int | str:
    return value if isinstance(value, str) else _in_range("int32")(value)


def any_string(value: object) -> str:
    """Argo's AnyString: numbers and booleans become their text, everything but text the empty one."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return _plain_number(float(value)) if math.isfinite(value) else ""
    return value if isinstance(value, str) else value.isoformat() if isinstance(value, datetime.date) else ""


def _plain_number(number: float) -> str:
    text = format(Decimal(repr(number)), "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def as_text(value: object) -> str:
    """A number or boolean in a field of text, as lenient reading of YAML turns it into one."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return repr(value)
    return _string(value)


def _quantity(value: object) -> object:
    if isinstance(value, str):
        if _QUANTITY.fullmatch(value.strip(" ")) is None:
            raise Malformed("a quantity such as 500m, 2 or 4Gi")
        return value
    return _float(value)


def _time(value: object) -> str:
    if isinstance(value, datetime.datetime):
        return value.isoformat()
    text = _string(value)
    if _TIME.fullmatch(text) is None:
        raise Malformed("a time such as 2026-01-31T12:00:00Z")
    return text


def _bytes(value: object) -> str:
    text = _string(value)
    try:
        base64.b64decode(text.replace("\r", "").replace("\n", ""), validate=True)
    except (binascii.Error, ValueError) as error:
        raise Malformed("base64") from error
    return text


def any_json(value: object) -> object:
    """A value as JSON has it: keys are texts, and so are the dates of a YAML file."""
    if isinstance(value, Mapping):
        return {key if isinstance(key, str) else any_string(key): any_json(one) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [any_json(one) for one in value]
    if value is None or isinstance(value, (str, bool, int, float)):
        return value
    return value.isoformat() if isinstance(value, datetime.date) else str(value)


SCALARS: dict[str, Callable[[object], object]] = {
    "string": _string,
    "bool": _bool,
    "int32": _in_range("int32"),
    "int64": _in_range("int64"),
    "uint32": _in_range("uint32"),
    "uint64": _in_range("uint64"),
    "float64": _float,
    "intorstring": _int_or_string,
    "anystring": any_string,
    "quantity": _quantity,
    "time": _time,
    "bytes": _bytes,
    "json": any_json,
}
"""Kind of a field → its reader, which raises WrongType or Malformed."""
IN_WORDS = {
    "string": "text",
    "bool": "true or false",
    "int32": "a whole number",
    "int64": "a whole number",
    "uint32": "a whole number, not negative",
    "uint64": "a whole number, not negative",
    "float64": "a number",
    "intorstring": "a whole number or text",
    "quantity": "a quantity such as 500m, 2 or 4Gi",
    "time": "a time",
    "bytes": "base64 text",
}
"""What to call such a value."""
