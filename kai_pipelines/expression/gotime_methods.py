"""The methods of Go's time types that an expression may call, with their signatures."""

from __future__ import annotations

import functools
from collections.abc import Callable

from kai_pipelines.expression.golayout import civil_from_days, days_from_civil
from kai_pipelines.expression.gotime import (
    HOUR,
    MINUTE,
    SECOND,
    UTC,
    ZERO,
    Duration,
    Location,
    Month,
    Time,
    Weekday,
    arithmetic,
    format_time,
    moment,
)
from kai_pipelines.expression.values import Func, Int64, type_name, wrap_int


def _rounded(value: int, unit: int, *, up: bool) -> int:
    if unit <= 0:
        return value
    rest = abs(value) % unit
    size = abs(value) - rest + (unit if up and rest * 2 >= unit else 0)
    return size if value >= 0 else -size


def _add_date(time: Time, years: int, months: int, days: int) -> Time:
    year, month, day = time.civil()
    return moment(year + years, month + months, day + days, time.local()[1], time.nanoseconds % SECOND, time.zone)


def _iso_week(time: Time) -> int:
    days = time.local()[0]
    thursday = days - (days + 3) % 7 + 3
    return civil_from_days(thursday)[0]


Method = tuple[tuple[str, ...], str, Callable[..., object]]

_TIME = "time.Time"
_DUR = "time.Duration"


def _to_zone(time: Time, zone: Location) -> Time:
    return Time(time.nanoseconds, zone)


def _int64(of: Callable[[Time], int]) -> Callable[[Time], object]:
    return lambda time: Int64(of(time))


_TIME_METHODS: dict[str, Method] = {
    "Unix": ((), "int64", _int64(lambda time: time.seconds)),
    "UnixMilli": ((), "int64", _int64(lambda time: time.nanoseconds // 1_000_000)),
    "UnixMicro": ((), "int64", _int64(lambda time: time.nanoseconds // 1000)),
    "UnixNano": ((), "int64", _int64(lambda time: wrap_int(time.nanoseconds))),
    "Year": ((), "int", lambda time: time.civil()[0]),
    "Month": ((), "time.Month", lambda time: Month(time.civil()[1])),
    "Day": ((), "int", lambda time: time.civil()[2]),
    "Hour": ((), "int", lambda time: time.local()[1] // 3600),
    "Minute": ((), "int", lambda time: time.local()[1] // 60 % 60),
    "Second": ((), "int", lambda time: time.local()[1] % 60),
    "Nanosecond": ((), "int", lambda time: time.nanoseconds % SECOND),
    "YearDay": ((), "int", lambda time: time.local()[0] - days_from_civil(time.civil()[0], 1, 1) + 1),
    "Weekday": ((), "time.Weekday", lambda time: Weekday((time.local()[0] + 4) % 7)),
    "ISOWeek": ((), "int", _iso_week),
    "Zone": ((), "string", lambda time: time.zone.at(time.seconds)[0]),
    "Format": (("string",), "string", format_time),
    "String": ((), "string", Time.go_string),
    "GoString": ((), "string", Time.go_string),
    "Add": ((_DUR,), _TIME, lambda time, span: Time(time.nanoseconds + int(span), time.zone)),
    "AddDate": (("int", "int", "int"), _TIME, _add_date),
    "Sub": ((_TIME,), _DUR, lambda time, other: arithmetic("-", time, other)),
    "After": ((_TIME,), "bool", lambda time, other: time.nanoseconds > other.nanoseconds),
    "Before": ((_TIME,), "bool", lambda time, other: time.nanoseconds < other.nanoseconds),
    "Equal": ((_TIME,), "bool", lambda time, other: time == other),
    "Compare": ((_TIME,), "int", lambda time, other: (time > other) - (time < other)),
    "IsZero": ((), "bool", lambda time: time.nanoseconds == ZERO),
    "IsDST": ((), "bool", lambda time: False),
    "UTC": ((), _TIME, lambda time: _to_zone(time, UTC)),
    "Local": ((), _TIME, lambda time: _to_zone(time, UTC)),
    "In": (("*time.Location",), _TIME, _to_zone),
    "Location": ((), "*time.Location", lambda time: time.zone),
    "Truncate": ((_DUR,), _TIME, lambda time, unit: _on_grid(time, int(unit), up=False)),
    "Round": ((_DUR,), _TIME, lambda time, unit: _on_grid(time, int(unit), up=True)),
}


def _on_grid(time: Time, unit: int, *, up: bool) -> Time:
    """Truncate and Round count from Go's zero time."""
    if unit <= 0:
        return time
    rest = (time.nanoseconds - ZERO) % unit
    return Time(time.nanoseconds - rest + (unit if up and rest * 2 >= unit else 0), time.zone)


def _whole(unit: int) -> Callable[[Duration], object]:
    return lambda span: Int64(abs(span) // unit * (1 if span >= 0 else -1))


def _clipped(span: int) -> Duration:
    return Duration(min(span, (1 << 63) - 1))


_DURATION_METHODS: dict[str, Method] = {
    "Hours": ((), "float64", lambda span: _parts(span, HOUR)),
    "Minutes": ((), "float64", lambda span: _parts(span, MINUTE)),
    "Seconds": ((), "float64", lambda span: _parts(span, SECOND)),
    "Milliseconds": ((), "int64", _whole(1_000_000)),
    "Microseconds": ((), "int64", _whole(1000)),
    "Nanoseconds": ((), "int64", _whole(1)),
    "String": ((), "string", Duration.go_string),
    "Abs": ((), _DUR, lambda span: _clipped(abs(int(span)))),
    "Round": ((_DUR,), _DUR, lambda span, unit: Duration(_rounded(int(span), int(unit), up=True))),
    "Truncate": ((_DUR,), _DUR, lambda span, unit: Duration(_rounded(int(span), int(unit), up=False))),
}


def _parts(span: Duration, unit: int) -> float:
    """Whole units and the rest added as floats, as Go does."""
    whole, rest = divmod(abs(int(span)), unit)
    return (float(whole) + float(rest) / float(unit)) * (1.0 if span >= 0 else -1.0)


METHODS: dict[str, dict[str, Method]] = {
    "time.Time": _TIME_METHODS,
    "time.Duration": _DURATION_METHODS,
    "time.Month": {"String": ((), "string", Month.go_string)},
    "time.Weekday": {"String": ((), "string", Weekday.go_string)},
    "*time.Location": {"String": ((), "string", Location.go_string)},
}
"""The methods by type: parameters, result, and the function that gets the value first."""


def bound(value: object) -> dict[str, Func]:
    """The methods of a value, bound to it."""
    return {
        name: Func(name, params, result, functools.partial(call, value))
        for name, (params, result, call) in METHODS[type_name(value)].items()
    }
