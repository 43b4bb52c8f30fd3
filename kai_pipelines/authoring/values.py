"""Parameter values as text: the form in which they travel through a manifest, and back.

A value of text type (``str``, a `StrEnum`, a ``Literal`` of strings) travels as itself, so that a person
reads and types it in the Argo UI as it is. Every other value travels as JSON. Two things Argo does to
text would change a value on its way, and are escaped here, the only place that knows:

* Argo replaces ``{{tags}}`` in values again in later passes; an escaped text never contains ``{{``.
* Fanning in, Argo parses a list of values that all look like JSON objects or lists; an escaped text
  never does.

An escaped text is ``json:`` and the JSON string.
"""

from __future__ import annotations

import json
import types
from collections.abc import Sequence
from enum import Enum, StrEnum
from functools import cache
from typing import TYPE_CHECKING, Any, Literal, Union, get_args, get_origin

if TYPE_CHECKING:
    from pydantic import TypeAdapter

_ESCAPED = "json:"


def members(annotation: Any) -> tuple[Any, ...]:
    """The alternatives of a union, or the annotation alone."""
    if get_origin(annotation) in (Union, types.UnionType):
        return tuple(member for part in get_args(annotation) for member in members(part))
    return (annotation,)


def choices(annotation: Any) -> tuple[object, ...] | None:
    """Every value of an enum, a Literal, a bool or a union of those; None when the values are open."""
    values: list[object] = []
    for member in members(annotation):
        if get_origin(member) is Literal:
            values += get_args(member)
        elif isinstance(member, type) and issubclass(member, Enum):
            values += list(member)
        elif member is bool:
            values += [False, True]
        else:
            return None
    return tuple(values)


def is_text(annotation: Any) -> bool:
    """Whether values of this type travel as plain text."""

    def textual(member: Any) -> bool:
        if get_origin(member) is Literal:
            return all(isinstance(value, str) for value in get_args(member))
        return isinstance(member, type) and (member is str or issubclass(member, StrEnum))

    return all(textual(member) for member in members(annotation))


def encode(value: object, annotation: Any) -> str:
    """The text that `decode` turns back into `value`; raises ValueError when it is not of the type."""
    if is_text(annotation):
        return _escape(_as_text(value, annotation))
    adapter = _adapter(annotation)
    try:
        plain = adapter.dump_python(adapter.validate_python(value, strict=True), mode="json")
    except ValueError as error:
        raise ValueError(_reason(error, repr(value), annotation)) from error
    item = _item_annotation(annotation)
    if item is not None and is_text(item):
        plain = [_escape(text) for text in plain]
    elif isinstance(plain, str):
        plain = _escape(plain)
    return _without_tags(json.dumps(plain, ensure_ascii=False))


def decode(text: str, annotation: Any) -> Any:
    """The value of the annotated type that `text` stands for; raises ValueError with a plain reason."""
    if is_text(annotation):
        return _from_text(_unescape(text), annotation)
    item = _item_annotation(annotation)
    if item is not None and is_text(item):
        return [_from_text(_unescape(part), item) for part in _text_items(text)]
    try:
        value = _adapter(annotation).validate_json(text)
        return _unescape(value) if type(value) is str else value
    except ValueError as error:
        if str in members(annotation) and not text.startswith('"'):  # a person typed the bare text
            return text
        raise ValueError(_reason(error, text, annotation)) from error


def _as_text(value: object, annotation: Any) -> str:
    allowed = choices(annotation)
    if allowed is not None:
        # An enum's member equals its text; the type must match too, so that a Literal or another enum is refused.
        if not any(type(value) is type(choice) and value == choice for choice in allowed):
            raise ValueError(f"{value!r} is not one of {_listed(allowed)}")
    elif not isinstance(value, str):
        raise ValueError(f"{value!r} is not text")
    text = str(value)
    if "\0" in text:
        raise ValueError("text with a NUL character cannot be passed to a program")
    return text


def _from_text(text: str, annotation: Any) -> Any:
    allowed = choices(annotation)
    if allowed is None:
        return text
    for choice in allowed:
        if choice == text:
            return choice
    raise ValueError(f"{text!r} is not one of {_listed(allowed)}")


def _text_items(text: str) -> list[str]:
    try:
        items = json.loads(text)
    except ValueError as error:
        raise ValueError(f"{_short(text)} is not a JSON list: {error}") from error
    if not isinstance(items, list):
        raise ValueError(f"{_short(text)} is not a JSON list")
    return [part if isinstance(part, str) else json.dumps(part, ensure_ascii=False) for part in items]


def _item_annotation(annotation: Any) -> Any | None:
    return get_args(annotation)[0] if get_origin(annotation) in (list, Sequence) else None


def _escape(text: str) -> str:
    if "{{" in text or text.startswith(_ESCAPED) or text.lstrip()[:1] in ("{", "["):
        return _ESCAPED + _without_tags(json.dumps(text, ensure_ascii=False))
    return text


def _unescape(text: str) -> str:
    if not text.startswith(_ESCAPED):
        return text
    try:
        plain = json.loads(text[len(_ESCAPED) :])
    except ValueError:
        return text
    return plain if isinstance(plain, str) else text


def _without_tags(document: str) -> str:
    # Two opening braces meet only inside a JSON string, where one may be written as an escape.
    return document.replace("{{", "{\\u007b")


def _listed(values: Sequence[object]) -> str:
    return ", ".join(str(value) if isinstance(value, str) else json.dumps(value) for value in values)


def _short(text: str) -> str:
    return repr(text if len(text) <= 60 else text[:57] + "…")


def _reason(error: ValueError, text: str, annotation: Any) -> str:
    kind = annotation.__name__ if isinstance(annotation, type) else str(annotation).replace("typing.", "")
    reason = f"{_short(text)} is not {kind}"
    details = getattr(error, "errors", None)
    if details is None:
        return reason
    first = details(include_url=False)[0]
    if first["type"] == "json_invalid":
        return reason
    place = ".".join(str(part) for part in first["loc"])
    return f"{reason}: {place + ': ' if place else ''}{first['msg']}"


@cache
def _adapter(annotation: Any) -> TypeAdapter[Any]:
    from pydantic import TypeAdapter  # on first use: text needs none of it

    return TypeAdapter(annotation)
