"""One mistake that a rule has found."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

Place: TypeAlias = tuple[str | int, ...]
"""The way from the top of a document to a value: ``("spec", "templates", 0, "dag", "tasks", 2, "when")``."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What is wrong, where in which document, and what to do."""

    code: str
    """``KAI`` and three digits; the table of codes says what it means."""
    message: str
    place: Place
    document: int = 0
    """The index of the document among those that were given."""
    hint: str = ""
    offset: int | None = None
    """Where in the text at `place` the fault is, for expressions and tags."""
