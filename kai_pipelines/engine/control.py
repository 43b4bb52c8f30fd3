"""Word from outside to a run that goes on: one lock says that it lives, one file says that it is to stop."""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import time
from collections.abc import AsyncGenerator, Generator
from pathlib import Path
from typing import IO, TYPE_CHECKING, Literal

from kai_pipelines.engine.record import OWN
from kai_pipelines.errors import UsageError

if TYPE_CHECKING:
    from kai_pipelines.engine.workflow import Execution

_EVERY = 0.5
"""Seconds between two looks for word from outside."""
_LINGERS = 2.0
"""Seconds that a lock may outlive its run."""
Word = Literal["Stop", "Terminate"]


@contextlib.contextmanager
def alive(folder: Path) -> Generator[None]:
    """Hold the lock of an output folder; raises UsageError when another run holds it."""
    own = folder / OWN
    own.mkdir(exist_ok=True)
    with (own / "lock").open("w") as file:
        if not _locked(file):
            raise UsageError(
                f"another run goes on in {folder}",
                hint="wait for it, stop it with kai stop, or give another folder with -o",
            )
        _word(folder).unlink(missing_ok=True)
        yield


def _locked(file: IO[str]) -> bool:
    """Take the lock; what a killed run leaves behind may hold it a moment longer."""
    until = time.monotonic() + _LINGERS
    while True:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            if time.monotonic() > until:
                return False
            time.sleep(0.05)
        else:
            return True


def is_alive(folder: Path) -> bool:
    """Whether a run goes on in an output folder."""
    lock = folder / OWN / "lock"
    if not lock.exists():
        return False
    with lock.open("r") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except OSError:
            return True
    return False


def tell(folder: Path, word: Word) -> None:
    """Tell the run in a folder to stop; exit handlers still run after Stop, nothing after Terminate."""
    part = _word(folder).with_suffix(".part")
    part.write_text(word, encoding="utf-8")
    part.replace(_word(folder))


def _word(folder: Path) -> Path:
    return folder / OWN / "told"


@contextlib.asynccontextmanager
async def listening(folder: Path, execution: Execution) -> AsyncGenerator[None]:
    """While a run goes on, do what it is told from outside."""

    async def listen() -> None:
        while True:
            await asyncio.sleep(_EVERY)
            with contextlib.suppress(FileNotFoundError):
                word = _word(folder).read_text(encoding="utf-8")
                _word(folder).unlink()
                execution.stop("Terminate" if word == "Terminate" else "Stop")

    task = asyncio.create_task(listen())
    try:
        yield
    finally:
        task.cancel()
