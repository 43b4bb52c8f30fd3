"""`kai resume`: a suspended run here or workflow on a cluster."""

from __future__ import annotations

import click

from kai_pipelines.cli import local_runs
from kai_pipelines.cli.place import Record, located
from kai_pipelines.cli.server_options import asked, server_options
from kai_pipelines.cluster.connection import Flags


@click.command()
@click.argument("run")
@click.option(
    "--node-field-selector", "nodes", default="", metavar="FIELD=VALUE", help="Only suspended nodes like these."
)
@server_options
def command(run: str, nodes: str, flags: Flags) -> int:
    """Let RUN go on: a folder or record of `kai run -o`, or a workflow's name on the cluster."""
    place = located(run)
    if isinstance(place, Record):
        return local_runs.resume(place, nodes=nodes)
    with asked(flags) as server:
        server.resume(place, nodes=nodes)
    click.echo(f"{place} goes on", err=True)
    return 0
