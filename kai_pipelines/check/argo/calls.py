"""A template called with arguments: what it lacks, and what it looks like with its inputs substituted (ProcessArgs)."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import Any

from kai_pipelines.check.argo.artifacts import has_location_or_key
from kai_pipelines.check.argo.context import Arguments, Context, Site
from kai_pipelines.check.argo.decoding import Object
from kai_pipelines.check.argo.tags import Leftover, Substitution, UnprintableValue, is_unprintable, texts, unclosed
from kai_pipelines.check.argo.templates import POD_KINDS, Template, kind_in_words, kind_of
from kai_pipelines.check.finding import Place

ABSENT = "__argo-internal.absent-optional-output__"
"""As an argument's value it means that the argument is not given."""
_WHOLE = re.compile(r"[+-]?[0-9]+")
_RETRIES = ("retries", "lastRetry.exitCode", "lastRetry.status", "lastRetry.duration", "lastRetry.message")


@dataclass
class Called:
    """A template with its inputs substituted."""

    body: Object
    leftover: list[Leftover]
    moved: dict[tuple[str | int, ...], Place] = field(default_factory=dict)
    """Paths of the body whose text is written elsewhere in the document."""

    def below(self, *path: str | int) -> list[Leftover]:
        """The texts with tags below a path."""
        size = len(path)
        return [one for one in self.leftover if one.path[:size] == path]

    def place(self, template: Template, path: tuple[str | int, ...]) -> Place:
        """Where the text at a path is written."""
        for size in range(len(path), 0, -1):
            if path[:size] in self.moved:
                return (*self.moved[path[:size]], *path[size:])
        return (*template.place, *path)


def check_supplied(site: Site, arguments: Arguments) -> list[Object] | None:
    """The input parameters with their values; None, and findings, when something was not given."""
    found: list[Object] = []
    complete = True
    for parameter in site.template.parameters:
        name = parameter.get("name", "")
        value, source = _value(site.context, parameter, arguments)
        if value is None and not (source or {}).get("configMapKeyRef"):
            complete = False
            where = arguments.place or site.below("inputs", "parameters")
            message = f"template {_named(site)} needs the parameter {name!r}, which is not given and has no default"
            site.context.problems.add("KAI131", message, where, hint=_misspelt(site, arguments, name))
        with_value = {key: one for key, one in parameter.items() if key not in ("value", "valueFrom")}
        if value is not None:
            with_value["value"] = value
        if source is not None:
            with_value["valueFrom"] = source
        found.append(with_value)
    return found if complete else None


def _named(site: Site) -> str:
    template = site.template
    return repr(template.name) + (f" of {template.home.described}" if site.anchor is not None else "")


def _misspelt(site: Site, arguments: Arguments, name: str) -> str:
    from kai_pipelines.check.argo.problems import similar

    declared = {one.get("name", "") for one in site.template.parameters}
    spare = [one.get("name", "") for one in (arguments.given or {}).get("parameters", [])]
    near = similar(name, [one for one in spare if one not in declared])
    return near.replace("did you mean", "it is given as").rstrip("?") if near else ""


def _value(context: Context, parameter: Object, arguments: Arguments) -> tuple[str | None, Object | None]:
    if arguments.given is None:
        return context.placeholder(), None
    value, source = parameter.get("value", parameter.get("default")), parameter.get("valueFrom")
    given = arguments.parameter(parameter.get("name", ""))
    if given is None or given.get("value") == ABSENT:
        return value, source
    if "value" in given:
        return given["value"], None
    return None, given.get("valueFrom")


def check_artifacts(site: Site, arguments: Arguments) -> tuple[list[Object], dict[int, Place]] | None:
    """The input artifacts as they are given, and where those of arguments are written; None when one is missing."""
    found: list[Object] = []
    places: dict[int, Place] = {}
    complete = True
    for index, artifact in enumerate(site.template.artifacts):
        name = artifact.get("name", "")
        given = ({"name": name}, None) if arguments.given is None else arguments.artifact(name)
        if given is None:
            if not artifact.get("optional") and not has_location_or_key(artifact):
                complete = False
                where = arguments.place or site.below("inputs", "artifacts", index)
                message = f"template {_named(site)} needs the artifact {name!r}, which is not given"
                site.context.problems.add("KAI131", message, where)
            found.append(artifact)
            continue
        own = {key: artifact[key] for key in ("path", "mode", "recurseMode") if key in artifact}
        taken = {key: one for key, one in given[0].items() if key not in ("path", "mode", "recurseMode")}
        found.append({**taken, **own})
        if given[1] is not None:
            places[index] = given[1]
    return (found, places) if complete else None


