"""How outputs leave a DAG or steps template, how artifacts reach a task, and how the workflow's land."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Any

from kai_pipelines.engine.loop import LOOPS, is_loop
from kai_pipelines.engine.repository import Repository
from kai_pipelines.engine.scope import ABSENT, Rules, Scope, fill
from kai_pipelines.errors import ExpressionError, ManifestError, StoreError
from kai_pipelines.expression import evaluate, should_execute
from kai_pipelines.expression.printing import go_string
from kai_pipelines.manifest.names import landing_name

Object = dict[str, Any]
_RESULTS = ("tasks", "steps")
"""Tags that must resolve in a task; others may stay for the template that it runs."""
_LATER = frozenset({"hooks", "inline"})
"""Fields of a task that speak of what is only known when it runs."""


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
    later = {key: task[key] for key in _LATER if key in task}
    plain = {key: value for key, value in task.items() if key not in _LATER}
    plain["arguments"] = {"parameters": marked_absent(arguments.get("parameters") or [], scope)}
    filled: Object = fill(plain, scope, strict=_RESULTS)
    filled["arguments"]["artifacts"] = argument_artifacts(task, scope)
    return {**filled, **later}


def _may_run(when: str, *, loops: bool) -> bool:
    try:
        return should_execute(when)
    except ExpressionError:
        if not loops:  # in a loop it may speak of the item, which is not known yet
            raise
        return True


def marked_absent(parameters: Sequence[Object], scope: Scope) -> list[Object]:
    """The arguments; those that are nothing but the absent output of a skipped task are marked: a default applies."""
    return [
        {"name": one["name"], ABSENT: True} if _is_absent(str(one.get("value", "")), scope) else one
        for one in parameters
    ]


def _is_absent(text: str, scope: Scope) -> bool:
    if not (text.startswith("{{") and text.endswith("}}")):
        return False
    return scope.get(text[2:-2].strip(), "") is None


def argument_artifacts(task: Mapping[str, Any], scope: Scope) -> list[Object]:
    """The artifacts of a task's arguments, found in the scope; an absent optional one is left out."""
    found = []
    for one in (task.get("arguments") or {}).get("artifacts") or []:
        artifact = _resolve(one, scope)
        if artifact is not None:
            found.append(artifact)
    return found


def _resolve(one: Mapping[str, Any], scope: Scope) -> Object | None:
    """The artifact that `from` or `fromExpression` means (Argo, scope.go resolveArtifact)."""
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
    kept = {key: one[key] for key in ("globalName", "optional", "archive") if key in one}
    found = {**{key: part for key, part in value.items() if key != "globalName"}, **kept, "name": one["name"]}
    return _below(found, str(fill(one["subPath"], scope))) if one.get("subPath") else found


def _below(artifact: Object, part: str) -> Object:
    """The artifact at a path inside another one (Argo, AppendToKey)."""
    for storage, field in (("s3", "key"), ("gcs", "key"), ("oss", "key"), ("azure", "blob"), ("hdfs", "path")):
        if field in (artifact.get(storage) or {}):
            key = str(PurePosixPath(artifact[storage][field]) / part)
            return {**artifact, storage: {**artifact[storage], field: key}}
    if artifact.get("optional"):
        return artifact
    raise ManifestError(f"artifact {artifact['name']} has no key that a subPath could extend")


def template_outputs(template: Mapping[str, Any], scope: Scope, rules: Rules) -> Object:
    """The outputs of a DAG or steps template (Argo, operator.go getTemplateOutputsFromScope)."""
    declared = template.get("outputs") or {}
    outputs: Object = {}
    parameters = [_parameter(one, scope, rules) for one in declared.get("parameters") or []]
    if parameters:
        outputs["parameters"] = parameters
    artifacts = [artifact for one in declared.get("artifacts") or [] if (artifact := _resolve(one, scope)) is not None]
    if artifacts:
        outputs["artifacts"] = artifacts
    return outputs


def _parameter(one: Mapping[str, Any], scope: Scope, rules: Rules) -> Object:
    """An output parameter with its value (Argo, scope.go resolveParameter)."""
    source = one.get("valueFrom")
    if not source:
        raise ManifestError("output parameters must have a valueFrom specified")
    try:
        value = _value_of(source, scope, rules)
    except (ManifestError, ExpressionError):
        if "default" not in source:
            raise
        value = None
    if value is None:
        value = source.get("default")
    if value is None:
        name, reference = one["name"], source.get("parameter")
        raise ManifestError(
            f'output parameter "{name}": "{reference}" is an absent optional (skipped/omitted node output with no default)'
        )
    kept = {key: part for key, part in one.items() if key != "valueFrom"}
    return {**kept, "value": go_string(value)}


def _value_of(source: Mapping[str, Any], scope: Scope, rules: Rules) -> Any:
    if "expression" in source:
        value = evaluate(str(source["expression"]), scope)
        if value is None and rules.nil_is_text:
            return "<nil>"
        if value is None:
            raise ManifestError(f'failed to evaluate expression "{source["expression"]}"')
        return value
    name = str(source.get("parameter", "")).strip().removeprefix("{{").removesuffix("}}").strip()
    if name not in scope:
        raise ManifestError(f"Unable to resolve: {source.get('parameter')}")
    return scope[name]


def land(outputs: Sequence[Mapping[str, Any]], repository: Repository, folder: Path) -> list[Path]:
    """Copy output artifacts into a folder, under the names that people expect."""
    landed = []
    for one in outputs:
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
