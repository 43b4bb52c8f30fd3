"""How many photographs may be in memory at once."""

from __future__ import annotations

import threading
from collections.abc import Generator
from contextlib import contextmanager


class Turnstile:
    """Lets threads pass while what they carry is within `capacity` together; one that carries more passes alone."""

    def __init__(self, capacity: int) -> None:
        self._capacity = capacity
        self._inside = 0
        self._changed = threading.Condition()

    @contextmanager
    def passing(self, load: int) -> Generator[None]:
        """Wait for room, and be inside meanwhile."""
        load = min(max(load, 1), self._capacity)
        with self._changed:
            self._changed.wait_for(lambda: self._inside + load <= self._capacity)
            self._inside += load
        try:
            yield
        finally:
            with self._changed:
                self._inside -= load
                self._changed.notify_all()
