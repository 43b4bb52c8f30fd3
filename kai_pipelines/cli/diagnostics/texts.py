"""Diagnostics as a person reads them: the place, the line with a caret, what to do."""

from __future__ import annotations

from collections.abc import Sequence

import click

from kai_pipelines.check.diagnostic import Diagnostic

_COLORS = {"error": "red", "warning": "yellow"}
_WIDEST = 160
"""Characters of a source line that are shown."""


def render(diagnostics: Sequence[Diagnostic]) -> str:
    """All diagnostics, and one line that counts them; colors are taken out where there is no terminal."""
    return "\n".join([*map(_one, diagnostics), *([""] if diagnostics else []), summary(diagnostics)])


def _one(one: Diagnostic) -> str:
    spot = one.spot
    place = click.style(f"{spot.path}:{spot.line}:{spot.column}:", bold=True)
    code = click.style(one.code, fg=_COLORS[one.severity], bold=True)
    lines = [f"{place} {code} {one.message} {click.style(f'[{one.name}]', dim=True)}"]
    if spot.text.strip():
        line, caret = _window(spot.text, spot.column)
        lines += [f"    {line}", "    " + " " * caret + click.style("^", fg=_COLORS[one.severity], bold=True)]
    if one.hint:
        lines.append(f"    hint: {one.hint}")
    return "\n".join(lines)


def _window(text: str, column: int) -> tuple[str, int]:
    """The part of a line around a column, and where in it the column is."""
    line = text.replace("\t", " ").rstrip()
    start = 0 if column <= _WIDEST - 20 else column - _WIDEST // 2
    shown = line[start : start + _WIDEST]
    before = "…" if start else ""
    after = "…" if len(line) > start + _WIDEST else ""
    return before + shown + after, len(before) + max(column - 1 - start, 0)


def summary(diagnostics: Sequence[Diagnostic]) -> str:
    """How many of what."""
    errors = sum(one.severity == "error" for one in diagnostics)
    warnings = len(diagnostics) - errors
    if not diagnostics:
        return "no mistakes found"
    return ", ".join(
        f"{count} {word}{'s' if count != 1 else ''}"
        for count, word in ((errors, "error"), (warnings, "warning"))
        if count
    )
