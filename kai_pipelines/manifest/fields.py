"""Fields of a dict from outside: what has another shape than expected counts as absent."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any


def mapping(value: object, *keys: str) -> Mapping[str, Any]:
    """The mapping at `keys` below `value`, else an empty one."""
    for key in keys:
        value = value.get(key) if isinstance(value, Mapping) else None
    return value if isinstance(value, Mapping) else {}


def sequence(value: object) -> list[Any]:
    """The list itself, else an empty one."""
    return value if isinstance(value, list) else []


def mappings(value: object) -> list[Mapping[str, Any]]:
    """The mappings among the elements of a list."""
    return [one for one in sequence(value) if isinstance(one, Mapping)]


def text(value: object) -> str:
    """A scalar as a person would write it; lists and mappings as JSON, nothing as nothing."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (Mapping, list)):
        return json.dumps(value, ensure_ascii=False, default=str)
    return str(value)
