"""What tags and expressions can see: the workflow's values, a template's inputs, and what tasks gave."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from kai_pipelines.engine.node import Node, time_text
from kai_pipelines.errors import ManifestError
from kai_pipelines.expression.gojson import marshal
from kai_pipelines.expression.substitution import fill_document
from kai_pipelines.manifest.library import Library

Scope = dict[str, Any]


EVERYTHING = ("*",)
"""For `fill`: each tag must resolve."""
ABSENT = "absent"
"""Marks an argument that was nothing but the output of a task that did not run, which has no default."""
_COMPUTED = re.compile(r"\b(tasks|steps)\b(?!\.)")
"""An expression that takes `tasks` or `steps` as a whole, or by a computed name."""


@dataclass(frozen=True)
class Rules:
    """What differs between versions of Argo."""

    skipped_outputs_resolve: bool
    """Whether outputs of skipped and omitted tasks are their defaults, or absent; before 3.7.16 and 4.0.7 a tag of
    one waited for ever."""
    nil_is_text: bool
    """Whether an output expression that gives nil gives the text ``<nil>``; later it is an error."""


VERSIONS = {"3.7": Rules(False, True), "4.0": Rules(False, True), "4.1": Rules(True, False)}
"""Profiles by version: 3.7 stands for 3.7.15 and before, 4.0 for 4.0.6 and before, 4.1 for what came after."""


def fill(value: Any, scope: Mapping[str, Any], *, strict: Sequence[str] = ()) -> Any:
    """A part of a manifest with its tags replaced; what is unknown stays unless its name begins with a `strict` word."""
    text = json.dumps(value, ensure_ascii=False)
    if "{{" not in text:
        return json.loads(text)
    return fill_document(text, scope, None if strict == EVERYTHING else strict)


def process_inputs(
    template: Mapping[str, Any], arguments: Mapping[str, Any], known: Mapping[str, Any], library: Library
) -> dict[str, Any]:
    """The template with its inputs bound and replaced throughout (Argo, common/util.go ProcessArgs).

    Two passes as in Argo: first what the workflow knows, because defaults may refer to it, then the inputs.
    The paths of files stay tags until a pod has a place for them.
    """
    given = {one["name"]: one for one in arguments.get("parameters") or []}
    files = {one["name"]: one for one in arguments.get("artifacts") or []}
    inputs = dict(template.get("inputs") or {})
    inputs["parameters"] = [
        _bound(one, given.get(one["name"]), known, library) for one in inputs.get("parameters") or []
    ]
    inputs["artifacts"] = [_bound_artifact(one, files) for one in inputs.get("artifacts") or []]
    bound = {**template, "inputs": inputs}
    return fill_template(bound, known)


def fill_template(template: Mapping[str, Any], known: Mapping[str, Any]) -> dict[str, Any]:
    """A template whose inputs have values, with its tags replaced (Argo, common/util.go SubstituteParams)."""
    filled: dict[str, Any] = fill(template, known)
    result: dict[str, Any] = fill(filled, {**known, **parameter_scope(filled)})
    return result


def _bound(
    one: Mapping[str, Any], argument: Mapping[str, Any] | None, known: Mapping[str, Any], library: Library
) -> dict[str, Any]:
    """An input parameter with its value."""
    name = one["name"]
    bound = dict(one)
    if "value" not in bound and "default" in bound:
        bound["value"] = bound["default"]
    if argument is not None and argument.get(ABSENT):
        if "value" not in bound and not bound.get("valueFrom"):
            raise ManifestError(
                f"inputs.parameters.{name}: argument references an absent optional "
                "(skipped/omitted node output with no default)"
            )
    elif argument is not None and ("value" in argument or argument.get("valueFrom")):
        bound.pop("value", None)
        bound |= {key: argument[key] for key in ("value", "valueFrom") if key in argument}
    source = bound.get("valueFrom") or {}
    if reference := source.get("configMapKeyRef"):
        fault = f"unable to retrieve inputs.parameters.{name} from ConfigMap"
        bound["value"] = config_map_or_default(fill(reference, known), source, library, fault)
    elif bound.get("value") is None:
        raise ManifestError(f"inputs.parameters.{name} was not supplied")
    bound["value"] = text_of(bound["value"])
    return bound


def config_map_or_default(reference: Mapping[str, Any], source: Mapping[str, Any], library: Library, fault: str) -> Any:
    """What a `configMapKeyRef` names, or the default beside it; raises ManifestError that begins with `fault`."""
    try:
        return config_map_value(str(reference.get("name")), str(reference.get("key")), library)
    except ManifestError as error:
        if "default" not in source:
            raise ManifestError(f"{fault}: {error.message}", hint=error.hint) from error
        return source["default"]


def config_map_value(name: str, key: str, library: Library) -> str:
    """The value of a key of a ConfigMap that was given with the workflow."""
    found = library.object("ConfigMap", name)
    if found is None:
        raise ManifestError(f"ConfigMap '{name}' does not exist", hint=f"give the file with the ConfigMap {name} too")
    data = found.get("data") or {}
    if key not in data:
        raise ManifestError(f"ConfigMap '{name}' does not have the key '{key}'")
    return text_of(data[key])


def _bound_artifact(one: dict[str, Any], files: Mapping[str, Any]) -> dict[str, Any]:
    argument = files.get(one["name"])
    if not one.get("optional") and not has_location(one):
        if argument is None:
            raise ManifestError(f"inputs.artifacts.{one['name']} was not supplied")
        if not has_location(argument):
            raise ManifestError(f"inputs.artifacts.{one['name']} missing location information")
    if argument is None:
        return one
    kept = {key: one[key] for key in ("path", "mode", "recurseMode", "optional") if key in one}
    return {**{key: value for key, value in argument.items() if key not in {"path", "mode", "recurseMode"}}, **kept}


_LOCATIONS = ("artifactory", "azure", "gcs", "git", "hdfs", "http", "oss", "plugin", "raw", "s3")


def has_location(artifact: Mapping[str, Any]) -> bool:
    """Whether an artifact says where its content is."""
    return any(artifact.get(one) is not None for one in _LOCATIONS)


def text_of(value: Any) -> str:
    """A YAML or JSON value as the text Argo makes of it (v1alpha1 AnyString)."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    # Numbers are read as float64 and written without an exponent; lists and mappings are not read at all.
    return format(Decimal(repr(float(value))).normalize(), "f") if isinstance(value, int | float) else ""