def call(site: Site, arguments: Arguments) -> Called | None:
    """The template with its inputs; None, and findings, when that cannot be."""
    parameters, artifacts = check_supplied(site, arguments), check_artifacts(site, arguments)
    if parameters is None or artifacts is None or not _tags_are_closed(site):
        return None
    body, moved = _with_inputs(site.template, parameters, artifacts[0])
    for index, place in artifacts[1].items():
        moved[("inputs", "artifacts", index)] = place
    try:
        called = _substituted(site, body)
    except UnprintableValue as error:
        message = f"the value of {error.name} has control characters: it cannot take the place of a tag"
        site.context.problems.add("KAI153", message, arguments.place or site.below())
        return None
    return Called(called.body, called.leftover, moved)


def _with_inputs(
    template: Template, parameters: list[Object], artifacts: list[Object]
) -> tuple[Object, dict[tuple[str | int, ...], Place]]:
    body = dict(template.body)
    moved: dict[tuple[str | int, ...], Place] = {}
    if parameters or artifacts:
        body["inputs"] = {"parameters": parameters, "artifacts": artifacts}
    metadata: Any = template.home.spec.get("podMetadata")
    if metadata and template.place[-1:] != ("inline",):
        body["metadata"] = _merged_metadata(template, metadata, body.get("metadata", {}), moved)
    return body, moved


def _merged_metadata(template: Template, pod: Object, own: Object, moved: dict[tuple[str | int, ...], Place]) -> Object:
    found = dict(own)
    for kind in ("annotations", "labels"):
        more = {key: one for key, one in pod.get(kind, {}).items() if key not in own.get(kind, {})}
        if more:
            found[kind] = {**own.get(kind, {}), **more}
            for key in more:
                moved[("metadata", kind, key)] = (*template.home.place, "podMetadata", kind, key)
    return found


def _tags_are_closed(site: Site) -> bool:
    closed = True
    for path, text in texts(site.template.body):
        offset = unclosed(text)
        if offset is not None:
            closed = False
            site.add("KAI152", "a tag {{ is not closed by }}", *path, offset=offset)
    return closed


def _substituted(site: Site, body: Object) -> Called:
    context = site.context
    first = dict(context.variables)
    if site.template.kind in POD_KINDS:
        first["pod.name"] = context.placeholder()
    if "retryStrategy" in body:
        first.update((name, context.placeholder()) for name in _RETRIES)
    inputs = Substitution(first, {}).walk(body.get("inputs", {}))
    outputs = Substitution(first, {}).walk(body.get("outputs", {}))
    second = dict(first)
    for parameter in inputs.get("parameters", []):
        if "value" in parameter:
            second[f"inputs.parameters.{parameter.get('name', '')}"] = parameter["value"]
    second["inputs.parameters"] = json.dumps(inputs.get("parameters", []))
    for direction, value in (("inputs", inputs), ("outputs", outputs)):
        for artifact in value.get("artifacts", []):
            if artifact.get("path"):
                second[f"{direction}.artifacts.{artifact.get('name', '')}.path"] = artifact["path"]
    for parameter in outputs.get("parameters", []):
        if path := parameter.get("valueFrom", {}).get("path"):
            second[f"outputs.parameters.{parameter.get('name', '')}.path"] = path
    substitution = Substitution(first, second)
    return Called(substitution.walk(body), substitution.leftover)


def check_limits(site: Site, body: Object) -> None:
    """The fields that Argo looks at again for every call, because arguments may change them."""
    kind = kind_of(body)
    if body.get("resourceClaims") and kind not in POD_KINDS:
        message = f"resourceClaims are not for {kind_in_words(kind)} templates, which make no pod"
        site.add("KAI121", message, "resourceClaims")
    for name in ("timeout", "pendingTimeout"):
        if body.get(name) and not site.template.is_leaf:
            site.add("KAI121", f"{kind_in_words(kind)} templates take no {name}", name)
    if site.template.is_leaf and _WHOLE.fullmatch(body.get("timeout", "")):
        hint = f"write {body['timeout']}s"
        site.add("KAI124", f"the timeout {body['timeout']!r} has no unit", "timeout", hint=hint)


def check_again(site: Site, arguments: Arguments) -> None:
    """One more call of a template that was gone through before: only what depends on the arguments."""
    parameters = check_supplied(site, arguments)
    if check_artifacts(site, arguments) is None or parameters is None:
        return
    template = site.template
    values = {f"inputs.parameters.{one.get('name', '')}": one["value"] for one in parameters if "value" in one}
    if any(is_unprintable(value) for value in values.values()):
        call(site, arguments)
    timeout = template.body.get("timeout", "")
    if "{{" in timeout and unclosed(timeout) is None:
        try:
            text = Substitution(site.context.variables, {**site.context.variables, **values}).text(timeout)
        except UnprintableValue:
            return
        check_limits(site, {**template.body, "timeout": text})
