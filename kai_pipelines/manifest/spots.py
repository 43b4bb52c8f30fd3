"""Where in a file a value stands: line and column for a way through the document, also inside a scalar.

A second reading of the text, made only when there is something to point at.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any, TypeAlias

import yaml
from yaml._yaml import CParser

from kai_pipelines.manifest.reading import place_of, yaml_text

Way: TypeAlias = tuple[str | int, ...]

_ESCAPE = re.compile(r"\\(?:x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|.)", re.DOTALL)
_BREAK = re.compile(r"[ \t]*\n")
_FIRST_LINE = re.compile(r"(?:[ ]*\n)*([ ]*)[^ \n]")
_PAIR = re.compile(r"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}")


@dataclass(frozen=True, slots=True)
class Spot:
    """A value in a file: where it starts and, for a scalar, how it is written."""

    start: int
    end: int
    style: str | None = None
    value: str | None = None
    """The text of a scalar as libyaml reads it; None for a mapping or a list."""


def find(text: str, wanted: Collection[tuple[int, Way]]) -> dict[tuple[int, Way], Spot]:
    """The spots of ways, each with the number of its document in the file.

    A way that leads nowhere has the spot of the last value on it that is there.
    """
    prefixes = {(ordinal, way[:size]) for ordinal, way in wanted for size in range(len(way) + 1)}
    spots = dict(_found(text, prefixes))
    nearest: dict[tuple[int, Way], Spot] = {}
    for ordinal, way in wanted:
        size = len(way)
        while size > 0 and (ordinal, way[:size]) not in spots:
            size -= 1
        nearest[ordinal, way] = spots.get((ordinal, way[:size]), Spot(0, 0))
    return nearest


def _found(text: str, prefixes: set[tuple[int, Way]]) -> Iterator[tuple[tuple[int, Way], Spot]]:
    """Each prefix that is there, with its spot; reading stops at what cannot be read."""
    parser = CParser(yaml_text(text))
    ordinal = -1
    # One entry for each open mapping or list: its way (None when nothing in it is wanted), the key or index at hand,
    # whether a key comes next, and whether it is a list.
    open_: list[list[Any]] = []
    try:
        while (event := parser.get_event()) is not None:
            kind = type(event)
            if kind is yaml.DocumentStartEvent:
                ordinal += 1
                continue
            if kind is yaml.MappingEndEvent or kind is yaml.SequenceEndEvent:
                open_.pop()
                continue
            starts = kind is yaml.MappingStartEvent or kind is yaml.SequenceStartEvent
            if not (starts or kind is yaml.ScalarEvent or kind is yaml.AliasEvent):
                continue
            if open_ and open_[-1][2]:
                level = open_[-1]
                level[1], level[2] = getattr(event, "value", None), False
                continue
            way = _way(open_)
            if way is not None and (ordinal, way) not in prefixes:
                way = None
            if way is not None:
                yield (ordinal, way), _spot(event, kind is yaml.ScalarEvent)
            if starts:
                is_list = kind is yaml.SequenceStartEvent
                open_.append([way, -1 if is_list else None, not is_list, is_list])
    except yaml.YAMLError:
        return
    finally:
        parser.dispose()


def _way(open_: list[list[Any]]) -> Way | None:
    """The way of the value that comes now; its level moves on."""
    if not open_:
        return ()
    level = open_[-1]
    if level[3]:
        level[1] += 1
    else:
        level[2] = True
    return None if level[0] is None else (*level[0], level[1])


def _spot(event: Any, is_scalar: bool) -> Spot:
    start, end = event.start_mark.index, event.end_mark.index
    return Spot(start, end, event.style or None, event.value) if is_scalar else Spot(start, end)


def line_and_column(text: str, spot: Spot, offset: int | None = None) -> tuple[int, int]:
    """Where a spot starts, or where character `offset` of its value stands; both count from 1."""
    if offset is None or spot.value is None:
        return place_of(text, spot.start)
    return place_of(text, _index(text, spot, offset))


def _index(text: str, spot: Spot, offset: int) -> int:
    """The index into the text of a character of a scalar's value."""
    if spot.style in ("|", ">"):
        return _in_block(text, spot, offset)
    if spot.style == '"':
        return _walk(_double_quoted(text, spot), offset, spot.end - 1)
    if spot.style == "'":
        return _walk(_single_quoted(text, spot), offset, spot.end - 1)
    return _walk(_folded(text, spot.start, spot.end), offset, spot.end)


