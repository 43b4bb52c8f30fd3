"""The scheduler: one coroutine for each node of the workflow, from the entrypoint to the exit handler.

A DAG's tasks all start at once and wait for what they depend on; only pods take one of the places that
`jobs` gives. The semantics are Argo's (workflow/controller/operator.go, dag.go, steps.go).
"""

from __future__ import annotations

import asyncio
import json
import platform
import signal
from collections.abc import Callable, Mapping
from typing import Any

from kai_pipelines.engine.attendance import Attendance
from kai_pipelines.engine.call import Call, CallError
from kai_pipelines.engine.clock import Clock
from kai_pipelines.engine.degradation import Degradation, degradations
from kai_pipelines.engine.executor import GRACE, Executor
from kai_pipelines.engine.hooks import WorkflowHooks
from kai_pipelines.engine.locks import Locks, locks_of
from kai_pipelines.engine.machine_locks import MachineLocks, NoMachineLocks
from kai_pipelines.engine.memo import Memo
from kai_pipelines.engine.node import BAD, Node, NodeTree, node_id
from kai_pipelines.engine.pod import Outcome
from kai_pipelines.engine.program import Program
from kai_pipelines.engine.record import node_record, restored, seconds_of
from kai_pipelines.engine.request import Observer, Person, PodRunner, Shelf, error_in
from kai_pipelines.engine.rest import Rest
from kai_pipelines.engine.scope import Scope, has_location, text_of
from kai_pipelines.engine.shutdown import Shutdown, Strategy
from kai_pipelines.engine.template import run_template
from kai_pipelines.errors import ERROR, ManifestError
from kai_pipelines.expression.printing import quote
from kai_pipelines.manifest.library import Home


