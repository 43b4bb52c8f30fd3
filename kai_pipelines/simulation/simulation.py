"""One workflow from beginning to end on a virtual clock, by the engine's own scheduler."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from kai_pipelines.engine import verdict
from kai_pipelines.engine.memo import MemoryMemo
from kai_pipelines.engine.node import Node
from kai_pipelines.engine.program import Program
from kai_pipelines.engine.record import workflow_record
from kai_pipelines.engine.request import Observer, RunRequest, Silent
from kai_pipelines.engine.workflow import Execution
from kai_pipelines.errors import UsageError
from kai_pipelines.simulation.guesses import Guesses
from kai_pipelines.simulation.history import History, Measured
from kai_pipelines.simulation.names import Names, Step, matches, path_of
from kai_pipelines.simulation.pods import Invented, NoFiles, PodRun, SimulatedPods
from kai_pipelines.simulation.script import Script
from kai_pipelines.simulation.virtual_time import VirtualClock, passed, run_virtually

START = 1_767_225_600.0
"""When simulations begin: 2026-01-01, midnight in UTC; so equal ones leave equal records."""
HOST = "simulated"
ANY_NUMBER = 1_000_000
"""Pods side by side on a cluster that is large enough."""


@dataclass(frozen=True)
class Rehearsal:
    """A manifest with its arguments, ready to be simulated in many ways."""

    manifest: Mapping[str, Any]
    parameters: Mapping[str, str] = field(default_factory=dict)
    siblings: Sequence[Mapping[str, Any]] = ()
    history: History = field(default_factory=History)
    jobs: int = ANY_NUMBER
    artifacts: Mapping[str, Path] = field(default_factory=dict)

    @cached_property
    def templates(self) -> list[Mapping[str, Any]]:
        """Every template of the manifest and of those given with it."""
        found: list[Mapping[str, Any]] = []
        for document in (self.manifest, *self.siblings):
            spec = document.get("spec") or {}
            spec = spec.get("workflowSpec") or spec
            found += spec.get("templates") or []
        return found

    @cached_property
    def names(self) -> Names:
        """How its steps can be called."""
        return Names(self.templates)

    @cached_property
    def guesses(self) -> Guesses:
        """What its steps could give."""
        return Guesses(self.templates)

    def simulate(self, script: Script | None = None, observer: Observer | None = None) -> Simulation:
        """Run it in virtual time as the script says."""
        told = script or Script()
        program = Program(self._request())
        pods = SimulatedPods(program.name, program.spec, told, self.guesses, Measured(told, self.history))
        clock = VirtualClock(START)
        return run_virtually(_run(self.manifest, program, pods, clock, observer or Silent(), told, self.jobs))

    def _request(self) -> RunRequest:
        return RunRequest(
            self.manifest, self.parameters, self.artifacts, Path(), self.jobs, use_cache=False, store=Path(),
            siblings=self.siblings, simulated=True,
        )  # fmt: skip


async def _run(
    manifest: Mapping[str, Any],
    program: Program,
    pods: SimulatedPods,
    clock: VirtualClock,
    observer: Observer,
    script: Script,
    jobs: int,
) -> Simulation:
    execution = Execution(program, pods, NoFiles(), _Stopping(pods), clock, observer, jobs, MemoryMemo(), person=pods)
    execution.host = HOST
    await execution.run()
    phase, message = verdict(execution)
    seconds = passed()
    record = workflow_record(manifest, execution, phase, message)
    unmet = tuple(pattern for pattern in script.endings if pattern not in pods.met)
    nodes = tuple(execution.tree.by_name.values())
    return Simulation(record, phase, seconds, tuple(pods.ran), tuple(pods.invented.values()), unmet, nodes)


class _Stopping:
    """The engine's executor: there is nothing to run, only pods to stop."""

    def __init__(self, pods: SimulatedPods) -> None:
        self.stop = pods.stop

    async def run(self, job: object, on_line: object) -> int:
        """Never asked."""
        raise AssertionError("a simulation runs no command")


@dataclass(frozen=True)
class Simulation:
    """How a workflow went, or would go: in virtual time, with pods that did not run."""

    workflow: dict[str, Any]
    """The finished Argo Workflow with its status, as a run leaves it."""
    phase: str
    seconds: float
    """Of virtual time."""
    pods: tuple[PodRun, ...]
    """Every pod, in the order in which they ended."""
    invented: tuple[Invented, ...]
    """Values that nobody had said."""
    unmet: tuple[str, ...] = ()
    """Steps that were to end in a certain way and did not run."""
    nodes: tuple[Node, ...] = field(default=(), repr=False)
    """The engine's nodes, in the order in which they began."""

    @property
    def message(self) -> str:
        """That of the workflow."""
        return str(self.workflow["status"].get("message", ""))

    @cached_property
    def ran(self) -> tuple[str, ...]:
        """The steps that ran, in the order in which they first began."""
        first = sorted(self.pods, key=lambda pod: pod.started)
        return tuple(dict.fromkeys(pod.step.name for pod in first))

    @cached_property
    def skipped(self) -> tuple[str, ...]:
        """The tasks that were skipped or omitted."""
        names = (self.path(node) for node in self.nodes if node.phase in {"Skipped", "Omitted"})
        return tuple(dict.fromkeys(".".join(name) for name in names))

    def attempts(self, step: str) -> int:
        """How often a step was tried; 0 when it did not run."""
        self._known(step)
        return sum(matches(step, pod.step) for pod in self.pods)

    def node(self, step: str) -> dict[str, Any]:
        """A step's node as the record holds it: of several tries the one around them, of several parts the first."""
        self._known(step)
        for node in self.nodes:
            path = self.path(node)
            if matches(step, Step(path, node.template_name)) and not (node.flag or {}).get("retried"):
                found: dict[str, Any] = self.workflow["status"]["nodes"][node.id]
                return found
        raise UsageError(f"{step} was not reached", hint=f"what ran: {', '.join(self.ran) or 'nothing'}")

    def value(self, step: str, output: str | None = None) -> str:
        """What a step gave: an output parameter, or what it printed."""
        outputs = self.node(step).get("outputs") or {}
        values = {one["name"]: one["value"] for one in outputs.get("parameters") or []}
        found = outputs.get("result") if output is None else values.get(output)
        if found is None:
            raise UsageError(f"{step} gave no {output or 'result'}", hint=f"it gave {', '.join(values) or 'nothing'}")
        return str(found)

    def _repr_mimebundle_(
        self, include: Collection[str] | None = None, exclude: Collection[str] | None = None
    ) -> dict[str, str]:
        """What a notebook shows: the graph of how it went, and the timeline as text."""
        from kai_pipelines.drawing.notebook import bundle
        from kai_pipelines.simulation.timeline import summary

        return bundle(self.workflow, summary(self), include, exclude)

    def _known(self, step: str) -> None:
        spec = self.workflow["spec"]
        Names(spec.get("templates") or []).check(step, "the step")

    def path(self, node: Node) -> tuple[str, ...]:
        """The task names from the entrypoint down to a node."""
        workflow = str(self.workflow["metadata"]["name"])
        return path_of(node.name, workflow, retried=bool((node.flag or {}).get("retried")))
