"""Stand-ins for what the engine talks to: time, processes and people. Nobody patches anything."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from kai_pipelines.engine import Node, Observer
from kai_pipelines.engine.executor import TIMED_OUT, Executor, Job


class FakeClock:
    """Time that passes at once when somebody waits, and is remembered."""

    def __init__(self, now: float = 1_700_000_000.0) -> None:
        self.time = now
        self.waits: list[float] = []

    def now(self) -> float:
        return self.time

    async def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.time += seconds
        await asyncio.sleep(0)


@dataclass(frozen=True)
class Answer:
    """How a command ends: its exit code, its output, and the text of each output file."""

    code: int = 0
    files: Mapping[str, str] = field(default_factory=dict)
    stdout: str = ""
    seconds: float = 0.0


class FakeExecutor(Executor):
    """Runs nothing: answers as it was told, and remembers what was asked and how much at once."""

    def __init__(self, answer: Callable[[Job], Answer] | None = None, clock: FakeClock | None = None) -> None:
        self.answer = answer or (lambda job: Answer(files=dict.fromkeys(job.outputs, "made\n")))
        self.clock = clock
        self.jobs: list[Job] = []
        self.beside: list[Job] = []
        """What was to run before and beside them."""
        self.running = 0
        self.most = 0

    @property
    def names(self) -> list[str]:
        """The nodes that ran, in order, without the workflow's name."""
        return [job.name.partition(".")[2] or job.name for job in self.jobs]

    async def run(self, job: Job, on_line: Callable[[str], None]) -> int:
        if job.role != "main":  # they only serve the one that counts
            self.beside.append(job)
            return 0
        self.jobs.append(job)
        self.running += 1
        self.most = max(self.most, self.running)
        await asyncio.sleep(0.02)  # so that others begin meanwhile, if they may
        answer = self.answer(job)
        if self.clock is not None:
            self.clock.time += answer.seconds
        self.running -= 1
        job.log.write_text(answer.stdout, encoding="utf-8")
        for line in answer.stdout.splitlines():
            on_line(line)
        if job.result is not None:
            job.result.write_text(answer.stdout, encoding="utf-8")
        if job.deadline is not None and answer.seconds > job.deadline:
            return TIMED_OUT
        for name, text in answer.files.items():
            job.outputs[name].write_text(text, encoding="utf-8")
        return answer.code

    def stop(self, sign: signal.Signals) -> None:
        """Nothing runs."""


class Notes(Observer):
    """Remembers what it saw: (display name, phase) and lines."""

    def __init__(self) -> None:
        self.phases: list[tuple[str, str]] = []
        self.lines: list[str] = []
        self.progress: list[str] = []

    def node_changed(self, node: Node) -> None:
        self.phases.append((node.display_name, node.phase))
        if node.progress:
            self.progress.append(node.progress)

    def log_line(self, node: Node, line: str) -> None:
        self.lines.append(line)
