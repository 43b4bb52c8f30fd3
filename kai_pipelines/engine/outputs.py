"""How outputs leave a DAG or steps template, how artifacts reach a task, and how the workflow's land."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from kai_pipelines.engine.loop import LOOPS, is_loop
from kai_pipelines.engine.node import Node
from kai_pipelines.engine.repository import Repository
from kai_pipelines.engine.scope import Scope, fill, text_of
from kai_pipelines.errors import ExpressionError, ManifestError, StoreError
from kai_pipelines.expression import evaluate, should_execute
from kai_pipelines.manifest.names import landing_name

Object = dict[str, Any]
_RESULTS = ("tasks", "steps")
"""Tags that must resolve in a task; others may stay for the template that it runs."""


def filled_task(task: Mapping[str, Any], scope: Scope) -> Object:
    """A task or step with its tags replaced and the artifacts of its arguments found.

    Its `when` comes first: what will not run need not resolve (Argo, dag.go resolveDependencyReferences).
    """
    loops = is_loop(task)
    if task.get("when"):
        when = fill(task["when"], scope, strict=_RESULTS)
        if not _may_run(when, loops=loops):
            return {**{key: value for key, value in task.items() if key not in LOOPS}, "when": when}
    arguments = task.get("arguments") or {}
    plain = {**task, "arguments": {"parameters": _supplied(arguments.get("parameters") or [], scope)}}
    filled: Object = fill(plain, scope, strict=_RESULTS)
    filled["arguments"]["artifacts"] = argument_artifacts(task, scope)
    return filled


def _may_run(when: str, *, loops: bool) -> bool:
    try:
        return should_execute(when)
    except ExpressionError:
        if not loops:  # in a loop it may speak of the item, which is not known yet
            raise
        return True


def _supplied(parameters: Sequence[Object], scope: Scope) -> list[Object]:
    """The parameters without those that are nothing but the absent output of a skipped task: a default applies."""
    return [one for one in parameters if not _is_absent(str(one.get("value", "")), scope)]


def _is_absent(text: str, scope: Scope) -> bool:
    name = text.removeprefix("{{").removesuffix("}}").strip()
    return text == text.strip() and text.startswith("{{") and scope.get(name, "") is None


def argument_artifacts(task: Mapping[str, Any], scope: Scope) -> list[Object]:
    """The artifacts of a task's arguments, found in the scope; an absent optional one is left out."""
    found = []
    for one in (task.get("arguments") or {}).get("artifacts") or []:
        artifact = _resolve(one, scope)
        if artifact is not None:
            found.append(artifact)
    return found


def _resolve(one: Mapping[str, Any], scope: Scope) -> Object | None:
    if "fromExpression" in one:
        try:
            value = evaluate(str(one["fromExpression"]), scope)
        except ExpressionError:
            if one.get("optional"):
                return None
            raise
        if value is None and one.get("optional"):
            return None
    elif "from" in one:
        name = str(one["from"]).strip().removeprefix("{{").removesuffix("}}").strip()
        value = scope.get(name)
        if value is None and one.get("optional"):
            return None
        if value is None:
            raise ManifestError(f"Unable to resolve: {one['from']}")
    else:
        plain: Object = fill(one, scope)
        return plain
    if not isinstance(value, Mapping):
        raise ManifestError(
            f"artifact {one['name']}: {one.get('fromExpression') or one.get('from')} is not an artifact"
        )
    return {**value, "name": one["name"]}


def template_outputs(template: Mapping[str, Any], scope: Scope) -> Object:
    """The outputs of a DAG or steps template (Argo, operator.go getTemplateOutputsFromScope)."""
    declared = template.get("outputs") or {}
    outputs: Object = {}
    parameters = [{"name": one["name"], "value": _parameter(one, scope)} for one in declared.get("parameters") or []]
    if parameters:
        outputs["parameters"] = parameters
    artifacts = [artifact for one in declared.get("artifacts") or [] if (artifact := _resolve(one, scope)) is not None]
    if artifacts:
        outputs["artifacts"] = artifacts
    return outputs


def _parameter(one: Mapping[str, Any], scope: Scope) -> str:
    """The value of an output parameter (Argo, scope.go resolveParameter)."""
    source = one.get("valueFrom") or {}
    try:
        value = _value_of(source, scope)
    except (ManifestError, ExpressionError):
        if "default" not in source:
            raise
        value = None
    if value is None:
        value = source.get("default")
    if value is None:
        raise ManifestError(f"output parameter {one['name']} has no value: what it is taken from did not run")
    return text_of(value)


def _value_of(source: Mapping[str, Any], scope: Scope) -> Any:
    if "expression" in source:
        return evaluate(str(source["expression"]), scope)
    name = str(source.get("parameter", "")).strip().removeprefix("{{").removesuffix("}}").strip()
    if name not in scope:
        raise ManifestError(f"Unable to resolve: {source.get('parameter')}")
    return scope[name]


def land(root: Node, repository: Repository, folder: Path) -> list[Path]:
    """Copy the workflow's output artifacts into a folder, under the names that people expect."""
    landed = []
    for one in root.outputs.get("artifacts") or []:
        place = folder / landing_name(one["name"], str(one.get("path", "")))
        try:
            repository.copy_out(one, place)
        except OSError as error:
            raise StoreError(
                f"cannot write {place}: {error.strerror or error}",
                hint="the results are kept; make room or give another folder with -o, and run again",
            ) from error
        landed.append(place)
    return landed
