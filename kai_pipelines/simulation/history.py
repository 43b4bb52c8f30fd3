"""How long steps took before: the records of past runs, here or on a cluster."""

from __future__ import annotations

import json
import statistics
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from kai_pipelines.errors import UsageError
from kai_pipelines.simulation.names import Step, path_of
from kai_pipelines.simulation.pods import Length
from kai_pipelines.simulation.script import Script

ASSUMED = 60.0
"""Seconds of a step about which nothing is known."""
RECORD = "workflow.json"


@dataclass
class History:
    """Measured seconds of successful pods, by template, and by template and place in its workflow."""

    by_template: dict[str, list[float]] = field(default_factory=dict)
    by_place: dict[tuple[str, ...], list[float]] = field(default_factory=dict)
    records: int = 0

    def of(self, step: Step) -> Length:
        """The median of the nearest runs; `ASSUMED` without any."""
        place = (step.template, *(part.partition("(")[0] for part in step.path))
        found = self.by_place.get(place) or self.by_template.get(step.template)
        return Length(statistics.median(found), len(found)) if found else Length(ASSUMED)

    def add(self, record: Mapping[str, Any]) -> None:
        """Take in one finished workflow.

        A pod that took no whole second tells nothing: its result may have come from the store.
        """
        workflow = str((record.get("metadata") or {}).get("name", ""))
        nodes = (record.get("status") or {}).get("nodes") or {}
        self.records += 1
        for node in nodes.values():
            if not isinstance(node, Mapping) or node.get("type") != "Pod" or node.get("phase") != "Succeeded":
                continue
            seconds = _seconds(node)
            if seconds is None or seconds <= 0:
                continue
            template = str(node.get("templateName") or (node.get("templateRef") or {}).get("template") or "")
            retried = bool((node.get("nodeFlag") or {}).get("retried"))
            path = path_of(str(node.get("name", "")), workflow, retried=retried)
            place = (template, *(part.partition("(")[0] for part in path))
            self.by_template.setdefault(template, []).append(seconds)
            self.by_place.setdefault(place, []).append(seconds)


@dataclass(frozen=True)
class Measured:
    """The lengths of a history, under those that a script lays down."""

    script: Script
    history: History

    def of(self, step: Step) -> Length:
        """The length of one run of a step."""
        told = self.script.seconds(step) if self.script.durations else None
        return Length(told, given=True) if told is not None else self.history.of(step)


def read_history(folder: Path | None) -> History:
    """The records below a folder; without one those below ``runs``, if there are any."""
    if folder is not None and not folder.exists():
        raise UsageError(f"there is no folder {folder} with records of past runs")
    history = History()
    for record in _records(folder if folder is not None else Path("runs"), strict=folder is not None):
        history.add(record)
    if folder is not None and not history.records:
        raise UsageError(f"{folder} holds no record of a run", hint=f"kai run leaves one as {RECORD}")
    return history


def _records(place: Path, *, strict: bool) -> Iterator[Mapping[str, Any]]:
    for file in _files(place):
        try:
            document = json.loads(file.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            if strict:
                raise UsageError(f"{file} is not a record of a run: {error}") from error
            continue
        items = document.get("items") if isinstance(document, Mapping) and "items" in document else [document]
        for one in items if isinstance(items, list) else []:
            if isinstance(one, Mapping) and isinstance((one.get("status") or {}), Mapping):
                yield one


def _files(place: Path) -> Iterable[Path]:
    if place.is_file():
        return [place]
    return sorted(place.rglob("*.json")) if place.name != "runs" else sorted(place.rglob(RECORD))


def _seconds(node: Mapping[str, Any]) -> float | None:
    try:
        started, finished = (datetime.fromisoformat(str(node[key])) for key in ("startedAt", "finishedAt"))
    except (KeyError, ValueError):
        return None
    return (finished - started).total_seconds()
