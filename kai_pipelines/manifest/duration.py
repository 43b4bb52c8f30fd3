"""Durations as Argo reads them: Go's `time.ParseDuration`, or a bare number of seconds."""

from __future__ import annotations

import math
import re

from kai_pipelines.errors import ManifestError

_UNITS = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "μs": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_PART = re.compile(r"([0-9]+\.?[0-9]*|\.[0-9]+)(ns|us|µs|μs|ms|s|m|h|d)")


def parse_duration(text: str | int | float) -> float:
    """Seconds of ``"90"``, ``"1h30m"``, ``"250ms"``; days (``"2d"``) as Argo's backoff allows them."""
    plain = str(text).strip()
    sign = -1.0 if plain.startswith("-") else 1.0
    body = plain[1:] if plain.startswith(("+", "-")) else plain
    if re.fullmatch("[0-9]+", body):
        return sign * float(body)
    parts = _PART.findall(body)
    if not parts or "".join(number + unit for number, unit in parts) != body:
        raise ManifestError(
            f"{plain!r} is not a duration", hint="write a number with a unit, such as 30s, 10m or 1h30m"
        )
    return sign * sum(float(number) * _UNITS[unit] for number, unit in parts)


def whole_seconds(text: str | int | float) -> int:
    """A duration for a field that takes whole seconds: at least as long, and at least one."""
    return max(1, math.ceil(parse_duration(text)))


def format_duration(seconds: float) -> str:
    """Seconds as the shortest whole Go duration: 5400 → ``"1h30m"``, 0.25 → ``"250ms"``."""
    if seconds != int(seconds):
        return f"{round(seconds * 1000)}ms"
    rest = int(seconds)
    text = ""
    for unit, size in (("h", 3600), ("m", 60), ("s", 1)):
        count, rest = divmod(rest, size)
        if count:
            text += f"{count}{unit}"
    return text or "0s"