def _json(value: Any) -> str:
    """As json.Marshal of a struct: fields as they are given, <, > and & escaped."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


_GROUPS = frozenset({"DAG", "Steps", "StepGroup", "TaskGroup", "Retry"})
"""Types of nodes that end when what is in them has."""


class Execution:
    """A run that goes on: its nodes, and what they share."""

    def __init__(
        self,
        program: Program,
        pods: PodRunner,
        repository: Shelf,
        executor: Executor,
        clock: Clock,
        observer: Observer,
        jobs: int,
        memo: Memo,
        status: Mapping[str, Any] | None = None,
        machine_locks: MachineLocks | None = None,
        person: Person | None = None,
    ) -> None:
        self.program = program
        self.pods = pods
        self.repository = repository
        self.executor = executor
        self.clock = clock
        self.observer = observer
        self.memo = memo
        self.person = person
        self.tree: NodeTree = restored(program.name, status or {})
        self.places = asyncio.Semaphore(min(jobs, int(program.spec.get("parallelism") or jobs)))
        self.attendance = Attendance()
        self.locks = Locks()
        self.machine_locks = machine_locks or NoMachineLocks()
        self.shutdown = Shutdown()
        self.rest = Rest()
        self.executed = 0
        self.cached = 0
        self.outcomes: dict[str, Outcome] = {}
        """How each pod that failed ended, by node id."""
        self.watchers: dict[str, Callable[[Node], None]] = {}
        """Who is told of each change of a node, by its name."""
        self.waiting = ""
        """What the workflow as a whole waits for, before it begins."""
        self.host = platform.node()
        self.fault: tuple[str, str] | None = None
        """The phase and message of a workflow whose entry or exit template could not be run."""
        self.started_at = seconds_of((status or {}).get("startedAt")) or clock.now()
        self.globals: Scope = {**program.globals(self.started_at), "workflow.duration": "0.000000"}
        self.outputs: dict[str, list[dict[str, Any]]] = {"parameters": [], "artifacts": []}
        """What templates gave under a name for the whole workflow."""
        self.artifacts: Scope = {}
        """Of those the artifacts, as tasks and steps see them."""
        before = (status or {}).get("outputs") or {}
        self.export({kind: [{**one, "globalName": one["name"]} for one in before.get(kind) or []] for kind in before})

    # The workflow as a whole

    async def run(self) -> Node | None:
        """Run the entrypoint, then the exit handler; the root node, or None when there is none yet."""
        self._stop_on_signals()
        limit = self.program.spec.get("activeDeadlineSeconds")
        watch = asyncio.create_task(self._stop_after(float(limit))) if limit is not None else None
        work = asyncio.create_task(self._work())
        rest = asyncio.create_task(self.rest.reached.wait())
        await asyncio.wait({work, rest}, return_when=asyncio.FIRST_COMPLETED)
        for task in filter(None, (watch, rest)):
            task.cancel()
        if work.done():
            return await work
        locked = [] if self.rest.parked else sorted(self.rest.locked)
        work.cancel()
        await asyncio.gather(work, return_exceptions=True)
        if locked:
            self._give_up_on_locks(locked)
        return self.root

    def _give_up_on_locks(self, nodes: list[str]) -> None:
        """Nothing will ever give back what the nodes wait for; on a cluster they would wait for ever."""
        waits = [f"{one}: {self.tree.by_name[one].message}" for one in nodes if one in self.tree.by_name]
        message = f"every task that is left waits for a lock that the workflow itself holds: {'; '.join(waits)}"
        self.give_up(message)
        self.fault = "Error", message

    @property
    def root(self) -> Node | None:
        """The entrypoint's node."""
        return self.tree.by_name.get(self.program.name)

    @property
    def left(self) -> bool:
        """Whether the run ended before the workflow did: only a person can let it go on."""
        return self.rest.reached.is_set() and self.fault is None

    async def _work(self) -> Node | None:
        if self.program.spec.get("suspend") and self.person is None:
            with self.rest.waiting(self.program.name):
                await asyncio.Event().wait()
        wanted = self.program.spec.get("synchronization") or {}
        locks = locks_of(wanted, self.globals["workflow.namespace"], self.program.library)
        await self.locks.acquire(locks, lambda lock, message: None)
        with self.rest.busy():
            await self.machine_locks.acquire(locks, lambda lock, message: self.say(message))
        root = await self._run_entrypoint()
        try:
            if root is not None:
                await self._run_exit_handler(root)
        finally:
            await self.attendance.stop_all(self)
        self.machine_locks.release(locks)
        return root

    async def _run_entrypoint(self) -> Node | None:
        name, program = self.program.name, self.program
        hooks = WorkflowHooks(self)
        self.globals["workflow.status"] = "Running"
        call = Call(name, {"template": program.entrypoint}, program.home, self._arguments())
        try:
            with hooks.watching(name):
                root = await self.run_template(call)
        except CallError as error:
            self.fault = "Error", f"error in entry template execution: {error.message}"
            return None
        self._note_failures(root)
        await hooks.ended(root)
        return root

    def _note_failures(self, root: Node) -> None:
        """What exit handlers see of how the workflow went."""
        failures = [
            {
                "displayName": n.display_name,
                "message": n.message,
                "templateName": n.template_name,
                "phase": n.phase,
                "podName": self.pod_name(n.name, n.template_name),
                "finishedAt": n.finished_text,
            }
            for n in self.tree.by_name.values()
            if n.phase in BAD
        ]
        self.globals["workflow.status"] = root.phase if root.phase in {*BAD, "Running", "Pending"} else "Succeeded"
        # Argo quotes the list once more, and has null for none.
        self.globals["workflow.failures"] = quote(_json(failures) if failures else "null")

    async def _run_exit_handler(self, root: Node) -> None:
        hook = self.program.exit_hook()
        if hook is None or self.shutdown.halts(exiting=True):
            return
        arguments = hook.get("arguments") or {}
        if arguments is self.program.spec.get("arguments"):
            arguments = self._arguments()
        name = f"{self.program.name}.onExit"
        call = Call(name, hook, self.program.home, arguments, hooked=True, exiting=True)
        try:
            await self.run_template(call)
        except CallError as error:
            self.fault = "Error", f"error in exit template execution : {error.message}"

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
            elif not one.get("optional") or has_location(one):
                artifacts.append(one)
        parameters = [{"name": name, "value": value} for name, value in self.program.parameters.items()]
        return {"parameters": parameters, "artifacts": artifacts}

    async def run_template(self, call: Call) -> Node:
        """Run a template; raises CallError when it cannot be run as its manifest asks for."""
        return await run_template(self, call)

    # Stopping

    def _stop_on_signals(self) -> None:
        loop = asyncio.get_running_loop()

        def stop() -> None:
            again = self.shutdown.by_person
            self.stop("Terminate")
            if again:
                self.executor.stop(signal.SIGKILL)

        for sign in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            try:
                loop.add_signal_handler(sign, stop)
            except (NotImplementedError, RuntimeError, ValueError):  # not in the main thread: the caller's business
                return

    async def _stop_after(self, seconds: float) -> None:
        await self.clock.sleep(seconds)
        self.stop("Deadline")

    def stop(self, strategy: Strategy, reason: str = "") -> None:
        """Start nothing more, and ask what runs to stop; what does not is killed."""
        self.shutdown.tell(strategy, reason)
        self.executor.stop(signal.SIGTERM)
        asyncio.get_running_loop().call_later(GRACE, self.executor.stop, signal.SIGKILL)

    def begin_stopped(self, strategy: Strategy) -> None:
        """Go on with a run only to end it: what was not done has failed."""
        self.shutdown.tell(strategy)
        for node in self.tree.by_id.values():
            if not node.fulfilled and node.type not in _GROUPS:
                self.end(node, "Failed", self.shutdown.message)

    def give_up(self, message: str) -> None:
        """The engine itself cannot go on: everything that is not done ends in Error."""
        self.shutdown.tell("Broken", message)
        for node in self.tree.by_id.values():
            if not node.fulfilled:
                self.end(node, "Error", message)

    async def pause(self, seconds: float, *, exiting: bool = False) -> None:
        """Wait, unless the run is told to stop."""
        with self.rest.busy():
            waits: set[asyncio.Future[Any]] = {asyncio.ensure_future(self.clock.sleep(seconds))}
            if not exiting:
                waits.add(asyncio.ensure_future(self.shutdown.told.wait()))
            try:
                await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for one in waits:
                    one.cancel()

    # Nodes

    def begin(
        self,
        name: str,
        kind: str,
        holder: Mapping[str, Any],
        scope: str,
        boundary: Node | None,
        *,
        parents: tuple[Node, ...] | list[Node] = (),
        flag: dict[str, bool] | None = None,
        phase: str = "Running",
    ) -> Node:
        """A node that starts now, or goes on that was there before."""
        node = self.tree.by_name.get(name)
        if node is None:
            node = self.tree.add(name, kind, boundary, flag)
            node.template_name = str(holder.get("template") or "")
            node.template_ref = holder.get("templateRef")
            node.template_scope = scope
            node.started_at = self.clock.now()
        self.tree.connect(parents, node)
        node.phase, node.type = phase, kind
        self.globals["workflow.duration"] = f"{self.clock.now() - self.started_at:.6f}"
        if watcher := self.watchers.get(name):
            watcher(node)
        return node

    def end(self, node: Node, phase: str, message: str = "") -> Node:
        """A node that is done."""
        node.phase, node.message, node.finished_at = phase, message, self.clock.now()
        self.changed(node)
        return node

    def changed(self, node: Node) -> None:
        """A node has another phase, message or progress: tell who watches it."""
        self.observer.node_changed(node)
        if watcher := self.watchers.get(node.name):
            watcher(node)

    def not_run(
        self,
        name: str,
        holder: Mapping[str, Any],
        scope: str,
        boundary: Node | None,
        phase: str,
        message: str,
        *,
        parents: tuple[Node, ...] | list[Node] = (),
        flag: dict[str, bool] | None = None,
    ) -> Node:
        """A node for something that was skipped or omitted, or that never got as far as running."""
        node = self.begin(name, "Skipped", holder, scope, boundary, parents=parents, flag=flag, phase=phase)
        return self.end(node, phase, message)

    def say(self, message: str) -> None:
        """What the workflow as a whole waits for."""
        self.waiting = message

    def count(self, node: Node, outcome: Outcome) -> None:
        """Note how a pod ended."""
        node.cached = outcome.cached
        self.cached += outcome.cached
        self.executed += outcome.ran
        if outcome.phase in BAD:
            self.outcomes[node.id] = outcome

    def said(self, node: str) -> str:
        """The error that a failed pod's log ends with, as our runtime writes it: its first line, without that word."""
        outcome = self.outcomes.get(node)
        lines = error_in(outcome.last_lines) if outcome is not None else ()
        return lines[0].removeprefix(ERROR) if lines else ""

    def degraded(self) -> list[Degradation]:
        """What was replaced by something lesser so far."""
        nodes = {node.id: node_record(node) for node in self.tree.by_name.values()}
        return degradations({"spec": self.program.spec, "status": {"nodes": nodes}}, self.said)

    def export(self, outputs: Mapping[str, Any]) -> None:
        """Show outputs that have a globalName to the whole workflow (Argo, addOutputsToGlobalScope)."""
        for one in outputs.get("parameters") or []:
            if one.get("globalName") and one.get("value") is not None:
                self._export_parameter(one["globalName"], one["value"])
        for one in outputs.get("artifacts") or []:
            if name := one.get("globalName"):
                kept = {key: value for key, value in one.items() if key not in {"globalName", "path"}}
                known = [other for other in self.outputs["artifacts"] if other["name"] != name]
                self.outputs["artifacts"] = [*known, {**kept, "name": name}]
                self.artifacts[f"workflow.outputs.artifacts.{name}"] = {**kept, "name": name}

    def _export_parameter(self, name: str, value: Any) -> None:
        known = [other for other in self.outputs["parameters"] if other["name"] != name]
        self.outputs["parameters"] = [*known, {"name": name, "value": text_of(value)}]
        self.globals[f"workflow.outputs.parameters.{name}"] = text_of(value)

    def declared_of(self, home: Home, holder: Mapping[str, Any], node: Node) -> Mapping[str, Any]:
        """The template that a task's node stands for, also when it did not run."""
        if node.declared:
            return node.declared
        try:
            return self.program.find(home, holder)[1]
        except ManifestError:  # its name is computed, or it is in Error for that very reason
            return {}

    async def stop_daemons(self, boundary: Node) -> None:
        """End the daemons that were started directly in a DAG or steps template."""
        await self.attendance.stop(self, boundary.id)

    def pod_name(self, node: str, template: str) -> str:
        """Argo's name of a node's pod (workflow/util/pod_name.go, version 2)."""
        if node == self.program.name:
            return node
        return f"{self.program.name}-{template}-{node_id(self.program.name, node).rpartition('-')[2]}"
