"""KAI351, KAI352 and KAI451: what is declared and never used."""

from __future__ import annotations

from collections.abc import Iterator

from kai_pipelines.check.codes import found
from kai_pipelines.check.finding import Finding
from kai_pipelines.check.judgment import parsed
from kai_pipelines.check.model import Document, Model, Template, text
from kai_pipelines.check.references import references
from kai_pipelines.check.scope import suggestion


def check(model: Model) -> Iterator[Finding]:
    """All faults of the family."""
    for document in model.documents:
        yield from _templates(document)
        yield from _parameters(document)
        yield from _unknown_parameters(document)


def _templates(document: Document) -> Iterator[Finding]:
    """Templates that no way from the entrypoint leads to; those of a WorkflowTemplate may be meant for others."""
    entry = text(document.spec.get("entrypoint"))
    if document.kind in ("WorkflowTemplate", "ClusterWorkflowTemplate") or entry not in document.templates:
        return
    if any("{{" in text(call.body.get("template")) for template in document.every for call in template.calls):
        return
    reached = {id(document.templates[entry])}
    open_ = [document.templates[entry], *(hook.target for hook in document.hooks if hook.target is not None)]
    reached |= {id(one) for one in open_}
    while open_:
        for call in open_.pop().calls:
            if call.target is not None and id(call.target) not in reached:
                reached.add(id(call.target))
                open_.append(call.target)
    for template in document.templates.values():
        if id(template) not in reached and template.name:
            message = f"nothing runs the template {template.name!r}"
            place = (*template.place, "name")
            yield found("unused-template", document.index, place, message, hint="take it out, or call it")


def _parameters(document: Document) -> Iterator[Finding]:
    read: dict[int, set[str]] = {}
    whole = set[int]()
    unclosed = {id(one.scope.template) for one in document.texts or () if one.unclosed is not None}
    for reference in references(document):
        template = reference.template
        if template is None or reference.path[0] != "inputs":
            continue
        if len(reference.path) < 3:
            whole.add(id(template))
        else:
            read.setdefault(id(template), set()).add(reference.path[2])
    for template in document.every:
        if (
            id(template) in whole
            or id(template) in unclosed
            or template.kind in ("", "plugin", "suspend")
            or _has_nested_tags(template)
        ):
            continue
        for name, port in template.parameters.items():
            if name and name not in read.get(id(template), ()):
                message = f"nothing reads the input parameter {name!r} of template {template.name!r}"
                place = (*port.place, "name")
                yield found("unused-parameter", document.index, place, message, hint="read it, or take it out")


def _has_nested_tags(template: Template) -> bool:
    """Whether what it reads cannot be known: a tag is made of others, or cannot be read itself."""
    return any(
        "{{" in tag.text or (tag.is_expression and parsed(tag.content) is None)
        for one in template.document.texts or ()
        if one.scope.template is template
        for tag in one.tags
    )


def _unknown_parameters(document: Document) -> Iterator[Finding]:
    """Tags of a WorkflowTemplate that read a parameter which it does not declare itself."""
    if document.kind not in ("WorkflowTemplate", "ClusterWorkflowTemplate") or not document.spec.get("entrypoint"):
        return
    for reference in references(document):
        path = reference.path
        if path[:2] != ("workflow", "parameters") or len(path) != 3:
            continue
        if path[2] != "json" and path[2] not in document.parameters:
            message = f"the template declares no parameter {path[2]!r}: only a workflow that uses it can give it"
            hint = suggestion(path[2], document.parameters) or "declare it in spec.arguments"
            place = reference.place
            yield found("unknown-parameter", document.index, place, message, hint=hint, offset=reference.offset)
