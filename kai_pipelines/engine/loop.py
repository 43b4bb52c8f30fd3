"""Loops: one task with items becomes one task for each (Argo, operator.go expandTask and processItem)."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from kai_pipelines.engine.scope import EVERYTHING, Scope, fill
from kai_pipelines.errors import ExpressionError, ManifestError
from kai_pipelines.expression import should_execute
from kai_pipelines.expression.gojson import RawNumber, marshal

MOST_PARTS = 100_000
"""Parts of one loop; a cluster keeps a workflow of so many nodes no more either."""
_BINARY = re.compile(r"%[-+ 0]*\d*b")
LOOPS = ("withItems", "withParam", "withSequence")


def is_loop(task: Mapping[str, Any]) -> bool:
    """Whether a task runs once for each of some items."""
    return any(task.get(key) not in (None, "", []) for key in LOOPS)


def expand(task: dict[str, Any], scope: Scope) -> list[dict[str, Any]]:
    """The tasks that a task with items stands for, each with its name, ``{{item}}`` filled in.

    Hooks speak of the task itself and wait until it runs.
    """
    plain = {key: value for key, value in task.items() if key not in {*LOOPS, "hooks"}}
    lenient = _is_false(task.get("when"))
    expanded = []
    for index, item in enumerate(_items(task, lenient=lenient)):
        known = {**scope, **_item_scope(item)}
        if lenient:
            known = {name: value for name, value in known.items() if value is not None}
        one: dict[str, Any] = fill(plain, known, strict=() if lenient else EVERYTHING)
        shown = _shown(item).replace("(", "").replace(")", "")
        one["name"] = f"{task['name']}({index}:{shown})"
        if "hooks" in task:
            one["hooks"] = fill(task["hooks"], _item_scope(item))
        expanded.append(one)
    return expanded


def _is_false(when: str | None) -> bool:
    try:
        return not should_execute(when or "")
    except ExpressionError:  # it speaks of the item
        return False


def _items(task: Mapping[str, Any], *, lenient: bool) -> list[Any]:
    try:
        return _read_items(task)
    except ManifestError:
        if lenient:  # what will not run need not be a list
            return []
        raise


def _read_items(task: Mapping[str, Any]) -> list[Any]:
    if task.get("withItems"):
        return list(task["withItems"])
    if task.get("withSequence") is not None:
        return _sequence(task["withSequence"])
    text = str(task["withParam"])
    try:
        items = json.loads(text, parse_int=RawNumber, parse_float=RawNumber)
    except ValueError as error:
        raise ManifestError(f"withParam value could not be parsed as a JSON list: {text.strip()}: {error}") from error
    if items is None:
        return []
    if not isinstance(items, list):
        raise ManifestError(f"withParam value could not be parsed as a JSON list: {text.strip()}")
    return items


def _sequence(sequence: Mapping[str, Any]) -> list[str]:
    try:
        start = int(str(sequence.get("start") or 0))
        count = int(str(sequence["count"])) if "count" in sequence else None
        end = int(str(sequence["end"])) if "end" in sequence else start + (count or 0) - 1
    except (KeyError, ValueError) as error:
        raise ManifestError(f"withSequence needs whole numbers and an end or a count: {dict(sequence)}") from error
    if count == 0 and "end" not in sequence:
        return []
    numbers = range(start, end + 1) if start <= end else range(start, end - 1, -1)
    if len(numbers) > MOST_PARTS:
        raise ManifestError(f"withSequence has {len(numbers):,} numbers; {MOST_PARTS:,} are the most that run here")
    form = str(sequence.get("format") or "%d")
    binary = _BINARY.search(form)
    try:
        if binary:  # its digits are those of a decimal number that Python can pad as Go does
            form = f"{form[: binary.end() - 1]}d{form[binary.end() :]}"
            return [form % int(f"{number:b}") for number in numbers]
        return [form % number for number in numbers]
    except (TypeError, ValueError) as error:
        raise ManifestError(f"withSequence: the format {form!r} does not fit a number: {error}") from error


def _item_scope(item: Any) -> dict[str, Any]:
    scope: dict[str, Any] = {"item": item if isinstance(item, str) else marshal(item, html=False)}
    if isinstance(item, dict):
        scope |= {f"item.{key}": _nested(value) for key, value in item.items()}
    return scope


def _shown(item: Any) -> str:
    """An item in a node's name; a text in it keeps the escapes that it has in JSON."""
    if isinstance(item, str):
        return marshal(item, html=False)[1:-1]
    if isinstance(item, dict):
        return ",".join(sorted(f"{key}:{_nested(value)}" for key, value in item.items()))
    if isinstance(item, list):
        return f"[{' '.join(_nested(one) for one in item)}]"
    return marshal(item, html=False)


def _nested(value: Any) -> str:
    return marshal(value, html=False)[1:-1] if isinstance(value, str) else marshal(value, html=False)
