"""Executors: how one command of a pod is run. Here as a process of this machine."""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import os
import signal
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

GRACE = 5.0
"""Seconds between asking a process to stop and killing it."""
TIMED_OUT = -1000
"""The exit code that an executor reports for a command that ran past its deadline."""


@dataclass(frozen=True)
class Job:
    """One command to run."""

    command: Sequence[str]
    environment: Mapping[str, str]
    folder: Path
    """Its working directory."""
    log: Path
    """Where its standard output and error go."""
    deadline: float | None = None
    """Seconds it may run."""


class Executor(Protocol):
    """Runs commands, and stops them all."""

    async def run(self, job: Job, on_line: Callable[[str], None]) -> int:
        """Run a command to its end; its exit code, negative for a signal."""
        ...

    def stop(self, sign: signal.Signals) -> None:
        """Send a signal to everything that runs."""
        ...


class LocalProcesses:
    """Each command as a process in a group of its own."""

    def __init__(self) -> None:
        self._running: set[asyncio.subprocess.Process] = set()

    async def run(self, job: Job, on_line: Callable[[str], None]) -> int:
        """Run a command; its output goes line by line to the log and to `on_line`."""
        job.log.parent.mkdir(parents=True, exist_ok=True)
        process = await asyncio.create_subprocess_exec(
            *job.command,
            env=dict(job.environment),
            cwd=job.folder,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=_die_with_parent,
        )
        self._running.add(process)
        reading = asyncio.create_task(_copy_lines(process, job.log, on_line))
        try:
            return await self._wait(process, job.deadline)
        finally:
            self._running.discard(process)
            _signal_group(process, signal.SIGKILL)  # what the command left behind
            with contextlib.suppress(asyncio.TimeoutError):
                await asyncio.wait_for(reading, GRACE)

    async def _wait(self, process: asyncio.subprocess.Process, deadline: float | None) -> int:
        try:
            return await asyncio.wait_for(asyncio.shield(process.wait()), deadline)
        except TimeoutError:
            await _end(process)
            return TIMED_OUT
        except asyncio.CancelledError:
            await _end(process)
            raise

    def stop(self, sign: signal.Signals) -> None:
        """Signal every group."""
        for process in self._running:
            _signal_group(process, sign)


async def _end(process: asyncio.subprocess.Process) -> None:
    _signal_group(process, signal.SIGTERM)
    try:
        await asyncio.wait_for(asyncio.shield(process.wait()), GRACE)
    except TimeoutError:
        _signal_group(process, signal.SIGKILL)
        await process.wait()


def _signal_group(process: asyncio.subprocess.Process, sign: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, sign)


async def _copy_lines(process: asyncio.subprocess.Process, log: Path, on_line: Callable[[str], None]) -> None:
    stream = process.stdout
    assert stream is not None
    rest = b""
    with log.open("ab", buffering=0) as file:
        while chunk := await stream.read(65536):
            file.write(chunk)
            *lines, rest = (rest + chunk).replace(b"\r", b"\n").split(b"\n")
            for line in lines:
                if line.strip():
                    on_line(line.decode(errors="replace"))
    if rest.strip():
        on_line(rest.decode(errors="replace"))


if sys.platform == "linux":
    _libc = ctypes.CDLL(None)

    def _die_with_parent() -> None:
        # PR_SET_PDEATHSIG (1): when the engine is killed, however, the kernel kills its steps too, and
        # nobody goes on writing into a workspace that the next run will use. Runs between fork and exec.
        _libc.prctl(1, signal.SIGKILL)

else:

    def _die_with_parent() -> None:
        """Nothing to do: the system has no such signal."""
