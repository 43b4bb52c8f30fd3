"""A template that is a pod: run in a place of its own, its outputs put where Argo puts them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from kai_pipelines.cache.key import result_key
from kai_pipelines.engine.call import Call
from kai_pipelines.engine.command import is_ours
from kai_pipelines.engine.node import BAD, Node
from kai_pipelines.engine.pod import Outcome
from kai_pipelines.manifest.duration import parse_duration
from kai_pipelines.manifest.library import Template

if TYPE_CHECKING:
    from kai_pipelines.engine.workflow import Execution

POD_KINDS = frozenset({"container", "script", "containerSet", "data", "resource"})


async def run_pod(
    execution: Execution, call: Call, node: Node, template: Template, deadline: float | None, *, wants_result: bool
) -> None:
    """Run a pod, or take what was kept of the same one."""
    if template.get("daemon"):
        seconds = _seconds(execution, node, template, deadline)
        await execution.attendance.start(execution, call, node, template, seconds)
        return
    key = _placed(execution.pods.key(template, wants_result=wants_result), execution, node, template)
    outcome = execution.pods.kept(key)
    node.host = execution.host
    if outcome is None:
        outcome = await _run_in_place(execution, call, node, template, key, deadline, wants_result=wants_result)
    _show_containers(execution, node, template, outcome)
    _take_outputs(execution, node, template, outcome)
    execution.count(node, outcome)
    execution.end(node, outcome.phase, outcome.message)


def _placed(key: str | None, execution: Execution, node: Node, template: Template) -> str | None:
    """The key of what a foreign program gives at its place in the workflow.

    Only our steps promise the same outputs for the same inputs. A program that throws a coin may be called again
    and again, with the same words, and must be able to answer otherwise.
    """
    if key is None or is_ours(template.get("container") or {}):
        return key
    place = node.name.removeprefix(execution.program.name)
    return result_key({"at": place, "is": key}, {}, None, {})


async def _run_in_place(
    execution: Execution,
    call: Call,
    node: Node,
    template: Template,
    key: str | None,
    deadline: float | None,
    *,
    wants_result: bool,
) -> Outcome:
    """Run a pod when there is a place for it."""
    shutdown = execution.shutdown
    with execution.rest.busy():
        async with execution.places:
            if shutdown.halts(exiting=call.exiting):
                return Outcome("Failed", shutdown.pod_message(begun=False), None)
            node.phase = "Running"
            execution.changed(node)

            def progressed(text: str) -> None:
                node.progress = text
                execution.changed(node)

            outcome = await execution.pods.run(
                node,
                template,
                key,
                lambda line: execution.observer.log_line(node, line),
                progressed,
                wants_result=wants_result,
                seconds=_seconds(execution, node, template, deadline),
            )
    if shutdown.halts(exiting=call.exiting) and outcome.phase in BAD:
        outcome.message = shutdown.pod_message()
    return outcome


def _seconds(execution: Execution, node: Node, template: Template, deadline: float | None) -> float | None:
    """How long the pod may run: the nearest of its own limit, its template's timeout and the retries' end."""
    now = execution.clock.now()
    limits = [] if deadline is None else [deadline - now]
    if template.get("activeDeadlineSeconds") is not None:
        limits.append(float(template["activeDeadlineSeconds"]))
    if template.get("timeout"):
        limits.append(node.started_at + parse_duration(template["timeout"]) - now)
    return max(0.0, min(limits)) if limits else None


def _show_containers(execution: Execution, node: Node, template: Template, outcome: Outcome) -> None:
    """A node for each container of a set (Argo, container_set_template.go)."""
    containers = (template.get("containerSet") or {}).get("containers") or []
    ended = {one.name: one for one in outcome.containers}
    made: dict[str, Node] = {}
    holder = {"template": node.template_name, "templateRef": node.template_ref}
    for one in containers:
        name = str(one.get("name"))
        made[name] = execution.begin(f"{node.name}.{name}", "Container", holder, node.template_scope, node)
        made[name].started_at = node.started_at
    for one in containers:
        name, before = str(one.get("name")), one.get("dependencies") or []
        execution.tree.connect([made[other] for other in before if other in made] or [node], made[name])
        if name in ended:
            execution.end(made[name], ended[name].phase, ended[name].message)
        else:  # the pod came from the store, or ended before its containers began
            execution.end(made[name], outcome.phase, "" if outcome.phase == "Succeeded" else outcome.message)


def _take_outputs(execution: Execution, node: Node, template: Template, outcome: Outcome) -> None:
    """The node's outputs in Argo's form, and its artifacts in the repository."""
    result, declared = outcome.result, template.get("outputs") or {}
    outputs: dict[str, Any] = {}
    parameters = [one for one in declared.get("parameters") or [] if one["name"] in result.parameters]
    if parameters:
        outputs["parameters"] = [{**one, "value": result.parameters[one["name"]]} for one in parameters]
    artifacts = [one for one in declared.get("artifacts") or [] if one["name"] in result.artifacts]
    if artifacts:
        outputs["artifacts"] = [_stored(execution, node, one, result.artifacts[one["name"]]) for one in artifacts]
    if result.result is not None:
        outputs["result"] = result.result
    if outcome.exit_code is not None:
        outputs["exitCode"] = str(outcome.exit_code)
    node.outputs = outputs


def _stored(execution: Execution, node: Node, one: Mapping[str, Any], digest: str) -> dict[str, Any]:
    location = execution.repository.keep(one, digest, f"{execution.program.name}/{node.id}")
    kept = {name: one[name] for name in ("name", "path", "optional", "archive", "globalName") if name in one}
    return {**kept, **location}
