"""Where the findings of one object gather, each once."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

from kai_pipelines.check.finding import Finding, Place


class Problems:
    """The findings of one document, in the order in which they were met."""

    def __init__(self, document: int = 0) -> None:
        self._document = document
        self._found: dict[tuple[str, Place, str, int | None], Finding] = {}

    def add(self, code: str, message: str, place: Place, *, hint: str = "", offset: int | None = None) -> None:
        """Keep one finding; the same one twice counts once."""
        found = Finding(code, message, place, document=self._document, hint=hint, offset=offset)
        self._found.setdefault((code, place, message, offset), found)

    def __bool__(self) -> bool:
        return bool(self._found)

    @property
    def findings(self) -> list[Finding]:
        """All of them."""
        return list(self._found.values())


def similar(name: str, known: Iterable[str]) -> str:
    """A hint with the name that was probably meant; empty when none is near."""
    near = difflib.get_close_matches(name, list(known)[:2000], n=1, cutoff=0.7)
    return f"did you mean {near[0]!r}?" if near else ""
