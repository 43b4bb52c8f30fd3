"""Arguments: what a workflow, step or task hands to a template."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from kai_pipelines.check.argo.artifacts import has_location_or_key
from kai_pipelines.check.argo.decoding import Object
from kai_pipelines.check.argo.names import field_fault, parameter_fault
from kai_pipelines.check.argo.problems import similar
from kai_pipelines.check.finding import Place

Add: TypeAlias = Callable[..., None]
"""``add(code, message, place, hint=…)``: where a finding goes."""


def check_named(add: Add, named: list[Object], what: str, place: Place) -> None:
    """Every one has a name, a valid one, and its own; `what` says what they are."""
    fault_of = parameter_fault if what.endswith(("parameter", "artifact")) else field_fault
    seen: set[str] = set()
    for index, one in enumerate(named):
        name = one.get("name", "")
        if not name:
            add("KAI110", f"{what} {index + 1} has no name", (*place, index))
            continue
        fault = fault_of(name)
        if fault:
            add(
                "KAI111",
                f"{name!r} is no name for {'an' if what[0] in 'aio' else 'a'} {what}: {fault}",
                (*place, index, "name"),
            )
        elif name in seen:
            add("KAI112", f"another {what} is called {name!r} too", (*place, index, "name"))
        seen.add(name)


def check_arguments(add: Add, arguments: Mapping[str, Any], place: Place, *, may_lack_values: bool) -> None:
    """Names, values and locations of arguments: Argo's validateArguments."""
    parameters, artifacts = arguments.get("parameters", []), arguments.get("artifacts", [])
    check_named(add, parameters, "argument parameter", (*place, "parameters"))
    check_named(add, artifacts, "argument artifact", (*place, "artifacts"))
    for index, parameter in enumerate(parameters):
        at = (*place, "parameters", index)
        _check_source(add, parameter, at, may_lack_values=may_lack_values)
        if "enum" not in parameter:
            continue
        if parameter["enum"] and "value" not in parameter and may_lack_values:
            return  # Argo leaves off here, and looks at nothing that comes after
        _check_enum(add, parameter, at)
    for index, artifact in enumerate(artifacts):
        _check_artifact(add, artifact, (*place, "artifacts", index))


def _check_source(add: Add, parameter: Object, at: Place, *, may_lack_values: bool) -> None:
    name, source = parameter.get("name", ""), parameter.get("valueFrom")
    if source is None:
        if "value" not in parameter and not may_lack_values:
            hint = "a `default` is no value here: write `value`" if "default" in parameter else ""
            add("KAI132", f"argument parameter {name!r} has no value", at, hint=hint)
        return
    wrong = [field for field in ("path", "jsonPath", "parameter", "expression") if source.get(field)]
    if wrong or not ("configMapKeyRef" in source or source.get("event") or "supplied" in source):
        message = f"the value of argument parameter {name!r} can only come from configMapKeyRef or supplied"
        hint = "write `value: '{{…}}'` for the output of a task" if "parameter" in wrong else ""
        add("KAI133", message, (*at, "valueFrom"), hint=hint)


def _check_enum(add: Add, parameter: Object, at: Place) -> None:
    name, choices = parameter.get("name", ""), parameter["enum"]
    if not choices:
        add("KAI134", f"the enum of parameter {name!r} has no values", (*at, "enum"))
    elif "value" not in parameter:
        if "valueFrom" in parameter:
            add("KAI132", f"parameter {name!r} has an enum and needs a value of its own", at)
    elif parameter["value"] not in choices:
        message = f"{parameter['value']!r} is not among the choices of parameter {name!r}: {', '.join(choices)}"
        add("KAI134", message, (*at, "value"), hint=similar(parameter["value"], choices))


def _check_artifact(add: Add, artifact: Object, at: Place) -> None:
    name = artifact.get("name", "")
    if not artifact.get("from") and not has_location_or_key(artifact):
        hint = "`fromExpression` alone is not enough for Argo's check" if artifact.get("fromExpression") else ""
        add("KAI132", f"argument artifact {name!r} has neither `from` nor a location or key", at, hint=hint)
    if artifact.get("from") and artifact.get("fromExpression"):
        add("KAI135", f"argument artifact {name!r} has both `from` and `fromExpression`", (*at, "fromExpression"))
