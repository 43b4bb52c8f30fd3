"""The scheduler: one coroutine for each node of the workflow, from the entrypoint to the exit handler.

A DAG's tasks all start at once and wait for what they depend on; only pods take one of the places that
`jobs` gives. The semantics are Argo's (workflow/controller/operator.go, dag.go, steps.go).
"""

from __future__ import annotations

import asyncio
import json
import signal
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from kai_pipelines.engine.clock import Clock
from kai_pipelines.engine.executor import GRACE, Executor
from kai_pipelines.engine.node import BAD, Node, NodeTree
from kai_pipelines.engine.pod import Outcome, Pods
from kai_pipelines.engine.program import Program, Template, kind_of
from kai_pipelines.engine.repository import Repository
from kai_pipelines.engine.request import Observer
from kai_pipelines.engine.retry import decide
from kai_pipelines.engine.scope import Scope, process_inputs
from kai_pipelines.errors import ExpressionError, ManifestError
from kai_pipelines.manifest.duration import parse_duration

STOPPED = "workflow shutdown with strategy:  Terminate"
"""Argo's message for pods that were running when the workflow was terminated."""


class Execution:
    """A run that goes on: its nodes, and how each kind of template runs."""

    def __init__(
        self,
        program: Program,
        pods: Pods,
        repository: Repository,
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
        self.places = asyncio.Semaphore(jobs)
        self.stopping: str = ""
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
        root = await self.run_template(
            self.program.name, self.program.name, self.program.entrypoint, self._arguments(), None
        )
        if watch is not None:
            watch.cancel()
        if self.program.on_exit is not None and not self.stopping:
            await self._run_exit_handler(root)
        return root

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
            {"displayName": n.display_name, "message": n.message, "templateName": n.template_name, "phase": n.phase}
            for n in self.tree.by_name.values()
            if n.type == "Pod" and n.phase in BAD
        ]
        self.globals["workflow.status"] = root.phase
        self.globals["workflow.failures"] = json.dumps(failures)
        self.globals["workflow.duration"] = f"{self.clock.now() - self.started_at:.6f}"
        name = f"{self.program.name}.onExit"
        assert self.program.on_exit is not None
        await self.run_template(name, name, self.program.on_exit, self._arguments(), None)

    def _stop_on_signals(self) -> None:
        loop = asyncio.get_running_loop()

        def stop() -> None:
            again = bool(self.stopping)
            self.stop(STOPPED)
            if again:
                self.executor.stop(signal.SIGKILL)

        for sign in (signal.SIGINT, signal.SIGTERM):
            try:
                loop.add_signal_handler(sign, stop)
            except (NotImplementedError, RuntimeError, ValueError):  # not in the main thread: the caller's business
                return

    async def _stop_after(self, seconds: float) -> None:
        await self.clock.sleep(seconds)
        self.stop("Max duration limit exceeded")

    def stop(self, message: str) -> None:
        """Start nothing more, and ask what runs to stop; what does not is killed."""
        self.stopping = self.stopping or message
        self.executor.stop(signal.SIGTERM)
        asyncio.get_running_loop().call_later(GRACE, self.executor.stop, signal.SIGKILL)

    def halted(self) -> bool:
        """Whether the run was told to stop."""
        return bool(self.stopping)

    # Nodes

    def begin(self, name: str, kind: str, template: str, boundary: Node | None, display: str) -> Node:
        """A node that starts now."""
        node = self.tree.add(name, kind, template, boundary, display)
        node.phase, node.started_at = "Running", self.clock.now()
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

    # Templates

    async def run_template(
        self, name: str, display: str, template_name: str, arguments: Mapping[str, Any], boundary: Node | None
    ) -> Node:
        """Run a template under a node name; faults of the manifest end in Error, as Argo's do."""
        template = self.program.template(template_name)
        known = {**self.globals, "node.name": name}
        if "retryStrategy" not in template:
            known["pod.name"] = f"{self.program.name}-{template_name}-{name}"
        try:
            template = process_inputs(template, arguments, known)
            kind = kind_of(template)
            if kind == "dag":
                from kai_pipelines.engine.dag import run_dag

                return await run_dag(self, name, display, template, boundary)
            if kind == "steps":
                from kai_pipelines.engine.steps import run_steps

                return await run_steps(self, name, display, template, boundary)
            if template.get("retryStrategy"):
                return await self._run_with_retries(name, display, template, boundary)
            return await self._run_pod(name, display, template, boundary)
        except (ManifestError, ExpressionError) as error:
            node = self.tree.by_name.get(name) or self.begin(name, "Pod", template_name, boundary, display)
            return self.end(node, "Error", error.message)

    async def _run_with_retries(self, name: str, display: str, template: Template, boundary: Node | None) -> Node:
        strategy = template["retryStrategy"]
        node = self.begin(name, "Retry", template["name"], boundary, display)
        node.inputs = template["inputs"]
        tries = 0
        while True:
            attempt = await self._run_pod(
                f"{name}({tries})", f"{display}({tries})", _with_retries(template, tries), boundary, node
            )
            tries += 1
            if attempt.phase not in BAD or self.stopping:
                node.outputs = attempt.outputs
                return self.end(node, attempt.phase, attempt.message)
            decision = decide(strategy, tries, attempt, self.clock.now() - node.started_at)
            if not decision.again:
                return self.end(node, attempt.phase, decision.message)
            if decision.wait:
                node.message = f"Backoff for {_short(decision.wait)}"
                self.observer.node_changed(node)
                await self.clock.sleep(decision.wait)

    async def _run_pod(
        self, name: str, display: str, template: Template, boundary: Node | None, parent: Node | None = None
    ) -> Node:
        node = self.tree.add(name, "Pod", template["name"], boundary, display, {"retried": True} if parent else None)
        node.started_at = self.clock.now()
        if parent is not None:
            self.tree.connect([parent], node)
        node.inputs = template["inputs"]
        key = self.pods.key(template)
        outcome = self.pods.kept(key)
        if outcome is None:
            outcome = await self._run_in_place(node, template, key)
        self._take_outputs(node, template, outcome)
        self.cached += outcome.cached
        node.cached = outcome.cached
        if outcome.phase in BAD:
            self.outcomes[node.id] = outcome
        return self.end(node, outcome.phase, outcome.message)

    async def _run_in_place(self, node: Node, template: Template, key: str | None) -> Outcome:
        async with self.places:
            if self.halted():
                return Outcome("Failed", self.stopping)
            node.phase, node.started_at = "Running", self.clock.now()
            self.observer.node_changed(node)
            self.executed += 1

            def progressed(text: str) -> None:
                node.progress = text
                self.observer.node_changed(node)

            timeout = parse_duration(template["timeout"]) if template.get("timeout") else None
            running = self.pods.run(node, template, key, lambda line: self.observer.log_line(node, line), progressed)
            try:
                outcome = await asyncio.wait_for(running, timeout)
            except TimeoutError:
                return Outcome("Failed", "Step exceeded its deadline", 143)
            if self.halted() and outcome.phase in BAD:
                outcome.message = self.stopping
            return outcome

    def _take_outputs(self, node: Node, template: Template, outcome: Outcome) -> None:
        """The node's outputs in Argo's form, and its artifacts in the repository."""
        if outcome.phase == "Succeeded":
            outputs: dict[str, Any] = {}
            declared = template.get("outputs") or {}
            if outcome.result.parameters:
                outputs["parameters"] = [
                    {"name": name, "value": value} for name, value in outcome.result.parameters.items()
                ]
            artifacts = [one for one in declared.get("artifacts") or [] if one["name"] in outcome.result.artifacts]
            if artifacts:
                outputs["artifacts"] = [
                    self._stored(node, one, outcome.result.artifacts[one["name"]]) for one in artifacts
                ]
            if outcome.result.result is not None:
                outputs["result"] = outcome.result.result
            node.outputs = outputs
        if node.phase != "Pending" or outcome.cached:
            node.outputs["exitCode"] = str(outcome.exit_code)
        if outcome.phase == "Succeeded" and not node.progress:
            node.progress = "1/1"

    def _stored(self, node: Node, one: Mapping[str, Any], digest: str) -> dict[str, Any]:
        path = str(one.get("path", ""))
        key = (one.get("s3") or {}).get("key") or f"{self.program.name}/{node.id}/{Path(path).name}"
        self.repository.add(key, digest)
        kept = {name: value for name, value in one.items() if name in {"name", "path", "optional", "archive"}}
        return {**kept, "s3": {"key": key}}


def _with_retries(template: Template, tries: int) -> Template:
    from kai_pipelines.engine.scope import fill

    filled: Template = fill(template, {"retries": str(tries)})
    return filled


def _short(seconds: float) -> str:
    from kai_pipelines.manifest.duration import format_duration

    return format_duration(seconds)
