"""sprig's arithmetic, dates and paths."""

from __future__ import annotations

import decimal
import math
import posixpath
import random
import time as clock
from collections.abc import Callable

from kai_pipelines.expression import gotime, numbers
from kai_pipelines.expression.gotime import Time
from kai_pipelines.expression.printing import go_string
from kai_pipelines.expression.sprig_data import cast_float, cast_int
from kai_pipelines.expression.values import INT_MAX, INT_MIN, Int64, Slice, wrap_int

MAX_ELEMENTS = 1_000_000

# Arithmetic


def add(*values: object) -> object:
    """The sum."""
    return Int64(wrap_int(sum(cast_int(value) for value in values)))


def sub(a: object, b: object) -> object:
    """The difference."""
    return Int64(wrap_int(cast_int(a) - cast_int(b)))


def mul(a: object, *values: object) -> object:
    """The product."""
    product = cast_int(a)
    for value in values:
        product = wrap_int(product * cast_int(value))
    return Int64(product)


def div(a: object, b: object) -> object:
    """The quotient, toward zero."""
    x, y = cast_int(a), cast_int(b)
    if y == 0:
        raise ZeroDivisionError("runtime error: integer divide by zero")
    return Int64(wrap_int(abs(x) // abs(y) * (1 if (x < 0) == (y < 0) else -1)))


def mod(a: object, b: object) -> object:
    """The rest, with the sign of the dividend."""
    return Int64(numbers.modulo(cast_int(a), cast_int(b)))


def extreme(choose: Callable[[list[int]], int]) -> Callable[..., object]:
    """The least or the greatest integer."""
    return lambda *values: Int64(choose([cast_int(value) for value in values]))


def extreme_float(choose: Callable[[list[float]], float]) -> Callable[..., object]:
    """The least or the greatest float; NaN wins."""

    def find(*values: object) -> object:
        found = [cast_float(value) for value in values]
        return math.nan if any(value != value for value in found) else choose(found)

    return find


def with_decimals(operate: Callable[[decimal.Decimal, decimal.Decimal], decimal.Decimal]) -> Callable[..., object]:
    """Arithmetic on the decimals that the floats print as."""

    def apply(first: object, *values: object) -> object:
        with decimal.localcontext(decimal.Context(prec=800, traps=[decimal.DivisionByZero, decimal.InvalidOperation])):
            total = _decimal(first)
            for value in values:
                try:
                    total = operate(total, _decimal(value))
                except decimal.DecimalException:
                    raise ZeroDivisionError("decimal division by 0") from None
            return float(total)

    return apply


def _decimal(value: object) -> decimal.Decimal:
    number = cast_float(value)
    if not math.isfinite(number):
        raise ValueError(f"Cannot create a Decimal from {numbers.format_float(number)}")
    return decimal.Decimal(repr(number))


def divide_decimals(a: decimal.Decimal, b: decimal.Decimal) -> decimal.Decimal:
    """Division to 16 decimal places, halves away from zero."""
    return (a / b).quantize(decimal.Decimal("1e-16"), rounding=decimal.ROUND_HALF_UP)


def round_to(value: object, places: int, *round_on: float) -> object:
    """sprig's round: up from .5 (or another fraction), so -1.5 becomes -2."""
    power = numbers.power(10.0, float(places))
    scaled = power * cast_float(value)
    if not math.isfinite(scaled):
        return numbers.divide(scaled, power)
    fraction = math.modf(scaled)[0]
    up = fraction >= (round_on[0] if round_on else 0.5)
    return numbers.divide(numbers.ceil(scaled) if up else numbers.floor(scaled), power)


def to_decimal(value: object) -> object:
    """An octal number, 0 when it is none."""
    try:
        return Int64(numbers.parse_int(go_string(value), 8))
    except ValueError:
        return Int64(0)


def atoi(text: str) -> int:
    """Decimal digits as an integer, 0 when they are none; too many of them give the greatest or the least."""
    try:
        return numbers.parse_int(text)
    except ValueError:
        digits = text[1:] if text[:1] in ("+", "-") else text
        if not (digits.isascii() and digits.isdigit()):
            return 0
        return INT_MIN if text[0] == "-" else INT_MAX


def until_step(start: int, stop: int, step: int) -> Slice:
    """start, start + step, … before stop."""
    found = range(start, stop, step) if step and (stop >= start) == (step > 0) else range(0)
    if len(found) > MAX_ELEMENTS:
        raise ValueError(f"a list of more than {MAX_ELEMENTS} elements")
    return Slice("[]int", found)


def until(count: int) -> Slice:
    """0, 1, … before count."""
    return until_step(0, count, 1 if count >= 0 else -1)


def seq(*params: int) -> str:
    """As the shell's seq, on one line."""
    if not params or len(params) > 3:
        return ""
    start = params[0] if len(params) > 1 else 1
    end = params[len(params) - 1]
    direction = -1 if end < start else 1
    step = params[1] if len(params) == 3 else direction
    if len(params) == 3 and direction < 0 < step:
        return ""
    return " ".join(map(str, until_step(start, end + direction, step)))


def random_int(low: int, high: int) -> int:
    """A random integer from low up to high, without it."""
    if high <= low:
        raise ValueError("invalid argument to Intn")
    return random.randrange(low, high)


# Time


def now() -> Time:
    """The current time."""
    return Time(clock.time_ns())


def _time(value: object) -> Time:
    if isinstance(value, Time):
        return value
    if isinstance(value, int) and type(value) in (int, Int64):
        return Time(int(value) * gotime.SECOND)
    return now()


def date_in_zone(layout: str, value: object, zone: str) -> str:
    """A time, or seconds since 1970, by a layout in a zone."""
    try:
        location = gotime.load_location(zone)
    except ValueError:
        location = gotime.UTC
    if zone == "Local":
        location = gotime.UTC
    return gotime.format_time(Time(_time(value).nanoseconds, location), layout)


def modify(change: str, value: Time) -> Time:
    """A time moved by a duration."""
    return Time(value.nanoseconds + gotime.parse_duration(change), value.zone)


def modify_if_valid(change: str, value: Time) -> Time:
    """As `modify`; a wrong duration leaves the time alone."""
    try:
        return modify(change, value)
    except ValueError:
        return value


def ago(value: object) -> str:
    """The duration since then, in whole seconds."""
    since = now().nanoseconds - _time(value).nanoseconds
    return gotime.format_duration(round(since / gotime.SECOND) * gotime.SECOND)


def duration(value: object) -> str:
    """Seconds as a duration; a Go int is none of the types it reads."""
    seconds = atoi(value) if isinstance(value, str) else int(value) if type(value) is Int64 else 0
    return gotime.format_duration(wrap_int(seconds * gotime.SECOND))


_ROUND_UNITS = (("y", 365 * 24), ("mo", 30 * 24), ("d", 24), ("h", 1))


def duration_round(value: object) -> str:
    """A duration in its largest unit."""
    span = 0
    if isinstance(value, str):
        try:
            span = int(gotime.parse_duration(value))
        except ValueError:
            span = 0
    elif type(value) is Int64:
        span = int(value)
    elif isinstance(value, Time):
        span = now().nanoseconds - value.nanoseconds
    size = abs(span)
    units = [(name, hours * gotime.HOUR) for name, hours in _ROUND_UNITS]
    for name, unit in (*units, ("m", gotime.MINUTE), ("s", gotime.SECOND)):
        if size > unit:
            return f"{size // unit}{name}"
    return "0s"


def to_date(layout: str, text: str) -> Time:
    """A time by a layout; Go's zero time when it does not fit."""
    try:
        return gotime.parse_time(layout, text)
    except ValueError:
        return Time(gotime.ZERO)


# Paths


def clean(path: str) -> str:
    """`path.Clean`."""
    cleaned = posixpath.normpath(path) if path else "."
    return cleaned[1:] if cleaned.startswith("//") else cleaned


def base(path: str) -> str:
    """`path.Base`."""
    return (posixpath.basename(path.rstrip("/")) or "/") if path else "."


def directory(path: str) -> str:
    """`path.Dir`."""
    return clean(path[: path.rfind("/") + 1])


def extension(path: str) -> str:
    """`path.Ext`, with its dot."""
    name = path[path.rfind("/") + 1 :]
    return name[name.rfind(".") :] if "." in name else ""
