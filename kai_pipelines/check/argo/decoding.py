"""A document as Go reads it into Argo's types: known fields of the right type stay, everything else is a finding.

Two ways of reading: *strict*, as `argo lint` does (unknown fields are mistakes, a number is no text), and lenient, as
the API does (unknown fields are dropped, numbers become text where text is due). Inside the groups of `steps` Argo
always reads leniently, but for the fields of a step itself.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, NamedTuple, TypeAlias

from kai_pipelines.check.argo.kubernetes_fields import FIELDS as KUBERNETES
from kai_pipelines.check.argo.problems import Problems, similar
from kai_pipelines.check.argo.scalars import IN_WORDS, SCALARS, Malformed, WrongType, any_json, any_string, as_text
from kai_pipelines.check.argo.workflow_fields import FIELDS as WORKFLOW
from kai_pipelines.check.finding import Place

Object: TypeAlias = dict[str, Any]

MAX_DEPTH = 200
"""Levels of nesting that are read; Go has no such limit, Python's stack does."""


@dataclass(frozen=True, slots=True)
class Way:
    """How to read: see the module's docstring."""

    strict: bool
    exact_case: bool
    numbers_as_text: bool


STRICT = Way(strict=True, exact_case=True, numbers_as_text=False)
LENIENT = Way(strict=False, exact_case=False, numbers_as_text=True)


@dataclass(frozen=True, slots=True)
class _At:
    """The way to a value, written from its end; a `Place` is only made for a finding."""

    above: _At | None
    key: str | int
    depth: int = 0

    @property
    def place(self) -> Place:
        return () if self.above is None else (*self.above.place, self.key)

    def below(self, key: str | int) -> _At:
        return _At(self, key, self.depth + 1)


Read: TypeAlias = Callable[["Decoder", object, _At], object]
_MISSING = object()


class Decoder:
    """Reads one document; what does not fit is a finding and left out."""

    def __init__(self, problems: Problems, way: Way) -> None:
        self.problems = problems
        self.way = way

    def decode(self, document: Mapping[str, Any], kind: str) -> Object:
        """The document as an object of a kind."""
        try:
            value = reader(kind)(self, document, _At(None, ""))
        except RecursionError:
            value = self.wrong(document, f"nested less than {MAX_DEPTH} levels deep", _At(None, ""))
        return value if isinstance(value, dict) else {}

    def wrong(self, value: object, due: str, at: _At, *, malformed: bool = False) -> object:
        """A finding for a value that does not fit."""
        field = next((str(key) for key in reversed(at.place) if isinstance(key, str)), "document")
        if malformed:
            self.problems.add("KAI102", f"{field}: {_shown(value)} is not {due}", at.place)
        else:
            hint = _type_hint(value, due)
            self.problems.add("KAI101", f"{field} must be {due}, not {_shown(value)}", at.place, hint=hint)
        return _MISSING


def decode(kind: str, value: object) -> Object:
    """An object that is known to be right."""
    found = reader(kind)(Decoder(Problems(), LENIENT), value, _At(None, ""))
    return found if isinstance(found, dict) else {}


def _shown(value: object) -> str:
    if isinstance(value, Mapping):
        return "a mapping"
    if isinstance(value, list):
        return "a list"
    if isinstance(value, bool):
        return "true" if value else "false"
    text = repr(value) if isinstance(value, str) else str(value)
    return text if len(text) <= 60 else text[:57] + "..."


def _type_hint(value: object, due: str) -> str:
    if due == "text" and isinstance(value, bool):
        return "YAML 1.1 reads y, n, yes, no, on and off as true or false: put it in quotes"
    return "put it in quotes" if due == "text" and isinstance(value, (int, float)) else ""


@cache
def reader(kind: str) -> Read:
    """What reads a type as the field tables write it."""
    kind = kind.lstrip("*")
    if kind.startswith("[]"):
        return _list(reader(kind[2:]))
    if kind.startswith("{}"):
        return _mapping(reader(kind[2:]), reader(kind[2:]) is reader("string"))
    if kind == "steps":
        return _steps
    if kind == "plugin":
        return _plugin
    if kind in SCALARS:
        return _scalar(kind)
    return lambda decoder, value, at: _struct(decoder, value, at, kind)


def _scalar(kind: str) -> Read:
    read, words = SCALARS[kind], IN_WORDS.get(kind, kind)

    def scalar(decoder: Decoder, value: object, at: _At) -> object:
        try:
            if kind == "string" and decoder.way.numbers_as_text:
                return as_text(value)
            return read(value)
        except WrongType:
            return decoder.wrong(value, words, at)
        except Malformed as error:
            return decoder.wrong(value, str(error), at, malformed=True)

    return scalar


