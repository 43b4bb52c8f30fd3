"""`kai logs`: what the steps of a run here or of a workflow on a cluster have said."""

from __future__ import annotations

import difflib
from pathlib import Path
from typing import Any

import click

from kai_pipelines.cli.place import Record, located
from kai_pipelines.cli.server_options import asked, server_options
from kai_pipelines.cluster.connection import Flags
from kai_pipelines.errors import UsageError
from kai_pipelines.manifest.fields import mapping, text


@click.command()
@click.argument("run")
@click.option("--step", default="", metavar="NAME", help="Only this step: a task's name or its template's.")
@click.option("-f", "--follow", is_flag=True, help="Until the run has ended.")
@click.option("-c", "--container", default="main", show_default=True, help="Of a pod with several, on a cluster.")
@server_options
def command(run: str, step: str, follow: bool, container: str, flags: Flags) -> int:
    """Print the logs of RUN: a folder or record of `kai run -o`, or a workflow's name on the cluster."""
    from kai_pipelines.cli import local_runs

    if follow and local_runs.goes_on(Path(run)):
        return local_runs.follow(Path(run), step)
    place = located(run)
    if isinstance(place, Record):
        return _here(place, step)
    return _there(place, step, container, flags, follow=follow)


def _here(record: Record, step: str) -> int:
    nodes = _pods(record.workflow, step)
    files = [(node, record.folder / "logs" / f"{_file_name(str(node.get('name', '')))}.log") for node in nodes]
    found = [(node, file) for node, file in files if file.is_file()]
    if step and not found:
        click.echo(f"{step} has left no log: its result was taken from the store, or it did not run", err=True)
    for node, file in found:
        for line in file.read_text(encoding="utf-8", errors="replace").splitlines():
            click.echo(line if step and len(found) == 1 else f"{_label(node)}: {line}")
    return 0


def _there(name: str, step: str, container: str, flags: Flags, *, follow: bool) -> int:
    from kai_pipelines.cluster.logs import lines, pod_name

    with asked(flags, name) as server:
        workflow = server.get(name)
        chosen = [pod_name(workflow, node) for node in _pods(workflow, step)] if step else [""]
        labels = {pod_name(workflow, node): _label(node) for node in _pods(workflow, "")}
        for pod in chosen:
            for line in lines(server, name, pod=pod, container=container, follow=follow):
                if line.pod not in labels and not step:  # it has begun since we looked
                    labels |= {pod_name(workflow, node): _label(node) for node in _pods(server.get(name), "")}
                    labels.setdefault(line.pod, line.pod)
                prefix = "" if step and len(chosen) == 1 else f"{labels.get(line.pod, line.pod)}: "
                click.echo(prefix + line.text)
    return 0


def _pods(workflow: dict[str, Any], step: str) -> list[dict[str, Any]]:
    """The nodes that have logs, in the order they began; with `step`, those of that task or template."""
    nodes = [one for one in mapping(workflow, "status", "nodes").values() if isinstance(one, dict)]
    pods = sorted((one for one in nodes if one.get("type") == "Pod"), key=lambda one: text(one.get("startedAt")))
    if not step:
        return pods
    found = [one for one in pods if step in _names(one)]
    if not found:
        known = sorted({name for one in pods for name in _names(one) if name})
        near = difflib.get_close_matches(step, known, n=1)
        meant = f"did you mean {near[0]}? " if near else ""
        raise UsageError(f"no step {step!r} has run", hint=f"{meant}there are: {', '.join(known) or 'none yet'}")
    return found


def _names(node: dict[str, Any]) -> set[str]:
    display = str(node.get("displayName", ""))
    return {
        display,
        display.partition("(")[0],
        str(node.get("templateName", "")),
        _label(node),
        str(node.get("id", "")),
    }


def _label(node: dict[str, Any]) -> str:
    """A node's place in the workflow: ``dense.low.estimate-depth``."""
    return str(node.get("name", "")).partition(".")[2] or str(node.get("displayName", ""))


def _file_name(node: str) -> str:
    """As the engine names a node's log."""
    return "".join(c if c.isalnum() or c in "._-()" else "_" for c in node)[:200]
