"""An event loop in which waiting takes no time: when nothing can go on, its clock jumps to the next timer."""

from __future__ import annotations

import asyncio
import math
import selectors
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar, TypeVarTuple

from kai_pipelines.errors import ManifestError

T = TypeVar("T")
Ts = TypeVarTuple("Ts")

LONGEST = 20 * 365 * 86400.0
"""Seconds of virtual time after which a workflow counts as one that does not end."""


class VirtualLoop(asyncio.SelectorEventLoop):
    """An event loop whose time begins at 0 and passes only in waits; it serves no files, sockets or signals."""

    def __init__(self) -> None:
        self._passed = 0.0
        super().__init__(_Jump(self))

    def time(self) -> float:
        """Seconds that were waited for so far."""
        return self._passed

    def jump(self, seconds: float) -> None:
        """Let time pass, and the least more that a number can tell, so that the timer is over."""
        self._passed = math.nextafter(self._passed + seconds, math.inf)
        if self._passed > LONGEST:
            raise ManifestError(f"the workflow still waits after {LONGEST / 86400 / 365:.0f} years of virtual time")

    def add_signal_handler(self, sig: int, callback: Callable[[*Ts], object], *args: *Ts) -> None:
        """Refused: an interrupted simulation ends like any program."""
        raise NotImplementedError("a simulation handles no signals")


class _Jump(selectors.SelectSelector):
    """Does not look at files; what the loop would wait is what passes."""

    def __init__(self, loop: VirtualLoop) -> None:
        super().__init__()
        self._loop = loop

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is None:  # no timer is set and nothing is ready: nobody could ever wake it
            raise ManifestError(
                "the workflow never ends: everything that is left waits for something that does not come",
                hint="a suspension without a duration, or a lock that nobody gives back",
            )
        if timeout > 0:
            self._loop.jump(timeout)
        return []


class VirtualClock:
    """The engine's clock over the running loop's time."""

    def __init__(self, start: float) -> None:
        self.start = start

    def now(self) -> float:
        """Seconds since the epoch."""
        return self.start + passed()

    async def sleep(self, seconds: float) -> None:
        """Wait, at once."""
        await asyncio.sleep(seconds)


def passed() -> float:
    """Seconds of virtual time so far, to the microsecond."""
    return round(asyncio.get_running_loop().time(), 6)


def run_virtually(main: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine to its end in virtual time."""
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        return runner.run(main)
