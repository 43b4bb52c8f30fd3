"""Whether a failed try is followed by another, and after how long (Argo, operator.go processNodeRetries)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from kai_pipelines.engine.node import Node
from kai_pipelines.expression import evaluate
from kai_pipelines.manifest.duration import parse_duration


@dataclass(frozen=True)
class Decision:
    """Try again after `wait` seconds, or stop with a message."""

    again: bool
    wait: float = 0.0
    message: str = ""


def decide(strategy: Mapping[str, Any], tries: int, last: Node, elapsed: float) -> Decision:
    """After `tries` tries, the last of which failed, `elapsed` seconds after the first began.

    Facts of Argo 4.1.2: without a limit there is no wait at all; the wait comes before policy and
    expression are looked at; a next wait that would pass maxDuration stops at once.
    """
    backoff = strategy.get("backoff") or {}
    limit = strategy.get("limit")
    longest = parse_duration(backoff["maxDuration"]) if backoff.get("maxDuration") else None
    if longest is not None and elapsed > longest:
        return Decision(False, message="Max duration limit exceeded")
    if limit is not None and tries > int(limit):
        return Decision(False, message="No more retries left")
    wait = 0.0
    if limit is not None and backoff.get("duration"):
        wait = _wait(backoff, tries)
        if longest is not None and elapsed + wait > longest:
            return Decision(False, message="Backoff would exceed max duration limit")
    if not _policy_allows(strategy, last.phase):
        return Decision(False, message=last.message)
    if (condition := strategy.get("expression")) and not evaluate(str(condition), last_try(last)):
        return Decision(False, message="retryStrategy.expression evaluated to false")
    return Decision(True, wait)


def last_try(node: Node) -> dict[str, str]:
    """What an expression sees of the try that failed."""
    return {
        "lastRetry.exitCode": str(node.outputs.get("exitCode", "-1")),
        "lastRetry.status": node.phase,
        "lastRetry.duration": str(int(node.finished_at - node.started_at)),
        "lastRetry.message": node.message,
    }


def _wait(backoff: Mapping[str, Any], tries: int) -> float:
    wait = parse_duration(backoff["duration"]) * float(backoff.get("factor") or 1) ** (tries - 1)
    return min(wait, parse_duration(backoff["cap"])) if backoff.get("cap") else wait


def _policy_allows(strategy: Mapping[str, Any], phase: str) -> bool:
    policy = strategy.get("retryPolicy") or ("Always" if strategy.get("expression") else "OnFailure")
    return policy == "Always" or policy == {"Failed": "OnFailure", "Error": "OnError"}.get(phase)