def parameter_scope(template: Mapping[str, Any]) -> Scope:
    """The tags of a template's input parameters."""
    parameters = (template.get("inputs") or {}).get("parameters") or []
    scope: Scope = {f"inputs.parameters.{one['name']}": one.get("value", "") for one in parameters}
    return {**scope, "inputs.parameters": parameters_text(parameters)}


_FIELDS = ("name", "default", "value", "valueFrom", "globalName", "enum", "description")


def parameters_text(parameters: Iterable[Mapping[str, Any]]) -> str:
    """Parameters as the JSON that Argo makes of them: in the order of its type's fields (v1alpha1 Parameter)."""
    objects = (
        ",".join(f'"{field}":{_field_text(field, one[field])}' for field in _FIELDS if one.get(field) not in (None, []))
        for one in parameters
    )
    return "[" + ",".join(f"{{{one}}}" for one in objects) + "]"


def _field_text(field: str, value: Any) -> str:
    if field == "valueFrom":
        return marshal(value)
    return marshal([text_of(one) for one in value] if field == "enum" else text_of(value))


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


def node_scope(prefix: str, node: Node, declared: Mapping[str, Any], rules: Rules, *, artifacts: bool = False) -> Scope:
    """What a finished task shows (Argo, operator.go buildLocalScope); `declared` is its template.

    Of a task that did not run, parameters are their defaults, or None: absent. With `artifacts` its artifacts
    are there too, empty (scope.go addSkippedNodeOutputsToScope).
    """
    scope: Scope = {f"{prefix}.id": node.id, f"{prefix}.status": node.phase}
    if node.started_at:
        scope[f"{prefix}.startedAt"] = time_text(node.started_at)
    if node.finished_at:
        scope[f"{prefix}.finishedAt"] = time_text(node.finished_at)
    if node.address:
        scope[f"{prefix}.ip"] = node.address
    if node.host:
        scope[f"{prefix}.hostNodeName"] = node.host
    scope |= output_scope(prefix, node.outputs)
    if node.phase not in {"Skipped", "Omitted"} or not rules.skipped_outputs_resolve:
        return scope
    outputs = declared.get("outputs") or {}
    for one in outputs.get("parameters") or []:
        default = (one.get("valueFrom") or {}).get("default")
        scope[f"{prefix}.outputs.parameters.{one['name']}"] = None if default is None else text_of(default)
    for one in outputs.get("artifacts") or [] if artifacts else []:
        scope[f"{prefix}.outputs.artifacts.{one['name']}"] = {"name": one["name"]}
    return scope


