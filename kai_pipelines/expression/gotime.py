"""Go's time: `time.Time`, `time.Duration`, months, weekdays and zones, with the methods an expression may call."""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping

from kai_pipelines.expression import golayout
from kai_pipelines.expression.golayout import DAYS, MONTHS, civil_from_days, days_from_civil
from kai_pipelines.expression.values import Func, Opaque, Sized, type_name, wrap_int

SECOND = 1_000_000_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
ZERO = days_from_civil(1, 1, 1) * 24 * HOUR
"""Go's zero time, in nanoseconds from 1970."""


class Duration(Sized):
    """`time.Duration`, in nanoseconds."""

    go_type = "time.Duration"

    def go_string(self) -> str:
        """As Go prints it: 1h30m0s, 1.5s, 20ms."""
        return format_duration(int(self))


class Month(Sized):
    """`time.Month`."""

    go_type = "time.Month"

    def go_string(self) -> str:
        """The English name."""
        return MONTHS[self - 1] if 1 <= self <= 12 else f"%!Month({int(self)})"


class Weekday(Sized):
    """`time.Weekday`, Sunday is 0."""

    go_type = "time.Weekday"

    def go_string(self) -> str:
        """The English name."""
        return DAYS[self] if 0 <= self <= 6 else f"%!Weekday({int(self)})"


class Location(Opaque):
    """A time zone: a fixed offset, or one of the zone database."""

    go_type = "*time.Location"

    def __init__(self, name: str, offset: int = 0, *, in_database: bool = False) -> None:
        self.name = name
        self.offset = offset
        self.in_database = in_database

    def methods(self) -> Mapping[str, Func]:
        """`String`."""
        from kai_pipelines.expression.gotime_methods import bound

        return bound(self)

    def go_string(self) -> str:
        """The name."""
        return self.name

    def to_json(self) -> object:
        """Nothing: its fields are not exported."""
        return {}

    def at(self, seconds: int) -> tuple[str, int]:
        """The abbreviation and the offset in seconds at a time since 1970."""
        if not self.in_database:
            return self.name, self.offset
        import datetime
        import zoneinfo

        clipped = min(max(seconds, -62_000_000_000), 253_000_000_000)
        start = datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)
        moment = (start + datetime.timedelta(seconds=clipped)).astimezone(zoneinfo.ZoneInfo(self.name))
        offset = moment.utcoffset()
        return moment.tzname() or "", 0 if offset is None else int(offset.total_seconds())


UTC = Location("UTC")


def load_location(name: str) -> Location:
    """`time.LoadLocation`; raises ValueError."""
    if name in ("", "UTC", "Local"):
        return UTC if name != "Local" else Location("Local")
    import zoneinfo

    try:
        zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(f"unknown time zone {name}") from None
    return Location(name, in_database=True)


@functools.total_ordering
class Time(Opaque):
    """`time.Time`: nanoseconds since 1970 and a zone to show it in."""

    go_type = "time.Time"

    def __init__(self, nanoseconds: int, zone: Location = UTC) -> None:
        self.nanoseconds = nanoseconds
        self.zone = zone

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Time) and self.nanoseconds == other.nanoseconds

    def __lt__(self, other: Time) -> bool:
        return self.nanoseconds < other.nanoseconds

    def __hash__(self) -> int:
        return hash(self.nanoseconds)

    def methods(self) -> Mapping[str, Func]:
        """The methods of `time.Time`."""
        from kai_pipelines.expression.gotime_methods import bound

        return bound(self)

    def go_string(self) -> str:
        """As Go prints it: 2024-03-05 07:00:00 +0000 UTC."""
        return format_time(self, golayout.STRING)

    def to_json(self) -> object:
        """RFC 3339 with nanoseconds."""
        return format_time(self, golayout.RFC3339_NANO)

    @property
    def seconds(self) -> int:
        """Whole seconds since 1970."""
        return self.nanoseconds // SECOND

    def local(self) -> tuple[int, int]:
        """Days since 1970 and seconds of the day, in the time's own zone."""
        return divmod(self.seconds + self.zone.at(self.seconds)[1], 86400)

    def civil(self) -> tuple[int, int, int]:
        """Year, month, day in its own zone."""
        return civil_from_days(self.local()[0])


