"""Go's number semantics: parsing and printing, conversions, 64-bit arithmetic."""

from __future__ import annotations

import math

from kai_pipelines.expression.values import INT_MAX, INT_MIN, wrap_int


def parse_int(text: str, base: int = 10) -> int:
    """`strconv.ParseInt` in 64 bits; base 0 reads prefixes and underscores. Raises ValueError."""
    digits = text[1:] if text[:1] in ("+", "-") else text
    if base == 0:
        base, digits = _prefixed(digits)
    if not digits or not all(ch in "0123456789abcdefghijklmnopqrstuvwxyz"[:base] for ch in digits.lower()):
        raise ValueError(f'parsing "{text}": invalid syntax')
    if len(digits) > 80:
        raise ValueError(f'parsing "{text[:20]}…": value out of range')
    value = int(digits, base)
    value = -value if text[0] == "-" else value
    if not INT_MIN <= value <= INT_MAX:
        raise ValueError(f'parsing "{text}": value out of range')
    return value


def _prefixed(digits: str) -> tuple[int, str]:
    lowered = digits.lower()
    for prefix, base in (("0x", 16), ("0o", 8), ("0b", 2)):
        if lowered.startswith(prefix):
            return base, _without_underscores(digits[2:], after_prefix=True)
    if len(digits) > 1 and digits[0] == "0":
        return 8, _without_underscores(digits[1:], after_prefix=True)
    return 10, _without_underscores(digits, after_prefix=False)


def _without_underscores(digits: str, *, after_prefix: bool) -> str:
    """Go allows an underscore only between digits or after the base prefix."""
    if "_" not in digits:
        return digits
    if digits.endswith("_") or "__" in digits or (digits.startswith("_") and not after_prefix):
        return "?"
    return digits.replace("_", "")


def parse_float(text: str) -> float:
    """`strconv.ParseFloat` in 64 bits, which also reads hexadecimal floats, inf and nan. Raises ValueError."""
    unsigned = text[1:] if text[:1] in ("+", "-") else text
    lowered = unsigned.lower()
    if lowered in ("inf", "infinity", "nan"):
        return float(lowered) * (-1.0 if text[0] == "-" else 1.0)
    if lowered.startswith("0x"):
        if "p" not in lowered:
            raise ValueError(f'parsing "{text}": invalid syntax')
        value = _hexadecimal(text)
    elif not unsigned or len(unsigned) > 4000 or not set(lowered) <= set("0123456789.e+-_"):
        raise ValueError(f'parsing "{text[:40]}": invalid syntax')
    else:
        value = float(text)
    if math.isinf(value):
        raise ValueError(f'parsing "{text}": value out of range')
    return value


def _hexadecimal(text: str) -> float:
    try:
        return float.fromhex(text)
    except OverflowError:
        return math.inf


def to_int(value: float) -> int:
    """`int(x)` of a float64 on amd64: toward zero, and the least integer where it does not fit."""
    if value != value or not -9.223372036854775808e18 <= value < 9.223372036854775808e18:
        return INT_MIN
    return int(value)


def format_float(value: float, *, low: int = -4, high: int = 6) -> str:
    """The shortest digits that read back, with an exponent when it is outside `[low, high)`; by default Go's `%v`."""
    if value != value:
        return "NaN"
    if math.isinf(value):
        return "+Inf" if value > 0 else "-Inf"
    if value == 0:
        return "-0" if math.copysign(1.0, value) < 0 else "0"
    sign, digits, exponent = _shortest(value)
    if exponent < low or exponent >= high:
        mantissa = digits[0] + ("." + digits[1:] if len(digits) > 1 else "")
        return f"{sign}{mantissa}e{'-' if exponent < 0 else '+'}{abs(exponent):02d}"
    if exponent < 0:
        return f"{sign}0.{'0' * (-exponent - 1)}{digits}"
    whole = digits[: exponent + 1].ljust(exponent + 1, "0")
    fraction = digits[exponent + 1 :]
    return sign + whole + ("." + fraction if fraction else "")


def _shortest(value: float) -> tuple[str, str, int]:
    """Sign, significant digits and decimal exponent of the shortest representation."""
    mantissa, _, exponent = f"{abs(value)!r}".partition("e")
    power = int(exponent or 0)
    whole, _, fraction = mantissa.partition(".")
    digits = whole + fraction
    power += len(whole) - 1
    stripped = digits.lstrip("0")
    power -= len(digits) - len(stripped)
    return ("-" if value < 0 else ""), stripped.rstrip("0") or "0", power


def divide(a: float, b: float) -> float:
    """Division in float64: by zero it gives an infinity or NaN."""
    if b != 0:
        return a / b
    if a == 0 or a != a or b != b:
        return math.nan
    return math.copysign(math.inf, a) * math.copysign(1.0, b)


def modulo(a: int, b: int) -> int:
    """Go's `%`, whose sign is the dividend's; raises ZeroDivisionError."""
    if b == 0:
        raise ZeroDivisionError("integer divide by zero")
    return wrap_int(int(math.copysign(1, a)) * (abs(a) % abs(b)))


def power(a: float, b: float) -> float:
    """`math.Pow`: infinities and NaN instead of exceptions, and the last digit as Go rounds it."""
    if abs(b) == 0.5 and 0 <= a < math.inf:
        return math.sqrt(a) if b > 0 else divide(1.0, math.sqrt(a))
    if a != 0 and math.isfinite(a) and math.isfinite(b) and 1 <= abs(b) < 1 << 40 and not (a < 0 and b % 1):
        return _power_by_squaring(a, b)
    try:
        return math.pow(a, b)
    except OverflowError:
        return -math.inf if a < 0 and b % 2 == 1 else math.inf
    except ValueError:
        if a == 0:  # a negative power of zero
            return math.copysign(math.inf, a) if b % 2 == 1 else math.inf
        return math.nan


def _power_by_squaring(a: float, b: float) -> float:
    """Square and multiply on mantissa and exponent apart: Go's method, so that the rounding is Go's too."""
    fraction, whole = math.modf(abs(b))
    mantissa, exponent = 1.0, 0
    if fraction:
        if fraction > 0.5:
            fraction, whole = fraction - 1, whole + 1
        mantissa = math.exp(fraction * math.log(a))
    base, base_exponent = math.frexp(a)
    count = int(whole)
    while count:
        if count & 1:
            mantissa *= base
            exponent += base_exponent
        base *= base
        base_exponent <<= 1
        if base < 0.5:
            base += base
            base_exponent -= 1
        count >>= 1
    if b < 0:
        mantissa, exponent = 1 / mantissa, -exponent
    try:
        return math.ldexp(mantissa, max(min(exponent, 10_000), -10_000))
    except OverflowError:
        return math.copysign(math.inf, mantissa)


def round_half_away(value: float) -> float:
    """`math.Round`: halves away from zero."""
    if not math.isfinite(value):
        return value
    whole = math.trunc(value)
    if abs(value - whole) >= 0.5:
        whole += 1 if value > 0 else -1
    return math.copysign(float(whole), value)


def ceil(value: float) -> float:
    """`math.Ceil` as a float64."""
    return math.copysign(float(math.ceil(value)), value) if math.isfinite(value) else value


def floor(value: float) -> float:
    """`math.Floor` as a float64."""
    return math.copysign(float(math.floor(value)), value) if math.isfinite(value) else value
