"""Workflows, and connections to the stand-in server, for the tests of this folder."""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Any

from kai_pipelines.cluster.connection import Connection, Flags, connection
from kai_pipelines.cluster.retrying import Backoff
from kai_pipelines.cluster.server import Server, opened
from tests.argo_server import ArgoServer


def workflow(name: str = "hello", **spec: Any) -> dict[str, Any]:
    """A Workflow of one step."""
    templates = [{"name": "main", "container": {"image": "busybox", "command": ["true"]}}]
    return {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "Workflow",
        "metadata": {"name": name},
        "spec": {"entrypoint": "main", "templates": templates, **spec},
    }


def place(server: ArgoServer, flags: Flags | None = None, **environment: str) -> Connection:
    """How to reach a server that is started."""
    given = {"ARGO_SERVER": server.address, "ARGO_SECURE": "false", "ARGO_NAMESPACE": "argo", **environment}
    return connection(given, flags)


class Waits:
    """A backoff that does not wait, and remembers."""

    def __init__(self) -> None:
        self.seconds: list[float] = []

    def backoff(self, tries: int = 6, chance: Callable[[], float] = lambda: 1.0) -> Backoff:
        return Backoff(tries=tries, sleep=self.seconds.append, chance=chance)


@contextmanager
def asking(server: ArgoServer, waits: Waits | None = None, **environment: str) -> Generator[Server]:
    """A client of the server that retries without waiting."""
    with opened(place(server, **environment), (waits or Waits()).backoff()) as client:
        yield client