def output_scope(prefix: str, outputs: Mapping[str, Any]) -> Scope:
    """What outputs show under a task's name."""
    scope: Scope = {}
    if "result" in outputs:
        scope[f"{prefix}.outputs.result"] = outputs["result"]
    if "exitCode" in outputs:
        scope[f"{prefix}.exitCode"] = outputs["exitCode"]
    for one in outputs.get("parameters") or []:
        if "value" in one:
            scope[f"{prefix}.outputs.parameters.{one['name']}"] = text_of(one["value"])
    for one in outputs.get("artifacts") or []:
        scope[f"{prefix}.outputs.artifacts.{one['name']}"] = one
    return scope


def mentioned(text: str, names: Iterable[str]) -> list[str]:
    """The names that a template's JSON may speak of: those in it, or all where an expression computes one."""
    if _COMPUTED.search(text):
        return list(names)
    return [name for name in names if name in text]


def group_scope(prefix: str, nodes: Sequence[Node]) -> Scope:
    """What a loop shows: lists of what its parts gave (Argo, operator.go processAggregateNodeOutputs).

    Raises ManifestError for a result that is no JSON, as Argo does.
    """
    if not nodes:
        return {}
    results: list[Any] = []
    records: list[dict[str, str]] = []
    lists: dict[str, list[str]] = {}
    for node in nodes:
        if node.phase != "Succeeded" or not node.outputs or node.hooked:
            continue
        parameters = {one["name"]: text_of(one.get("value", "")) for one in node.outputs.get("parameters") or []}
        if parameters:
            records.append(parameters)
        for name, value in parameters.items():
            lists.setdefault(name, []).append(value)
        if "result" in node.outputs:
            results.append(_item(node))
    scope: Scope = {f"{prefix}.outputs.result": _raw_json(results), f"{prefix}.outputs.parameters": marshal(records)}
    for name, values in lists.items():
        scope[f"{prefix}.outputs.parameters.{name}"] = marshal(_structured(values))
    return scope


def _structured(values: list[str]) -> list[Any]:
    """Argo parses a list of values when every one is a JSON map or list, and leaves texts alone otherwise."""
    try:
        parsed = [json.loads(value) for value in values]
    except ValueError:
        return list(values)
    return parsed if all(isinstance(one, dict | list) for one in parsed) else list(values)


def _item(node: Node) -> Any:
    text = node.outputs["result"]
    try:
        return json.loads(text)
    except ValueError as error:
        raise ManifestError(
            f"the result of {node.name} is not JSON, and Argo collects only such results of a loop: {text[:80]!r}",
            hint="print JSON, or write an output parameter",
        ) from error


def _raw_json(value: Any) -> str:
    """As json.Marshal writes JSON that it was given: as it is, but compact and with <, > and & escaped."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
