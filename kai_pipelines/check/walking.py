"""The texts of a manifest that have tags in them, each with its place and the scope it is read in."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from kai_pipelines.check.finding import Place
from kai_pipelines.check.model import Call, Document, Template
from kai_pipelines.check.scope import Scope
from kai_pipelines.expression import Tag
from kai_pipelines.expression.faults import CompileError
from kai_pipelines.expression.substitution import tags


@dataclass(frozen=True, slots=True)
class Text:
    """One text with tags."""

    place: Place
    value: str
    scope: Scope
    tags: tuple[Tag, ...]
    unclosed: int | None = None
    """Where a tag begins that does not end."""


_ORCHESTRATION = frozenset(("dag", "steps"))
_OWN_CALLS = frozenset(("inline", "hooks"))


def texts(document: Document) -> list[Text]:
    """Every text with tags of a document, collected once."""
    if document.texts is None:
        document.texts = list(_texts(document))
    return document.texts


def _texts(document: Document) -> Iterator[Text]:
    for key, value in document.spec.items():
        if key not in ("templates", "hooks", "templateDefaults"):
            yield from _inside(value, (*document.spec_place, key), Scope(document))
    for hook in document.hooks:
        if hook.place[-1] != "onExit":
            yield from _of_call(hook, Scope(document))
    for template in document.every:
        yield from _of_template(template)


def _of_template(template: Template) -> Iterator[Text]:
    scope = Scope(template.document, template)
    for key, value in template.body.items():
        if key not in _ORCHESTRATION:
            yield from _inside(value, (*template.place, key), scope)
        elif key == "dag" and isinstance(value, dict):
            yield from _inside(value.get("target"), (*template.place, key, "target"), scope)
    for call in template.calls:
        yield from _of_call(call, Scope(template.document, template, call))


def _of_call(call: Call, scope: Scope) -> Iterator[Text]:
    for key, value in call.body.items():
        if key not in _OWN_CALLS:
            yield from _inside(value, (*call.place, key), scope)


def _inside(value: object, place: Place, scope: Scope) -> Iterator[Text]:
    if isinstance(value, str):
        if "{{" in value:
            yield text_at(value, place, scope)
    elif isinstance(value, dict):
        for key, inner in value.items():
            if isinstance(inner, str | dict | list):
                yield from _inside(inner, (*place, key), scope)
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            if isinstance(inner, str | dict | list):
                yield from _inside(inner, (*place, index), scope)


def text_at(value: str, place: Place, scope: Scope) -> Text:
    """A text with its tags, up to one that does not end."""
    try:
        return Text(place, value, scope, tuple(tags(value)))
    except CompileError as error:
        whole = value[: error.position or 0]
        return Text(place, value, scope, tuple(tags(whole)), error.position)
