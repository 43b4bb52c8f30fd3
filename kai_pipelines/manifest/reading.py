"""Bytes to documents: YAML and JSON as Argo reads them, and every fault with its line and column.

Reading goes by the events of libyaml, not by its nodes: duplicate keys, aliases that multiply and deep nesting are
seen while they are read, before anything is built from them. Nothing here raises for bad input; it is a fault.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, NoReturn

import yaml
from yaml._yaml import CParser

from kai_pipelines.manifest import scalars
from kai_pipelines.manifest.limits import MAX_BYTES, MAX_DEPTH, MAX_REPEATED, MAX_VALUES

Object = dict[str, Any]
_BOMS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
_FORBIDDEN = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
_SURROGATES = re.compile(r"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}")
_MERGE = "<<"
_PLAIN_BOOLEANS = frozenset(("true", "True", "TRUE", "false", "False", "FALSE"))


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a file cannot be read as it stands; lines and columns count from 1."""

    kind: str
    message: str
    line: int = 1
    column: int = 1
    hint: str = ""
    is_error: bool = True


@dataclass(slots=True)
class Reading:
    """What came of reading one file."""

    text: str = ""
    documents: list[Object] = field(default_factory=list)
    ordinals: list[int] = field(default_factory=list)
    """For each document which one of the file it is; empty ones and such that are no mappings count."""
    faults: list[Fault] = field(default_factory=list)


class _Stop(Exception):
    """A fault after which reading cannot go on."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.message)
        self.fault = fault


def read(data: bytes | str) -> Reading:
    """Every document of a file, and its faults."""
    reading = Reading()
    try:
        reading.text = _text(data)
        if reading.text.lstrip()[:1] in ("{", "[") and _read_json(reading):
            return reading
        _read_yaml(reading)
    except _Stop as stop:
        reading.faults.append(stop.fault)
    return reading


def _stop(kind: str, message: str, line: int = 1, column: int = 1, hint: str = "") -> NoReturn:
    raise _Stop(Fault(kind, message, line, column, hint))


# Bytes to text


def _text(data: bytes | str) -> str:
    if len(data) > MAX_BYTES:
        _stop("too-large", f"the file has {len(data):,} bytes; at most {MAX_BYTES:,} are read")
    text = data if isinstance(data, str) else _decoded(data)
    text = text.removeprefix("\ufeff")
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    found = _FORBIDDEN.search(text)
    if found is not None:
        line, column = place_of(text, found.start())
        _stop(
            "not-text",
            f"the character U+{ord(found[0]):04X} is not allowed",
            line,
            column,
            "this is a binary file, or text with a control character in it",
        )
    return text


def _decoded(data: bytes) -> str:
    encoding = next((name for mark, name in _BOMS if data.startswith(mark)), "utf-8")
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        before = data[: error.start].decode(encoding, "replace")
        line, column = place_of(before, len(before))
        _stop("not-text", f"not {encoding} text: {error.reason}", line, column, "save the file as UTF-8")


def place_of(text: str, index: int) -> tuple[int, int]:
    """Line and column, from 1, of an index into a text."""
    return text.count("\n", 0, index) + 1, index - (text.rfind("\n", 0, index) + 1) + 1


# JSON


def _read_json(reading: Reading) -> bool:
    """Whether the text is JSON; libyaml cannot read all of JSON's escapes."""
    twice: list[str] = []
    odd: list[str] = []

    def mapping(pairs: list[tuple[str, Any]]) -> Object:
        found = dict(pairs)
        if len(found) < len(pairs):
            names = [name for name, _ in pairs]
            twice.extend(sorted({name for name in names if names.count(name) > 1}))
        return found

    def constant(name: str) -> None:
        odd.append(name)

    try:
        value = json.loads(reading.text, object_pairs_hook=mapping, parse_constant=constant, parse_float=_json_float)
    except RecursionError:
        _stop("too-deep", f"nested more than {MAX_DEPTH} levels deep")
    except ValueError:
        return False
    if _depth(value) > MAX_DEPTH:
        _stop("too-deep", f"nested more than {MAX_DEPTH} levels deep")
    if twice or odd:
        again = Reading(text=yaml_text(reading.text))
        _read_yaml(again)  # for the places
        reading.faults += again.faults
    if odd and not any(fault.kind == "not-finite" for fault in reading.faults):
        reading.faults.append(_not_finite(odd[0], 1, 1))
    _add(reading, value, 0, 1, 1)
    return True


