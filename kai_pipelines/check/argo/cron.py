"""The schedule of a CronWorkflow, as robfig/cron reads it, and what else is its own."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from kai_pipelines.check.argo.names import MAX_CRON, length
from kai_pipelines.check.argo.problems import Problems, similar
from kai_pipelines.check.argo.scalars import atoi

_MONTHS = {
    name: number
    for number, name in enumerate(
        ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"], 1
    )
}
_DAYS = {name: number for number, name in enumerate(["sun", "mon", "tue", "wed", "thu", "fri", "sat"])}
_FIELDS: tuple[tuple[str, int, int, Mapping[str, int]], ...] = (
    ("minute", 0, 59, {}),
    ("hour", 0, 23, {}),
    ("day of the month", 1, 31, {}),
    ("month", 1, 12, _MONTHS),
    ("day of the week", 0, 6, _DAYS),
)
_DESCRIPTORS = ("@yearly", "@annually", "@monthly", "@weekly", "@daily", "@midnight", "@hourly")
_DURATION = re.compile(r"[-+]?(?:0|(?:(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:ns|us|µs|μs|ms|s|m|h))+)")
_POLICIES = ("Allow", "Forbid", "Replace")
_ZONE = re.compile(r"[A-Za-z0-9_+\-]+(?:/[A-Za-z0-9_+\-]+)*")


def check_cron(problems: Problems, name: str, spec: Mapping[str, Any]) -> None:
    """What only a CronWorkflow has."""
    if length(name) > MAX_CRON:
        message = f"the name has {len(name)} characters, {MAX_CRON} are allowed: the time is appended to it"
        problems.add("KAI113", message, ("metadata", "name"))
    schedules = spec.get("schedules", [])
    if not schedules:
        hint = "`schedule` is no longer read: write `schedules: ['…']`" if "schedule" in spec else ""
        problems.add("KAI160", "a CronWorkflow needs at least one schedule", ("spec",), hint=hint)
    for index, schedule in enumerate(schedules):
        if fault := schedule_fault(schedule):
            problems.add("KAI160", f"schedule {schedule!r}: {fault}", ("spec", "schedules", index))
    zone = spec.get("timezone", "")
    if zone and not is_timezone(zone):
        problems.add(
            "KAI161", f"there is no time zone {zone!r}", ("spec", "timezone"), hint="for example Europe/Berlin"
        )
    policy = spec.get("concurrencyPolicy", "")
    if policy and policy not in _POLICIES:
        hint = similar(policy, _POLICIES) or f"one of {', '.join(_POLICIES)}"
        problems.add("KAI162", f"there is no concurrency policy {policy!r}", ("spec", "concurrencyPolicy"), hint=hint)
    if spec.get("startingDeadlineSeconds", 0) < 0:
        place = ("spec", "startingDeadlineSeconds")
        problems.add("KAI162", "the starting deadline must not be negative", place)


def is_timezone(name: str) -> bool:
    """Whether Go finds a time zone of this name."""
    if name in ("UTC", "Local"):
        return True
    if not _ZONE.fullmatch(name):
        return False
    from zoneinfo import available_timezones

    return name in available_timezones()


def schedule_fault(schedule: str) -> str:
    """Why cron refuses a schedule; empty when it does not."""
    if not schedule:
        return "it is empty"
    if schedule.startswith(("TZ=", "CRON_TZ=")):
        zone, _, schedule = schedule.partition(" ")
        if zone.partition("=")[2] and not is_timezone(zone.partition("=")[2]):
            return f"there is no time zone {zone.partition('=')[2]!r}"
        schedule = schedule.strip()
    if schedule.startswith("@"):
        return _descriptor_fault(schedule)
    fields = schedule.split()
    if len(fields) != len(_FIELDS):
        return f"cron takes 5 fields (minute, hour, day, month, day of the week), not {len(fields)}"
    for text, (what, least, most, names) in zip(fields, _FIELDS, strict=True):
        for part in filter(None, text.split(",")):
            if fault := _range_fault(part, least, most, names):
                return f"{what}: {fault}"
    return ""


def _descriptor_fault(text: str) -> str:
    if text in _DESCRIPTORS:
        return ""
    if text.startswith("@every "):
        return "" if _DURATION.fullmatch(text.removeprefix("@every ")) else "@every takes a duration such as 1h30m"
    return f"{text!r} is no schedule: one of {', '.join(_DESCRIPTORS)} or @every"


def _range_fault(text: str, least: int, most: int, names: Mapping[str, int]) -> str:
    span, *steps = text.split("/")
    ends = span.split("-")
    step: int | None = 1
    if ends[0] in ("*", "?"):
        start, end = least, most
    else:
        numbers = [_number(one, names) for one in ends]
        if len(numbers) > 2:
            return f"{text!r} has too many dashes"
        if any(number is None for number in numbers):
            return f"{text!r} is not a number" + (" or name" if names else "")
        start, end = numbers[0] or 0, numbers[-1] or 0
    if len(steps) > 1:
        return f"{text!r} has too many slashes"
    if steps:
        step = _number(steps[0], {})
    if not step:
        return f"the step of {text!r} must be a positive number"
    if start < least or end > most or start > end:
        return f"{text!r} is not within {least}-{most}"
    return ""


def _number(text: str, names: Mapping[str, int]) -> int | None:
    if text.lower() in names:
        return names[text.lower()]
    number = atoi(text)
    return number if number is not None and number >= 0 else None
