"""Mutexes and semaphores between runs of this machine that share a store: one file for each place of a lock.

The system gives a file back when the process that holds it is gone, however it ends.
"""

from __future__ import annotations

import fcntl
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import IO, Protocol

from kai_pipelines.engine.clock import Clock
from kai_pipelines.engine.locks import Lock

_EVERY = 0.2
"""Seconds between two tries for a lock that another run holds."""


class MachineLocks(Protocol):
    """Takes locks that the run itself has granted already from other runs."""

    async def acquire(self, locks: Sequence[Lock], on_wait: Callable[[Lock, str], None]) -> None:
        """Take all of the locks."""
        ...

    def release(self, locks: Sequence[Lock]) -> None:
        """Give them back."""
        ...


class NoMachineLocks(MachineLocks):
    """There are no other runs."""

    async def acquire(self, locks: Sequence[Lock], on_wait: Callable[[Lock, str], None]) -> None:
        """Take nothing."""

    def release(self, locks: Sequence[Lock]) -> None:
        """Give back nothing."""


class FileLocks(MachineLocks):
    """Locks of a folder that all runs share."""

    def __init__(self, folder: Path, clock: Clock) -> None:
        self._folder = folder
        self._clock = clock
        self._held: dict[str, list[IO[str]]] = {}

    async def acquire(self, locks: Sequence[Lock], on_wait: Callable[[Lock, str], None]) -> None:
        """Take all of the locks; while one is missing none is held, so that runs cannot wait for each other."""
        told = False
        while (missing := self._take(locks)) is not None:
            if not told:
                on_wait(missing, missing.message(missing.limit))
                told = True
            await self._clock.sleep(_EVERY)

    def _take(self, locks: Sequence[Lock]) -> Lock | None:
        """Take all locks, or none; the one that is missing."""
        taken: list[Lock] = []
        for lock in locks:
            file = self._place(lock)
            if file is None:
                self.release(taken)
                return lock
            self._held.setdefault(lock.name, []).append(file)
            taken.append(lock)
        return None

    def _place(self, lock: Lock) -> IO[str] | None:
        self._folder.mkdir(parents=True, exist_ok=True)
        plain = re.sub(r"[^-.a-zA-Z0-9]", "_", lock.name)
        for number in range(lock.limit):
            file = (self._folder / f"{plain}.{number}").open("w")
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                file.close()
                continue
            return file
        return None

    def release(self, locks: Sequence[Lock]) -> None:
        """Give the locks back."""
        for lock in locks:
            self._held[lock.name].pop().close()
