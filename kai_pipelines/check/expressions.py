"""KAI20x: tags and expressions, wherever they stand."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator

from kai_pipelines.check.codes import found
from kai_pipelines.check.finding import Finding, Place
from kai_pipelines.check.judgment import judge
from kai_pipelines.check.model import Call, Document, Model, Template, items, mapping, objects, text
from kai_pipelines.check.scope import Scope
from kai_pipelines.check.walking import Text, text_at, texts

_ROOTS = ("workflow", "inputs", "outputs", "tasks", "steps", "item", "pod", "node", "lastRetry", "retries")
_KNOWN = frozenset((*_ROOTS, "cronworkflow"))
_MEANT = re.compile(r"\{\{\s*(?:=|(?:workflow|inputs|outputs|tasks|steps|item|pod|lastRetry)\b)")
"""The beginning of a tag; Argo leaves other texts with two braces, such as code, as they are."""
_LOOKS_LIKE_VARIABLE = re.compile(r"[A-Za-z]+(?:\.[-\w]+)+")


def check(model: Model) -> Iterator[Finding]:
    """All faults of the family."""
    for document in model.documents:
        for one in texts(document):
            yield from _tags(one, document)
        for template in document.every:
            yield from _fields(template)
            for call in template.calls:
                yield from _hook(call, Scope(document, template, call))
        for hook in document.hooks:
            yield from _hook(hook, Scope(document))
        yield from _cron(document)


def _tags(one: Text, document: Document) -> Iterator[Finding]:
    if one.unclosed is not None and _MEANT.match(one.value, one.unclosed):
        hint = "close it with }}"
        yield found("unclosed-tag", document.index, one.place, "{{ is not closed", hint=hint, offset=one.unclosed)
    for tag in one.tags:
        if tag.is_expression:
            start = tag.position + 3
            yield from _judged(tag.content, one.place, one.scope, start, boolean=False)
        elif "{{" not in tag.text:
            yield from _simple(tag.content, tag.position + len(tag.text) - len(tag.text.lstrip()) + 2, one, document)


def _judged(
    expression: str, place: Place, scope: Scope, start: int = 0, *, boolean: bool, rule: str = ""
) -> Iterator[Finding]:
    for fault in judge(expression, scope, boolean=boolean):
        name = rule if rule and fault.rule in ("bad-expression", "mismatched-types") else fault.rule
        offset = start + fault.offset
        yield found(name, scope.document.index, place, fault.message, hint=fault.hint, offset=offset)


def _simple(name: str, offset: int, one: Text, document: Document) -> Iterator[Finding]:
    """A plain tag: Argo reports what it does not know below `inputs.`, `tasks.` and so on, and leaves the rest."""
    root = name.partition(".")[0]
    if root in ("item", "retries", "lastRetry"):
        unknown = one.scope.unknown(name.split("."))
        if unknown is None and root == "item" and _outside_loop(one.scope):
            message, hint = "there is no item here", "pass the item to the template as an argument"
        elif unknown is None:
            return
        else:
            message, hint = unknown.message, unknown.hint
        yield found("unknown-name", document.index, one.place, message, hint=hint, offset=offset)
    elif root not in _KNOWN and _LOOKS_LIKE_VARIABLE.fullmatch(name):
        near = difflib.get_close_matches(root, _ROOTS, n=1, cutoff=0.75)
        if near:
            message = f"{{{{{name}}}}} is no variable, it stays as it is"
            yield found(
                "misspelt-variable", document.index, one.place, message, hint=f"did you mean {near[0]}?", offset=offset
            )


def _outside_loop(scope: Scope) -> bool:
    """Whether a tag stands in a template, where no item is, and not in one that is inline in a loop."""
    template = scope.template
    if scope.call is not None or template is None:
        return False
    return not any(call.loops for call in template.callers if template.place[-1:] == ("inline",))


def _fields(template: Template) -> Iterator[Finding]:
    """Fields that are expressions without braces."""
    scope = Scope(template.document, template)
    for port in template.output_parameters.values():
        if expression := text(mapping(port.body.get("valueFrom")).get("expression")):
            yield from _judged(expression, (*port.place, "valueFrom", "expression"), scope, boolean=False)
    for port in template.output_artifacts.values():
        if expression := text(port.body.get("fromExpression")):
            yield from _judged(expression, (*port.place, "fromExpression"), scope, boolean=False)
    for call in template.calls:
        for port in call.artifacts.values():
            if expression := text(port.body.get("fromExpression")):
                where = (*port.place, "fromExpression")
                yield from _judged(expression, where, Scope(template.document, template, call), boolean=False)
    http = mapping(template.body.get("http"))
    if (condition := text(http.get("successCondition"))) and "{{" not in condition:
        special = Scope(template.document, template, special="http")
        yield from _judged(condition, (*template.place, "http", "successCondition"), special, boolean=True)
    yield from _data(template)


def _data(template: Template) -> Iterator[Finding]:
    special = Scope(template.document, template, special="data")
    for index, step in objects(items(mapping(template.body.get("data")).get("transformation"))):
        if (expression := text(step.get("expression"))) and "{{" not in expression:
            where = (*template.place, "data", "transformation", index, "expression")
            yield from _judged(expression, where, special, boolean=False)


def _hook(call: Call, scope: Scope) -> Iterator[Finding]:
    expression = text(call.body.get("expression"))
    if call.kind == "hook" and expression and "{{" not in expression:
        yield from _judged(expression, (*call.place, "expression"), scope, boolean=True)


def _cron(document: Document) -> Iterator[Finding]:
    if document.kind != "CronWorkflow":
        return
    scope = Scope(document, special="cron")
    spec = mapping(document.body.get("spec"))
    stop = text(mapping(spec.get("stopStrategy")).get("expression"))
    if stop and "{{" not in stop:
        yield from _judged(stop, ("spec", "stopStrategy", "expression"), scope, boolean=True)
    if when := text(spec.get("when")):
        yield from _tags(text_at(when, ("spec", "when"), scope), document)
