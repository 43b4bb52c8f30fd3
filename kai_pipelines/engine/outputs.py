"""How outputs leave a DAG or steps template, how artifacts reach a task, and how the workflow's land."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from kai_pipelines.engine.node import Node
from kai_pipelines.engine.repository import Repository
from kai_pipelines.engine.scope import Scope, fill
from kai_pipelines.errors import ManifestError, StoreError
from kai_pipelines.expression import evaluate, substitute_text
from kai_pipelines.manifest.names import landing_name

Object = dict[str, Any]


def filled_task(task: Mapping[str, Any], scope: Scope, *, strict: bool) -> Object:
    """A task or step with its tags replaced and the artifacts of its arguments found."""
    arguments = task.get("arguments") or {}
    plain = {**task, "arguments": {key: value for key, value in arguments.items() if key != "artifacts"}}
    filled: Object = fill(plain, scope, strict=strict)
    filled["arguments"]["artifacts"] = argument_artifacts(task, scope)
    return filled


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
        value = evaluate(str(one["fromExpression"]), scope)
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
    source = one.get("valueFrom") or {}
    try:
        if "expression" in source:
            value = evaluate(str(source["expression"]), scope)
        else:
            value = substitute_text(str(source.get("parameter", "")), scope)
    except ManifestError:
        if "default" not in source:
            raise
        value = None
    if value is None:
        value = source.get("default")
    if value is None:
        raise ManifestError(f"output parameter {one['name']} has no value: what it is taken from did not run")
    return value if isinstance(value, str) else str(value)


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
