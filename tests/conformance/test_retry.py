"""Retry strategies against a table that Argo's own code made: when it waits, tries again and gives up."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from kai_pipelines.engine.node import Node
from kai_pipelines.engine.retry import Attempts, backoff, refusal
from kai_pipelines.errors import KaiError

_DATA = Path(os.environ.get("KAI_ARGO_DATA") or Path(__file__).resolve().parents[2] / ".." / "shared" / "data" / "argo")


def _ended(attempt: Mapping[str, Any], start: float) -> Node:
    node = Node("id", "name", "name", "Pod", "template", phase=attempt["phase"], message=attempt["message"])
    node.started_at, node.finished_at = start, start + attempt["duration"]
    node.outputs = {"exitCode": attempt["exitCode"]} if attempt["exitCode"] else {}
    return node


def _final(strategy: Mapping[str, Any], attempts: list[Mapping[str, Any]]) -> tuple[str, str, list[tuple[float, str]]]:
    """The retry node's phase and message, and each wait with what the node shows."""
    now, waits = 0.0, []
    for index, attempt in enumerate(attempts):
        last = _ended(attempt, now)
        now = last.finished_at
        if last.phase == "Succeeded":
            return "Succeeded", "", waits
        so_far = Attempts(index + 1, 0.0, last)
        try:
            wait = backoff(strategy, so_far, now)
            if wait.stop is not None:
                return last.phase, wait.stop, waits
            if wait.seconds > 0:
                waits.append((wait.seconds, wait.message))
                if wait.seconds > 1000 * 3600:
                    return "waiting", "", waits
                now += wait.seconds
                wait = backoff(strategy, so_far, now + 0.001)
                if wait.stop is not None:
                    return last.phase, wait.stop, waits
            reason = refusal(strategy, so_far)
        except KaiError:
            return "error", "", waits
        if reason is not None:
            return last.phase, reason, waits
    return "retry", "", waits


def test_retries_agree_with_argo() -> None:
    path = _DATA / "retry_cases.json"
    if not path.exists():
        pytest.skip(f"no Argo data: {path} is absent (set KAI_ARGO_DATA)")
    cases = json.loads(path.read_text(encoding="utf-8"))["cases"]

    found = []
    for case in cases:
        phase, message, waits = _final(case["strategy"], case["attempts"])
        wanted = [(event["wait"], event["waitMessage"]) for event in case["events"] if "wait" in event]
        if (phase, message) != (case["final"], case.get("finalMessage", "")):
            found.append(f"{case['id']}: {case['final']} {case.get('finalMessage')}, not {phase} {message}")
        elif [round(seconds, 1) for seconds, _ in waits] != [round(seconds, 1) for seconds, _ in wanted]:
            found.append(f"{case['id']}: waits {wanted}, not {waits}")

    for line in found:
        print(line)
    print(f"retry: {len(cases) - len(found)} / {len(cases)} agree")
    assert not found
