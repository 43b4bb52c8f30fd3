"""Checking pipelines: a compiled manifest as a source whose places are lines of the author's."""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kai_pipelines.authoring.definition import PipelineDefinition
from kai_pipelines.check.diagnostic import Diagnostic, Spot, diagnose, diagnostic
from kai_pipelines.check.finding import Finding, Place
from kai_pipelines.errors import AuthoringError, CheckError


@dataclass(slots=True)
class Compiled:
    """Manifests that Python made, and the lines that their parts come from."""

    documents: Sequence[Mapping[str, object]]
    lines: Mapping[Place, tuple[str, int]]
    """The start of a place → a file and a line; the longest start counts, and the empty one is always there."""

    def spots(self, findings: Sequence[Finding]) -> list[Spot]:
        """The author's lines."""
        return [self._spot(finding.place) for finding in findings]

    def _spot(self, place: Place) -> Spot:
        size = len(place)
        while place[:size] not in self.lines:
            size -= 1
        return spot_at(*self.lines[place[:size]])

    def faults(self) -> list[Diagnostic]:
        """None: what cannot be compiled raises."""
        return []


def source_of(pipeline: PipelineDefinition[..., Any]) -> Compiled:
    """A pipeline, compiled; raises AuthoringError."""
    from kai_pipelines.compiler import author_lines, compile_pipeline

    return Compiled([compile_pipeline(pipeline)], author_lines(pipeline))


def spot_at(path: str, line: int) -> Spot:
    """A line of a Python file, from its first character that is not blank; the path as short as it can be."""
    try:
        text = Path(path).read_text(encoding="utf-8").splitlines()[line - 1]
    except (OSError, UnicodeDecodeError, IndexError):
        text = ""
    column = len(text) - len(text.lstrip()) + 1
    relative = os.path.relpath(path)
    return Spot(path if relative.startswith("..") else relative, line, column, text)


def from_error(error: AuthoringError, target: str) -> Diagnostic:
    """What the author got wrong before there was a manifest."""
    spot = spot_at(error.path, error.line or 1) if error.path else Spot(target, 1)
    return diagnostic("authoring", error.message, spot, error.hint or "")


def check_here(pipeline: PipelineDefinition[..., Any], ignore: Collection[str]) -> list[Diagnostic]:
    """The warnings about a pipeline; raises CheckError with everything when there is an error."""
    try:
        found = diagnose([source_of(pipeline)], ignore=ignore)
    except AuthoringError as error:
        found = [from_error(error, pipeline.name)]
    if any(one.severity == "error" for one in found):
        lines = [f"{one.spot.path}:{one.spot.line}: {one.code} {one.message}" for one in found]
        raise CheckError("\n  ".join([f"{pipeline.name} has mistakes", *lines]), found)
    return found