def moment(year: int, month: int, day: int, second_of_day: int = 0, nanosecond: int = 0, zone: Location = UTC) -> Time:
    """`time.Date`: a time of a zone's calendar and clock."""
    local = days_from_civil(year, month, 1) * 86400 + (day - 1) * 86400 + second_of_day
    offset = zone.at(local)[1]
    offset = zone.at(local - offset)[1]
    return Time((local - offset) * SECOND + nanosecond, zone)


# Reading


def parse_time(layout: str, text: str, zone: Location = UTC) -> Time:
    """`time.ParseInLocation` where the local zone is UTC; raises ValueError."""
    fields = golayout.read(layout, text)
    of_day = fields.hour * 3600 + fields.minute * 60 + fields.second
    where = zone
    if fields.utc:
        where = UTC
    elif fields.offset is not None:
        where = Location(fields.zone, fields.offset) if fields.offset or fields.zone else UTC
    elif fields.zone:  # a name that says nothing here: the clock is read as UTC's, whatever is shown
        hours = int(fields.zone[3:]) if fields.zone[:3] == "GMT" and len(fields.zone) > 3 else 0
        shown = Location(fields.zone, hours * 3600)
        utc = moment(fields.year, fields.month, fields.day, of_day, fields.nanosecond)
        return Time(utc.nanoseconds, shown)
    return moment(fields.year, fields.month, fields.day, of_day, fields.nanosecond, where)


_LAYOUTS = (
    "2006-01-02",
    "15:04:05",
    "2006-01-02 15:04:05",
    golayout.RFC3339,
    "02 Jan 06 15:04 MST",
    "Monday, 02-Jan-06 15:04:05 MST",
    "Mon, 02 Jan 2006 15:04:05 MST",
)


def date(values: list[object]) -> Time:
    """expr-lang's `date([zone,] text[, layout[, zone]])`."""
    zone = values.pop(0) if values and isinstance(values[0], Location) else UTC
    assert isinstance(zone, Location)
    if not values or not all(isinstance(value, str) for value in values):
        raise TypeError(f"date takes strings, not {', '.join(map(type_name, values)) or 'nothing'}")
    texts = [str(value) for value in values]
    if len(texts) == 1:
        for layout in _LAYOUTS:
            try:
                return parse_time(layout, texts[0], zone)
            except ValueError:
                continue
        raise ValueError(f"invalid date {texts[0]}")
    if len(texts) == 3:
        zone = load_location(texts[2])
    return parse_time(texts[1], texts[0], zone)


_UNITS = {
    "ns": 1, "us": 1000, "µs": 1000, "μs": 1000, "ms": 1_000_000, "s": SECOND, "m": MINUTE, "h": HOUR,
}  # fmt: skip
_DURATION_PART = re.compile(r"([0-9]*)(?:(\.)([0-9]*))?([^0-9.]+)")


def parse_duration(text: str) -> Duration:
    """`time.ParseDuration`; raises ValueError."""
    rest = text[1:] if text[:1] in ("-", "+") else text
    if rest == "0":
        return Duration(0)
    total, at = 0, 0
    while at < len(rest):
        match = _DURATION_PART.match(rest, at)
        if match is None or not (match[1] or match[3]) or match[4] not in _UNITS:
            raise ValueError(f'time: invalid duration "{text[:80]}"')
        unit = _UNITS[match[4]]
        total += int(match[1][:25] or "0") * unit + int((match[3] or "")[:18].ljust(18, "0")) * unit // 10**18
        at = match.end()
    if not rest or total > 1 << 63 or (total == 1 << 63 and text[0] != "-"):
        raise ValueError(f'time: invalid duration "{text[:80]}"')
    return Duration(-total if text[0] == "-" else total)


# Writing


def format_duration(value: int) -> str:
    """`Duration.String`."""
    sign, size = ("-" if value < 0 else ""), abs(value)
    if size == 0:
        return "0s"
    if size < SECOND:
        unit, name = (1, "ns") if size < 1000 else (1000, "µs") if size < 1_000_000 else (1_000_000, "ms")
        return f"{sign}{_decimal(size, unit)}{name}"
    minutes, rest = divmod(size, MINUTE)
    hours, minutes = divmod(minutes, 60)
    text = f"{_decimal(rest, SECOND)}s"
    if hours or minutes:
        text = f"{minutes}m{text}"
    return sign + (f"{hours}h{text}" if hours else text)


