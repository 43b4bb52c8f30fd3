"""The scheduler: one coroutine for each node of the workflow, from the entrypoint to the exit handler.

A DAG's tasks all start at once and wait for what they depend on; only pods take one of the places that
`jobs` gives. The semantics are Argo's (workflow/controller/operator.go, dag.go, steps.go).
"""

from __future__ import annotations

import asyncio
import json
import signal
from collections.abc import Mapping, Sequence
from typing import Any

from kai_pipelines.engine.clock import Clock
from kai_pipelines.engine.executor import GRACE, Executor
from kai_pipelines.engine.node import BAD, Node, NodeTree, node_id, time_text
from kai_pipelines.engine.pod import Outcome
from kai_pipelines.engine.program import Program
from kai_pipelines.engine.request import Observer, PodRunner, Shelf
from kai_pipelines.engine.scope import Scope
from kai_pipelines.engine.template import run_template

_STRATEGY = "Terminate"
STOPPED = "workflow shutdown with strategy:  Terminate"
"""Argo's message for pods that were running when the workflow was terminated."""


class Execution:
    """A run that goes on: its nodes, and how each kind of template runs."""

    def __init__(
        self,
        program: Program,
        pods: PodRunner,
        repository: Shelf,
        executor: Executor,
        clock: Clock,
        observer: Observer,
        jobs: int,
    ) -> None:
        self.program = program
        self.pods = pods
        self.repository = repository
        self.executor = executor
        self.clock = clock
        self.observer = observer
        self.tree = NodeTree(program.name)
        self.places = asyncio.Semaphore(min(jobs, int(program.spec.get("parallelism") or jobs)))
        self.stopping: str = ""
        self.stop_message = ""
        self.ended = asyncio.Event()
        self._parents: dict[str, Sequence[Node]] = {}
        """From which nodes one hangs that is yet to begin, by its name."""
        self.executed = 0
        self.cached = 0
        self.outcomes: dict[str, Outcome] = {}
        """How each pod that failed ended, by node id."""
        self.started_at = clock.now()
        self.globals: Scope = self._globals()

    def _globals(self) -> Scope:
        parameters = self.program.parameters
        scope: Scope = {
            "workflow.name": self.program.name,
            "workflow.namespace": str(self.program.metadata.get("namespace", "default")),
            "workflow.uid": self.program.name,
            "workflow.mainEntrypoint": self.program.entrypoint,
            "workflow.serviceAccountName": str(self.program.spec.get("serviceAccountName", "default")),
            "workflow.parameters": json.dumps([{"name": name, "value": value} for name, value in parameters.items()]),
            "workflow.priority": str(self.program.spec.get("priority", 0)),
        }
        for name, value in parameters.items():
            scope[f"workflow.parameters.{name}"] = value
        for kind in ("labels", "annotations"):
            for name, value in (self.program.metadata.get(kind) or {}).items():
                scope[f"workflow.{kind}.{name}"] = str(value)
        return scope

    async def run(self) -> Node:
        """Run the entrypoint, then the exit handler; the root node."""
        self._stop_on_signals()
        limit = self.program.spec.get("activeDeadlineSeconds")
        watch = asyncio.create_task(self._stop_after(float(limit))) if limit is not None else None
        name = self.program.name
        root = await self.run_template(name, name, self.program.entrypoint, self._arguments(), None)
        if watch is not None:
            watch.cancel()
        if self.program.on_exit is not None and not self.terminated():
            self.stopping = ""  # past the workflow's deadline the exit handler still runs
            await self._run_exit_handler(root)
        return root

    async def run_template(
        self,
        name: str,
        display: str,
        template: str,
        arguments: Mapping[str, Any],
        boundary: Node | None,
        *,
        parents: Sequence[Node] = (),
    ) -> Node:
        """Run a template under a node name; its node hangs from `parents`."""
        self._parents[name] = parents
        return await run_template(self, name, display, template, arguments, boundary)

    def _arguments(self) -> dict[str, Any]:
        """The entrypoint's arguments: the workflow's, by name."""
        declared = (self.program.spec.get("arguments") or {}).get("artifacts") or []
        artifacts = []
        for one in declared:
            path = self.program.artifacts.get(one["name"])
            if path is not None:
                key = f"{self.program.name}/arguments/{one['name']}"
                self.repository.bring(key, path)
                artifacts.append({"name": one["name"], "s3": {"key": key}})
            elif "raw" in one or "s3" in one:
                artifacts.append(one)
        parameters = [{"name": name, "value": value} for name, value in self.program.parameters.items()]
        return {"parameters": parameters, "artifacts": artifacts}

    async def _run_exit_handler(self, root: Node) -> None:
        failures = [
            {
                "displayName": n.display_name,
                "message": n.message,
                "templateName": n.template_name,
                "phase": n.phase,
                "podName": self.pod_name(n.name, n.template_name),
                "finishedAt": time_text(n.finished_at),
            }
            for n in self.tree.by_name.values()
            if n.type == "Pod" and n.phase in BAD
        ]
        self.globals["workflow.status"] = root.phase
        self.globals["workflow.failures"] = json.dumps(failures)
        self.globals["workflow.duration"] = f"{self.clock.now() - self.started_at:.6f}"
        name = f"{self.program.name}.onExit"
        assert self.program.on_exit is not None
        node = await self.run_template(name, name, self.program.on_exit, self._arguments(), None)
        node.flag = {"hooked": True}

    # Stopping

    def _stop_on_signals(self) -> None:
        loop = asyncio.get_running_loop()

        def stop() -> None:
            again = self.terminated()
            self.stop(STOPPED, f"Stopped with strategy '{_STRATEGY}'")
            if again:
                self.executor.stop(signal.SIGKILL)

        for sign in (signal.SIGINT, signal.SIGTERM):
            try:
                loop.add_signal_handler(sign, stop)
            except (NotImplementedError, RuntimeError, ValueError):  # not in the main thread: the caller's business
                return

    async def _stop_after(self, seconds: float) -> None:
        await self.clock.sleep(seconds)
        self.stop("Step exceeded its deadline", "")

    def stop(self, message: str, workflow_message: str) -> None:
        """Start nothing more, and ask what runs to stop; what does not is killed."""
        if not self.halted():
            self.stopping, self.stop_message = message, workflow_message
        self.ended.set()
        self.executor.stop(signal.SIGTERM)
        asyncio.get_running_loop().call_later(GRACE, self.executor.stop, signal.SIGKILL)

    def give_up(self, message: str) -> None:
        """The engine itself cannot go on: everything that is not done ends in Error."""
        self.stop(message, message)
        for node in self.tree.by_id.values():
            if not node.fulfilled:
                self.end(node, "Error", message)

    def halted(self) -> bool:
        """Whether the run was told to stop."""
        return bool(self.stopping)

    def terminated(self) -> bool:
        """Whether a person told the run to stop; a deadline does not count."""
        return self.halted() and bool(self.stop_message)

    async def pause(self, seconds: float) -> None:
        """Wait, unless the run is told to stop."""
        waits = {asyncio.ensure_future(self.clock.sleep(seconds)), asyncio.ensure_future(self.ended.wait())}
        _, left = await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        for one in left:
            one.cancel()

    # Nodes

    def begin(
        self,
        name: str,
        kind: str,
        template: str,
        boundary: Node | None,
        display: str,
        *,
        retry: Node | None = None,
        phase: str = "Running",
    ) -> Node:
        """A node that starts now; one try of `retry` when that is given."""
        node = self.tree.add(name, kind, template, boundary, display, {"retried": True} if retry else None)
        self.tree.connect([retry] if retry else self._parents.pop(name, ()), node)
        node.phase, node.started_at = phase, self.clock.now()
        return node

    def end(self, node: Node, phase: str, message: str = "") -> Node:
        """A node that is done."""
        node.phase, node.message, node.finished_at = phase, message, self.clock.now()
        self.observer.node_changed(node)
        return node

    def not_run(self, name: str, template: str, boundary: Node, display: str, phase: str, message: str) -> Node:
        """A node for something that was skipped or omitted, or that never got as far as running."""
        node = self.begin(name, "Skipped", template, boundary, display)
        node.flag = {}
        return self.end(node, phase, message)

    def count(self, node: Node, outcome: Outcome) -> None:
        """Note how a pod ended."""
        node.cached = outcome.cached
        self.cached += outcome.cached
        self.executed += outcome.ran
        if outcome.phase in BAD:
            self.outcomes[node.id] = outcome

    def pod_name(self, node: str, template: str) -> str:
        """Argo's name of a node's pod (workflow/util/pod_name.go, version 2)."""
        if node == self.program.name:
            return node
        return f"{self.program.name}-{template}-{node_id(self.program.name, node).rpartition('-')[2]}"
