"""What was replaced by something lesser in a run: the tries of a fallback that failed, why, and what took their place.

Read from a record, so that it is told alike of a run here and of one on a cluster.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from kai_pipelines.engine.node import BAD
from kai_pipelines.engine.retry import PAST_DURATION
from kai_pipelines.errors import EXIT_MEMORY, PAST_DEADLINE
from kai_pipelines.manifest.fields import mapping

Record = Mapping[str, Any]
ANNOTATION = "kai-pipelines/degraded"
"""On the record of a run here: what was replaced, in words."""
DEGRADED = "degraded"
"""The input parameter by which a step of ours asks for the tries that failed before it: a JSON list of objects with
`name`, `step`, `why` and `instead`."""
_AFTER_FAILURE = re.compile(r"\(([\w-]+)\.Failed \|\| \1\.Errored\)")
"""As the compiler writes it of a fallback; a task that only clears up after a failure is not one."""
_RAN = frozenset({"Succeeded", "Running", *BAD})
_LATE = (PAST_DEADLINE, PAST_DURATION)


@dataclass(frozen=True, slots=True)
class Attempt:
    """A try of a fallback that failed."""

    name: str
    """The branch's: ``medium``."""
    step: str
    """The template that failed in it."""
    why: str
    """``ran out of memory``, ``ran out of time``, or ``failed`` with what it said."""

    def __str__(self) -> str:
        if self.step == self.name:
            return f"{self.name} {self.why}"
        verb, said, more = self.why.partition(": ")
        return f"{self.name} {verb} in {self.step}{said}{more}"


@dataclass(frozen=True, slots=True)
class Degradation:
    """One fallback that did not get what it tried first."""

    attempts: tuple[Attempt, ...]
    instead: str
    """The branch that succeeded; empty when none did."""

    def __str__(self) -> str:
        tried = ", ".join(map(str, self.attempts))
        return f"{tried}; {f'built at {self.instead}' if self.instead else 'nothing lesser is left'}"


def degradations(record: Record, said: Callable[[str], str] = lambda _: "") -> list[Degradation]:
    """All of a record, in the order of its nodes; `said` gives the error that the log of a node ends with."""
    nodes = mapping(record, "status", "nodes")
    by_name = {str(node["name"]): node for node in nodes.values() if isinstance(node, Mapping) and "name" in node}
    templates = _templates(record)
    found = []
    for node in by_name.values():
        tasks = (templates.get(str(node.get("templateName"))) or {}).get("dag", {}).get("tasks") or []
        for chain in _chains(tasks):
            one = _degraded(chain, str(node["name"]), by_name, said)
            if one is not None:
                found.append(one)
    return found


def _templates(record: Record) -> dict[str, Record]:
    status = mapping(record, "status")
    stored = (status.get("storedWorkflowTemplateSpec") or {}).get("templates") or []
    own = (record.get("spec") or {}).get("templates") or []
    known = {str(one.get("name")): one for one in [*stored, *own]}
    return known | {str(one.get("name")): one for one in (status.get("storedTemplates") or {}).values()}


def _chains(tasks: list[Record]) -> Iterator[list[str]]:
    """The tasks of each fallback: every one runs when the one before it has failed."""
    after = {str(task["name"]): failed for task in tasks if (failed := _waits_for_failure(task))}
    for first in dict.fromkeys(after.values()):
        if first in after:
            continue
        chain = [first]
        while (following := next((name for name, before in after.items() if before == chain[-1]), None)) is not None:
            chain.append(following)
        yield chain


def _waits_for_failure(task: Record) -> str:
    """The task that this one stands in for; empty for none."""
    found = _AFTER_FAILURE.search(str(task.get("depends") or ""))
    return found[1] if found else ""


def _degraded(
    chain: list[str], parent: str, by_name: Mapping[str, Record], said: Callable[[str], str]
) -> Degradation | None:
    ran = [(name, by_name[f"{parent}.{name}"]) for name in chain if f"{parent}.{name}" in by_name]
    ran = [(name, node) for name, node in ran if node.get("phase") in _RAN]
    failed = [(name, node) for name, node in ran if node["phase"] in BAD]
    if not failed:
        return None
    attempts = tuple(_attempt(name, node, by_name, said) for name, node in failed)
    return Degradation(attempts, next((name for name, node in ran if node["phase"] == "Succeeded"), ""))


def _attempt(name: str, node: Record, by_name: Mapping[str, Record], said: Callable[[str], str]) -> Attempt:
    """Why a branch failed: its innermost node that did, of several tries the last."""
    path = str(node["name"])
    below = [
        one
        for other, one in by_name.items()
        if (other == path or other.startswith((f"{path}.", f"{path}("))) and one.get("phase") in BAD
    ]
    guilty = [one for one in below if one.get("type") == "Pod"] or [one for one in below if one.get("message")]
    if not guilty:
        return Attempt(name, name, "failed")
    last = max(guilty, key=lambda one: (str(one.get("startedAt") or ""), str(one["name"])))
    return Attempt(name, str(last.get("templateName") or last.get("displayName")), _why(last, said))


def _why(node: Record, said: Callable[[str], str]) -> str:
    message = str(node.get("message") or "")
    words = said(str(node.get("id")))
    code = str((node.get("outputs") or {}).get("exitCode") or "")
    if code == str(EXIT_MEMORY) or f"exit code {EXIT_MEMORY}" in message or "OOMKilled" in message:
        return "ran out of memory"
    if "bad_alloc" in words:
        return "ran out of memory"
    if any(sign in message for sign in _LATE):
        return "ran out of time"
    told = words or message
    return f"failed: {told}" if told else "failed"
