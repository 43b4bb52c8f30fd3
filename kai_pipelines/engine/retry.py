"""Whether a failed try is followed by another, and after how long (Argo, operator.go processNodeRetries).

Facts of Argo 4.1.2: without a limit a backoff does not wait at all, only its maxDuration counts; the wait
comes before policy and expression are looked at; a next wait that would pass maxDuration stops at once.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from kai_pipelines.engine.node import Node
from kai_pipelines.errors import ManifestError
from kai_pipelines.expression import evaluate
from kai_pipelines.manifest.duration import parse_duration

PAST_DURATION = "Max duration limit exceeded"
_FOREVER = float(2**63 - 1) / 1e9
"""Seconds in Go's longest duration."""
_POLICIES = {
    "Always": {"Failed", "Error"},
    "OnFailure": {"Failed"},
    "OnError": {"Error"},
    "OnTransientError": set[str](),
}
_TRANSIENT = re.compile(
    "Connection closed by foreign host|net/http: TLS handshake timeout|i/o timeout|connection timed out"
    "|connection reset by peer|transport connection broken|http2: client connection lost"
)
"""Messages that Argo takes for passing faults (util/errors/errors.go isTransientNetworkErr)."""


@dataclass(frozen=True)
class Attempts:
    """The tries so far, of which the last one ended badly; times in seconds."""

    count: int
    first_started: float
    last: Node


@dataclass(frozen=True)
class Wait:
    """How long to wait before the next try is considered; a `stop` says that there is none."""

    seconds: float = 0.0
    stop: str | None = None
    deadline: float | None = None
    """When the next try has to be over, from maxDuration."""

    @property
    def message(self) -> str:
        """What the node shows meanwhile."""
        return f"Backoff for {_spelled(self.seconds)}"


def backoff(strategy: Mapping[str, Any], attempts: Attempts, now: float) -> Wait:
    """What the strategy's backoff asks for; raises ManifestError when it cannot be read."""
    settings = strategy.get("backoff")
    if settings is None:
        return Wait()
    deadline = None
    if settings.get("maxDuration"):
        deadline = attempts.first_started + _duration(settings["maxDuration"])
        if now > deadline:
            return Wait(stop=PAST_DURATION)
    if not settings.get("duration"):
        raise ManifestError("no base duration specified for retryStrategy")
    until = attempts.last.finished_at + _length(settings, attempts.count)
    if deadline is not None and until > deadline:
        return Wait(stop="Backoff would exceed max duration limit")
    limit = _integer(strategy.get("limit"))
    seconds = max(0.0, until - now) if limit is not None and attempts.count <= limit else 0.0
    return Wait(seconds, deadline=deadline)


def refusal(strategy: Mapping[str, Any], attempts: Attempts) -> str | None:
    """Why there is no further try, as the node's message; None when there is one."""
    last = attempts.last
    policy = str(strategy.get("retryPolicy") or ("Always" if strategy.get("expression") else "OnFailure"))
    if policy not in _POLICIES:
        raise ManifestError(f"{policy} is not a valid RetryPolicy")
    transient = policy == "OnTransientError" and _TRANSIENT.search(last.message) is not None
    if last.phase not in _POLICIES[policy] and not transient:
        return last.message
    limit = _integer(strategy.get("limit"))
    if limit is not None and attempts.count > limit:
        return "No more retries left"
    if condition := strategy.get("expression"):
        again = evaluate(str(condition), {"retries": str(attempts.count - 1), **last_try(last)})
        if not isinstance(again, bool):
            raise ManifestError(f"unable to cast expression result '{again}' to bool")
        if not again:
            return "retryStrategy.expression evaluated to false"
    return None


def last_try(node: Node | None, *, no_code: str = "-1") -> dict[str, str]:
    """What expressions and tags see of the try before; the defaults are those before the first one.

    `no_code` stands for the exit code of a try that has none: -1 in the strategy's expression, 0 in tags.
    """
    if node is None:
        return _shown("0", "", "0", "")
    seconds = node.finished_at - node.started_at
    return _shown(str(node.outputs.get("exitCode", no_code)), node.phase, f"{seconds:.9g}", node.message)


def _shown(code: str, status: str, duration: str, message: str) -> dict[str, str]:
    return {
        "lastRetry.exitCode": code,
        "lastRetry.status": status,
        "lastRetry.duration": duration,
        "lastRetry.message": message,
    }


def _length(settings: Mapping[str, Any], count: int) -> float:
    base = _duration(settings["duration"])
    factor = _integer(settings.get("factor"))
    wait = base
    if factor is not None and factor > 0 and base > 0:
        # Beyond Go's longest duration the controller stays there.
        wait = base * factor ** (count - 1) if (count - 1) * factor.bit_length() < 128 else _FOREVER
        wait = min(wait, _FOREVER)
    return min(wait, _duration(settings["cap"])) if settings.get("cap") else wait


def _duration(text: Any) -> float:
    plain = str(text)
    if re.search(r"\dd", plain):  # a day is not among Go's units
        raise ManifestError(f'unable to parse {plain} as a duration: time: unknown unit "d"')
    return parse_duration(plain)


def _integer(value: Any) -> int | None:
    if value is None:
        return None
    try:
        return int(str(value))
    except ValueError as error:
        raise ManifestError(f"value '{value}' cannot be resolved to an int") from error


_SIZES = (("day", 86400), ("hour", 3600), ("minute", 60), ("second", 1))


def _spelled(seconds: float) -> str:
    """A duration in words, two units at most (argoproj/pkg humanize.Duration)."""
    rest = int(seconds)
    for index, (unit, size) in enumerate(_SIZES):
        if rest >= size or size == 1:
            words = _counted(rest // size, unit)
            if size > 1:
                smaller, part = _SIZES[index + 1]
                words += " " + _counted(rest % size // part, smaller)
            return words
    raise AssertionError("a second is the smallest unit")


def _counted(number: int, unit: str) -> str:
    return f"{number} {unit}{'' if number == 1 else 's'}"
