"""`kai stop`: a run here or a workflow on a cluster."""

from __future__ import annotations

import click

from kai_pipelines.cli import local_runs
from kai_pipelines.cli.place import Record, located
from kai_pipelines.cli.server_options import asked, server_options
from kai_pipelines.cluster.connection import Flags
from kai_pipelines.errors import UsageError


@click.command()
@click.argument("run")
@click.option("--terminate", is_flag=True, help="At once: no exit handler runs.")
@click.option("--message", default="", help="Why; shown at the nodes that ran.")
@click.option(
    "--node-field-selector", "nodes", default="", metavar="FIELD=VALUE", help="Only suspended nodes like these."
)
@server_options
def command(run: str, terminate: bool, message: str, nodes: str, flags: Flags) -> int:
    """Stop RUN: a folder or record of `kai run -o`, or a workflow's name on the cluster. Exit handlers still run."""
    if terminate and (message or nodes):
        raise UsageError("--terminate takes neither --message nor --node-field-selector")
    place = located(run)
    if isinstance(place, Record):
        if message or nodes:
            raise UsageError("--message and --node-field-selector are for a workflow on a cluster")
        return local_runs.stop(place, terminate=terminate)
    with asked(flags, place) as server:
        if terminate:
            server.terminate(place)
        else:
            server.stop(place, message=message, nodes=nodes)
    click.echo(f"{place} is told to stop{' at once' if terminate else ''}", err=True)
    return 0
