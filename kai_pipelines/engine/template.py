"""Running one template under a node: its inputs bound, its retries, and the kind that it is.

The rules are Argo's (workflow/controller/operator.go executeTemplate).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from kai_pipelines.engine.admission import Template, kind_of
from kai_pipelines.engine.dag import run_dag
from kai_pipelines.engine.node import BAD, Node
from kai_pipelines.engine.pod import Outcome
from kai_pipelines.engine.retry import Attempts, Wait, backoff, last_try, refusal
from kai_pipelines.engine.scope import fill, process_inputs
from kai_pipelines.engine.steps import run_steps
from kai_pipelines.errors import ExpressionError, ManifestError
from kai_pipelines.manifest.duration import parse_duration

if TYPE_CHECKING:
    from kai_pipelines.engine.workflow import Execution

POD_KINDS = frozenset({"container", "script"})
_NODE_TYPES = {"dag": "DAG", "steps": "Steps"}


async def run_template(
    execution: Execution,
    name: str,
    display: str,
    template_name: str,
    arguments: Mapping[str, Any],
    boundary: Node | None,
) -> Node:
    """Run a template under a node name; faults of the manifest end in Error, as Argo's do."""
    template = execution.program.template(template_name)
    known = {**execution.globals, "node.name": name}
    if "retryStrategy" not in template and kind_of(template) in POD_KINDS:
        known["pod.name"] = execution.pod_name(name, template_name)
    try:
        template = process_inputs(template, arguments, known)
        if "retryStrategy" in template:
            return await _run_with_retries(execution, name, display, template, boundary)
        return await _run_once(execution, name, display, template, boundary)
    except (ManifestError, ExpressionError) as error:
        kind = _NODE_TYPES.get(kind_of(template), "Pod")
        node = execution.tree.by_name.get(name) or execution.begin(name, kind, template_name, boundary, display)
        return execution.end(node, "Error", error.message)


async def _run_once(
    execution: Execution,
    name: str,
    display: str,
    template: Template,
    boundary: Node | None,
    *,
    retry: Node | None = None,
    deadline: float | None = None,
) -> Node:
    kind = kind_of(template)
    if kind in POD_KINDS:
        return await _run_pod(execution, name, display, template, boundary, retry=retry, deadline=deadline)
    node = execution.begin(name, _NODE_TYPES[kind], template["name"], boundary, display, retry=retry)
    node.inputs = template["inputs"]
    await (run_dag if kind == "dag" else run_steps)(execution, node, template)
    return node


async def _run_with_retries(
    execution: Execution, name: str, display: str, template: Template, boundary: Node | None
) -> Node:
    strategy = template["retryStrategy"] or {}
    node = execution.begin(name, "Retry", template["name"], boundary, display)
    node.inputs = template["inputs"]
    last, first_started, deadline = None, None, None
    while True:
        number = len(node.children)
        again = _for_attempt(execution, f"{name}({number})", template, number, last)
        last = await _run_once(
            execution, f"{name}({number})", f"{display}({number})", again, boundary, retry=node, deadline=deadline
        )
        first_started = last.started_at if first_started is None else first_started
        node.outputs = last.outputs
        if last.phase not in BAD:
            return execution.end(node, last.phase)
        if execution.halted():
            return execution.end(node, last.phase, execution.stopping)
        attempts = Attempts(number + 1, first_started, last)
        wait = await _waited(execution, node, strategy, attempts)
        stop = execution.stopping or wait.stop or refusal(strategy, attempts)
        if stop is not None:
            return execution.end(node, last.phase, stop)
        deadline = wait.deadline


async def _waited(execution: Execution, node: Node, strategy: Mapping[str, Any], attempts: Attempts) -> Wait:
    """Wait as long as the strategy asks for; afterwards it is asked again."""
    while (wait := backoff(strategy, attempts, execution.clock.now())).seconds > 0 and not execution.halted():
        node.message = wait.message
        execution.observer.node_changed(node)
        await execution.pause(wait.seconds)
    node.message = ""
    return wait


