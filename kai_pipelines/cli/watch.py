"""Waiting for a workflow on a cluster, with or without telling what happens."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from kai_pipelines.drawing.tree import MARKS
from kai_pipelines.manifest.fields import mapping, text

if TYPE_CHECKING:
    from kai_pipelines.cluster.server import Server

_TOLD = frozenset({"Running", "Succeeded", "Failed", "Error", "Skipped", "Omitted"})


def watched(server: Server, name: str, *, tell: bool) -> tuple[dict[str, Any], int]:
    """The workflow when it has ended, and the exit code that its phase means."""
    from kai_pipelines.cluster.watching import changes

    said: dict[str, str] = {}
    workflow: dict[str, Any] = {}
    for workflow in changes(server, name):
        if tell:
            tell_changes(workflow, said)
    status = mapping(workflow, "status")
    phase = text(status.get("phase"))
    message = f": {text(status['message'])}" if status.get("message") else ""
    click.echo(f"{phase}{message}", err=True)
    return workflow, 0 if phase == "Succeeded" else 1


def tell_changes(workflow: dict[str, Any], said: dict[str, str]) -> None:
    """One line for each node of a pod, or that did not run, whose phase is another than what was said."""
    nodes = [(key, mapping(node)) for key, node in mapping(workflow, "status", "nodes").items()]
    for key, node in sorted(nodes, key=lambda item: text(item[1].get("startedAt"))):
        phase = text(node.get("phase"))
        if (
            node.get("type") not in {"Pod", "Skipped", "Suspend", "HTTP"}
            or phase not in _TOLD
            or said.get(key) == phase
        ):
            continue
        said[key] = phase
        message = f"  {text(node['message'])}" if node.get("message") else ""
        place = text(node.get("name")).partition(".")[2].replace(".", " › ") or node.get("displayName")
        click.echo(f"{MARKS[phase]} {place}{message}", err=True)
