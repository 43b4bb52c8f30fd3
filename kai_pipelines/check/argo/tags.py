"""The tags of a template as Argo's validator substitutes them: what is known becomes a value, the rest stays.

Argo substitutes in the JSON of the whole template. Here each text is taken by itself, which comes to the same as long
as every `{{` closes in its own text; `unclosed` finds the texts for which it does not.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from kai_pipelines.errors import ExpressionError
from kai_pipelines.expression import substitute_text

TAG = re.compile(r"\{\{(.*?)\}\}", re.DOTALL)
_BLANK = " \x85\xa0"
"""What Go trims from a tag: other white space is escaped in JSON and stays part of the name."""
PLACEHOLDER = "__argo__internal__placeholder-"
_UNPRINTABLE = re.compile("[\\x00-\\x07\\x0b\\x0e-\\x1f\\x7f]")
_QUOTED = re.compile(r"'[^']*'|\"[^\"]*\"|`[^`]*`")
_LATER = re.compile(r"\b(?:tasks|steps|item|outputs|lastRetry|retries)\b")
"""Names that are never known while a template is validated: an expression with one of them cannot be evaluated."""


class Leftover(NamedTuple):
    """A text that still has tags after substitution."""

    path: tuple[str | int, ...]
    text: str


class UnprintableValue(Exception):
    """A value that cannot stand in JSON where Go puts it."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


def name_of(tag: str) -> str:
    """What a simple tag refers to."""
    return tag.strip(_BLANK)


def unclosed(text: str) -> int | None:
    """The offset of a `{{` that nothing closes; None when all are closed."""
    at = 0
    while (start := text.find("{{", at)) >= 0:
        end = text.find("}}", start + 2)
        if end < 0:
            return start
        at = end + 2
    return None


def is_unprintable(value: str) -> bool:
    """Whether Go's quoting of a text is no JSON: control characters, and letters beyond U+FFFF that nobody can print."""
    if _UNPRINTABLE.search(value):
        return True
    return (
        any(ord(character) > 0xFFFF and not character.isprintable() for character in value)
        if not value.isascii()
        else False
    )


def replaced(text: str, known: Mapping[str, str], results: dict[str, str]) -> str:
    """The text with every tag that is known replaced by its value; raises UnprintableValue.

    `results` keeps what the expressions give, by their text.
    """
    if "{{" not in text:
        return text
    parts: list[str] = []
    at = 0
    for match in TAG.finditer(text):
        parts += (text[at : match.start()], _one(match[1], known, results))
        at = match.end()
    parts.append(text[at:])
    return "".join(parts)


def _one(tag: str, known: Mapping[str, str], results: dict[str, str]) -> str:
    if tag.startswith("="):
        if tag not in results:
            results[tag] = _expression(tag, known)
        return results[tag]
    name = name_of(tag)
    value = known.get(name)
    if value is not None:
        return _fit(name, value)
    inner = tag.rfind("{{")
    if inner > 0 and tag[inner + 2 :] in known:
        name = tag[inner + 2 :]
        return "{{" + tag[:inner] + _fit(name, known[name])
    return "{{" + tag + "}}"


def _fit(name: str, value: str) -> str:
    if is_unprintable(value):
        raise UnprintableValue(name)
    return value


def _expression(tag: str, known: Mapping[str, str]) -> str:
    written = "{{" + tag + "}}"
    if _LATER.search(_QUOTED.sub("", tag)):
        return written
    try:
        return substitute_text(written, known, allow_unresolved=True)
    except ExpressionError:
        return written


def texts(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[Leftover]:
    """Every text with a `{{` in it, keys of mappings too, with the way to it."""
    if isinstance(value, str):
        if "{{" in value:
            yield Leftover(path, value)
    elif isinstance(value, dict):
        for key, one in value.items():
            if "{{" in key:
                yield Leftover((*path, key), key)
            if isinstance(one, (str, dict, list)):
                yield from texts(one, (*path, key))
    elif isinstance(value, list):
        for index, one in enumerate(value):
            if isinstance(one, (str, dict, list)):
                yield from texts(one, (*path, index))


class Substitution:
    """One walk over a template that replaces tags in two passes, as Argo does, and keeps what is left over."""

    def __init__(self, first: Mapping[str, str], second: Mapping[str, str]) -> None:
        self.first = first
        self.second = second
        self.leftover: list[Leftover] = []
        self._results: tuple[dict[str, str], dict[str, str]] = ({}, {})

    def text(self, text: str) -> str:
        """A text after both passes."""
        return replaced(replaced(text, self.first, self._results[0]), self.second, self._results[1])

    def walk(self, value: Any, path: tuple[str | int, ...] = ()) -> Any:
        """The value with its texts replaced; parts without tags are shared, not copied."""
        if isinstance(value, str):
            return self._kept(value, path) if "{{" in value else value
        if isinstance(value, dict):
            return self._mapping(value, path)
        if isinstance(value, list):
            return self._list(value, path)
        return value

    def _kept(self, value: str, path: tuple[str | int, ...]) -> str:
        text = self.text(value)
        if "{{" in text:
            self.leftover.append(Leftover(path, text))
        return text

    def _mapping(self, value: dict[str, Any], path: tuple[str | int, ...]) -> dict[str, Any]:
        if "{{" in "".join(value):
            return {
                self._kept(key, (*path, key)) if "{{" in key else key: self.walk(one, (*path, key))
                for key, one in value.items()
            }
        changed: dict[str, Any] = {}
        for key, one in value.items():
            if isinstance(one, (str, dict, list)):
                new = self.walk(one, (*path, key))
                if new is not one:
                    changed[key] = new
        return {**value, **changed} if changed else value

    def _list(self, value: list[Any], path: tuple[str | int, ...]) -> list[Any]:
        found = value
        for index, one in enumerate(value):
            if isinstance(one, (str, dict, list)):
                new = self.walk(one, (*path, index))
                if new is not one:
                    if found is value:
                        found = list(value)
                    found[index] = new
        return found
