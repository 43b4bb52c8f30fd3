"""Executors: how one command of a pod is run. Here as a process of this machine."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Protocol

from kai_pipelines.engine.watchdog import Watchdog

GRACE = 5.0
"""Seconds between asking a process to stop and killing it."""
TIMED_OUT = -1000
"""The exit code that an executor reports for a command that ran past its deadline."""


@dataclass(frozen=True)
class Job:
    """One command to run."""

    name: str
    """The node that it runs for."""
    command: Sequence[str]
    environment: Mapping[str, str]
    folder: Path
    """Its working directory."""
    log: Path
    """Where its standard output and error go, as they come."""
    outputs: Mapping[str, Path]
    """Where it is to leave each output parameter and artifact."""
    result: Path | None = None
    """Where its standard output goes besides, when the workflow uses it."""
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
    """Each command as a process in a group of its own; none outlives the engine, however that ends."""

    def __init__(self) -> None:
        self._running: set[asyncio.subprocess.Process] = set()
        self._watchdog: Watchdog | None = None

    async def run(self, job: Job, on_line: Callable[[str], None]) -> int:
        """Run a command; its output goes line by line to the log and to `on_line`."""
        if self._watchdog is None:
            self._watchdog = Watchdog()
        with contextlib.ExitStack() as files:
            log = files.enter_context(job.log.open("ab", buffering=0))
            result = files.enter_context(job.result.open("wb")) if job.result else None
            process = await self._start(self._watchdog, job)
            self._running.add(process)
            reading = asyncio.gather(
                _copy_lines(process.stdout, log, result, on_line), _copy_lines(process.stderr, log, None, on_line)
            )
            try:
                return await _wait(process, job.deadline)
            finally:
                _signal_group(process, signal.SIGKILL)  # what the command left behind
                self._running.discard(process)
                self._watchdog.forget(process.pid)
                with contextlib.suppress(TimeoutError):  # a daemon that left the group keeps the pipe
                    await asyncio.wait_for(reading, GRACE)

    async def _start(self, watchdog: Watchdog, job: Job) -> asyncio.subprocess.Process:
        return await asyncio.create_subprocess_exec(
            *watchdog.guarded(job.command),
            env=dict(job.environment),
            cwd=job.folder,
            stdin=watchdog.pipe,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            start_new_session=True,
        )

    def stop(self, sign: signal.Signals) -> None:
        """Signal every group."""
        for process in self._running:
            _signal_group(process, sign)

    def close(self) -> None:
        """Let the watchdog go."""
        if self._watchdog is not None:
            self._watchdog.close()


async def _wait(process: asyncio.subprocess.Process, deadline: float | None) -> int:
    try:
        return await asyncio.wait_for(asyncio.shield(process.wait()), deadline)
    except TimeoutError:
        await _end(process)
        return TIMED_OUT
    except asyncio.CancelledError:
        await _end(process)
        raise


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


async def _copy_lines(
    stream: asyncio.StreamReader | None, log: IO[bytes], result: IO[bytes] | None, on_line: Callable[[str], None]
) -> None:
    assert stream is not None
    rest = b""
    while chunk := await stream.read(65536):
        log.write(chunk)
        if result is not None:
            result.write(chunk)
        *lines, rest = (rest + chunk).replace(b"\r", b"\n").split(b"\n")
        for line in lines:
            if line.strip():
                on_line(line.decode(errors="replace"))
    if rest.strip():
        on_line(rest.decode(errors="replace"))
