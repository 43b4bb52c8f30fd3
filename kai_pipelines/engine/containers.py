"""The containers of one pod while it runs: those before, the main ones and those beside (Argo, cmd/argoexec/emissary).

What a pod says of itself when it ends badly is Argo's too (workflow/controller/operator.go inferFailedReason).
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from kai_pipelines.engine.command import Commander
from kai_pipelines.engine.executor import OUT_OF_MEMORY, TIMED_OUT, Executor, Job
from kai_pipelines.engine.part import MAIN, Part
from kai_pipelines.errors import EXIT_MEMORY, PAST_DEADLINE
from kai_pipelines.manifest.duration import parse_duration

NO_START = 64
"""Exit code of a container whose command could not be started."""
_KILLED = frozenset({137, 143})
"""Exit codes of a container that was told to stop."""
_LONGEST_MESSAGE = 4096
"""Bytes of a termination message (Kubernetes)."""
DEADLINE = f"Pod was active on the node {PAST_DEADLINE}"
"""The message of a pod that ran past its deadline."""


@dataclass(frozen=True)
class ContainerOutcome:
    """How one container of a set ended, in the words of its own node."""

    name: str
    phase: str
    message: str
    exit_code: int | None


@dataclass
class Verdict:
    """How the containers ended: an empty phase means that nothing went wrong."""

    phase: str = ""
    message: str = ""
    exit_code: int | None = 0
    containers: tuple[ContainerOutcome, ...] = ()
    stopped: bool = False
    """The whole pod was stopped: nothing is to be collected."""


@dataclass
class Ended:
    """A container's exit code and what it said of it."""

    code: int
    message: str = ""
    reason: str = "Error"
    """Kubernetes' word for it."""

    def text(self, name: str) -> str:
        """As Argo says it of the pod."""
        return f"{name}: {self.reason} (exit code {self.code})" + (f": {self.message}" if self.message else "")


@dataclass
class Containers:
    """Runs the containers of a pod."""

    commander: Commander
    executor: Executor
    on_line: Callable[[str], None]
    seconds: float | None
    retry: Mapping[str, Any] | None = None
    """The retry strategy of a container set: tries of a process inside its container."""
    stop: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when the main containers are to stop."""
    started: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when the main containers start."""

    def __post_init__(self) -> None:
        self._parts = self.commander.workspace.parts
        self._began = time.monotonic()
        self._ended: dict[str, Ended] = {}
        self._late = False
        self._beside = asyncio.Event()

    async def run(self) -> Verdict:
        """Run them all to their end."""
        for part in self._of("init"):
            ended = await self._run(part, None)
            if self._late:
                return self._timed_out()
            if ended.code in _KILLED:
                message = "Pod failed before main container starts due to PodInitializing: "
                return Verdict("Error", message, None)
            if ended.code:
                return Verdict("Failed", ended.text(part.name), None)
        beside = [asyncio.create_task(self._run(part, self._beside)) for part in self._of("sidecar")]
        try:
            await self._run_mains()
        finally:
            self._beside.set()
            await asyncio.gather(*beside)
        return self._timed_out() if self._late else self._verdict()

    def _of(self, role: str) -> list[Part]:
        return [part for part in self._parts if part.role == role]

    async def _run_mains(self) -> None:
        mains = self._of("main")
        done = {part.name: asyncio.Event() for part in mains}
        self.started.set()

        async def one(part: Part) -> None:
            self._ended[part.name] = await self._run_in_order(part, done)
            done[part.name].set()
            if self._ended[part.name].code:
                self.stop.set()

        await asyncio.gather(*map(one, mains))

    async def _run_in_order(self, part: Part, done: Mapping[str, asyncio.Event]) -> Ended:
        """Wait for what a container of a set depends on, then run it."""
        for name in part.dependencies:
            if name in done:
                await done[name].wait()
                if code := self._ended[name].code:
                    # The code that is passed on is the first one's; the container itself ends with the emissary's.
                    origin = self._origin(name, code)
                    return Ended(NO_START, f'dependency "{name}" exited with non-zero code: {origin}')
        if self.stop.is_set():
            return Ended(143)
        return await self._run_and_retry(part)

    def _origin(self, name: str, code: int) -> int:
        message = self._ended[name].message
        return int(message.rpartition(" ")[2]) if message.startswith('dependency "') else code

    async def _run_and_retry(self, part: Part) -> Ended:
        retry = self.retry or {}
        tries = max(1, int(retry.get("retries") or 1))
        wait = parse_duration(str(retry["duration"])) if retry.get("duration") else 0.0
        ended = await self._run(part, self.stop)
        for _ in range(tries - 1):
            if not ended.code or self.stop.is_set() or self._late:
                break
            await asyncio.sleep(wait)
            ended = await self._run(part, self.stop)
        return ended

    async def _run(self, part: Part, stop: asyncio.Event | None) -> Ended:
        job = self.commander.job(part, remaining=self._remaining, stop=stop)
        code = await self.executor.run(job, self.on_line)
        if code == TIMED_OUT:
            self._late = True
            return Ended(143)
        if code == OUT_OF_MEMORY:
            return Ended(EXIT_MEMORY, reason="OOMKilled")
        ended = Ended(128 - code if code < 0 else code, _said(job) if code else "")
        if part.role == "sidecar":
            self._ended[part.name] = ended
        return ended

    def _remaining(self) -> float | None:
        return None if self.seconds is None else max(0.0, self.seconds - (time.monotonic() - self._began))

    def _timed_out(self) -> Verdict:
        return Verdict("Failed", DEADLINE, 143, self._outcomes(), stopped=True)

    def _verdict(self) -> Verdict:
        """What went wrong first in Argo's order: the main containers by name, then those beside."""
        main = self._ended.get(MAIN)
        code = main.code if main is not None else None
        mains = sorted(part.name for part in self._of("main"))
        for name in mains:
            if self._ended[name].code:
                return Verdict("Failed", self._ended[name].text(name), code, self._outcomes())
        for part in self._of("sidecar"):
            ended = self._ended[part.name]
            if ended.code and ended.code not in _KILLED:
                return Verdict("Failed", ended.text(part.name), code, self._outcomes())
        return Verdict("", "", code, self._outcomes())

    def _outcomes(self) -> tuple[ContainerOutcome, ...]:
        return tuple(_outcome(part.name, self._ended.get(part.name)) for part in self._of("main"))


def _outcome(name: str, ended: Ended | None) -> ContainerOutcome:
    if ended is None:
        return ContainerOutcome(name, "Failed", "Pod Failed whilst container running", None)
    if not ended.code:
        return ContainerOutcome(name, "Succeeded", "", 0)
    phase = "Error" if ended.code == NO_START else "Failed"
    message = f"{name}: Error (exit code {ended.code}): {ended.message}"
    return ContainerOutcome(name, phase, message, ended.code)


def _said(job: Job) -> str:
    """What a command left as its termination message."""
    file = job.termination
    if file is None or not file.is_file():
        return ""
    return file.read_bytes()[-_LONGEST_MESSAGE:].decode(errors="replace").strip()


def succeeded(parts: Sequence[Part]) -> tuple[ContainerOutcome, ...]:
    """The outcomes of containers that all went well, as of a result that was kept."""
    return tuple(ContainerOutcome(part.name, "Succeeded", "", 0) for part in parts if part.role == "main")


def read_result(path: Path, longest: int) -> str:
    """A standard output as the result that it is: without its last newline, and of a long one the end."""
    text = path.read_bytes()
    return text.removesuffix(b"\n")[-longest:].decode(errors="replace")
