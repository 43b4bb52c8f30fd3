"""Diagnostics as workflow commands, which GitHub shows beside the lines of a change."""

from __future__ import annotations

from collections.abc import Sequence

from kai_pipelines.check.diagnostic import Diagnostic


def render(diagnostics: Sequence[Diagnostic]) -> str:
    """One ``::error …`` or ``::warning …`` line for each."""
    return "\n".join(map(_command, diagnostics))


def _command(one: Diagnostic) -> str:
    properties = {
        "file": one.spot.path,
        "line": one.spot.line,
        "col": one.spot.column,
        "title": f"{one.code} {one.name}",
    }
    shown = ",".join(f"{name}={_property(str(value))}" for name, value in properties.items())
    message = one.message + (f"\nhint: {one.hint}" if one.hint else "")
    return f"::{one.severity} {shown}::{_data(message)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
