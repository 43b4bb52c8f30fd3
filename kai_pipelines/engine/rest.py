"""When a run has come to rest: nothing runs and no time is awaited, only a person or a lock could help."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Generator

_SETTLES = 0.02
"""Seconds after which tasks that were woken have begun to do what they do."""


class Rest:
    """Counts what goes on; `reached` is set once nothing does and somebody is parked."""

    def __init__(self) -> None:
        self.reached = asyncio.Event()
        self.parked: set[str] = set()
        """The nodes that wait for a person."""
        self.locked: set[str] = set()
        """The nodes that wait for a lock."""
        self._busy = 0

    @contextlib.contextmanager
    def busy(self) -> Generator[None]:
        """Something goes on that ends by itself."""
        self._busy += 1
        try:
            yield
        finally:
            self._busy -= 1
            self._look()

    @contextlib.contextmanager
    def waiting(self, node: str, *, lock: bool = False) -> Generator[None]:
        """A node waits for a person, or for a lock."""
        waiting = self.locked if lock else self.parked
        waiting.add(node)
        self._look()
        try:
            yield
        finally:
            waiting.discard(node)

    def _look(self) -> None:
        if not self._busy and (self.parked or self.locked):
            asyncio.get_running_loop().call_later(_SETTLES, self._decide)

    def _decide(self) -> None:
        if not self._busy and (self.parked or self.locked):
            self.reached.set()
