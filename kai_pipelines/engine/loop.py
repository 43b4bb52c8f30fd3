"""Loops: one task with items becomes one task for each (Argo, operator.go expandTask and processItem)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from kai_pipelines.engine.scope import fill
from kai_pipelines.errors import ManifestError

_LOOPS = ("withItems", "withParam", "withSequence")


def is_loop(task: Mapping[str, Any]) -> bool:
    """Whether a task runs once for each of some items."""
    return any(key in task for key in _LOOPS)


def expand(task: dict[str, Any]) -> list[dict[str, Any]]:
    """The tasks that a task with items stands for, each with its name, ``{{item}}`` filled in."""
    plain = {key: value for key, value in task.items() if key not in _LOOPS}
    expanded = []
    for index, item in enumerate(_items(task)):
        one: dict[str, Any] = fill(plain, _item_scope(item))
        one["name"] = f"{task['name']}({index}:{_shown(item)})"
        expanded.append(one)
    return expanded


def _items(task: Mapping[str, Any]) -> list[Any]:
    if "withItems" in task:
        return list(task["withItems"])
    if "withSequence" in task:
        return _sequence(task["withSequence"])
    try:
        items = json.loads(task["withParam"])
    except ValueError as error:
        raise ManifestError(
            f"withParam value could not be parsed as a JSON list: {task['withParam']}: {error}"
        ) from error
    if not isinstance(items, list):
        raise ManifestError(f"withParam value could not be parsed as a JSON list: {task['withParam']}")
    return items


def _sequence(sequence: Mapping[str, Any]) -> list[str]:
    start = int(sequence.get("start", 0))
    if "count" in sequence:
        numbers = list(range(start, start + int(sequence["count"])))
    else:
        end = int(sequence["end"])
        numbers = list(range(start, end + 1)) if start <= end else list(range(start, end - 1, -1))
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
