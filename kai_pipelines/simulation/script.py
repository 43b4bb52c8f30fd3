"""What a simulation is told: how steps end, what they give, how long they take."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from kai_pipelines.errors import ManifestError, UsageError
from kai_pipelines.manifest.duration import parse_duration
from kai_pipelines.simulation.names import Names, Step, matches

Ending: TypeAlias = int | Literal["error", "timeout", "oom"]
"""An exit code; `error`: the node is lost; `timeout`: it runs until its deadline; `oom`: killed for its memory."""

_WORDS: Mapping[str, Ending] = {"error": "error", "timeout": "timeout", "oom": "oom", "ok": 0}


@dataclass(frozen=True)
class Script:
    """What is laid down for some steps; of rules for the same step the last one counts.

    Each run of a step takes the next value of a sequence, and every further one its last.
    """

    endings: Mapping[str, tuple[Ending, ...]] = field(default_factory=dict)
    results: Mapping[tuple[str, str | None], tuple[str, ...]] = field(default_factory=dict)
    """(step, output parameter or None for what it prints) → its text, run by run."""
    durations: Mapping[str, float] = field(default_factory=dict)
    """Seconds."""

    def ending(self, step: Step, run: int) -> tuple[str, Ending] | None:
        """The rule that applies to a step, and how its run number `run`, from 0, ends."""
        for pattern, endings in reversed(list(self.endings.items())):
            if matches(pattern, step):
                return pattern, endings[min(run, len(endings) - 1)]
        return None

    def result(self, step: Step, output: str | None, run: int) -> str | None:
        """The text that is laid down for an output."""
        for (pattern, name), texts in reversed(list(self.results.items())):
            if name == output and matches(pattern, step):
                return texts[min(run, len(texts) - 1)]
        return None

    def seconds(self, step: Step) -> float | None:
        """How long a step is to take."""
        found = [seconds for pattern, seconds in self.durations.items() if matches(pattern, step)]
        return found[-1] if found else None

    def also(
        self,
        endings: Mapping[str, tuple[Ending, ...]] | None = None,
        results: Mapping[tuple[str, str | None], tuple[str, ...]] | None = None,
    ) -> Script:
        """The script with more rules, which count before the others."""
        return Script({**self.endings, **(endings or {})}, {**self.results, **(results or {})}, self.durations)


def read_endings(text: str, flag: str) -> tuple[Ending, ...]:
    """``137,0`` → (137, 0); words are error, timeout, oom and ok."""
    return tuple(_ending(part.strip(), f"{flag} …={text}") for part in text.split(","))


def _ending(text: str, shown: str) -> Ending:
    if text in _WORDS:
        return _WORDS[text]
    if not re.fullmatch(r"\d{1,3}", text) or int(text) > 255:
        raise UsageError(
            f"{shown}: {text!r} is not how a step ends", hint="an exit code from 0 to 255, error, timeout or oom"
        )
    return int(text)


def script_of(
    names: Names,
    *,
    fail: Iterable[tuple[str, Sequence[Ending]]] = (),
    results: Iterable[tuple[str, Sequence[str]]] = (),
    durations: Iterable[tuple[str, str]] = (),
    flags: tuple[str, str, str] = ("--fail", "--result", "--duration"),
) -> Script:
    """A script whose step names are those of the workflow; others are refused with what may have been meant."""
    endings: dict[str, tuple[Ending, ...]] = {}
    for pattern, several in fail:
        names.check(pattern, flags[0])
        if not several:
            raise UsageError(f"{flags[0]} {pattern}: no ending is given", hint="such as 137,0")
        endings[pattern] = tuple(_ending(str(one), f"{flags[0]} {pattern}") for one in several)
    given: dict[tuple[str, str | None], tuple[str, ...]] = {}
    for pattern, texts in results:
        place = names.result(pattern, flags[1])
        given[place] = (*given.get(place, ()), *texts)
    seconds: dict[str, float] = {}
    for pattern, text in durations:
        names.check(pattern, flags[2])
        seconds[pattern] = _seconds(f"{flags[2]} {pattern}", text)
    return Script(endings, given, seconds)


def _seconds(place: str, text: str) -> float:
    try:
        seconds = parse_duration(text)
    except ManifestError as error:
        raise UsageError(f"{place}: {error.message}", hint=error.hint) from error
    if seconds < 0:
        raise UsageError(f"{place}: {text} is less than nothing")
    return seconds
