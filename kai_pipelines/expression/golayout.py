"""Go's time layouts: `2006-01-02T15:04:05Z07:00` cut into its parts, for reading and for writing."""

from __future__ import annotations

import functools
import re

MONTHS = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
]
DAYS = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"]

_CHUNK = re.compile(
    "January|Jan(?![a-z])|Monday|Mon(?![a-z])|MST|2006|__2|_2006|_2|002|01|02|03|04|05|06|15|PM|pm"
    "|Z07:00:00|Z07:00|Z070000|Z0700|Z07|-07:00:00|-07:00|-070000|-0700|-07"
    r"|[.,](?:0+|9+)(?![0-9])|[12345]"
)

RFC3339 = "2006-01-02T15:04:05Z07:00"
RFC3339_NANO = "2006-01-02T15:04:05.999999999Z07:00"
STRING = "2006-01-02 15:04:05.999999999 -0700 MST"


@functools.lru_cache(maxsize=64)
def chunks(layout: str) -> tuple[tuple[str, str], ...]:
    """The layout as (text before, part) pairs; the last part is empty."""
    found: list[tuple[str, str]] = []
    at = 0
    for match in _CHUNK.finditer(layout):
        part, start = match.group(), match.start()
        if part == "_2006":
            start, part = start + 1, "2006"
        found.append((layout[at:start], part))
        at = match.end()
    found.append((layout[at:], ""))
    return tuple(found)


def days_from_civil(year: int, month: int, day: int) -> int:
    """Days since 1970-01-01 in the proleptic Gregorian calendar (H. Hinnant's algorithm); day may overflow."""
    year += (month - 1) // 12
    month = (month - 1) % 12 + 1
    shifted = year - (month <= 2)
    era = shifted // 400
    of_era = shifted - era * 400
    of_year = (153 * (month + (-3 if month > 2 else 9)) + 2) // 5 + day - 1
    return era * 146097 + of_era * 365 + of_era // 4 - of_era // 100 + of_year - 719468


