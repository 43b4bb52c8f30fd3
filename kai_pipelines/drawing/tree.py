"""A run as a tree of its nodes, for a terminal: what `argo get` shows, of a record here or a workflow on a cluster."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from kai_pipelines.drawing.outcome import moment
from kai_pipelines.drawing.wording import clock, shortened
from kai_pipelines.manifest.fields import mapping, sequence, text

Record = Mapping[str, Any]

MARKS = {
    "Succeeded": "✓",
    "Failed": "✗",
    "Error": "✗",
    "Skipped": "–",
    "Omitted": "–",
    "Running": "●",
    "Pending": "◷",
    "": "◷",
}
_AROUND = frozenset({"Retry", "TaskGroup"})
"""Nodes whose children stand below them; others only go before their children."""
_LONGEST_MESSAGE = 100
_DEEPEST = 3 * 40
"""Characters of branches; what is deeper stands no further right."""


def to_tree(workflow: Mapping[str, Any], now: datetime | None = None) -> str:
    """The workflow's name, phase and times, and a line for each of its nodes."""
    status, metadata = mapping(workflow, "status"), mapping(workflow, "metadata")
    time = now or datetime.now(UTC)
    head = [
        ("Name", text(metadata.get("name"))),
        ("Namespace", text(metadata.get("namespace"))),
        ("Status", text(status.get("phase")) or "Pending"),
        ("Message", text(status.get("message"))),
        ("Started", _shown(status.get("startedAt"))),
        ("Finished", _shown(status.get("finishedAt"))),
        ("Duration", duration(status, time)),
        ("Progress", text(status.get("progress"))),
    ]
    lines = [f"{name + ':':<11} {value}" for name, value in head if value]
    for one in sequence(mapping(status, "outputs").get("parameters")):
        lines.append(f"{'Output:':<11} {one.get('name')} = {shortened(text(one.get('value')), _LONGEST_MESSAGE)}")
    rows = list(_rows(_Tree(mapping(status, "nodes")), time))
    if rows:
        width = min(60, max(len(name) for name, _, _ in rows))
        lines += ["", *(f"{name:<{width}}  {lasted:>8}  {message}".rstrip() for name, lasted, message in rows)]
    return "\n".join(lines)


def _rows(tree: _Tree, now: datetime) -> Iterator[tuple[str, str, str]]:
    """Name with its branches, duration and message of every node, outer ones first."""
    pending = [(node, "", "") for node in reversed(tree.roots)]
    while pending:
        node, before, below = pending.pop()
        phase, name = text(node.get("phase")), text(node.get("displayName")) or text(node.get("name"))
        message = shortened(" ".join(text(node.get("message")).split()), _LONGEST_MESSAGE)
        yield f"{before}{MARKS.get(phase, '?')} {name}", duration(node, now), message
        inner = below if len(below) < _DEEPEST else below[:-3]
        children = tree.below[text(node.get("id"))]
        rows = [(child, f"{inner}├─ ", f"{inner}│  ") for child in children[:-1]]
        rows += [(child, f"{inner}└─ ", f"{inner}   ") for child in children[-1:]]
        pending += reversed(rows)


class _Tree:
    """Which node stands below which: in its boundary, or below the retry or loop that it is one of."""

    def __init__(self, nodes: Mapping[str, Any]) -> None:
        records = {key: node for key, node in nodes.items() if isinstance(node, Mapping)}
        around = {
            text(child): key
            for key, node in records.items()
            if node.get("type") in _AROUND
            for child in sequence(node.get("children"))
        }
        self.below: dict[str, list[Record]] = defaultdict(list)
        self.roots: list[Record] = []
        order = _Order(records)
        for key, node in sorted(records.items(), key=lambda item: order.of(item[0])):
            if node.get("type") == "StepGroup":
                continue
            parent = around.get(key) or text(node.get("boundaryID"))
            (self.below[parent] if parent in records and parent != key else self.roots).append(node)


class _Order:
    """Nodes by when they started; of those that started together, a child after its parents."""

    def __init__(self, records: Mapping[str, Record]) -> None:
        self._depth: dict[str, int] = {}
        self._records = records
        pending = [(key, 0) for key, node in records.items() if not node.get("boundaryID")]
        while pending:  # breadth first: a node's depth is the shortest way to it, and each is visited once
            following: list[tuple[str, int]] = []
            for key, depth in pending:
                if key in self._depth or key not in records:
                    continue
                self._depth[key] = depth
                following += [(text(child), depth + 1) for child in sequence(records[key].get("children"))]
            pending = following

    def of(self, key: str) -> tuple[str, int, str]:
        """What to sort by."""
        node = self._records[key]
        return text(node.get("startedAt")) or "~", self._depth.get(key, 0), text(node.get("name"))


def duration(node: Mapping[str, Any], now: datetime) -> str:
    """How long a node or workflow took, or has taken so far."""
    started, finished = moment(node.get("startedAt")), moment(node.get("finishedAt"))
    if started is None or text(node.get("phase")) in {"Skipped", "Omitted"}:
        return ""
    return clock(((finished or now) - started).total_seconds())


def _shown(value: object) -> str:
    found = moment(value)
    return found.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC") if found is not None else ""
