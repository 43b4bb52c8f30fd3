"""Steps templates: groups one after another, the steps of a group side by side (Argo, steps.go)."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from kai_pipelines.engine.loop import expand, is_loop
from kai_pipelines.engine.node import BAD, Node
from kai_pipelines.engine.outputs import filled_task, template_outputs
from kai_pipelines.engine.program import Template
from kai_pipelines.engine.scope import Scope, group_scope, node_scope, template_scope
from kai_pipelines.errors import ExpressionError, ManifestError
from kai_pipelines.expression import should_execute

if TYPE_CHECKING:
    from kai_pipelines.engine.workflow import Execution


async def run_steps(execution: Execution, name: str, display: str, template: Template, boundary: Node | None) -> Node:
    """Run the groups in turn, up to the first that fails."""
    node = execution.begin(name, "Steps", template["name"], boundary, display)
    node.inputs = template["inputs"]
    scope = template_scope(template)
    before: list[Node] = [node]
    for index, steps in enumerate(template["steps"]):
        group = execution.begin(f"{name}[{index}]", "StepGroup", "", node, f"[{index}]")
        execution.tree.connect(before, group)
        ran = await asyncio.gather(*(_run_step(execution, step, group, node, scope) for step in steps))
        nodes = [one for part in ran for one in part]
        group.outbound = [one.id for one in nodes]
        failed = _first_failure(steps, ran)
        execution.end(group, "Failed" if failed else "Succeeded", f"child '{failed.id}' failed" if failed else "")
        if failed is not None:
            node.outbound = [found.id for one in nodes for found in execution.tree.outbound_of(one)]
            return execution.end(node, failed.phase, f"child '{failed.id}' failed")
        _show(execution, scope, steps, ran)
        before = [found for one in nodes for found in execution.tree.outbound_of(one)] or [group]
    node.outbound = [one.id for one in before]
    node.outputs = template_outputs(template, {**execution.globals, **scope})
    return execution.end(node, "Succeeded")


async def _run_step(
    execution: Execution, step: dict[str, Any], group: Node, boundary: Node, scope: Scope
) -> list[Node]:
    known = {**execution.globals, **scope}
    try:
        filled = filled_task(step, known, strict=not is_loop(step))
        parts = expand(filled) if is_loop(filled) else [filled]
    except (ManifestError, ExpressionError) as error:
        parts, message = [], error.message
        node = execution.not_run(
            f"{group.name}.{step['name']}", step["template"], boundary, step["name"], "Error", message
        )
        execution.tree.connect([group], node)
        return [node]
    return await asyncio.gather(*(_run_one(execution, part, group, boundary) for part in parts))


async def _run_one(execution: Execution, step: dict[str, Any], group: Node, boundary: Node) -> Node:
    name = f"{group.name}.{step['name']}"
    if should_execute(str(step.get("when") or "")):
        node = await execution.run_template(name, step["name"], step["template"], step["arguments"], boundary)
    else:
        message = f"when '{step['when']}' evaluated false"
        node = execution.not_run(name, step["template"], boundary, step["name"], "Skipped", message)
    execution.tree.connect([group], node)
    return node


def _first_failure(steps: list[dict[str, Any]], ran: list[list[Node]]) -> Node | None:
    for step, nodes in zip(steps, ran, strict=True):
        allowed = step.get("continueOn") or {}
        for node in nodes:
            if node.phase in BAD and not allowed.get("failed" if node.phase == "Failed" else "error"):
                return node
    return None


def _show(execution: Execution, scope: Scope, steps: list[dict[str, Any]], ran: list[list[Node]]) -> None:
    """Let later groups see what this one gave."""
    for step, nodes in zip(steps, ran, strict=True):
        declared = execution.program.template(step["template"]).get("outputs")
        if is_loop(step):
            scope |= group_scope(f"steps.{step['name']}", nodes)
        elif nodes:
            scope |= node_scope(f"steps.{step['name']}", nodes[0], declared)
