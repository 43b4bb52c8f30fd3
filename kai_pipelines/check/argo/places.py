"""Where a tag is written that is left over after substitution."""

from __future__ import annotations

from typing import Any

from kai_pipelines.check.argo.calls import Called
from kai_pipelines.check.argo.tags import Leftover
from kai_pipelines.check.argo.templates import Template
from kai_pipelines.check.finding import Place


def written_at(template: Template, called: Called, leftover: Leftover, tag: str) -> tuple[Place, int | None]:
    """The place of the text, and the tag's offset in it when it is written there just so."""
    place = called.place(template, leftover.path)
    offset = _original(template, leftover).find(tag)
    return place, offset if offset >= 0 else None


def _original(template: Template, leftover: Leftover) -> str:
    """The text as it is written in the template; the key itself, if the tag is in a key."""
    value: Any = template.body
    for key in leftover.path:
        try:
            value = value[key]
        except (KeyError, IndexError, TypeError):
            return str(key)
    return value if isinstance(value, str) else ""
