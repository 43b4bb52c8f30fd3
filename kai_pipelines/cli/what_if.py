"""The options that `kai plan` and `kai simulate` share: what a workflow is given, and what its steps would do."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

Command = TypeVar("Command", bound=Callable[..., Any])

_OPTIONS = (
    click.option("-p", "--parameter", "parameters", multiple=True, metavar="NAME=VALUE", help="A parameter."),
    click.option("-a", "--artifact", "artifacts", multiple=True, metavar="NAME=PATH", help="Accepted and not read."),
    click.option("--with", "beside", multiple=True, metavar="PATH", type=click.Path(path_type=Path, exists=True),
                 help="Manifests that it refers to."),
    click.option("--result", "results", multiple=True, metavar="STEP[.OUTPUT]=TEXT", help="What a step gives."),
    click.option("--duration", "durations", multiple=True, metavar="STEP=TIME", help="How long a step takes."),
    click.option("--history", type=click.Path(path_type=Path), help="Records of past runs (below runs/)."),
)  # fmt: skip


def what_if_options(command: Command) -> Command:
    """Add the options to a command."""
    decorated: Any = command
    for option in reversed(_OPTIONS):
        decorated = option(decorated)
    result: Command = decorated
    return result