def civil_from_days(days: int) -> tuple[int, int, int]:
    """Year, month and day of a number of days since 1970-01-01."""
    days += 719468
    era = days // 146097
    of_era = days - era * 146097
    years = (of_era - of_era // 1460 + of_era // 36524 - of_era // 146096) // 365
    of_year = of_era - (365 * years + years // 4 - years // 100)
    shifted = (5 * of_year + 2) // 153
    month = shifted + (3 if shifted < 10 else -9)
    return years + era * 400 + (month <= 2), month, of_year - (153 * shifted + 2) // 5 + 1


def days_in(year: int, month: int) -> int:
    """Days of a month."""
    return days_from_civil(year, month + 1, 1) - days_from_civil(year, month, 1)


class Fields:
    """What a layout finds in a text."""

    def __init__(self) -> None:
        self.year = 0
        self.month = 0
        self.day = 0
        self.day_read = False
        self.day_of_year: int | None = None
        self.hour = 0
        self.minute = 0
        self.second = 0
        self.nanosecond = 0
        self.afternoon: bool | None = None
        self.utc = False
        self.offset: int | None = None
        self.zone = ""


class LayoutError(ValueError):
    """The text does not fit the layout."""


def read(layout: str, text: str) -> Fields:
    """Read a text by a layout, as `time.Parse` does before it looks at zones; raises LayoutError."""
    fields = Fields()
    parts = chunks(layout)
    rest = text
    for index, (before, part) in enumerate(parts):
        rest = _skip(rest, before)
        if not part:
            break
        following = parts[index + 1][1] if not parts[index + 1][0] else ""
        rest = _read_part(fields, part, rest, following)
    if rest:
        raise LayoutError(f"extra text: {rest!r}")
    if fields.afternoon is not None:
        fields.hour = fields.hour % 12 + (12 if fields.afternoon else 0)
    _settle_day(fields)
    return fields


def _settle_day(fields: Fields) -> None:
    """Month and day, from the day of the year when that was read; what was not read is the first."""
    if fields.day_of_year is not None:
        first = days_from_civil(fields.year, 1, 1)
        if not 1 <= fields.day_of_year <= days_from_civil(fields.year + 1, 1, 1) - first:
            raise LayoutError("day of the year out of range")
        _, month, day = civil_from_days(first + fields.day_of_year - 1)
        if fields.month not in (0, month) or fields.day not in (0, day):
            raise LayoutError("the day of the year is another day")
        fields.month, fields.day = month, day
    fields.month = fields.month or 1
    if fields.day_read or fields.day:
        if not 1 <= fields.day <= days_in(fields.year, fields.month):
            raise LayoutError("day out of range")
    else:
        fields.day = 1


def _skip(text: str, literal: str) -> str:
    """Step over literal text; blanks match any number of blanks."""
    while literal:
        if literal[0] == " ":
            if text and text[0] != " ":
                raise LayoutError("a blank is missing")
            literal, text = literal.lstrip(" "), text.lstrip(" ")
            continue
        if not text or text[0] != literal[0]:
            raise LayoutError(f"{literal[0]!r} is missing")
        literal, text = literal[1:], text[1:]
    return text


def _is_digit(text: str, at: int) -> bool:
    return at < len(text) and "0" <= text[at] <= "9"


def _number(text: str, *, fixed: bool) -> tuple[int, str]:
    if not _is_digit(text, 0) or (fixed and not _is_digit(text, 1)):
        raise LayoutError("a number is missing")
    width = 2 if _is_digit(text, 1) else 1
    return int(text[:width]), text[width:]


def _in_range(value: int, low: int, high: int) -> int:
    if not low <= value <= high:
        raise LayoutError("out of range")
    return value


def _read_part(fields: Fields, part: str, text: str, following: str) -> str:
    if part in ("January", "Jan", "Monday", "Mon"):
        return _read_name(fields, part, text)
    if part[0] in "Z-":
        return _read_offset(fields, part, text)
    if part[0] in ".,":
        return _read_fraction(fields, part, text)
    if part == "MST":
        return _read_zone(fields, text)
    if part in ("PM", "pm"):
        if text[:2] not in (("AM", "PM") if part == "PM" else ("am", "pm")):
            raise LayoutError("AM or PM is missing")
        fields.afternoon = text[0] in "Pp"
        return text[2:]
    if part == "2006":
        if len(text) < 4 or not _is_digit(text, 0) or not (text[:4].isascii() and text[:4].isdigit()):
            raise LayoutError("the year is missing")
        fields.year = int(text[:4])
        return text[4:]
    return _read_number(fields, part, text, following)


def _read_number(fields: Fields, part: str, text: str, following: str) -> str:
    if part == "_2" and text.startswith(" "):
        text = text[1:]
    if part in ("002", "__2"):
        return _read_day_of_year(fields, part, text)
    value, rest = _number(text, fixed=part in ("01", "02", "03", "04", "05", "06"))
    if part == "06":
        fields.year = value + (1900 if value >= 69 else 2000)
    elif part in ("1", "01"):
        fields.month = _in_range(value, 1, 12)
    elif part in ("2", "_2", "02"):
        fields.day, fields.day_read = value, True
    elif part == "15":
        fields.hour = _in_range(value, 0, 23)
    elif part in ("3", "03"):
        fields.hour = _in_range(value, 0, 12)
    elif part in ("4", "04"):
        fields.minute = _in_range(value, 0, 59)
    else:
        fields.second = _in_range(value, 0, 59)
        if len(rest) >= 2 and rest[0] in ".," and _is_digit(rest, 1) and following[:1] not in (".", ","):
            return _read_fraction(fields, ".9", rest)
    return rest


def _read_day_of_year(fields: Fields, part: str, text: str) -> str:
    stripped = text
    for _ in range(2 if part == "__2" else 0):
        stripped = stripped.removeprefix(" ")
    width = 0
    while width < 3 and _is_digit(stripped, width):
        width += 1
    if width == 0 or (part == "002" and width != 3):
        raise LayoutError("the day of the year is missing")
    fields.day_of_year = int(stripped[:width])
    return stripped[width:]


def _read_name(fields: Fields, part: str, text: str) -> str:
    names = MONTHS if part[0] == "J" else DAYS
    shown = [name[:3] for name in names] if len(part) == 3 else names
    for index, name in enumerate(shown):
        if text[: len(name)].lower() == name.lower():
            if names is MONTHS:
                fields.month = index + 1
            return text[len(name) :]
    raise LayoutError("a name is missing")


def _read_fraction(fields: Fields, part: str, text: str) -> str:
    exact = len(part) if part[1] == "0" else 0
    if exact == 0 and (len(text) < 2 or text[0] not in ".," or not _is_digit(text, 1)):
        return text
    width = exact
    if not width:
        width = 1
        while _is_digit(text, width):
            width += 1
    digits = text[1:width]
    if len(text) < width or text[0] not in ".," or not (digits.isascii() and digits.isdigit()):
        raise LayoutError("the fraction is missing")
    fields.nanosecond = int(digits[:9].ljust(9, "0"))
    return text[width:]


def _read_offset(fields: Fields, part: str, text: str) -> str:
    if part[0] == "Z" and text.startswith("Z"):
        fields.utc = True
        return text[1:]
    shape = part[1:]
    if len(text) < len(part) or text[0] not in "+-":
        raise LayoutError("the zone is missing")
    found = text[1 : len(part)]
    for wanted, ch in zip(shape, found, strict=True):
        if (wanted == ":") != (ch == ":") or (wanted != ":" and not "0" <= ch <= "9"):
            raise LayoutError("the zone is malformed")
    digits = found.replace(":", "").ljust(6, "0")
    hours, minutes, seconds = _in_range(int(digits[:2]), 0, 24), int(digits[2:4]), int(digits[4:6])
    total = hours * 3600 + _in_range(minutes, 0, 60) * 60 + _in_range(seconds, 0, 60)
    fields.offset = -total if text[0] == "-" else total
    return text[len(part) :]


_ZONE = re.compile(r"UTC|ChST|MeST|GMT[+-]\d{1,2}|[A-Z]{5}(?![A-Z])|[A-Z]{4}(?![A-Z])|[A-Z]{3}(?![A-Z])|[+-]\d{2}")


def _read_zone(fields: Fields, text: str) -> str:
    match = _ZONE.match(text)
    name = match.group() if match else ""
    plain = name.isalpha() and name.isupper()
    odd = plain and len(name) in (4, 5) and not (name.endswith("T") or name == "WITA")
    if not name or odd:
        raise LayoutError("the name of a zone is missing")
    if name == "UTC":
        fields.utc = True
    else:
        fields.zone = name
    return text[len(name) :]
