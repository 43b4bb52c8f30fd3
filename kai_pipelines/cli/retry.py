"""`kai retry`: the failed steps of a run here or of a workflow on a cluster, again."""

from __future__ import annotations

import click

from kai_pipelines.cli import local_runs
from kai_pipelines.cli.arguments import pairs
from kai_pipelines.cli.place import Record, located
from kai_pipelines.cli.server_options import asked, server_options
from kai_pipelines.cluster.connection import Flags


@click.command()
@click.argument("run")
@click.option("-p", "--parameter", "parameters", multiple=True, metavar="NAME=VALUE", help="Another value.")
@click.option("--restart-successful", "successful", is_flag=True, help="Also the nodes of the selector that succeeded.")
@click.option("--node-field-selector", "nodes", default="", metavar="FIELD=VALUE", help="Nodes to run again.")
@click.option("--wait", is_flag=True, help="Until it has ended; exit 1 if it failed.")
@click.option("--watch", is_flag=True, help="The same, and tell what happens.")
@server_options
def command(
    run: str, parameters: tuple[str, ...], successful: bool, nodes: str, wait: bool, watch: bool, flags: Flags
) -> int:
    """Run what failed in RUN again: a folder or record of `kai run -o`, or a workflow's name on the cluster."""
    given = pairs("-p", parameters)
    place = located(run)
    if isinstance(place, Record):
        return local_runs.retry(place, successful=successful, nodes=nodes, parameters=given)
    with asked(flags, place) as server:
        texts = [f"{name}={value}" for name, value in given.items()]
        server.retry(place, successful=successful, nodes=nodes, parameters=texts)
        click.echo(f"{place} is tried again", err=True)
        if not (wait or watch):
            return 0
        from kai_pipelines.cli.watch import watched

        return watched(server, place, tell=watch)[1]
