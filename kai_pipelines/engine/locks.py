"""Mutexes and semaphores of one run (Argo, workflow/sync): who waits longest of the highest priority comes first."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from kai_pipelines.engine.scope import config_map_value
from kai_pipelines.errors import ManifestError
from kai_pipelines.manifest.library import Library


@dataclass(frozen=True)
class Lock:
    """A lock by its name, and how many may hold it."""

    name: str
    limit: int = 1

    def message(self, held: int) -> str:
        """What a node shows that waits for it."""
        return f"Waiting for {self.name} lock. Lock status: {self.limit - held}/{self.limit}"


def locks_of(synchronization: Mapping[str, Any], namespace: str, library: Library) -> list[Lock]:
    """The locks that a template or workflow asks for; raises ManifestError for one without a limit."""
    found = [
        Lock(f"{one.get('namespace') or namespace}/{'Database/' if one.get('database') else ''}Mutex/{one['name']}")
        for one in _all(synchronization, "mutex", "mutexes")
    ]
    for one in _all(synchronization, "semaphore", "semaphores"):
        reference = one.get("configMapKeyRef") or {}
        name, key = str(reference.get("name")), str(reference.get("key"))
        text = config_map_value(name, key, library)
        if not text.strip().isdigit():
            raise ManifestError(f"the limit of the semaphore {name}/{key} is not a number: {text!r}")
        found.append(Lock(f"{one.get('namespace') or namespace}/ConfigMap/{name}/{key}", int(text)))
    return found


def _all(synchronization: Mapping[str, Any], one: str, several: str) -> list[Mapping[str, Any]]:
    return [*filter(None, [synchronization.get(one)]), *(synchronization.get(several) or [])]


@dataclass(eq=False)
class _Request:
    locks: Sequence[Lock]
    granted: asyncio.Event = field(default_factory=asyncio.Event)


class Locks:
    """Who holds what, and who waits."""

    def __init__(self) -> None:
        self._held: Counter[str] = Counter()
        self._waiting: list[_Request] = []

    async def acquire(self, locks: Sequence[Lock], on_wait: Callable[[Lock, str], None]) -> None:
        """Take all of the locks at once, when that can be done."""
        request = _Request(locks)
        self._waiting.append(request)
        self._grant()
        if request.granted.is_set():
            return
        missing = next((lock for lock in locks if self._held[lock.name] >= lock.limit), locks[0])
        on_wait(missing, missing.message(self._held[missing.name]))
        try:
            await request.granted.wait()
        except asyncio.CancelledError:
            if request in self._waiting:
                self._waiting.remove(request)
            else:
                self.release(locks)
            raise

    def release(self, locks: Sequence[Lock]) -> None:
        """Give the locks back, and let go on who waits for them."""
        for lock in locks:
            self._held[lock.name] -= 1
        self._grant()

    def _grant(self) -> None:
        claimed: set[str] = set()
        for request in list(self._waiting):
            names = {lock.name for lock in request.locks}
            free = all(self._held[lock.name] < lock.limit for lock in request.locks)
            if free and not names & claimed:
                self._waiting.remove(request)
                self._held.update(lock.name for lock in request.locks)
                request.granted.set()
            else:  # nobody overtakes who has waited longer for the same lock
                claimed |= names