def _json_float(text: str) -> int | float:
    value = float(text)
    return scalars.as_json_number(value) if math.isfinite(value) else 1.7976931348623157e308


def _depth(value: object) -> int:
    depth, level = 0, [value]
    while level and depth <= MAX_DEPTH:
        depth += 1
        level = [inner for outer in level for inner in _inside(outer)]
    return depth


def _inside(value: object) -> Iterator[object]:
    if isinstance(value, dict):
        yield from value.values()
    elif isinstance(value, list):
        yield from value


def yaml_text(text: str) -> str:
    """The text with JSON's pairs of surrogates, which libyaml refuses, made harmless: no position changes."""
    return _SURROGATES.sub("x" * 12, text) if "\\u" in text else text


# YAML


def _add(reading: Reading, value: object, ordinal: int, line: int, column: int) -> None:
    if value is None:
        return
    if isinstance(value, dict):
        reading.documents.append(value)
        reading.ordinals.append(ordinal)
        return
    reading.faults.append(
        Fault("not-a-manifest", f"a manifest is a mapping, this is a {type(value).__name__}", line, column)
    )


def _read_yaml(reading: Reading) -> None:
    builder = _Builder(reading)
    parser = CParser(yaml_text(reading.text))
    try:
        while (event := parser.get_event()) is not None:
            builder.take(event)
    except yaml.YAMLError as error:
        raise _Stop(_syntax(error, reading.text)) from error
    finally:
        parser.dispose()


def _syntax(error: yaml.YAMLError, text: str) -> Fault:
    mark = getattr(error, "problem_mark", None)
    problem = str(getattr(error, "problem", None) or error)
    line, column = (mark.line + 1, mark.column + 1) if mark is not None else (1, 1)
    if "nesting depth" in problem:
        return Fault("too-deep", f"nested more than {MAX_DEPTH} levels deep", line, column)
    lines = text.split("\n", line)
    written = lines[line - 1] if line <= len(lines) else ""
    hint = ""
    if "\t" in written[: len(written) - len(written.lstrip())] or "'\\t'" in problem:
        hint = "YAML is indented with spaces, never with tabs"
    elif "mapping values are not allowed" in problem:
        hint = "put quotes around a text that has a colon followed by a blank in it"
    elif written.lstrip().startswith("{{") or ": {{" in written:
        hint = "put quotes around a value that starts with {{"
    elif "cannot start any token" in problem:
        hint = "put quotes around the text"
    return Fault("not-yaml", f"not valid YAML: {problem}", line, column, hint)


def _not_finite(text: str, line: int, column: int) -> Fault:
    return Fault("not-finite", f"{text} is a number that JSON cannot carry", line, column, "put quotes around it")


class _Level:
    """A mapping or a list that is being read."""

    __slots__ = ("anchor", "before", "key", "lines", "mark", "merged", "value")

    def __init__(self, value: Object | list[Any], anchor: str | None, before: int, mark: yaml.Mark) -> None:
        self.value = value
        self.anchor = anchor
        self.before = before
        self.mark = mark
        self.key: str | None = None
        self.lines: dict[str, int] = {}
        self.merged: list[Any] | None = None


