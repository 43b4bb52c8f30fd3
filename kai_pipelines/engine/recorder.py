"""The record while a run goes on: written again, at most once a second, when something has changed."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Callable

from kai_pipelines.engine.node import Node
from kai_pipelines.engine.request import Observer

_EVERY = 1.0
"""Seconds between two records."""


class Recorder(Observer):
    """Passes on what it sees, and remembers that there is something to write."""

    def __init__(self, observer: Observer) -> None:
        self._observer = observer
        self._changed = False

    def node_changed(self, node: Node) -> None:
        """A node has a new phase or progress."""
        self._changed = True
        self._observer.node_changed(node)

    def log_line(self, node: Node, line: str) -> None:
        """A pod has said something."""
        self._observer.log_line(node, line)

    @contextlib.asynccontextmanager
    async def writing(self, write: Callable[[], object]) -> AsyncGenerator[None]:
        """While a run goes on, call `write`: at its start, and when something has changed."""
        write()

        async def keep_writing() -> None:
            while True:
                await asyncio.sleep(_EVERY)
                if self._changed:
                    self._changed = False
                    write()

        task = asyncio.create_task(keep_writing())
        try:
            yield
        finally:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
