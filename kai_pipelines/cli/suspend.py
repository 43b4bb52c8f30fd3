"""`kai suspend`: a workflow on a cluster."""

from __future__ import annotations

import click

from kai_pipelines.cli.place import Record, located
from kai_pipelines.cli.server_options import asked, server_options
from kai_pipelines.cluster.connection import Flags
from kai_pipelines.errors import UsageError


@click.command()
@click.argument("name")
@server_options
def command(name: str, flags: Flags) -> int:
    """Start nothing more in the workflow NAME on the cluster, until `kai resume NAME`."""
    if isinstance(located(name), Record):
        raise UsageError(
            "only a workflow on a cluster can be suspended", hint="press Ctrl-C where the run is, and run it again"
        )
    with asked(flags, name) as server:
        server.suspend(name)
    click.echo(f"{name} is suspended; `kai resume {name}` lets it go on", err=True)
    return 0
