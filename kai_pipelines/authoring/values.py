"""Parameter values as text: the form in which they travel through a manifest, and back.

A value of text type (``str``, a `StrEnum`, a ``Literal`` of strings) travels as itself, so that a person
reads and types it in the Argo UI as it is. Every other value travels as JSON. What others do to text would
change some values on their way; those are escaped here, the only place that knows:

* Argo replaces ``{{tags}}`` in values again in later passes (workflow/common/util.go SubstituteParams).
* Argo writes a value into a template with Go's ``strconv.Quote``, whose ``\\x7f``, ``\\a`` or ``\\U000e0001`` for
  characters that are not printed is no JSON (util/template/simple_template.go).
* Argo, fanning in, parses values that all look like JSON objects or lists, and writes them anew without
  their escapes and with numbers as Go's float64 (workflow/controller/operator.go tryJSONUnmarshal).
* Kubernetes expands ``$(NAME)`` and ``$$`` in a container's arguments, and breaks a character beyond ASCII
  that follows a ``$`` (third_party/forked/golang/expansion/expand.go).

An escaped value is ``json:`` and a JSON string that holds the text or the JSON document.
"""

from __future__ import annotations

import json
import re
import types
from collections.abc import Sequence
from enum import Enum, StrEnum
from functools import cache
from typing import TYPE_CHECKING, Any, Literal, Union, get_args, get_origin

if TYPE_CHECKING:
    from pydantic import TypeAdapter

_ESCAPED = "json:"
_CHANGED = re.compile(r"\{\{|\$[$(]|\$[^\x00-\x7f]|[\x00-\x07\x0b\x0e-\x1f\x7f]")
"""Text that would not arrive as it is, but for what `_prints_badly` finds."""
_CHANGED_NUMBER = re.compile(r"(?<![0-9.])[0-9]{16}|NaN|Infinity")
"""Numbers of a JSON document that Go's float64 or its JSON does not know."""
_SURROGATE = re.compile(r"[\ud800-\udfff]")
_TO_ESCAPE = re.compile(r"(?<=\{)\{|[$\x7f]|[^\u0000-\uffff]")
"""The characters of an escaped value that are written as JSON escapes."""


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
        text = _as_text(value, annotation)
        return _escape(text) if _is_changed(text) or _is_taken_for_json(text) else text
    item = _item_annotation(annotation)
    if item is not None:
        if not isinstance(value, list | tuple):
            raise ValueError(f"{_shown(value)} is not {name_of(annotation)}")
        return "[" + ", ".join(element(encode(part, item), item) for part in value) + "]"
    adapter = _adapter(annotation)
    try:
        plain = adapter.dump_python(adapter.validate_python(value, strict=True), mode="json")
    except ValueError as error:
        raise ValueError(_reason(error, value, annotation)) from error
    if isinstance(plain, str) and plain.startswith(_ESCAPED):  # plain text may come here quoted, escaped already
        plain = _escape(plain)
    document = _whole(json.dumps(plain, ensure_ascii=False))
    return _escape(document) if _is_changed(document) or _CHANGED_NUMBER.search(document) else document


def element(text: str, annotation: Any) -> str:
    """An encoded value as an element of an encoded list: text and whatever is no plain JSON as a JSON string."""
    if is_text(annotation) or text.startswith(('"', _ESCAPED)):
        return json.dumps(text, ensure_ascii=False)
    return text


def decode(text: str, annotation: Any) -> Any:
    """The value of the annotated type that `text` stands for; raises ValueError with a plain reason."""
    plain = _unescape(text)
    if is_text(annotation):
        return _from_text(plain, annotation)
    item = _item_annotation(annotation)
    if item is not None:
        return [decode(part, item) for part in _elements(plain)]
    adapter = _adapter(annotation)
    try:
        value = adapter.validate_json(plain)
    except ValueError as error:
        try:
            return adapter.validate_json(json.dumps(plain))  # bare text, as a person types it
        except ValueError:
            raise ValueError(_reason(error, plain, annotation)) from error
    return _unescape(value) if type(value) is str else value


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
    return _whole(text)


def _whole(text: str) -> str:
    if _SURROGATE.search(text):
        raise ValueError(f"{_shown(text)} holds half a surrogate pair, which is no character")
    return text


def _from_text(text: str, annotation: Any) -> Any:
    allowed = choices(annotation)
    if allowed is None:
        return text
    for choice in allowed:
        if choice == text:
            return choice
    raise ValueError(f"{text!r} is not one of {_listed(allowed)}")


def _elements(text: str) -> list[str]:
    """The encoded values in an encoded list, whether Argo fanned them in or `encode` made it."""
    try:
        parts = json.loads(text)
    except ValueError as error:
        raise ValueError(f"{_shown(text)} is not a JSON list: {error}") from error
    if not isinstance(parts, list):
        raise ValueError(f"{_shown(text)} is not a JSON list")
    return [part if isinstance(part, str) else json.dumps(part, ensure_ascii=False) for part in parts]


def _item_annotation(annotation: Any) -> Any | None:
    return get_args(annotation)[0] if get_origin(annotation) in (list, Sequence) else None


def _is_changed(text: str) -> bool:
    return _CHANGED.search(text) is not None or _prints_badly(text)


def _prints_badly(text: str) -> bool:
    """Whether Go writes a character as eight hexadecimal digits."""
    return any(character > "\uffff" and not character.isprintable() for character in text)


def _is_taken_for_json(text: str) -> bool:
    return text.startswith(_ESCAPED) or text.lstrip()[:1] in ("{", "[")


def _escape(text: str) -> str:
    def escaped(match: re.Match[str]) -> str:
        character = match[0]
        return f"\\u{ord(character):04x}" if character < "\x80" else json.dumps(character)[1:-1]

    return _ESCAPED + _TO_ESCAPE.sub(escaped, json.dumps(text, ensure_ascii=False))


def _unescape(text: str) -> str:
    if not text.startswith(_ESCAPED):
        return text
    try:
        plain = json.loads(text[len(_ESCAPED) :])
    except ValueError:
        return text
    return plain if isinstance(plain, str) else text


def _listed(values: Sequence[object]) -> str:
    return ", ".join(str(value) if isinstance(value, str) else json.dumps(value) for value in values)


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "…" + text[-1]


def name_of(annotation: Any) -> str:
    """A type as an author writes it."""
    return annotation.__name__ if isinstance(annotation, type) else str(annotation).replace("typing.", "")


def _reason(error: ValueError, value: object, annotation: Any) -> str:
    reason = f"{_shown(value)} is not {name_of(annotation)}"
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
