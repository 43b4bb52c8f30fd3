"""How a run went: the records of `status.nodes`, gathered by the path of the task they belong to."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from kai_pipelines.drawing.model import Outcome
from kai_pipelines.manifest.fields import mapping, sequence, text

Record = Mapping[str, Any]
Path = tuple[str, ...]

EXIT = "onExit"
_WORST_FIRST = ("Running", "Error", "Failed", "Pending", "Succeeded", "Skipped", "Omitted")
_GROUPS = {"TaskGroup", "Retry"}


class Outcomes:
    """The outcome of every path of a run; of no path when the manifest has not run."""

    def __init__(self, manifest: Mapping[str, Any]) -> None:
        self.status = mapping(manifest, "status")
        self.ran = bool(self.status.get("nodes") or self.status.get("phase"))
        self.workflow = text(mapping(manifest, "metadata").get("name"))
        self.records: Mapping[str, Record] = {
            id_: record for id_, record in mapping(self.status, "nodes").items() if isinstance(record, Mapping)
        }
        self._by_path: dict[Path, list[Record]] = defaultdict(list)
        for record in self.records.values():
            path = self._path(record)
            if path is not None and record.get("type") != "StepGroup":
                self._by_path[path].append(record)

    def of_workflow(self) -> Outcome | None:
        """The outcome of the whole run."""
        if not self.ran:
            return None
        phase = text(self.status.get("phase")) or "Pending"
        return Outcome(phase, _span([self.status]), text(self.status.get("message")))

    def at(self, path: Path) -> Outcome | None:
        """The outcome of one task; several records (a loop around it, retries) count as one."""
        if not self.ran:
            return None
        records = self._by_path.get(path, [])
        if not records:
            finished = bool(self.status.get("finishedAt"))
            return Outcome("Omitted" if finished else "Pending")
        below = {
            text(child) for one in records if one.get("type") in _GROUPS for child in sequence(one.get("children"))
        }
        tops = [one for one in records if one.get("id") not in below] or records
        phase = _worst(tops)
        attempts = max((len(sequence(one.get("children"))) for one in records if one.get("type") == "Retry"), default=1)
        message = next((text(one["message"]) for one in tops if one.get("message")), "")
        seconds = None if phase in {"Skipped", "Omitted"} else _span(tops)
        return Outcome(phase, seconds, message, max(1, attempts), self._parts(tops))

    def _parts(self, tops: list[Record]) -> tuple[int, int] | None:
        """A DAG's loop has a group around its parts, a steps template's loop has none."""
        groups = [one for one in tops if one.get("type") == "TaskGroup"]
        below = [text(child) for one in groups for child in sequence(one.get("children"))]
        children = [self.records[child] for child in below if child in self.records]
        children = children or [one for one in tops if "(" in text(one.get("displayName"))]
        return (sum(one.get("phase") == "Succeeded" for one in children), len(children)) if children else None

    def _path(self, record: Record) -> Path | None:
        """Names from the entrypoint down. Task names hold no parenthesis: what follows one is an item or a try."""
        names: list[str] = []
        for _ in range(100):  # a record that surrounds itself must not hold us
            stem = (text(record.get("displayName")) or text(record.get("name"))).partition("(")[0]
            boundary = text(record.get("boundaryID"))
            if not boundary:
                return self._root(stem, names)
            names.append(stem)
            if boundary not in self.records:
                return None
            record = self.records[boundary]
        return None

    def _root(self, stem: str, names: list[str]) -> Path | None:
        around = tuple(reversed(names))
        if stem.endswith(f".{EXIT}"):
            return (EXIT, *around)
        if ".hooks." in stem:
            return (f"hooks.{stem.rpartition('.')[2]}", *around)
        return around


def _worst(records: Iterable[Record]) -> str:
    phases = {text(record.get("phase")) or "Pending" for record in records}
    return next((phase for phase in _WORST_FIRST if phase in phases), "Pending")


def _span(records: Iterable[Record]) -> float | None:
    """Seconds from the first start to the last end; nothing while one still runs."""
    starts, ends = [], []
    for record in records:
        started, finished = moment(record.get("startedAt")), moment(record.get("finishedAt"))
        if started is None or finished is None:
            return None
        starts.append(started)
        ends.append(finished)
    return (max(ends) - min(starts)).total_seconds() if starts else None


def moment(value: object) -> datetime | None:
    """A time as Kubernetes writes it; None when there is none."""
    try:
        found = value if isinstance(value, datetime) else datetime.fromisoformat(text(value))
    except ValueError:
        return None
    return found if found.tzinfo is not None else found.replace(tzinfo=UTC)
