"""Where the findings of one object gather, each once."""

from __future__ import annotations

import difflib
import itertools
from collections.abc import Iterable

from kai_pipelines.check.finding import Finding, Place


class Problems:
    """The findings of one document, in the order in which they were met."""

    def __init__(self, document: int = 0) -> None:
        self._document = document
        self._found: dict[tuple[str, Place, str, int | None], Finding] = {}
        self._hints = 100

    def add(self, code: str, message: str, place: Place, *, hint: str = "", offset: int | None = None) -> None:
        """Keep one finding; the same one twice counts once."""
        found = Finding(code, message, place, document=self._document, hint=hint, offset=offset)
        self._found.setdefault((code, place, message, offset), found)

    def __len__(self) -> int:
        return len(self._found)

    def similar(self, name: str, known: Iterable[str]) -> str:
        """As the function of this name, for the first hundred only: among many names it takes its time."""
        self._hints -= 1
        return similar(name, known) if self._hints >= 0 else ""

    @property
    def places(self) -> list[Place]:
        """Where they are."""
        return [one.place for one in self._found.values()]

    @property
    def findings(self) -> list[Finding]:
        """All of them."""
        return list(self._found.values())


def similar(name: str, known: Iterable[str]) -> str:
    """A hint with the name that was probably meant; empty when none is near."""
    of_a_length = (one for one in known if abs(len(one) - len(name)) <= 3)
    near = difflib.get_close_matches(name, itertools.islice(of_a_length, 1000), n=1, cutoff=0.7)
    return f"did you mean {near[0]!r}?" if near else ""
