"""The options that say which Argo Server is asked: names and meanings of `argo`'s own."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from kai_pipelines.cluster.connection import Flags, connection
from kai_pipelines.errors import NoServerError, UsageError

if TYPE_CHECKING:
    from kai_pipelines.cluster.server import Server

Command = TypeVar("Command", bound=Callable[..., Any])

_FILE = click.Path(path_type=Path)
_OPTIONS = (
    click.option("-n", "--namespace", metavar="NAME", help="Namespace (ARGO_NAMESPACE, else default)."),
    click.option("-s", "--argo-server", "server", metavar="HOST:PORT", help="The Argo Server (ARGO_SERVER)."),
    click.option("-e/", "--secure/--no-secure", "secure", default=None, help="Whether it speaks TLS (ARGO_SECURE)."),
    click.option(
        "-k", "--insecure-skip-verify", "skip_verify", is_flag=True, default=None, help="Check no certificate."
    ),
    click.option("--argo-base-href", "base_href", metavar="PATH", help="The path it stands under (ARGO_BASE_HREF)."),
    click.option("-H", "--header", "headers", multiple=True, metavar="NAME:VALUE", help="A header more."),
    click.option("--instanceid", "instance_id", metavar="ID", help="The controller's instance (ARGO_INSTANCEID)."),
    click.option("--client-certificate", "certificate", type=_FILE, help="The client's certificate, a PEM file."),
    click.option("--client-key", "key", type=_FILE, help="The client's key, a PEM file."),
    click.option("--certificate-authority", "authority", type=_FILE, help="Trust these certificates, a PEM file."),
)
_FIELDS = (
    "namespace",
    "server",
    "secure",
    "skip_verify",
    "base_href",
    "headers",
    "instance_id",
    "certificate",
    "key",
    "authority",
)


def server_options(command: Command) -> Command:
    """Add the options to a command, which gets them as one argument, `flags`."""

    @functools.wraps(command)
    def with_flags(**given: Any) -> Any:
        flags = Flags(**{name: given.pop(name) for name in _FIELDS})
        return command(flags=flags, **given)

    decorated: Any = with_flags
    for option in reversed(_OPTIONS):
        decorated = option(decorated)
    result: Command = decorated
    return result


@contextmanager
def asked(flags: Flags, run: str | None = None) -> Generator[Server]:
    """The server that flags and environment name, asked for `run` because no record here has that name."""
    try:
        place = connection(os.environ, flags)
    except NoServerError as error:
        if run is None:
            raise
        raise UsageError(f"there is no folder or record {run} here, and {error.message}", hint=error.hint) from None
    from kai_pipelines.cluster.server import opened

    with opened(place) as server:
        yield server