def _for_attempt(execution: Execution, name: str, template: Template, number: int, last: Node | None) -> Template:
    """The template as one try sees it: which try it is, and how the one before ended."""
    scope: dict[str, Any] = {"retries": str(number), **last_try(last)}
    if kind_of(template) in POD_KINDS:
        scope["pod.name"] = execution.pod_name(name, template["name"])
    # The strategy stays as it is: its expression speaks of the try that is to come.
    filled: Template = fill({key: value for key, value in template.items() if key != "retryStrategy"}, scope)
    return filled


async def _run_pod(
    execution: Execution,
    name: str,
    display: str,
    template: Template,
    boundary: Node | None,
    *,
    retry: Node | None,
    deadline: float | None,
) -> Node:
    node = execution.begin(name, "Pod", template["name"], boundary, display, retry=retry, phase="Pending")
    node.inputs = template["inputs"]
    wants_result = uses_result(execution, boundary, name)
    key = execution.pods.key(template, wants_result=wants_result)
    outcome = execution.pods.kept(key)
    if outcome is None:
        outcome = await _run_in_place(execution, node, template, key, deadline, wants_result=wants_result)
    _take_outputs(execution, node, template, outcome)
    execution.count(node, outcome)
    return execution.end(node, outcome.phase, outcome.message)


async def _run_in_place(
    execution: Execution,
    node: Node,
    template: Template,
    key: str | None,
    deadline: float | None,
    *,
    wants_result: bool,
) -> Outcome:
    """Run a pod when there is a place for it."""
    async with execution.places:
        if execution.halted():
            return Outcome("Failed", execution.stopping, None)
        node.phase = "Running"
        execution.observer.node_changed(node)

        def progressed(text: str) -> None:
            node.progress = text
            execution.observer.node_changed(node)

        outcome = await execution.pods.run(
            node,
            template,
            key,
            lambda line: execution.observer.log_line(node, line),
            progressed,
            wants_result=wants_result,
            seconds=_seconds(execution, node, template, deadline),
        )
        if execution.halted() and outcome.phase in BAD:
            outcome.message = execution.stopping
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


def uses_result(execution: Execution, boundary: Node | None, name: str) -> bool:
    """Whether the template around a node asks for its standard output (Argo, operator.go hasOutputResultRef)."""
    if boundary is None:
        return False
    task = re.escape(name.removeprefix(boundary.name).partition(".")[2].partition("(")[0])
    parent = execution.program.text(boundary.template_name)
    return re.search(rf"(tasks|steps)(\.{task}|\[['\\\"]+{task}['\\\"]+\])\.outputs\.result", parent) is not None


def _take_outputs(execution: Execution, node: Node, template: Template, outcome: Outcome) -> None:
    """The node's outputs in Argo's form, and its artifacts in the repository."""
    result, declared = outcome.result, template.get("outputs") or {}
    outputs: dict[str, Any] = {}
    if result.parameters:
        outputs["parameters"] = [{"name": name, "value": value} for name, value in result.parameters.items()]
    artifacts = [one for one in declared.get("artifacts") or [] if one["name"] in result.artifacts]
    if artifacts:
        outputs["artifacts"] = [_stored(execution, node, one, result.artifacts[one["name"]]) for one in artifacts]
    if result.result is not None:
        outputs["result"] = result.result
    if outcome.exit_code is not None:
        outputs["exitCode"] = str(outcome.exit_code)
    node.outputs = outputs


def _stored(execution: Execution, node: Node, one: Mapping[str, Any], digest: str) -> dict[str, Any]:
    path = str(one.get("path", ""))
    key = (one.get("s3") or {}).get("key") or f"{execution.program.name}/{node.id}/{PurePosixPath(path).name}"
    execution.repository.add(key, digest)
    kept = {name: value for name, value in one.items() if name in {"name", "path", "optional", "archive"}}
    return {**kept, "s3": {"key": key}}
