"""`kai resume`: a suspended run here or workflow on a cluster."""

from __future__ import annotations

import click

from kai_pipelines.cli import local_runs
from kai_pipelines.cli.arguments import pairs
from kai_pipelines.cli.place import Record, located
from kai_pipelines.cli.server_options import asked, server_options
from kai_pipelines.cluster.connection import Flags
from kai_pipelines.errors import UsageError


@click.command()
@click.argument("run")
@click.option("-p", "--parameter", "parameters", multiple=True, metavar="NAME=VALUE", help="An output to supply.")
@click.option("--message", default="", help="Why; shown at the nodes.")
@click.option(
    "--node-field-selector", "nodes", default="", metavar="FIELD=VALUE", help="Only suspended nodes like these."
)
@server_options
def command(run: str, parameters: tuple[str, ...], message: str, nodes: str, flags: Flags) -> int:
    """Let RUN go on: a folder or record of `kai run -o`, or a workflow's name on the cluster."""
    given = pairs("-p", parameters)
    place = located(run)
    if isinstance(place, Record):
        return local_runs.resume(place, nodes=nodes, parameters=given, message=message)
    if (given or message) and not nodes:
        raise UsageError("say which nodes get the values", hint="--node-field-selector displayName=NAME")
    with asked(flags, place) as server:
        if given or message:
            server.set_outputs(place, nodes=nodes, parameters=given, message=message)
        server.resume(place, nodes=nodes)
    click.echo(f"{place} goes on", err=True)
    return 0
