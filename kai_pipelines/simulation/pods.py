"""Pods that nobody runs: each takes its time on the virtual clock, ends as it is told, and gives what it is told."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from kai_pipelines.cache.store import Result
from kai_pipelines.engine.containers import DEADLINE
from kai_pipelines.engine.node import Node
from kai_pipelines.engine.pod import Outcome
from kai_pipelines.errors import UsageError
from kai_pipelines.simulation.guesses import Guesses
from kai_pipelines.simulation.names import Step, path_of
from kai_pipelines.simulation.requests import Requests, requests_of
from kai_pipelines.simulation.script import Ending, Script
from kai_pipelines.simulation.virtual_time import passed

SIMULATED = "simulated"
"""The digest of every artifact."""
MOST_PODS = 20_000
"""After so many a workflow counts as one that does not end."""


@dataclass(frozen=True, slots=True)
class Length:
    """How long a step takes, and how one knows."""

    seconds: float
    runs: int = 0
    """The number of past runs that it was measured in."""
    given: bool = False
    """Laid down by the one who simulates."""

    @property
    def assumed(self) -> bool:
        """Whether nobody knows."""
        return not self.runs and not self.given


class Lengths(Protocol):
    """Knows, or assumes, how long steps take."""

    def of(self, step: Step) -> Length:
        """The length of one run of a step."""
        ...


@dataclass(frozen=True, slots=True)
class Invented:
    """A value that a step gave because nobody said what it gives."""

    step: str
    template: str
    output: str | None
    """None: what it prints."""
    value: str
    others: tuple[str, ...]
    """What it could give instead."""
    is_list: bool = False

    @property
    def name(self) -> str:
        """As `--result` takes it."""
        return self.step if self.output is None else f"{self.step}.{self.output}"


@dataclass(slots=True)
class PodRun:
    """One pod on the virtual clock."""

    step: Step
    node: str
    """The id of its node."""
    attempt: int
    """Which try it is, from 0."""
    started: float
    """Seconds since the workflow began."""
    ended: float
    phase: str
    length: Length
    asks: Requests

    @property
    def seconds(self) -> float:
        """How long it ran."""
        return self.ended - self.started


@dataclass
class NoFiles:
    """An artifact repository in which every key is taken for granted."""

    keys: dict[str, str] = field(default_factory=dict)

    def bring(self, key: str, path: Path) -> None:
        """Remember the key."""
        self.keys[key] = SIMULATED

    def add(self, key: str, digest: str) -> None:
        """Remember the key."""
        self.keys[key] = digest

    def keep(self, artifact: Mapping[str, Any], digest: str, folder: str) -> dict[str, Any]:
        """Remember the key of an output artifact, which it may bring along."""
        key = (artifact.get("s3") or {}).get("key") or f"{folder}/{artifact.get('name')}.tgz"
        self.keys[key] = digest
        return {"s3": {"key": key}}

    def digests(self, artifacts: Iterable[Mapping[str, Any]]) -> dict[str, str]:
        """What the keys of some artifacts stand for: nothing."""
        keys = (str((one.get("s3") or {}).get("key", "")) for one in artifacts)
        return {key: SIMULATED for key in keys if key}

    def keys_below(self, artifact: Mapping[str, Any]) -> list[str]:
        """The keys that begin with an artifact's."""
        prefix = str((artifact.get("s3") or {}).get("key", "")).rstrip("/") + "/"
        return sorted(key for key in self.keys if key.startswith(prefix))


class SimulatedDaemon:
    """A daemon of a simulation."""

    ip = "127.0.0.1"

    def __init__(self, outcome: Outcome, note: Callable[[str], None]) -> None:
        self.ended: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        self.ready = outcome.phase == "Succeeded"
        self._outcome = outcome
        self._note = note

    async def stop(self) -> Outcome:
        """End it."""
        if not self.ended.done():
            self._note(self._outcome.phase)
            self._outcome.ran = True
            self.ended.set_result(self._outcome)
        return self._outcome


