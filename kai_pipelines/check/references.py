"""What reads what: each text's variables as paths, from plain tags and from expressions alike."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from kai_pipelines.check.finding import Place
from kai_pipelines.check.judgment import parsed
from kai_pipelines.check.model import Call, Document, Template, mapping, text
from kai_pipelines.check.walking import texts


@dataclass(frozen=True, slots=True)
class Reference:
    """One variable that is read."""

    path: tuple[str, ...]
    place: Place
    offset: int
    template: Template | None
    call: Call | None
    is_expression: bool
    guarded: bool = False
    """Whether an expression has something for its absence."""
    whole: bool = False
    """Whether the tag is all of the text."""


def references(document: Document) -> list[Reference]:
    """Every variable that a document reads, in order; collected once."""
    if document.references is None:
        document.references = list(_references(document))
    return document.references


def _references(document: Document) -> Iterator[Reference]:
    for one in texts(document):
        template, call = one.scope.template, one.scope.call
        for tag in one.tags:
            if tag.is_expression:
                yield from _of_expression(tag.content, one.place, tag.position + 3, template, call)
            elif "{{" not in tag.text:
                whole = len(tag.text) + 4 == len(one.value)
                offset = tag.position + 2 + len(tag.text) - len(tag.text.lstrip())
                path = tuple(tag.content.split("."))
                yield Reference(path, one.place, offset, template, call, False, whole=whole)
    for template in document.every:
        for port in template.output_parameters.values():
            if expression := text(mapping(port.body.get("valueFrom")).get("expression")):
                where: Place = (*port.place, "valueFrom", "expression")
                yield from _of_expression(expression, where, 0, template, None)
        for port in template.output_artifacts.values():
            if expression := text(port.body.get("fromExpression")):
                yield from _of_expression(expression, (*port.place, "fromExpression"), 0, template, None)
        for call in template.calls:
            for port in call.artifacts.values():
                if expression := text(port.body.get("fromExpression")):
                    yield from _of_expression(expression, (*port.place, "fromExpression"), 0, template, call)
            if (expression := text(call.body.get("expression"))) and call.kind == "hook":
                yield from _of_expression(expression, (*call.place, "expression"), 0, template, call)


def _of_expression(
    expression: str, place: Place, start: int, template: Template | None, call: Call | None
) -> Iterator[Reference]:
    made = parsed(expression)
    for path in made[1] if made is not None else ():
        offset = start + path.positions[0]
        yield Reference(path.parts, place, offset, template, call, True, path.guarded)
