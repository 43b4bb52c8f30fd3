"""A template called with arguments: what it lacks, and what it looks like with its inputs substituted (ProcessArgs)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from kai_pipelines.check.argo.artifacts import has_location_or_key
from kai_pipelines.check.argo.context import Arguments, Context, Site
from kai_pipelines.check.argo.decoding import Object, decode
from kai_pipelines.check.argo.marshaled import marshal
from kai_pipelines.check.argo.problems import similar
from kai_pipelines.check.argo.scalars import atoi
from kai_pipelines.check.argo.tags import Leftover, Substitution, UnprintableValue, is_unprintable, texts, unclosed
from kai_pipelines.check.argo.templates import POD_KINDS, Template, kind_in_words, kind_of
from kai_pipelines.check.finding import Place
from kai_pipelines.errors import ExpressionError
from kai_pipelines.expression import substitute

ABSENT = "__argo-internal.absent-optional-output__"
"""As an argument's value it means that the argument is not given."""
_KEPT = ("path", "mode", "recurseMode")
"""What an input artifact keeps of its own when an argument takes its place."""
_RETRIES = ("retries", "lastRetry.exitCode", "lastRetry.status", "lastRetry.duration", "lastRetry.message")


_OWN = tuple((key,) for key in _KEPT)


@dataclass
class Called:
    """A template with its inputs substituted."""

    body: Object
    leftover: list[Leftover] = field(default_factory=list)
    moved: dict[tuple[str | int, ...], Place] = field(default_factory=dict)
    """Paths of the body whose text is written elsewhere in the document."""
    unclosed: Leftover | None = None
    """The first text with a `{{` that it does not close: tags then are those of the JSON, not of single texts."""

    @cached_property
    def _members(self) -> dict[tuple[str | int, ...], list[Leftover]]:
        found: dict[tuple[str | int, ...], list[Leftover]] = {}
        for one in self.leftover:
            found.setdefault(one.path[:3], []).append(one)
        return found

    def tagged(self, kind: str, *path: str | int) -> list[Leftover]:
        """The texts with tags at and below a path, where an object of a kind stands."""
        if self.unclosed is not None:
            value: Any = self.body
            for key in path:
                value = value[key] if not isinstance(value, dict) else value.get(key, "" if kind == "string" else {})
            text = value if kind == "string" else marshal(kind, value)
            return [Leftover(self.unclosed.path, text)] if "{{" in text else []
        if len(path) == 3:
            return self._members.get(path, [])
        size = len(path)
        return [one for one in self.leftover if one.path[:size] == path]

    def written_at(self, template: Template, leftover: Leftover, tag: str) -> tuple[Place, int | None]:
        """The place of a text, and the offset of a tag in it when the tag is written there just so."""
        offset = template.written(leftover.path).find(tag)
        return self.place(template, leftover.path), offset if offset >= 0 else None

    def place(self, template: Template, path: tuple[str | int, ...]) -> Place:
        """Where the text at a path is written."""
        for size in range(len(path), 0, -1):
            if path[:size] in self.moved and path[size : size + 1] not in _OWN:
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
        own: Object = {key: artifact[key] for key in _KEPT if key in artifact}
        taken = {key: one for key, one in given[0].items() if key not in _KEPT}
        found.append({**taken, **own})
        if given[1] is not None:
            places[index] = given[1]
    return (found, places) if complete else None


def call(site: Site, arguments: Arguments) -> Called | None:
    """The template with its inputs; None, and findings, when that cannot be."""
    parameters, artifacts = check_supplied(site, arguments), check_artifacts(site, arguments)
    if parameters is None or artifacts is None:
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
    if called is not None:
        called.moved = moved
    return called


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


def _substituted(site: Site, body: Object) -> Called | None:
    context = site.context
    first = dict(context.variables)
    if site.template.kind in POD_KINDS:
        first["pod.name"] = context.placeholder()
    if "retryStrategy" in body:
        first.update((name, context.placeholder()) for name in _RETRIES)
    broken = next((one for one in texts(body) if unclosed(one.text) is not None), None)
    if broken is not None:
        return _substituted_whole(site, body, first, broken)
    inputs = Substitution(first, {}).walk(body.get("inputs", {}))
    outputs = Substitution(first, {}).walk(body.get("outputs", {}))
    substitution = Substitution(first, _with_own(first, inputs, outputs))
    whole = substitution.walk(body)
    broken = next((one for one in substitution.leftover if unclosed(one.text) is not None), None)
    if broken is not None:
        return _substituted_whole(site, body, first, broken)
    return Called(whole, substitution.leftover)


def _substituted_whole(site: Site, body: Object, first: Mapping[str, str], broken: Leftover) -> Called | None:
    """The same in the JSON of the whole template, where a tag ends at the next `}}` wherever that is."""
    try:
        text = substitute(marshal("Template", body), first, allow_unresolved=True)
        half = json.loads(text)
        second = _with_own(first, half.get("inputs") or {}, half.get("outputs") or {})
        text = substitute(text, second, allow_unresolved=True)
    except ExpressionError as error:
        site.add("KAI152", error.message, *broken.path, offset=unclosed(broken.text))
        return None
    return Called(decode("Template", json.loads(text)), unclosed=broken)


def _with_own(first: Mapping[str, str], inputs: Object, outputs: Object) -> dict[str, str]:
    """The variables of the second pass: those of the first, and the template's own inputs and paths."""
    second = dict(first)
    for parameter in inputs.get("parameters") or []:
        if "value" in parameter:
            second[f"inputs.parameters.{parameter.get('name', '')}"] = parameter["value"]
    second["inputs.parameters"] = marshal("[]Parameter", inputs.get("parameters") or None)
    for direction, value in (("inputs", inputs), ("outputs", outputs)):
        for artifact in value.get("artifacts") or []:
            if artifact.get("path"):
                second[f"{direction}.artifacts.{artifact.get('name', '')}.path"] = artifact["path"]
    for parameter in outputs.get("parameters") or []:
        if path := (parameter.get("valueFrom") or {}).get("path"):
            second[f"outputs.parameters.{parameter.get('name', '')}.path"] = path
    return second


def check_limits(site: Site, body: Object) -> None:
    """The fields that Argo looks at again for every call, because arguments may change them."""
    kind = kind_of(body)
    if body.get("resourceClaims") and kind not in POD_KINDS:
        message = f"resourceClaims are not for {kind_in_words(kind)} templates, which make no pod"
        site.add("KAI121", message, "resourceClaims")
    for name in ("timeout", "pendingTimeout"):
        if body.get(name) and not site.template.is_leaf:
            site.add("KAI121", f"{kind_in_words(kind)} templates take no {name}", name)
    if site.template.is_leaf and atoi(body.get("timeout", "")) is not None:
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
