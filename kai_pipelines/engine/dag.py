"""DAG templates (Argo, workflow/controller/dag.go)."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from kai_pipelines.engine.boundary import FAILED_FAST, Boundary, FailedFastError
from kai_pipelines.engine.call import Call, CallError
from kai_pipelines.engine.hooks import EXIT, Surroundings, TaskHooks
from kai_pipelines.engine.loop import expand, is_loop
from kai_pipelines.engine.node import BAD, COMPLETED, Node
from kai_pipelines.engine.outputs import filled_task, template_outputs
from kai_pipelines.engine.scope import Scope, group_scope, mentioned, node_scope, template_scope
from kai_pipelines.errors import ExpressionError, ManifestError
from kai_pipelines.expression import should_execute
from kai_pipelines.expression.depends import Depends, TaskResults, from_dependencies, parse_depends
from kai_pipelines.manifest.library import Home, Template

if TYPE_CHECKING:
    from kai_pipelines.engine.workflow import Execution

Task = dict[str, Any]


async def run_dag(execution: Execution, call: Call, home: Home, node: Node, template: Template) -> None:
    """Run every task of a DAG, and give its node a phase and outputs."""
    dag = _Dag(execution, call, home, node, template)
    try:
        await asyncio.gather(*(dag.run(task) for task in dag.wanted()))
    finally:
        await execution.stop_daemons(node)
    halted = execution.shutdown.by_person and not call.exiting
    phase = "Failed" if halted else dag.phase()
    targets = [dag.nodes[name] for name in dag.targets if name in dag.nodes]
    node.outbound = [found.id for target in targets for found in execution.tree.outbound_of(target)]
    if phase == "Succeeded":
        for one in dag.nodes.values():
            execution.export(one.outputs)
        scope = {
            **execution.globals,
            **execution.artifacts,
            **dag.scope(dag.tasks, json.dumps(template.get("outputs"))),
        }
        node.outputs = template_outputs(template, scope, execution.program.rules)
    execution.end(node, phase, FAILED_FAST if dag.failed_fast and phase in BAD else "")


class _Dag:
    """One DAG while it runs: which task became which node."""

    def __init__(self, execution: Execution, call: Call, home: Home, node: Node, template: Template) -> None:
        self.execution = execution
        self.call = call
        self.home = home
        self.node = node
        self.template = template
        self.boundary = Boundary(template)
        self.failed_fast = False
        self.tasks: dict[str, Task] = {task["name"]: task for task in template["dag"]["tasks"]}
        continues = {name: task["continueOn"] for name, task in self.tasks.items() if task.get("continueOn")}
        self.depends = {name: _depends(task, continues) for name, task in self.tasks.items()}
        self.nodes: dict[str, Node] = {}
        self.ended = {name: asyncio.Event() for name in self.tasks}
        self.targets = self._targets()
        self._ancestors: dict[str, dict[str, None]] = {}
        self._inputs: Scope = template_scope(template)

    def _targets(self) -> list[str]:
        chosen = str(self.template["dag"].get("target") or "").split()
        needed = {name for depends in self.depends.values() if depends is not None for name in depends.names}
        return chosen or sorted(name for name in self.tasks if name not in needed)

    def wanted(self) -> list[Task]:
        """The targets and all that they depend on."""
        wanted: dict[str, None] = {}
        ahead = list(self.targets)
        while ahead:
            name = ahead.pop()
            if name in wanted:
                continue
            if name not in self.tasks:
                raise ManifestError(f"template {self.template['name']}: there is no task {name}")
            wanted[name] = None
            ahead += self.parents(name)
        return [task for name, task in self.tasks.items() if name in wanted]

    def parents(self, name: str) -> list[str]:
        """The tasks that a task names in its depends."""
        depends = self.depends[name]
        return list(depends.names) if depends is not None else []

    def ancestors(self, name: str) -> Iterable[str]:
        """Everything a task depends on, directly or not; known for its parents, which have ended."""
        if name not in self._ancestors:
            found: dict[str, None] = {}
            for parent in self.parents(name):
                found[parent] = None
                found.update(dict.fromkeys(self.ancestors(parent)))
            self._ancestors[name] = found
        return self._ancestors[name]

    async def run(self, task: Task) -> None:
        """Wait for what the task depends on, and run it."""
        name = task["name"]
        for parent in self.parents(name):
            await self.ended[parent].wait()
        known = self.execution.tree.by_name.get(self._node_name(name))
        try:
            if known is not None and known.fulfilled:
                self.nodes[name] = known
            elif not self.execution.shutdown.broken and not self._is_cut_off(name):
                self.nodes[name] = await self._run(task)
        except FailedFastError:
            self.failed_fast = True
        finally:
            self.ended[name].set()

    def _is_cut_off(self, name: str) -> bool:
        """Whether something it depends on was never begun."""
        return any(parent not in self.nodes for parent in self.parents(name))

    async def _run(self, task: Task) -> Node:
        name = task["name"]
        depends = self.depends[name]
        try:
            if depends is not None and not depends.evaluate({one: self._results(one) for one in depends.names}):
                return self._not_run(task, "Omitted", "omitted: depends condition not met")
            scope = self._scope_of(task)
            filled = filled_task(task, scope)
            parts = expand(filled, scope) if is_loop(filled) else None
        except (ManifestError, ExpressionError) as error:
            return self._not_run(task, "Error", error.message)
        if parts is None and is_loop(task):  # it is skipped as a whole: its items do not matter
            parts = []
        if parts is None:
            return await self._run_one(filled, self._parent_nodes(name))
        return await self._run_loop(filled, parts)

    async def _run_loop(self, task: Task, parts: list[Task]) -> Node:
        name = task["name"]
        if not parts:
            return self._not_run(task, "Skipped", "Skipped, empty params")
        parents = self._parent_nodes(name)
        group = self.execution.begin(
            self._node_name(name), "TaskGroup", task, self.home.text, self.node, parents=parents, flag={}
        )
        hooks = self._hooks(task)
        with hooks.watching(group.name):
            self.execution.changed(group)
            nodes = await asyncio.gather(*(self._run_one(_with_exit_of(part, task), [group]) for part in parts))
        phase = next((node.phase for node in reversed(nodes) if node.phase in BAD), "Succeeded")
        self.execution.end(group, phase)
        await self._end_hooks(hooks, group, exits=any(name in self.parents(other) for other in self.tasks))
        return group

    async def _run_one(self, task: Task, parents: list[Node]) -> Node:
        full = self._node_name(task["name"])
        try:
            wanted = should_execute(str(task.get("when") or ""))
        except ExpressionError as error:
            return self._not_run(task, "Error", error.message, parents)
        if not wanted:
            return self._not_run(task, "Skipped", f"when '{task['when']}' evaluated false", parents)
        hooks = self._hooks(task)
        call = Call(
            full,
            task,
            self.home,
            task.get("arguments") or {},
            self.node,
            self.boundary,
            parents,
            {"tasks.name": task["name"]},
            exiting=self.call.exiting,
            depth=self.call.depth + 1,
        )
        async with self.boundary.place():
            with hooks.watching(full):
                node = await self._run_template(call)
        self.boundary.ended(node)
        await self._end_hooks(hooks, node)
        return node

    async def _end_hooks(self, hooks: TaskHooks, node: Node, *, exits: bool = True) -> None:
        """Wait for a task's hooks; one that cannot run has a node that says so, and the DAG goes on."""
        with contextlib.suppress(CallError):
            await hooks.ended(node, exits=exits)

    async def _run_template(self, call: Call) -> Node:
        try:
            return await self.execution.run_template(call)
        except CallError as error:
            return self.execution.end(error.node, "Error", f"task '{call.name}' errored: {error.message}")

    def _hooks(self, task: Task) -> TaskHooks:
        plain = task["name"].partition("(")[0]
        surroundings = Surroundings(self.execution, self.call, self.home, self.node, "tasks")
        return TaskHooks(surroundings, task, plain, lambda: self._scope_of(self.tasks[plain]))

    def _not_run(self, task: Mapping[str, Any], phase: str, message: str, parents: list[Node] | None = None) -> Node:
        name = task["name"]
        hung = self._parent_nodes(name) if parents is None else parents
        return self.execution.not_run(
            self._node_name(name), task, self.home.text, self.node, phase, message, parents=hung, flag={}
        )

    def _node_name(self, task: str) -> str:
        return f"{self.node.name}.{task}"

    def _parent_nodes(self, name: str) -> list[Node]:
        parents = self.parents(name)
        if not parents:
            return [self.node]
        tree = self.execution.tree
        return [found for parent in parents for found in tree.outbound_of(self.nodes[parent])]

    def _results(self, name: str) -> TaskResults:
        node = self.nodes[name]
        children = [self.execution.tree.by_id[one].phase for one in node.children] if node.type == "TaskGroup" else None
        return TaskResults.of(node.phase, daemoned=node.daemoned, children=children)

    def _scope_of(self, task: Task) -> Scope:
        """What a task sees: the workflow, the template's inputs, and what it depends on."""
        execution = self.execution
        return {
            **execution.globals,
            **execution.artifacts,
            **self.scope(self.ancestors(task["name"]), json.dumps(task)),
        }

    def scope(self, names: Iterable[str], text: str) -> Scope:
        """What the named tasks and the template's inputs show to the tags and expressions of a text."""
        scope, tree = dict(self._inputs), self.execution.tree
        for name in mentioned(text, names):
            if name not in self.nodes:
                continue
            node = self.nodes[name]
            if node.type == "TaskGroup":
                scope |= group_scope(f"tasks.{name}", [tree.by_id[one] for one in node.children])
            declared = self.execution.declared_of(self.home, self.tasks[name], node)
            scope |= node_scope(f"tasks.{name}", tree.shown(node), declared, self.execution.program.rules)
        return scope

    def phase(self) -> str:
        """The DAG's phase: that of its targets; one that was left out takes it from before (assessDAGPhase)."""
        tree = self.execution.tree
        found: dict[str, str] = {}
        queue = [(child, "Succeeded") for child in self.node.children]
        seen = set(queue)
        targets = {self.nodes[name].id: name for name in self.targets if name in self.nodes}
        for one, inherited in queue:  # it grows while we walk
            node = tree.by_id[one]
            phase = node.phase if node.phase in COMPLETED else inherited
            if one in targets and found.get(one) not in BAD:
                found[one] = phase
            for step in ((child, phase) for child in self._below(node)):
                if step not in seen:
                    seen.add(step)
                    queue.append(step)
        for name in self.targets:
            phase = found.get(self.nodes[name].id, "") if name in self.nodes else ""
            if not phase:  # never begun: something before it failed, or nothing new was to start
                return "Failed"
            if phase in BAD and not _continues_on(self.tasks[name], phase):
                return phase
        return "Succeeded"

    def _below(self, node: Node) -> list[str]:
        """Of a retried node what follows its tries, and its hooks (Argo, getRetryNodeChildrenIds)."""
        if node.type != "Retry":
            return node.children
        tree = self.execution.tree
        below = [one.id for one in tree.hooks_of(node)]
        return below + [child for one in tree.tries(node) if not one.hooked for child in one.children]


def _with_exit_of(part: Task, task: Task) -> Task:
    """A part of a loop with only the exit hook of its task, in which items are not filled in; the others are its group's
    (Argo, dag.go executeDAGTask)."""
    exits = {event: hook for event, hook in (task.get("hooks") or {}).items() if event == EXIT}
    return {**part, "hooks": exits, "onExit": task.get("onExit")}


def _continues_on(task: Mapping[str, Any], phase: str) -> bool:
    allowed = task.get("continueOn") or {}
    return bool(allowed.get("failed") if phase == "Failed" else allowed.get("error"))


def _depends(task: Mapping[str, Any], continues: Mapping[str, Mapping[str, bool]]) -> Depends | None:
    """A task's depends; the older `dependencies` mean that each has succeeded or was skipped."""
    text = str(task.get("depends") or "") or from_dependencies(task.get("dependencies") or [], continue_on=continues)
    return parse_depends(text, continue_on=continues) if text else None
