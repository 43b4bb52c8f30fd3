"""Steps templates: groups one after another, the steps of a group side by side (Argo, steps.go)."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from kai_pipelines.engine.boundary import FAILED_FAST, Boundary, FailedFastError
from kai_pipelines.engine.call import Call, CallError
from kai_pipelines.engine.hooks import Surroundings, TaskHooks
from kai_pipelines.engine.loop import expand, is_loop
from kai_pipelines.engine.node import BAD, Node
from kai_pipelines.engine.outputs import filled_task, template_outputs
from kai_pipelines.engine.scope import Scope, group_scope, node_scope, template_scope
from kai_pipelines.errors import ExpressionError, ManifestError
from kai_pipelines.expression import should_execute
from kai_pipelines.manifest.library import Home, Template

if TYPE_CHECKING:
    from kai_pipelines.engine.workflow import Execution

Step = dict[str, Any]


async def run_steps(execution: Execution, call: Call, home: Home, node: Node, template: Template) -> None:
    """Run the groups in turn, up to the first that fails; give the node a phase and outputs."""
    running = _Steps(execution, call, home, node, template)
    try:
        await running.run()
    finally:
        await execution.stop_daemons(node)


class _Steps:
    """One steps template while it runs."""

    def __init__(self, execution: Execution, call: Call, home: Home, node: Node, template: Template) -> None:
        self.execution = execution
        self.call = call
        self.home = home
        self.node = node
        self.template = template
        self.boundary = Boundary(template)
        self.own: Scope = template_scope(template)

    @property
    def scope(self) -> Scope:
        """What the steps see."""
        return {**self.execution.globals, **self.execution.artifacts, **self.own}

    async def run(self) -> None:
        """Run the groups."""
        execution, node = self.execution, self.node
        before, group = [node], node
        for index, steps in enumerate(_groups(self.template)):
            group = execution.begin(
                f"{node.name}[{index}]", "StepGroup", {}, self.home.text, node, parents=before, flag={}
            )
            ran = await self._run_group(steps, group)
            before = [found for one in self._children(group) for found in execution.tree.outbound_of(one)]
            if group.phase in BAD or execution.shutdown.broken:
                node.outbound = [one.id for one in before]
                execution.end(node, "Failed", group.message)
                return
            self._show(steps, ran, group)
            before = before or [group]
        node.outbound = [one.id for one in before if one.type != "StepGroup"]
        node.outputs = template_outputs(self.template, self.scope, execution.program.rules)
        execution.end(node, "Succeeded")

    def _children(self, group: Node) -> list[Node]:
        return [self.execution.tree.by_id[one] for one in group.children]

    async def _run_group(self, steps: list[Step], group: Node) -> dict[str, Node]:
        """Run the steps of a group and end its node; the nodes by step name, loops expanded."""
        execution = self.execution
        try:
            parts = [part for step in steps for part in self._expanded(step, group)]
        except (ManifestError, ExpressionError) as error:
            execution.end(group, "Error", error.message)
            return {}
        results = await asyncio.gather(*(self._run_one(part, group) for part in parts), return_exceptions=True)
        nodes = {part["name"]: one for part, one in zip(parts, results, strict=True) if isinstance(one, Node)}
        fault = next((one for one in results if isinstance(one, BaseException)), None)
        if isinstance(fault, CallError):
            execution.end(group, "Error", fault.message)
        elif isinstance(fault, FailedFastError):
            execution.end(group, "Failed", FAILED_FAST)
        elif fault is not None:
            raise fault
        else:
            self._assess(parts, nodes, group)
        return nodes

    def _assess(self, parts: list[Step], nodes: dict[str, Node], group: Node) -> None:
        for part in parts:
            node, allowed = nodes[part["name"]], part.get("continueOn") or {}
            if node.phase in BAD and not allowed.get("failed" if node.phase == "Failed" else "error"):
                self.execution.end(group, "Failed", f"child '{node.id}' failed")
                return
        self.execution.end(group, "Succeeded")

    def _expanded(self, step: Step, group: Node) -> list[Step]:
        scope = self.scope
        try:
            filled = filled_task(step, scope)
        except (ManifestError, ExpressionError) as error:
            raise ManifestError(f"failed to resolve references: {error.message}") from error
        if not is_loop(step):
            return [filled]
        parts = expand(filled, scope) if is_loop(filled) else []
        if not parts:
            self.execution.not_run(
                f"{group.name}.{step['name']}", step, self.home.text, self.node, "Skipped", "Skipped, empty params",
                parents=[group], flag={},
            )  # fmt: skip
        return parts

    async def _run_one(self, step: Step, group: Node) -> Node:
        name = f"{group.name}.{step['name']}"
        try:
            wanted = should_execute(str(step.get("when") or ""))
        except ExpressionError as error:
            node = self._not_run(step, name, group, "Error", error.message)
            raise CallError(error.message, node) from error
        if not wanted:
            return self._not_run(step, name, group, "Skipped", f"when '{step['when']}' evaluated false")
        hooks = self._hooks(step)
        call = Call(
            name,
            step,
            self.home,
            step.get("arguments") or {},
            self.node,
            self.boundary,
            [group],
            {"steps.name": step["name"]},
            exiting=self.call.exiting,
            depth=self.call.depth + 1,
        )
        async with self.boundary.place():
            with hooks.watching(name):
                node = await self._run_template(call)
        self.boundary.ended(node)
        await hooks.ended(node)
        return node

    async def _run_template(self, call: Call) -> Node:
        try:
            return await self.execution.run_template(call)
        except CallError as error:
            message = f"step group deemed errored due to child {call.name} error: {error.message}"
            raise CallError(message, error.node) from error

    def _hooks(self, step: Step) -> TaskHooks:
        surroundings = Surroundings(self.execution, self.call, self.home, self.node, "steps")
        return TaskHooks(surroundings, step, step["name"], lambda: self.scope)

    def _not_run(self, step: Step, name: str, group: Node, phase: str, message: str) -> Node:
        return self.execution.not_run(name, step, self.home.text, self.node, phase, message, parents=[group], flag={})

    def _show(self, steps: list[Step], ran: dict[str, Node], group: Node) -> None:
        """Let later groups see what this one gave."""
        execution = self.execution
        rules = execution.program.rules
        for step in steps:
            prefix = f"steps.{step['name']}"
            node = ran.get(step["name"]) or execution.tree.by_name.get(f"{group.name}.{step['name']}")
            if node is not None:
                declared = execution.declared_of(self.home, step, node)
                self.own |= node_scope(prefix, execution.tree.shown(node), declared, rules, artifacts=True)
                continue
            loop = [one for name, one in ran.items() if name.startswith(f"{step['name']}(") and one.type != "Skipped"]
            self.own |= group_scope(prefix, loop)
            self.own |= node_scope(prefix, group, {}, rules)


def _groups(template: Template) -> list[list[Step]]:
    """The groups; one step alone may stand for its group."""
    return [group if isinstance(group, list) else [group] for group in template["steps"]]
