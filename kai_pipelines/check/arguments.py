"""KAI30x: what calls give to templates, and whether the templates take it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from kai_pipelines.check.codes import found
from kai_pipelines.check.finding import Finding
from kai_pipelines.check.model import Call, Document, Model, Port, Template, as_text, items, mapping
from kai_pipelines.check.scope import suggestion

_ARTIFACT = re.compile(
    r"\{\{=?\s*(?:(?:tasks|steps)\.[-\w]+\.outputs|inputs|workflow\.outputs)\.artifacts\.[-\w]+\s*\}\}"
)
_PARAMETER = re.compile(
    r"\{\{=?\s*(?:(?:tasks|steps)\.[-\w]+\.outputs\.(?:parameters\.[-\w]+|result)"
    r"|(?:inputs|workflow)\.parameters\.[-\w]+)\s*\}\}"
)


def check(model: Model) -> Iterator[Finding]:
    """All faults of the family."""
    for document in model.documents:
        for template in document.every:
            for call in template.calls:
                yield from _call(call, document)
            yield from _defaults(template, document)
        for hook in document.hooks:
            if hook.place[-1] != "onExit":
                yield from _call(hook, document)


def _call(call: Call, document: Document) -> Iterator[Finding]:
    yield from _kinds(call, document)
    if call.target is not None:
        yield from _extra(call, call.target, document)
        yield from _enum(call, call.target, document)
    yield from _items(call, document)
    yield from _sequence(call, document)


def _extra(call: Call, target: Template, document: Document) -> Iterator[Finding]:
    """Arguments that the template does not take; one for the other kind of input is told as such."""
    shown = f"template {target.name!r}" if target.name else "the inline template"
    for name, port in call.parameters.items():
        if name in target.parameters or not name:
            continue
        if name in target.artifacts:
            message = f"{name!r} is an artifact of {shown}, and is given as a parameter"
            hint = "move it to arguments.artifacts"
            yield found("parameter-into-artifact", document.index, port.place, message, hint=hint)
        else:
            message, hint = f"{shown} has no input parameter {name!r}", _meant(name, target.parameters)
            yield found("extra-argument", document.index, (*port.place, "name"), message, hint=hint)
    for name, port in call.artifacts.items():
        if name in target.artifacts or not name:
            continue
        if name in target.parameters:
            message = f"{name!r} is a parameter of {shown}, and is given as an artifact"
            hint = "move it to arguments.parameters"
            yield found("artifact-into-parameter", document.index, port.place, message, hint=hint)
        else:
            message, hint = f"{shown} has no input artifact {name!r}", _meant(name, target.artifacts)
            yield found("extra-argument", document.index, (*port.place, "name"), message, hint=hint)


def _meant(name: str, known: dict[str, Port]) -> str:
    return suggestion(name, known) or "take the argument out, or declare the input"


def _kinds(call: Call, document: Document) -> Iterator[Finding]:
    for port in call.parameters.values():
        value = port.body.get("value")
        match = _ARTIFACT.search(value) if isinstance(value, str) else None
        if match is not None:
            hint = "give it under arguments.artifacts, with from:"
            message = f"the artifact {match[0]} is passed as a parameter"
            place = (*port.place, "value")
            yield found("artifact-into-parameter", document.index, place, message, hint=hint, offset=match.start())
    for port in call.artifacts.values():
        source = port.body.get("from")
        match = _PARAMETER.search(source) if isinstance(source, str) else None
        if match is not None:
            hint = "give it under arguments.parameters, or as raw: {data: …}"
            message = f"the parameter {match[0]} is passed as an artifact"
            place = (*port.place, "from")
            yield found("parameter-into-artifact", document.index, place, message, hint=hint, offset=match.start())


def _enum(call: Call, target: Template, document: Document) -> Iterator[Finding]:
    for name, port in call.parameters.items():
        taken = target.parameters.get(name)
        if taken is None:
            continue
        allowed = [as_text(one) for one in items(taken.body.get("enum"))]
        if allowed and port.constant is not None and port.constant not in allowed:
            message = f"{name} is {port.constant!r}, which is none of {', '.join(map(str, allowed))}"
            hint = suggestion(port.constant, map(str, allowed))
            yield found("not-in-enum", document.index, (*port.place, "value"), message, hint=hint)


def _defaults(template: Template, document: Document) -> Iterator[Finding]:
    for name, port in template.parameters.items():
        allowed = [as_text(one) for one in items(port.body.get("enum"))]
        default = port.default
        if allowed and default is not None and "{{" not in default and default not in allowed:
            message = f"the default of {name} is {default!r}, which is none of {', '.join(map(str, allowed))}"
            key = "default" if port.body.get("default") is not None else "value"
            yield found("not-in-enum", document.index, (*port.place, key), message)


def _items(call: Call, document: Document) -> Iterator[Finding]:
    value = call.body.get("withParam")
    if not isinstance(value, str) or not value or "{{" in value:
        return
    if problem := list_problem(value):
        hint = 'write a list as JSON: ["a", "b"], or use withItems'
        yield found("bad-items", document.index, (*call.place, "withParam"), f"withParam {problem}", hint=hint)


def list_problem(value: str) -> str:
    """Why a text is no JSON list; nothing when it is one."""
    try:
        made = json.loads(value)
    except RecursionError:
        return "is nested too deeply"
    except ValueError as error:
        return f"is not JSON: {error}"
    return "" if isinstance(made, list) else f"is JSON, but no list: {value[:40]}"


def _sequence(call: Call, document: Document) -> Iterator[Finding]:
    sequence = mapping(call.body.get("withSequence"))
    for name in ("start", "end", "count"):
        value = as_text(sequence.get(name))
        if value is not None and "{{" not in value and not re.fullmatch(r"[+-]?[0-9]+", value):
            message = f"{name} of withSequence is {value!r}, no whole number"
            yield found("bad-sequence", document.index, (*call.place, "withSequence", name), message)
    if sequence and sequence.get("end") is None and sequence.get("count") is None:
        message = "withSequence has neither count nor end"
        yield found("bad-sequence", document.index, (*call.place, "withSequence"), message, hint="give one of them")
    count = as_text(sequence.get("count"))
    if count is not None and re.fullmatch(r"-[0-9]+", count):
        place = (*call.place, "withSequence", "count")
        yield found("bad-sequence", document.index, place, f"count of withSequence is {count}")
