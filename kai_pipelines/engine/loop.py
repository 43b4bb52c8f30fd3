"""Loops: one task with items becomes one task for each (Argo, operator.go expandTask and processItem)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from kai_pipelines.engine.scope import EVERYTHING, Scope, fill
from kai_pipelines.errors import ExpressionError, ManifestError
from kai_pipelines.expression import should_execute

LOOPS = ("withItems", "withParam", "withSequence")


def is_loop(task: Mapping[str, Any]) -> bool:
    """Whether a task runs once for each of some items."""
    return any(key in task for key in LOOPS)


def expand(task: dict[str, Any], scope: Scope) -> list[dict[str, Any]]:
    """The tasks that a task with items stands for, each with its name, ``{{item}}`` filled in."""
    plain = {key: value for key, value in task.items() if key not in LOOPS}
    expanded = []
    for index, item in enumerate(_items(task)):
        known = {**scope, **_item_scope(item)}
        lenient = _is_false(task.get("when"))
        one: dict[str, Any] = fill(plain, known, strict=() if lenient else EVERYTHING)
        shown = _shown(item).replace("(", "").replace(")", "")
        expanded.append({**one, "name": f"{task['name']}({index}:{shown})"})
    return expanded


def _is_false(when: str | None) -> bool:
    try:
        return not should_execute(when or "")
    except ExpressionError:  # it speaks of the item
        return False


def _items(task: Mapping[str, Any]) -> list[Any]:
    if "withItems" in task:
        return list(task["withItems"])
    if "withSequence" in task:
        return _sequence(task["withSequence"])
    text = str(task["withParam"])
    try:
        items = json.loads(text)
    except ValueError as error:
        raise ManifestError(f"withParam value could not be parsed as a JSON list: {text.strip()}: {error}") from error
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
    form = sequence.get("format") or "%d"
    return [str(form) % number for number in numbers]


def _item_scope(item: Any) -> dict[str, Any]:
    scope: dict[str, Any] = {"item": _text(item)}
    if isinstance(item, dict):
        scope |= {f"item.{key}": _text(value) for key, value in item.items()}
    return scope


def _text(item: Any) -> str:
    return item if isinstance(item, str) else json.dumps(item, ensure_ascii=False, separators=(",", ":"))


def _shown(item: Any) -> str:
    if isinstance(item, dict):
        return ",".join(f"{key}:{_text(item[key])}" for key in sorted(item))
    return _text(item)
