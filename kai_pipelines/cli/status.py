"""`kai status`: how a run here or a workflow on a cluster stands."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime
from typing import Any

import click

from kai_pipelines.cli.place import Record, located
from kai_pipelines.cli.server_options import asked, server_options
from kai_pipelines.cluster.connection import Flags
from kai_pipelines.drawing.tree import MARKS, duration, to_tree
from kai_pipelines.errors import UsageError
from kai_pipelines.manifest.fields import mapping, text


@click.command()
@click.argument("run", required=False)
@click.option("--all", "everything", is_flag=True, help="All workflows of the namespace, the latest first.")
@click.option("-l", "--selector", default="", metavar="LABEL=VALUE", help="With --all: those with these labels.")
@click.option("--watch", is_flag=True, help="Until it has ended, telling what happens; exit 1 if it failed.")
@click.option("--json", "as_json", is_flag=True, help="Print the workflow, or with --all a list, as one JSON document.")
@server_options
def command(run: str | None, everything: bool, selector: str, watch: bool, as_json: bool, flags: Flags) -> int:
    """Show how RUN stands: a folder or record of `kai run -o`, or a workflow's name on the cluster."""
    if (run is None) != everything:
        raise UsageError("name a run, or give --all")
    if run is None:
        return _all(flags, selector, as_json=as_json)
    place = located(run)
    if isinstance(place, Record):
        from kai_pipelines.cli import local_runs

        workflow, code = local_runs.watch(place) if watch else (place.workflow, 0)
        _print(workflow, as_json=as_json)
        return code
    with asked(flags, place) as server:
        if watch:
            from kai_pipelines.cli.watch import watched

            workflow, code = watched(server, place, tell=True)
        else:
            workflow, code = server.get(place), 0
    _print(workflow, as_json=as_json)
    return code


def _print(workflow: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(workflow, indent=2, ensure_ascii=False, default=str))
        return
    from kai_pipelines.engine.degradation import degradations
    from kai_pipelines.engine.warned import lines_of

    click.echo(to_tree(workflow))
    for one in degradations(workflow):
        click.echo(f"degraded: {one}")
    for line in lines_of(workflow):
        click.echo(line)


def _all(flags: Flags, selector: str, *, as_json: bool) -> int:
    from kai_pipelines.cluster.server import name_of

    with asked(flags) as server:
        found = sorted(server.workflows(selector=selector), key=_begun, reverse=True)
        namespace = server.connection.namespace
    if as_json:
        click.echo(json.dumps(found, indent=2, ensure_ascii=False))
        return 0
    if not found:
        click.echo(f"no workflows in namespace {namespace}", err=True)
        return 0
    now = datetime.fromtimestamp(time.time(), UTC)
    width = max(len(name_of(one)) for one in found)
    for one in found:
        status, name = mapping(one, "status"), name_of(one)
        phase = text(status.get("phase")) or "Pending"
        lasted, progress = duration(status, now), text(status.get("progress"))
        click.echo(f"{MARKS.get(phase, '?')} {name:<{width}}  {phase:<9}  {progress:>7}  {lasted:>8}".rstrip())
    return 0


def _begun(workflow: dict[str, Any]) -> str:
    created = mapping(workflow, "metadata").get("creationTimestamp")
    return text(mapping(workflow, "status").get("startedAt") or created)