def _list(item: Read) -> Read:
    def read(decoder: Decoder, value: object, at: _At) -> object:
        if not isinstance(value, list):
            return decoder.wrong(value, "a list", at)
        found: list[object] = []
        for index, one in enumerate(value):
            decoded = _nothing(item) if one is None else item(decoder, one, _At(at, index, at.depth + 1))
            found.append(_nothing(item) if decoded is _MISSING else decoded)
        return found

    return read


def _nothing(item: Read) -> object:
    """Go's zero value for a list's item."""
    for kind, zero in (("string", ""), ("anystring", ""), ("json", None), ("steps", []), ("bool", False), ("int32", 0)):
        if item is reader(kind):
            return zero
    return {}


def _mapping(item: Read, texts: bool) -> Read:
    def read(decoder: Decoder, value: object, at: _At) -> object:
        if not isinstance(value, Mapping):
            return decoder.wrong(value, "a mapping", at)
        found: Object = {}
        for key, one in value.items():
            name = key if isinstance(key, str) else any_string(key)
            if one is None:
                found[name] = "" if texts else {}
                continue
            decoded = item(decoder, one, _At(at, name, at.depth + 1))
            if decoded is not _MISSING:
                found[name] = decoded
        return found

    return read


class Field(NamedTuple):
    """A field of a struct: its type, what reads it, and whether Go leaves it out when it is empty."""

    kind: str
    read: Read
    may_be_left_out: bool


@cache
def fields(kind: str) -> Mapping[str, Field]:
    """The fields of a struct by their names in JSON, in Go's order."""
    found: dict[str, Field] = {}
    for token in (WORKFLOW.get(kind) or KUBERNETES.get(kind) or "").split():
        if token.startswith("+"):
            found.update(fields(token[1:]))
            continue
        name, _, written = token.partition(":")
        bare = written.removesuffix("?")
        found[name] = Field(bare, reader(bare), bare != written)
    return found


@cache
def _folded(kind: str) -> Mapping[str, str]:
    return {name.lower(): name for name in fields(kind)}


def _struct(decoder: Decoder, value: object, at: _At, kind: str) -> object:
    if not isinstance(value, Mapping):
        return decoder.wrong(value, "a mapping", at)
    if at.depth > MAX_DEPTH:
        return decoder.wrong(value, f"nested less than {MAX_DEPTH} levels deep", at)
    known = fields(kind)
    found: Object = {}
    for key, one in value.items():
        field = known.get(key) if isinstance(key, str) else None
        name = key
        if field is None:
            name = None if decoder.way.exact_case else _folded(kind).get(str(key).lower())
            if name is None:
                _unknown(decoder, str(key), at, kind)
                continue
            field = known[name]
        if one is None:
            continue
        decoded = field.read(decoder, one, _At(at, key, at.depth + 1))
        if decoded is not _MISSING:
            found[name] = decoded
    return found


def _unknown(decoder: Decoder, key: str, at: _At, kind: str, *, always: bool = False) -> None:
    if decoder.way.strict or always:
        known = fields(kind)
        hint = similar(key, known) or _misplaced(key, at)
        decoder.problems.add("KAI100", f"{kind} has no field {key!r}", (*at.place, key), hint=hint)


def _misplaced(key: str, at: _At) -> str:
    elsewhere = [kind for kind in ("Template", "Container", "WorkflowSpec", "DAGTask") if key in fields(kind)]
    return f"it is a field of {elsewhere[0]}: check the indentation" if elsewhere and at.depth else ""


def _plugin(decoder: Decoder, value: object, at: _At) -> object:
    if not isinstance(value, Mapping) or len(value) != 1:
        return decoder.wrong(value, "a mapping with exactly one key, the plugin's name", at)
    return any_json(value)


def _steps(decoder: Decoder, value: object, at: _At) -> object:
    """One group of steps: a plain list, whose steps' own fields are always checked and nothing below them."""
    if not isinstance(value, list):
        return decoder.wrong(value, "a list of steps that run in parallel", at)
    inner = Decoder(decoder.problems, replace(decoder.way, strict=False, exact_case=False, numbers_as_text=False))
    known = fields("WorkflowStep")
    group: list[object] = []
    for index, step in enumerate(value):
        place = at.below(index)
        if step is None:
            group.append({})
            continue
        if not isinstance(step, Mapping):
            decoder.wrong(step, "a step: a mapping", place)
            group.append({})
            continue
        for key in step:
            if key not in known:
                _unknown(decoder, str(key), place, "WorkflowStep", always=True)
        group.append(_struct(inner, {key: one for key, one in step.items() if key in known}, place, "WorkflowStep"))
    return group