class SimulatedPods:
    """Runs the pods of one workflow in virtual time; also what the engine stops them with."""

    def __init__(
        self, workflow: str, spec: Mapping[str, Any], script: Script, guesses: Guesses, lengths: Lengths
    ) -> None:
        self._workflow = workflow
        self._spec = spec
        deadline = spec.get("activeDeadlineSeconds")
        self._deadline = None if deadline is None else float(deadline)
        self._script = script
        self._guesses = guesses
        self._lengths = lengths
        self._runs: dict[tuple[str, ...], int] = {}
        self._waiting: set[asyncio.Future[bool]] = set()
        self._seen: set[tuple[tuple[str, ...], str]] = set()
        self.ran: list[PodRun] = []
        self.invented: dict[tuple[str, str | None], Invented] = {}
        self.approved: list[str] = []
        """The suspended steps that went on."""
        self.met: set[str] = set()
        """The names under which endings were laid down and that some step had."""

    def key(self, template: dict[str, Any], *, wants_result: bool = False) -> str | None:
        """Nothing is kept."""
        return None

    def kept(self, key: str | None) -> Outcome | None:
        """Nothing is kept."""
        return None

    async def run(
        self,
        node: Node,
        template: dict[str, Any],
        key: str | None,
        on_line: Callable[[str], None],
        on_progress: Callable[[str], None],
        *,
        wants_result: bool = False,
        seconds: float | None = None,
    ) -> Outcome:
        """Let the pod's time pass, and end it as the script says."""
        step = self._step(node, template)
        number = self._count(step)
        attempt = int(node.name[node.name.rindex("(") + 1 : -1]) if (node.flag or {}).get("retried") else 0
        ending = self._ending(step, number)
        started = passed()
        length = self._length(step, started, seconds)
        lasts = self._duration(step, ending, length, seconds)
        stopped = await self._wait(lasts)
        outcome = _stopped() if stopped else _ended(ending, late=seconds is not None and _late(ending, length, seconds))
        if outcome.phase == "Succeeded":
            outcome.result = self._results(step, template, number, wants_result=wants_result)
        ended = passed()
        asks = requests_of(template, self._spec)
        self.ran.append(PodRun(step, node.id, attempt, started, ended, outcome.phase, length, asks))
        outcome.ran = True
        return outcome

    async def start_daemon(
        self, node: Node, template: dict[str, Any], on_line: Callable[[str], None], *, seconds: float | None = None
    ) -> SimulatedDaemon:
        """A daemon that serves at once, unless the script says that it fails; it takes a node until it is stopped."""
        step = self._step(node, template)
        ending = self._ending(step, self._count(step))
        started = asyncio.get_running_loop().time()
        outcome = _ended(ending, late=False)
        asks = requests_of(template, self._spec)

        def note(phase: str) -> None:
            ended = asyncio.get_running_loop().time()
            self.ran.append(PodRun(step, node.id, 0, started, ended, phase, self._length(step, started, None), asks))

        daemon = SimulatedDaemon(outcome, note)
        if outcome.phase != "Succeeded":
            await daemon.stop()
        return daemon

    async def approve(self, node: Node, template: dict[str, Any]) -> Mapping[str, str]:
        """A person who thinks as long as the script says, else not at all, and supplies what it says."""
        step = self._step(node, template)
        number = self._count(step)
        given = self._script.seconds(step)
        await self._wait(given or 0.0)
        supplied = [one for one in (template.get("outputs") or {}).get("parameters") or [] if _is_supplied(one)]
        values: dict[str, str] = {}
        for one in supplied:
            name = str(one["name"])
            default = (one.get("valueFrom") or {}).get("default")
            told = self._script.result(step, name, number)
            if told is not None or default is None:
                values[name] = told if told is not None else self._value(step, name, number, [])
        self.approved.append(step.name)
        return values

    def stop(self, sign: signal.Signals) -> None:
        """End everything that runs, at once."""
        for one in self._waiting:
            _finish(one, True)

    def _step(self, node: Node, template: Mapping[str, Any]) -> Step:
        retried = bool((node.flag or {}).get("retried"))
        path = path_of(node.name, self._workflow, retried=retried)
        return Step(path, str(template.get("name") or (path[-1].partition("(")[0] if path else "")))

    def _count(self, step: Step) -> int:
        """How often the step ran before."""
        if len(self.ran) + len(self._waiting) >= MOST_PODS:
            raise UsageError(
                f"{self._workflow} does not end: {MOST_PODS:,} pods have run, the last of {step.name}",
                hint="say with --result what ends it; what nobody said is listed by kai simulate",
            )
        self._seen.add((step.path, step.template))
        number = self._runs.get(step.path, 0)
        self._runs[step.path] = number + 1
        return number

    def _ending(self, step: Step, number: int) -> Ending:
        found = self._script.ending(step, number)
        if found is None:
            return 0
        self.met.add(found[0])
        return found[1]

    def _length(self, step: Step, now: float, limit: float | None) -> Length:
        """How long the step takes: an assumption keeps well within all deadlines."""
        length = self._lengths.of(step)
        if not length.assumed:
            return length
        limits = [] if limit is None else [limit]
        if self._deadline is not None:
            limits.append(self._deadline - now)
        return Length(min([length.seconds, *(max(0.0, one) / 2 for one in limits)]))

    def _duration(self, step: Step, ending: Ending, length: Length, limit: float | None) -> float:
        if ending != "timeout":
            return length.seconds if limit is None else min(length.seconds, limit)
        if limit is None:
            raise UsageError(
                f"--fail {step.name}: it cannot time out, it has no deadline",
                hint="activeDeadlineSeconds or timeout of its template would set one",
            )
        return limit

    async def _wait(self, seconds: float) -> bool:
        """Wait; whether it was stopped meanwhile."""
        loop = asyncio.get_running_loop()
        waits: asyncio.Future[bool] = loop.create_future()
        self._waiting.add(waits)
        timer = loop.call_later(seconds, _finish, waits, False)
        try:
            return await waits
        finally:
            timer.cancel()
            self._waiting.discard(waits)

    def _results(self, step: Step, template: Mapping[str, Any], number: int, *, wants_result: bool) -> Result:
        outputs = template.get("outputs") or {}
        names = [str(one["name"]) for one in outputs.get("parameters") or []]
        inputs = (template.get("inputs") or {}).get("parameters") or []
        asked = [str(one.get("value", "")) for one in inputs]
        parameters = {name: self._value(step, name, number, asked) for name in names}
        artifacts = {str(one["name"]): SIMULATED for one in outputs.get("artifacts") or []}
        return Result(parameters, artifacts, self._value(step, None, number, asked) if wants_result else None)

    def _depth(self, step: Step) -> int:
        """How deep in a recursion a step is: the same asked again gets another answer, so that it ends."""
        *around, last = step.path or ("",)
        return sum(((*around[:at], last), step.template) in self._seen for at in range(len(around)))

    def _value(self, step: Step, output: str | None, number: int, asked: list[str]) -> str:
        """What is laid down, else a value that the step was asked for, else the likeliest."""
        told = self._script.result(step, output, number)
        if told is not None:
            return told
        guess = self._guesses.of(step.template, output)
        depth = self._depth(step)
        value = guess.values[depth % len(guess.values)]
        if not depth:
            value = next((one for one in asked if one in guess.values), value)
        others = tuple(one for one in guess.values if one != value)
        key = (_plain(step), output)
        self.invented.setdefault(key, Invented(_plain(step), step.template, output, value, others, guess.is_list))
        return value


def _plain(step: Step) -> str:
    """The step's name without the parts of loops."""
    return ".".join(_stem(part) for part in step.path) or step.template


def _stem(part: str) -> str:
    return part.partition("(")[0]


def _is_supplied(output: Mapping[str, Any]) -> bool:
    return "supplied" in (output.get("valueFrom") or {})


def _finish(waits: asyncio.Future[bool], stopped: bool) -> None:
    if not waits.done():
        waits.set_result(stopped)


def _late(ending: Ending, length: Length, limit: float) -> bool:
    return ending == "timeout" or length.seconds > limit


def _stopped() -> Outcome:
    return Outcome("Failed", "main: Error (exit code 143)", 143)


def _ended(ending: Ending, *, late: bool) -> Outcome:
    """How the pod's end shows in its node, in the words of a real run."""
    if late:
        return Outcome("Failed", DEADLINE, 143)
    if ending == 0:
        return Outcome("Succeeded")
    if ending == "error":
        return Outcome("Error", "pod deleted", None)
    if ending == "oom":
        return Outcome("Failed", "main: OOMKilled (exit code 137)", 137)
    return Outcome("Failed", f"main: Error (exit code {ending})", int(ending))
