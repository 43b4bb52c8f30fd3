"""DAG templates (Argo, workflow/controller/dag.go)."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from kai_pipelines.engine.admission import Template
from kai_pipelines.engine.loop import expand, is_loop
from kai_pipelines.engine.node import BAD, COMPLETED, Node
from kai_pipelines.engine.outputs import filled_task, template_outputs
from kai_pipelines.engine.scope import Scope, group_scope, node_scope, template_scope
from kai_pipelines.errors import ExpressionError, ManifestError
from kai_pipelines.expression import should_execute
from kai_pipelines.expression.depends import Depends, TaskResults, from_dependencies, parse_depends

if TYPE_CHECKING:
    from kai_pipelines.engine.workflow import Execution


async def run_dag(execution: Execution, node: Node, template: Template) -> None:
    """Run every task of a DAG, and give its node a phase and outputs."""
    dag = _Dag(execution, node, template)
    await asyncio.gather(*(dag.run(task) for task in dag.wanted()))
    phase = "Failed" if execution.halted() else dag.phase()
    targets = [dag.nodes[name] for name in sorted(dag.targets) if name in dag.nodes]
    node.outbound = [found.id for target in targets for found in execution.tree.outbound_of(target)]
    if phase == "Succeeded":
        node.outputs = template_outputs(template, {**execution.globals, **dag.scope(dag.tasks)})
    execution.end(node, phase)


class _Dag:
    """One DAG while it runs: which task became which node."""

    def __init__(self, execution: Execution, node: Node, template: Template) -> None:
        self.execution = execution
        self.node = node
        self.template = template
        self.tasks: dict[str, dict[str, Any]] = {task["name"]: task for task in template["dag"]["tasks"]}
        continues = {name: task["continueOn"] for name, task in self.tasks.items() if task.get("continueOn")}
        self.depends = {name: _depends(task, continues) for name, task in self.tasks.items()}
        self.nodes: dict[str, Node] = {}
        self.ended = {name: asyncio.Event() for name in self.tasks}
        self.targets = self._targets()

    def _targets(self) -> list[str]:
        chosen = str(self.template["dag"].get("target") or "").split()
        needed = {name for depends in self.depends.values() if depends is not None for name in depends.names}
        return chosen or [name for name in self.tasks if name not in needed]

    def wanted(self) -> list[dict[str, Any]]:
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

    def ancestors(self, name: str) -> list[str]:
        """Everything a task depends on, directly or not."""
        found: dict[str, None] = {}
        ahead = self.parents(name)
        while ahead:
            one = ahead.pop()
            if one not in found:
                found[one] = None
                ahead += self.parents(one)
        return list(found)

    async def run(self, task: dict[str, Any]) -> None:
        """Wait for what the task depends on, and run it."""
        name = task["name"]
        for parent in self.parents(name):
            await self.ended[parent].wait()
        try:
            if not self.execution.halted():
                self.nodes[name] = await self._run(task)
        finally:
            self.ended[name].set()

    async def _run(self, task: dict[str, Any]) -> Node:
        name = task["name"]
        depends = self.depends[name]
        try:
            if depends is not None and not depends.evaluate({one: self._results(one) for one in depends.names}):
                return self._not_run(task, "Omitted", "omitted: depends condition not met")
            scope = {**self.execution.globals, **self.scope(self.ancestors(name))}
            filled = filled_task(task, scope)
            parts = expand(filled, scope) if is_loop(filled) else None
        except (ManifestError, ExpressionError) as error:
            return self._not_run(task, "Error", error.message)
        if parts is None:
            return await self._run_one(filled, self._parent_nodes(name))
        return await self._run_loop(filled, parts)

    async def _run_loop(self, task: dict[str, Any], parts: list[dict[str, Any]]) -> Node:
        name = task["name"]
        if not parts:
            return self._not_run(task, "Skipped", "Skipped, empty params")
        group = self.execution.begin(self._node_name(name), "TaskGroup", task["template"], self.node, name)
        group.flag = {}
        self.execution.tree.connect(self._parent_nodes(name), group)
        nodes = await asyncio.gather(*(self._run_one(part, [group]) for part in parts))
        phase = next((node.phase for node in reversed(nodes) if node.phase in BAD), "Succeeded")
        return self.execution.end(group, phase)

    async def _run_one(self, task: dict[str, Any], parents: list[Node]) -> Node:
        full = self._node_name(task["name"])
        try:
            wanted = should_execute(str(task.get("when") or ""))
        except ExpressionError as error:
            return self._not_run(task, "Error", error.message, parents)
        if not wanted:
            return self._not_run(task, "Skipped", f"when '{task['when']}' evaluated false", parents)
        arguments = task.get("arguments") or {}
        return await self.execution.run_template(
            full, task["name"], task["template"], arguments, self.node, parents=parents
        )

    def _not_run(self, task: Mapping[str, Any], phase: str, message: str, parents: list[Node] | None = None) -> Node:
        name = task["name"]
        node = self.execution.not_run(self._node_name(name), task["template"], self.node, name, phase, message)
        self.execution.tree.connect(self._parent_nodes(name) if parents is None else parents, node)
        return node

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
        return TaskResults.of(node.phase, children=children)

    def scope(self, names: list[str] | dict[str, Any]) -> Scope:
        """What the named tasks and the template's inputs show to tags and expressions."""
        scope, tree = template_scope(self.template), self.execution.tree
        for name in names:
            if name not in self.nodes:
                continue
            node = self.nodes[name]
            declared = self.execution.program.declared(self.tasks[name]["template"]).get("outputs")
            if node.type == "TaskGroup":
                parts = [tree.by_id[one] for one in node.children]
                scope |= group_scope(f"tasks.{name}", parts)
            scope |= node_scope(f"tasks.{name}", tree.shown(node), declared)
        return scope

    def phase(self) -> str:
        """The DAG's phase: that of its targets; one that was left out takes it from before (assessDAGPhase)."""
        tree = self.execution.tree
        found: dict[str, str] = {}
        queue = [(child, "Succeeded") for child in self.node.children]
        seen = set(queue)
        targets = {self.nodes[name].id: name for name in self.targets if name in self.nodes}
        while queue:
            one, inherited = queue.pop(0)
            node = tree.by_id[one]
            phase = node.phase if node.phase in COMPLETED else inherited
            if one in targets and found.get(one) not in BAD:
                found[one] = phase
            below = node.children[-1:] if node.type == "Retry" else node.children
            for step in ((child, phase) for child in below):
                if step not in seen:
                    seen.add(step)
                    queue.append(step)
        for one, name in sorted(targets.items(), key=lambda item: item[1]):
            phase = found.get(one, "Succeeded")
            if phase in BAD and not _continues_on(self.tasks[name], phase):
                return phase
        return "Succeeded"


def _continues_on(task: Mapping[str, Any], phase: str) -> bool:
    allowed = task.get("continueOn") or {}
    return bool(allowed.get("failed") if phase == "Failed" else allowed.get("error"))


def _depends(task: Mapping[str, Any], continues: Mapping[str, Mapping[str, bool]]) -> Depends | None:
    """A task's depends; the older `dependencies` mean that each has succeeded or was skipped."""
    text = str(task.get("depends") or "") or from_dependencies(task.get("dependencies") or [], continue_on=continues)
    return parse_depends(text, continue_on=continues) if text else None
