"""KAI404 to KAI408 and KAI452: hooks, recursion, limits, durations, and results that cannot be."""

from __future__ import annotations

import re
from collections.abc import Iterator

from kai_pipelines.check.codes import found
from kai_pipelines.check.finding import Finding, Place
from kai_pipelines.check.model import Call, Document, Model, Object, Template, as_text, mapping, text
from kai_pipelines.errors import ManifestError
from kai_pipelines.manifest.duration import parse_duration

_RESULT = re.compile(r"([a-zA-Z0-9][-a-zA-Z0-9]*?)\.([A-Z][a-zA-Z]+)")


def check(model: Model) -> Iterator[Finding]:
    """All faults of the family."""
    for document in model.documents:
        yield from _numbers(document.spec, document.spec_place, document)
        yield from _lifetime(document)
        for hook in document.hooks:
            yield from _hook(hook, document)
        for template in document.every:
            yield from _numbers(template.body, template.place, document)
            yield from _timeouts(template, document)
            yield from _recursion(template, document)
            for call in template.calls:
                yield from _call(call, document)


def _call(call: Call, document: Document) -> Iterator[Finding]:
    yield from _hook(call, document)
    given = [name for name in ("template", "templateRef", "inline") if call.body.get(name)]
    if len(given) > 1:
        message = f"{call.name!r} names its template {len(given)} times: {', '.join(given)}"
        yield found("template-shadowing", document.index, call.place, message, hint="keep one of them")
    yield from _results(call, document)


def _hook(call: Call, document: Document) -> Iterator[Finding]:
    of_task = call.kind == "hook" and call.of is not None and call.of.kind == "task"
    if of_task and call.place[-1] not in ("exit", "onExit") and not call.body.get("expression"):
        # Argo's own rule looks at the hooks of steps only.
        hint = "only the hook called exit runs without one"
        yield found("bad-hook", document.index, call.place, f"the hook {call.name!r} has no expression", hint=hint)
    if call.kind != "hook" or call.target is not None or call.body.get("templateRef") or document.is_open:
        return
    name = text(call.body.get("template"))
    if call.body.get("inline") or "{{" in name:
        return
    if not name:
        yield found("bad-hook", document.index, call.place, "the hook names no template")
    elif call.place[-1] != "onExit" or call.of is not None:
        place = call.place if call.place[-1] == "onExit" else (*call.place, "template")
        message = f"the hook runs the template {name!r}, which is not there"
        hint = f"there is {', '.join(one for one in document.templates if one)}"
        yield found("bad-hook", document.index, place, message, hint=hint)


# depends on results that cannot be


def _results(call: Call, document: Document) -> Iterator[Finding]:
    depends = text(call.body.get("depends"))
    for match in _RESULT.finditer(depends):
        other = call.owner.by_name.get(match[1])
        reason = "" if other is None else _impossible(other, match[2])
        if reason:
            message = f"{match[0]} is never true: {reason}"
            place = (*call.place, "depends")
            yield found("impossible-result", document.index, place, message, offset=match.start())


def _impossible(call: Call, result: str) -> str:
    if result == "Daemoned" and call.target is not None and call.target.effective("daemon") is not True:
        return f"template {call.target.name!r} is no daemon"
    if result == "Skipped" and not call.when and not call.loops:
        return f"{call.name!r} has no when"
    if result == "Omitted" and not call.body.get("depends") and not call.body.get("dependencies"):
        return f"{call.name!r} waits for nothing"
    return ""


# Limits and durations


def _numbers(body: Object, place: Place, document: Document) -> Iterator[Finding]:
    value = as_text(body.get("parallelism"))
    if value is not None and "{{" not in value and not (value.isdigit() and int(value) > 0):
        message = (
            f"parallelism is {value}: nothing would ever run"
            if value.lstrip("-").isdigit()
            else f"parallelism is {value!r}, no number"
        )
        yield found("bad-number", document.index, (*place, "parallelism"), message, hint="at least 1, or leave it out")
    deadline = as_text(body.get("activeDeadlineSeconds"))
    if deadline is not None and re.fullmatch(r"0|-[0-9]+", deadline):
        message = f"activeDeadlineSeconds is {deadline}: it must be more than 0"
        yield found("bad-number", document.index, (*place, "activeDeadlineSeconds"), message)


def _lifetime(document: Document) -> Iterator[Finding]:
    ttl = mapping(document.spec.get("ttlStrategy"))
    for name, value in ttl.items():
        if isinstance(value, int) and not isinstance(value, bool) and value < 0:
            place = (*document.spec_place, "ttlStrategy", name)
            yield found("bad-number", document.index, place, f"{name} is {value}: it must not be negative")
    delay = as_text(mapping(document.spec.get("podGC")).get("deleteDelayDuration"))
    if delay is not None:
        yield from _duration(delay, (*document.spec_place, "podGC", "deleteDelayDuration"), document)


def _timeouts(template: Template, document: Document) -> Iterator[Finding]:
    for name in ("timeout", "pendingTimeout"):
        value = as_text(template.body.get(name))
        if value:
            yield from _duration(value, (*template.place, name), document)
    suspend = mapping(template.body.get("suspend"))
    value = as_text(suspend.get("duration"))
    if value:
        yield from _duration(value, (*template.place, "suspend", "duration"), document)


def _duration(value: str, place: Place, document: Document) -> Iterator[Finding]:
    if "{{" in value:
        return
    try:
        parse_duration(value)
    except ManifestError as error:
        yield found("bad-duration", document.index, place, error.message, hint=error.hint or "")


# Recursion


def _recursion(template: Template, document: Document) -> Iterator[Finding]:
    """A template that always calls itself, directly or through others, whatever happens."""
    for call in template.calls:
        if call.kind != "hook" and _always(call) and call.target is not None and _comes_back(call.target, template):
            message = f"{template.name!r} always calls itself again, so it never ends"
            hint = "give the call a when"
            yield found("endless-recursion", document.index, call.place, message, hint=hint)


def _always(call: Call) -> bool:
    return not call.when and not call.loops and not call.body.get("depends")


def _comes_back(start: Template, wanted: Template) -> bool:
    seen = {id(start)}
    open_ = [start]
    while open_:
        template = open_.pop()
        if template is wanted:
            return True
        for call in template.calls:
            target = call.target
            if target is not None and call.kind != "hook" and _always(call) and id(target) not in seen:
                seen.add(id(target))
                open_.append(target)
    return False
