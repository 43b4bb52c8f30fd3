"""Steps templates: groups one after another, the steps of a group side by side (Argo, steps.go)."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from kai_pipelines.engine.admission import Template
from kai_pipelines.engine.loop import expand, is_loop
from kai_pipelines.engine.node import BAD, Node
from kai_pipelines.engine.outputs import filled_task, template_outputs
from kai_pipelines.engine.scope import Scope, group_scope, node_scope, template_scope
from kai_pipelines.errors import ExpressionError, ManifestError
from kai_pipelines.expression import should_execute

if TYPE_CHECKING:
    from kai_pipelines.engine.workflow import Execution

Step = dict[str, Any]


async def run_steps(execution: Execution, node: Node, template: Template) -> None:
    """Run the groups in turn, up to the first that fails; give the node a phase and outputs."""
    scope = template_scope(template)
    before = [node]
    for index, steps in enumerate(template["steps"]):
        group = execution.begin(f"{node.name}[{index}]", "StepGroup", "", node, f"[{index}]")
        group.flag = {}
        execution.tree.connect(before, group)
        ran = await _run_group(execution, steps, group, node, scope)
        before = [found for one in ran.values() for found in execution.tree.outbound_of(one)]
        if group.phase in BAD or execution.halted():
            node.outbound = [one.id for one in before]
            execution.end(node, "Failed", group.message)
            return
        _show(execution, scope, steps, ran, group)
        before = before or [group]
    node.outbound = [one.id for one in before if one.type != "StepGroup"]
    node.outputs = template_outputs(template, {**execution.globals, **scope})
    execution.end(node, "Succeeded")


async def _run_group(
    execution: Execution, steps: list[Step], group: Node, boundary: Node, scope: Scope
) -> dict[str, Node]:
    """Run the steps of a group and end its node; the nodes by step name, loops expanded."""
    known = {**execution.globals, **scope}
    try:
        parts = [part for step in steps for part in _expanded(step, known)]
    except (ManifestError, ExpressionError) as error:
        execution.end(group, "Error", error.message)
        return {}
    nodes = await asyncio.gather(*(_run_one(execution, part, group, boundary) for part in parts))
    for part, node in zip(parts, nodes, strict=True):
        allowed = part.get("continueOn") or {}
        if node.phase in BAD and not allowed.get("failed" if node.phase == "Failed" else "error"):
            execution.end(group, "Failed", f"child '{node.id}' failed")
            break
    else:
        execution.end(group, "Succeeded")
    return {part["name"]: node for part, node in zip(parts, nodes, strict=True)}


def _expanded(step: Step, known: Scope) -> list[Step]:
    filled = filled_task(step, known)
    return expand(filled, known) if is_loop(filled) else [filled]


async def _run_one(execution: Execution, step: Step, group: Node, boundary: Node) -> Node:
    name, display, template = f"{group.name}.{step['name']}", step["name"], step["template"]
    try:
        wanted = should_execute(str(step.get("when") or ""))
    except ExpressionError as error:
        node = execution.not_run(name, template, boundary, display, "Error", error.message)
    else:
        if wanted:
            arguments = step.get("arguments") or {}
            return await execution.run_template(name, display, template, arguments, boundary, parents=[group])
        message = f"when '{step['when']}' evaluated false"
        node = execution.not_run(name, template, boundary, display, "Skipped", message)
    execution.tree.connect([group], node)
    return node


def _show(execution: Execution, scope: Scope, steps: list[Step], ran: dict[str, Node], group: Node) -> None:
    """Let later groups see what this one gave."""
    for step in steps:
        prefix = f"steps.{step['name']}"
        node = ran.get(step["name"])
        if node is not None:
            declared = execution.program.declared(step["template"]).get("outputs")
            scope |= node_scope(prefix, execution.tree.shown(node), declared, artifacts=True)
            continue
        parts = [node for name, node in ran.items() if name.startswith(f"{step['name']}(") and node.type != "Skipped"]
        if parts:
            scope |= group_scope(prefix, parts)
        scope |= node_scope(prefix, group, None)
