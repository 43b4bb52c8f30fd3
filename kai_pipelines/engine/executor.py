"""Executors: how one command of a pod is run. Here as a process of this machine."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, Literal, Protocol

from kai_pipelines.engine.launching import Exit, Launcher
from kai_pipelines.engine.view import Isolation, View

GRACE = 5.0
"""Seconds between asking a process to stop and killing it."""
TIMED_OUT = -1000
"""The exit code that an executor reports for a command that ran past its deadline."""
OUT_OF_MEMORY = -1001
"""The exit code that an executor reports for a command that it killed because it held more memory than it may."""
RUNTIME = "kai_pipelines.runtime"
"""The module that runs our steps."""
_CHUNK = 1 << 16


@dataclass(frozen=True)
class Job:
    """One command to run."""

    name: str
    """The node that it runs for."""
    command: Sequence[str]
    environment: Mapping[str, str]
    folder: Path
    """Its working directory, where it has no view of its own."""
    log: Path
    """Where its standard output and error go, as they come."""
    outputs: Mapping[str, Path] = field(default_factory=dict)
    """Where it is to leave each output parameter and artifact."""
    result: Path | None = None
    """Where its standard output goes besides, when the workflow uses it."""
    deadline: float | None = None
    """Seconds it may run."""
    container: str = "main"
    role: Literal["init", "main", "sidecar"] = "main"
    """Whether the pod's outcome is that of this command, or it only serves one."""
    view: View | None = None
    """The file system that it sees; None means this machine's."""
    warm: bool = False
    """Whether it may run in a worker that has the runtime loaded."""
    stop: asyncio.Event | None = None
    """Set when it is to stop: it is asked, and later killed."""
    memory: int | None = None
    """Bytes that it may hold."""
    termination: Path | None = None
    """Where it may say why it ended (Kubernetes, terminationMessagePath)."""


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

    def __init__(self, *, isolate: bool = True) -> None:
        self._isolate = isolate
        self._cold: Launcher | None = None
        self._warm: Launcher | None = None

    def isolation(self, folder: Path) -> Isolation | None:
        """What views this machine allows, tried out in an empty folder."""
        if not self._isolate:
            return None
        for name in ("root", "upper", "work", "tmp"):
            (folder / name).mkdir(parents=True)
        found = self._launcher().probe(folder.resolve())
        return Isolation(found) if found is not None else None

    async def run(self, job: Job, on_line: Callable[[str], None]) -> int:
        """Run a command; its output goes line by line to the log and to `on_line`."""
        with contextlib.ExitStack() as files:
            log = files.enter_context(job.log.open("ab", buffering=0))
            result = files.enter_context(job.result.open("wb", buffering=0)) if job.result else None
            spoken, errors = _Stream([log, result], on_line), _Stream([log], on_line)
            launcher = self._launcher_for(job)
            try:
                number, ended = launcher.start(_request(job), (spoken.writing, errors.writing))
            finally:
                spoken.sent()
                errors.sent()
            try:
                code = await _wait(launcher, number, ended, job)
            finally:
                for stream in (spoken, errors):
                    await stream.finish()
            held = ended.result().held
            if held is None or job.memory is None:
                return code
            words = f"killed for its memory: it held {_mebibytes(held)}, and may hold {_mebibytes(job.memory)}"
            log.write(f"{words}\n".encode())
            on_line(words)
            return OUT_OF_MEMORY

    def _launcher(self) -> Launcher:
        if self._cold is None or self._cold.gone:
            self._cold = Launcher()
        return self._cold

    def _launcher_for(self, job: Job) -> Launcher:
        if not job.warm:
            return self._launcher()
        if self._warm is None or self._warm.gone:
            self._warm = Launcher([RUNTIME], job.environment)
        return self._warm

    def stop(self, sign: signal.Signals) -> None:
        """Signal every group."""
        for launcher in (self._cold, self._warm):
            if launcher is not None:
                launcher.signal(None, sign)

    def close(self) -> None:
        """Let the launchers go."""
        for launcher in (self._cold, self._warm):
            if launcher is not None:
                launcher.close()
        self._cold = self._warm = None


def _mebibytes(size: int) -> str:
    return f"{size / 2**20:,.0f} MiB"


def _request(job: Job) -> dict[str, Any]:
    request: dict[str, Any] = {
        "env": dict(job.environment),
        "folder": str(job.folder),
        "memory": job.memory,
        "termination": str(job.termination) if job.termination else None,
    }
    if job.warm:
        return {**request, "module": RUNTIME, "arguments": list(job.command[3:])}
    if job.view is not None:
        message = str(job.termination.parent.resolve() / job.termination.name) if job.termination else None
        request["view"] = {**job.view.request(), "termination": message}
    return {**request, "command": list(job.command)}


async def _wait(launcher: Launcher, number: int, ended: asyncio.Future[Exit], job: Job) -> int:
    stop = asyncio.ensure_future(job.stop.wait()) if job.stop is not None else None
    try:
        waits: list[asyncio.Future[Any]] = [ended, *([stop] if stop is not None else [])]
        await asyncio.wait(waits, timeout=job.deadline, return_when=asyncio.FIRST_COMPLETED)
        if ended.done():
            return ended.result().code
        code = await _end(launcher, number, ended)
        return code if stop is not None and stop.done() else TIMED_OUT
    except asyncio.CancelledError:
        await _end(launcher, number, ended)
        raise
    finally:
        if stop is not None:
            stop.cancel()


async def _end(launcher: Launcher, number: int, ended: asyncio.Future[Exit]) -> int:
    launcher.signal(number, signal.SIGTERM)
    await asyncio.wait([ended], timeout=GRACE)
    if not ended.done():
        launcher.signal(number, signal.SIGKILL)
    return (await ended).code


class _Stream:
    """What a command writes, taken from a pipe as it comes."""

    def __init__(self, files: Sequence[IO[bytes] | None], on_line: Callable[[str], None]) -> None:
        self._reading, self.writing = os.pipe()
        os.set_blocking(self._reading, False)
        self._files = [file for file in files if file is not None]
        self._on_line = on_line
        self._rest = b""
        self._loop = asyncio.get_running_loop()
        self._done: asyncio.Future[None] = self._loop.create_future()
        self._loop.add_reader(self._reading, self._take)

    def sent(self) -> None:
        """The command has its end of the pipe."""
        os.close(self.writing)

    async def finish(self) -> None:
        """Take the rest; something that left the group may still keep the pipe, for which nobody waits."""
        if self._done.done():
            self._done.result()
        else:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._done, GRACE)
        self._close()

    def _take(self) -> None:
        try:
            chunk = os.read(self._reading, _CHUNK)
        except BlockingIOError:
            return
        try:
            for file in self._files:
                file.write(chunk)
        except OSError as error:
            self._close(error)
            return
        *lines, self._rest = (self._rest + chunk).replace(b"\r", b"\n").split(b"\n")
        if not chunk:
            lines, self._rest = [self._rest], b""
        for line in lines:
            if line.strip():
                self._on_line(line.decode(errors="replace"))
        if not chunk:
            self._close()

    def _close(self, error: OSError | None = None) -> None:
        if self._reading < 0:
            return
        self._loop.remove_reader(self._reading)
        os.close(self._reading)
        self._reading = -1
        if self._done.done():
            return
        if error is None:
            self._done.set_result(None)
        else:
            self._done.set_exception(error)
