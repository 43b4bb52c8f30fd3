"""What tags and expressions can see: the workflow's values, a template's inputs, and what tasks gave."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from kai_pipelines.engine.node import Node, time_text
from kai_pipelines.errors import ManifestError
from kai_pipelines.expression import substitute
from kai_pipelines.expression.substitution import substitute_strict

Scope = dict[str, Any]


EVERYTHING = ("*",)
"""For `fill`: each tag must resolve."""


def fill(value: Any, scope: Mapping[str, Any], *, strict: Sequence[str] = ()) -> Any:
    """A part of a manifest with its tags replaced; what is unknown stays unless its name begins with a `strict` word."""
    text = json.dumps(value, ensure_ascii=False)
    if "{{" not in text:
        return json.loads(text)
    if strict == EVERYTHING:
        return json.loads(substitute(text, scope))
    return json.loads(substitute_strict(text, scope, strict))


def process_inputs(template: dict[str, Any], arguments: Mapping[str, Any], known: Mapping[str, Any]) -> dict[str, Any]:
    """The template with its inputs bound and replaced throughout (Argo, util.go ProcessArgs).

    Two passes as in Argo: first what the workflow knows, because defaults may refer to it, then the inputs.
    The paths of files stay tags until a pod has a place for them.
    """
    given = {one["name"]: one for one in arguments.get("parameters") or []}
    files = {one["name"]: one for one in arguments.get("artifacts") or []}
    inputs = template.setdefault("inputs", {})
    for one in inputs.get("parameters") or []:
        value = given.get(one["name"], {}).get("value", one.get("value", one.get("default")))
        if value is None:
            raise ManifestError(f"template {template['name']}: inputs.parameters.{one['name']} was not supplied")
        one["value"] = text_of(value)
    inputs["artifacts"] = [_bound_artifact(template, one, files) for one in inputs.get("artifacts") or []]
    filled: dict[str, Any] = fill(template, known)
    scope = {**known, **parameter_scope(filled)}
    result: dict[str, Any] = fill(filled, scope)
    return result


def _bound_artifact(template: dict[str, Any], one: dict[str, Any], files: Mapping[str, Any]) -> dict[str, Any]:
    argument = files.get(one["name"])
    located = argument is not None and (has_location(argument))
    if not located:
        if not one.get("optional") and not has_location(one):
            raise ManifestError(f"template {template['name']}: inputs.artifacts.{one['name']} was not supplied")
        return one
    kept = {key: one[key] for key in ("path", "mode", "recurseMode", "optional") if key in one}
    return {**(argument or {}), **kept, "name": one["name"]}


def has_location(artifact: Mapping[str, Any]) -> bool:
    """Whether an artifact says where its content is."""
    return "s3" in artifact or "raw" in artifact


def text_of(value: Any) -> str:
    """A YAML or JSON value as the text Argo makes of it."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def parameter_scope(template: Mapping[str, Any]) -> Scope:
    """The tags of a template's input parameters."""
    parameters = (template.get("inputs") or {}).get("parameters") or []
    scope: Scope = {f"inputs.parameters.{one['name']}": one.get("value", "") for one in parameters}
    return {**scope, "inputs.parameters": json.dumps(parameters, ensure_ascii=False)}


def path_scope(template: Mapping[str, Any]) -> Scope:
    """The tags of the paths of a template's files."""
    scope: Scope = {}
    inputs, outputs = template.get("inputs") or {}, template.get("outputs") or {}
    for one in inputs.get("artifacts") or []:
        if "path" in one:
            scope[f"inputs.artifacts.{one['name']}.path"] = one["path"]
    for one in outputs.get("artifacts") or []:
        if "path" in one:
            scope[f"outputs.artifacts.{one['name']}.path"] = one["path"]
    for one in outputs.get("parameters") or []:
        if path := (one.get("valueFrom") or {}).get("path"):
            scope[f"outputs.parameters.{one['name']}.path"] = path
    return scope


def template_scope(template: Mapping[str, Any]) -> Scope:
    """What a DAG's or steps' own expressions see of its inputs."""
    scope = parameter_scope(template)
    for one in (template.get("inputs") or {}).get("artifacts") or []:
        if has_location(one):
            scope[f"inputs.artifacts.{one['name']}"] = one
    return scope


def node_scope(prefix: str, node: Node, declared: Mapping[str, Any] | None, *, artifacts: bool = False) -> Scope:
    """What a finished task shows (Argo, operator.go buildLocalScope); `declared` are its template's outputs.

    Of a task that did not run, parameters are their defaults, or None: absent. With `artifacts` its artifacts
    are there too, empty (scope.go addSkippedNodeOutputsToScope).
    """
    scope: Scope = {f"{prefix}.id": node.id, f"{prefix}.status": node.phase}
    scope |= {f"{prefix}.startedAt": time_text(node.started_at), f"{prefix}.finishedAt": time_text(node.finished_at)}
    outputs = node.outputs
    if "result" in outputs:
        scope[f"{prefix}.outputs.result"] = outputs["result"]
    if "exitCode" in outputs:
        scope[f"{prefix}.exitCode"] = outputs["exitCode"]
    for one in outputs.get("parameters") or []:
        scope[f"{prefix}.outputs.parameters.{one['name']}"] = one["value"]
    for one in outputs.get("artifacts") or []:
        scope[f"{prefix}.outputs.artifacts.{one['name']}"] = one
    if node.phase not in {"Skipped", "Omitted"} or declared is None:
        return scope
    for one in declared.get("parameters") or []:
        default = (one.get("valueFrom") or {}).get("default")
        scope[f"{prefix}.outputs.parameters.{one['name']}"] = None if default is None else text_of(default)
    for one in declared.get("artifacts") or [] if artifacts else []:
        scope[f"{prefix}.outputs.artifacts.{one['name']}"] = {"name": one["name"]}
    return scope


def group_scope(prefix: str, nodes: Sequence[Node]) -> Scope:
    """What a loop shows: lists of what its parts gave (Argo, operator.go processAggregateNodeOutputs)."""
    results: list[Any] = []
    records: list[dict[str, str]] = []
    lists: dict[str, list[str]] = {}
    for node in nodes:
        if node.phase != "Succeeded" or not node.outputs:
            continue
        parameters = {one["name"]: one["value"] for one in node.outputs.get("parameters") or []}
        if parameters:
            records.append(parameters)
        for name, value in parameters.items():
            lists.setdefault(name, []).append(value)
        if "result" in node.outputs:
            results.append(_item(node.outputs["result"]))
    scope: Scope = {f"{prefix}.outputs.result": _json(results), f"{prefix}.outputs.parameters": _json(records)}
    for name, values in lists.items():
        scope[f"{prefix}.outputs.parameters.{name}"] = _json(_structured(values))
    return scope


def _structured(values: list[str]) -> list[Any]:
    """Argo parses a list of values when every one is a JSON map or list, and leaves texts alone otherwise."""
    try:
        parsed = [json.loads(value) for value in values]
    except ValueError:
        return list(values)
    return parsed if all(isinstance(one, dict | list) for one in parsed) else list(values)


def _item(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