def _decimal(value: int, unit: int) -> str:
    whole, fraction = divmod(value, unit)
    digits = str(fraction).rjust(len(str(unit)) - 1, "0").rstrip("0") if unit > 1 else ""
    return f"{whole}.{digits}" if digits else str(whole)


def format_time(time: Time, layout: str) -> str:
    """`Time.Format`."""
    days, of_day = time.local()
    year, month, day = civil_from_days(days)
    hour, minute, second = of_day // 3600, of_day // 60 % 60, of_day % 60
    name, offset = time.zone.at(time.seconds)
    twelve = hour % 12 or 12
    numbers = {
        "2006": ("-" if year < 0 else "") + f"{abs(year):04d}", "06": f"{year % 100:02d}", "01": f"{month:02d}", "1": str(month), "02": f"{day:02d}",
        "_2": f"{day:2d}", "2": str(day), "15": f"{hour:02d}", "03": f"{twelve:02d}", "3": str(twelve),
        "04": f"{minute:02d}", "4": str(minute), "05": f"{second:02d}", "5": str(second),
        "January": MONTHS[month - 1], "Jan": MONTHS[month - 1][:3],
        "Monday": DAYS[(days + 4) % 7], "Mon": DAYS[(days + 4) % 7][:3],
        "PM": "PM" if hour >= 12 else "AM", "pm": "pm" if hour >= 12 else "am",
        "002": f"{days - days_from_civil(year, 1, 1) + 1:03d}", "__2": f"{days - days_from_civil(year, 1, 1) + 1:3d}",
        "MST": name or _offset(offset, "-0700"),
    }  # fmt: skip
    parts: list[str] = []
    for before, part in golayout.chunks(layout):
        parts.append(before)
        if part in numbers:
            parts.append(numbers[part])
        elif part and part[0] in ".,":
            parts.append(_fraction(time.nanoseconds % SECOND, part))
        elif part:
            parts.append("Z" if part[0] == "Z" and offset == 0 else _offset(offset, "-" + part[1:]))
    return "".join(parts)


def _offset(offset: int, part: str) -> str:
    size = abs(offset)
    digits = [f"{size // 3600:02d}", f"{size // 60 % 60:02d}", f"{size % 60:02d}"]
    count = len(part.replace(":", "")) // 2
    return ("-" if offset < 0 else "+") + (":" if ":" in part else "").join(digits[:count])


def _fraction(nanosecond: int, part: str) -> str:
    digits = f"{nanosecond:09d}"[: len(part) - 1]
    if part[1] == "9":
        digits = digits.rstrip("0")
    return part[0] + digits if digits else ""


# Operators


def arithmetic(operator: str, a: object, b: object) -> object:
    """`a operator b` where at least one is a time or a duration; None where Go panics."""
    if isinstance(a, Time):
        if operator == "-" and isinstance(b, Time):
            return Duration(max(min(a.nanoseconds - b.nanoseconds, (1 << 63) - 1), -(1 << 63)))
        if operator in ("+", "-") and isinstance(b, Duration):
            return Time(a.nanoseconds + (int(b) if operator == "+" else -int(b)), a.zone)
        return None
    if operator == "+" and isinstance(a, Duration) and isinstance(b, Time):
        return Time(b.nanoseconds + int(a), b.zone)
    if isinstance(a, Duration) and isinstance(b, Duration) and operator in ("+", "-", "*"):
        m, n = int(a), int(b)
        return Duration(wrap_int(m + n if operator == "+" else m - n if operator == "-" else m * n))
    if operator == "*" and (isinstance(a, Duration) or isinstance(b, Duration)):
        return _scaled(a, b)
    return None


def _scaled(a: object, b: object) -> object:
    if isinstance(a, (bool, Month, Weekday)) or isinstance(b, (bool, Month, Weekday)):
        return None
    if not isinstance(a, (int, float)) or not isinstance(b, (int, float)):
        return None
    if isinstance(a, float) or isinstance(b, float):
        return float(a) * float(b)
    return Duration(wrap_int(int(a) * int(b)))