def _walk(indices: Iterator[int], offset: int, otherwise: int) -> int:
    return next((index for number, index in enumerate(indices) if number == offset), otherwise)


def _breaks(text: str, start: int, end: int) -> tuple[int, int]:
    """For blanks and line breaks from `start`: where they end, and how many characters they are in the value."""
    at = start
    count = 0
    while at < end and text[at] in " \t\n":
        count += text[at] == "\n"
        at += 1
    return at, max(count - 1, 1)


def _folded(text: str, start: int, end: int) -> Iterator[int]:
    """The indices of a plain scalar's characters; a line break is one blank, or one fewer breaks."""
    at = start
    while at < end:
        rest = _BREAK.match(text, at, end)
        if rest is None:
            yield at
            at += 1
            continue
        after, count = _breaks(text, at, end)
        yield from [at] * count
        at = after


def _single_quoted(text: str, spot: Spot) -> Iterator[int]:
    at, end = spot.start + 1, spot.end - 1
    for index in _folded(text, at, end):
        if text[index] != "'" or (index - _first_quote(text, index, at)) % 2 == 0:
            yield index


def _first_quote(text: str, index: int, start: int) -> int:
    """The index of the first quote of the run that the one at `index` belongs to."""
    while index > start and text[index - 1] == "'":
        index -= 1
    return index


def _double_quoted(text: str, spot: Spot) -> Iterator[int]:
    at, end = spot.start + 1, spot.end - 1
    while at < end:
        if text[at] == "\\":
            escape = _PAIR.match(text, at, end) or _ESCAPE.match(text, at, end)
            after = escape.end() if escape is not None else at + 1
            if text[at + 1 : at + 2] == "\n":  # the line goes on without a break
                at = after
                while at < end and text[at] in " \t":
                    at += 1
                continue
            yield at
            at = after
        elif text[at] == "\n" or (text[at] in " \t" and _BREAK.match(text, at, end)):
            after, count = _breaks(text, at, end)
            yield from [at] * count
            at = after
        else:
            yield at
            at += 1


def _in_block(text: str, spot: Spot, offset: int) -> int:
    """The index of a character of a block scalar: its lines are found in the value one after the other."""
    assert spot.value is not None
    lines_start = text.find("\n", spot.start) + 1
    header = text[spot.start : lines_start]
    indent = _indent(text, lines_start, spot, header)
    at, done = lines_start, 0
    while 0 < at <= spot.end and at < len(text):
        stop = text.find("\n", at)
        stop = len(text) if stop < 0 else stop
        content = text[min(at + indent, stop) : stop]
        if content:
            while done < len(spot.value) and not spot.value.startswith(content, done):
                done += 1
            if offset < done + len(content) + 1:
                return min(at + indent + max(offset - done, 0), stop)
            done += len(content)
        at = stop + 1
    return spot.start


def _indent(text: str, start: int, spot: Spot, header: str) -> int:
    """How far the lines of a block scalar are indented."""
    explicit = re.match(r"[|>][-+]?([1-9])", header)
    first = _FIRST_LINE.match(text, start)
    found = len(first[1]) if first is not None else 0
    if explicit is None or spot.value is None:
        return found
    leading = len(spot.value.lstrip("\n")) - len(spot.value.lstrip("\n").lstrip(" "))
    return found - leading