class _Builder:
    """Values from events, with limits."""

    def __init__(self, reading: Reading) -> None:
        self.reading = reading
        self.levels: list[_Level] = []
        self.anchors: dict[str, tuple[Any, int]] = {}
        self.open_anchors: set[str] = set()
        self.count = 0
        self.repeated = 0
        self.ordinal = -1

    def take(self, event: Any) -> None:
        """One event of the parser."""
        kind = type(event)
        if kind is yaml.ScalarEvent:
            self.scalar(event)
        elif kind is yaml.MappingStartEvent:
            self.open({}, event)
        elif kind is yaml.SequenceStartEvent:
            self.open([], event)
        elif kind is yaml.MappingEndEvent or kind is yaml.SequenceEndEvent:
            self.close()
        elif kind is yaml.AliasEvent:
            self.alias(event)
        elif kind is yaml.DocumentStartEvent:
            self.ordinal += 1
            self.anchors.clear()

    def fault(self, kind: str, message: str, mark: yaml.Mark, hint: str = "", *, is_error: bool = True) -> None:
        """A fault after which reading goes on."""
        self.reading.faults.append(Fault(kind, message, mark.line + 1, mark.column + 1, hint, is_error))

    def scalar(self, event: Any) -> None:
        """A scalar, as a key or a value."""
        text, tag = event.value, event.tag
        if tag is None or tag == "!":
            value: object = text if event.style or tag else scalars.plain(text)
        else:
            value = self.tagged(event, tag, text)
        self.count += 1
        if self.count > MAX_VALUES:
            self.too_many(event.start_mark)
        if event.anchor:
            self.anchors[event.anchor] = (value, 1)
        levels = self.levels
        if levels and levels[-1].key is None and type(levels[-1].value) is dict:
            self.key(value, event, plain=event.style is None or event.style == "")
            return
        if isinstance(value, bool) and text not in _PLAIN_BOOLEANS and tag is None:
            word = "true" if value else "false"
            self.fault(
                "ambiguous", f"Argo reads {text} as {word}", event.start_mark, f"write {word}, or '{text}' for the text",
                is_error=False,
            )  # fmt: skip
        if isinstance(value, float) and not math.isfinite(value):
            fault = _not_finite(text, event.start_mark.line + 1, event.start_mark.column + 1)
            self.reading.faults.append(fault)
            value = text
        self.value(value, event.start_mark)

    def tagged(self, event: Any, tag: str, text: str) -> object:
        """A scalar with an explicit tag."""
        if tag not in scalars.KNOWN_TAGS:
            self.unknown_tag(tag, event.start_mark)
        try:
            return scalars.tagged(tag, text)
        except ValueError as error:
            self.fault("not-yaml", str(error), event.start_mark)
            return text

    def unknown_tag(self, tag: str, mark: yaml.Mark) -> None:
        """A tag such as ``!!python/object`` means nothing to Argo."""
        shown = tag.replace("tag:yaml.org,2002:", "!!")
        self.fault("unknown-tag", f"the tag {shown} means nothing in a manifest", mark, "leave it out", is_error=False)

    def key(self, value: object, event: Any, *, plain: bool) -> None:
        """A key of the mapping at hand; Go makes texts of numbers and booleans."""
        level = self.levels[-1]
        mark = event.start_mark
        if value is None or not isinstance(value, str | int | float):
            self.fault("bad-key", "a key is a text, this is null", mark, "write the key, or put quotes around it")
            level.key = ""
            return
        if isinstance(value, bool):
            word = "true" if value else "false"
            if event.value not in ("true", "false"):
                hint = f"put quotes around it: '{event.value}'"
                self.fault("ambiguous", f"Argo reads the key {event.value} as {word}", mark, hint, is_error=False)
            value = word
        name = value if isinstance(value, str) else str(value)
        if plain and name == _MERGE:
            level.merged = [] if level.merged is None else level.merged
            level.key = _MERGE
            return
        first = level.lines.get(name)
        if first is not None:
            self.fault(
                "duplicate-key",
                f"the key {name!r} is here a second time; the first is on line {first}",
                mark,
                "keep one of them",
            )
        else:
            level.lines[name] = mark.line + 1
        level.key = name

    def value(self, value: Any, mark: yaml.Mark) -> None:
        """A value: of a key, of a list, or of the document."""
        if not self.levels:
            _add(self.reading, value, self.ordinal, mark.line + 1, mark.column + 1)
            return
        level = self.levels[-1]
        target = level.value
        if isinstance(target, list):
            target.append(value)
        elif level.key == _MERGE and level.merged is not None:
            level.merged.append(value)
            level.key = None
        else:
            assert level.key is not None
            target[level.key] = value
            level.key = None

    def open(self, value: Object | list[Any], event: Any) -> None:
        """A mapping or a list begins."""
        mark = event.start_mark
        if len(self.levels) >= MAX_DEPTH:
            _stop("too-deep", f"nested more than {MAX_DEPTH} levels deep", mark.line + 1, mark.column + 1)
        if self.levels and self.levels[-1].key is None and type(self.levels[-1].value) is dict:
            what = "list" if type(value) is list else "mapping"
            hint = "put quotes around a value that starts with {{" if what == "mapping" else ""
            _stop("bad-key", f"a key is a text, this is a {what}", mark.line + 1, mark.column + 1, hint)
        if event.tag is not None and event.tag not in scalars.KNOWN_TAGS and event.tag != "!":
            self.unknown_tag(event.tag, mark)
        self.count += 1
        if self.count > MAX_VALUES:
            self.too_many(mark)
        if event.anchor:
            self.open_anchors.add(event.anchor)
        self.levels.append(_Level(value, event.anchor, self.count - 1, mark))

    def close(self) -> None:
        """A mapping or a list ends."""
        level = self.levels.pop()
        if level.merged is not None and isinstance(level.value, dict):
            level.value = self.with_merged(level.value, level.merged, level.mark)
        if level.anchor:
            self.open_anchors.discard(level.anchor)
            self.anchors[level.anchor] = (level.value, self.count - level.before)
        self.value(level.value, level.mark)

    def with_merged(self, own: Object, merged: list[Any], mark: yaml.Mark) -> Object:
        """The mapping with what its ``<<`` bring; its own keys stand."""
        result: Object = {}
        parts = [part for one in merged for part in (reversed(one) if isinstance(one, list) else [one])]
        for part in parts:
            if isinstance(part, dict):
                result.update(part)
            else:
                self.fault("not-yaml", "<< takes a mapping, or a list of mappings", mark)
        for name in own:
            result.pop(name, None)
        return {**result, **own}

    def alias(self, event: Any) -> None:
        """A value that stands elsewhere."""
        mark = event.start_mark
        if event.anchor in self.open_anchors:
            _stop("not-yaml", f"*{event.anchor} stands inside what it means", mark.line + 1, mark.column + 1)
        if event.anchor not in self.anchors:
            _stop("not-yaml", f"there is no anchor &{event.anchor}", mark.line + 1, mark.column + 1)
        value, size = self.anchors[event.anchor]
        self.count += size
        self.repeated += size
        if self.repeated > MAX_REPEATED or self.count > MAX_VALUES:
            _stop(
                "too-many-values",
                f"its aliases repeat more than {MAX_REPEATED:,} values",
                mark.line + 1,
                mark.column + 1,
                "write the parts out, or leave some away",
            )
        if self.levels and self.levels[-1].key is None and type(self.levels[-1].value) is dict:
            if not isinstance(value, str):
                _stop("bad-key", "a key is a text", mark.line + 1, mark.column + 1)
            self.key(value, _Quoted(value, mark), plain=False)
            return
        self.value(value, mark)

    def too_many(self, mark: yaml.Mark) -> NoReturn:
        """Refuse what is too large."""
        _stop("too-many-values", f"more than {MAX_VALUES:,} values", mark.line + 1, mark.column + 1)


@dataclass(frozen=True, slots=True)
class _Quoted:
    """A key that an alias brings, in the shape of an event."""

    value: str
    start_mark: yaml.Mark
