"""What a person reads: findings with a file, a line and a column, from sources that know where their values stand."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from kai_pipelines.check import check
from kai_pipelines.check.choosing import codes_of
from kai_pipelines.check.codes import OWN, Severity, table
from kai_pipelines.check.finding import Finding
from kai_pipelines.manifest.reading import Fault, Reading, read
from kai_pipelines.manifest.spots import find, line_and_column


class Spot(NamedTuple):
    """A place in a file; line and column count from 1."""

    path: str
    line: int
    column: int = 1
    text: str = ""
    """The line itself."""


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One mistake, ready to be shown."""

    code: str
    name: str
    severity: Severity
    message: str
    hint: str
    spot: Spot


class Source(Protocol):
    """Documents, and where their values were written."""

    documents: Sequence[Mapping[str, object]]

    def spots(self, findings: Sequence[Finding]) -> list[Spot]:
        """The spot of each finding; `document` counts among the source's own."""
        ...

    def faults(self) -> list[Diagnostic]:
        """What was wrong with the source before it became documents."""
        ...


_FAULTS = {
    "not-yaml": "not-yaml", "duplicate-key": "duplicate-key", "not-a-manifest": "not-a-manifest", "too-large": "too-large",
    "too-deep": "too-large", "too-many-values": "too-large", "not-text": "not-text", "bad-key": "bad-key",
    "not-finite": "not-finite", "ambiguous": "ambiguous-value", "unknown-tag": "unknown-tag",
}  # fmt: skip
"""Kind of a fault of reading → name of its code."""
_CODES = {code.name: code for code in OWN.values()}


def diagnostic(name: str, message: str, spot: Spot, hint: str = "") -> Diagnostic:
    """A diagnostic that no rule over documents has found."""
    code = _CODES[name]
    return Diagnostic(code.code, name, code.severity, message, hint, spot)


@dataclass(slots=True)
class FileSource:
    """A YAML or JSON file."""

    label: str
    """How the file is called in diagnostics."""
    reading: Reading
    documents: Sequence[Mapping[str, object]] = field(init=False)

    def __post_init__(self) -> None:
        self.documents = self.reading.documents

    @classmethod
    def of(cls, label: str, data: bytes | str) -> FileSource:
        """The source that the bytes of a file are."""
        return cls(label, read(data))

    def spots(self, findings: Sequence[Finding]) -> list[Spot]:
        """Lines and columns, found in a second reading of the file."""
        if not findings:
            return []
        text = self.reading.text
        ways = [(self.reading.ordinals[finding.document], finding.place) for finding in findings]
        known = find(text, set(ways))
        lines = text.split("\n")
        spots: list[Spot] = []
        for finding, way in zip(findings, ways, strict=True):
            line, column = line_and_column(text, known[way], finding.offset)
            spots.append(Spot(self.label, line, column, lines[line - 1]))
        return spots

    def faults(self) -> list[Diagnostic]:
        """The faults of reading."""
        lines = self.reading.text.split("\n")
        return [self._fault(fault, lines) for fault in self.reading.faults]

    def _fault(self, fault: Fault, lines: list[str]) -> Diagnostic:
        text = lines[fault.line - 1] if fault.line <= len(lines) else ""
        spot = Spot(self.label, fault.line, fault.column, text)
        return diagnostic(_FAULTS[fault.kind], fault.message, spot, fault.hint)


def diagnose(sources: Sequence[Source], *, ignore: Collection[str] = ()) -> list[Diagnostic]:
    """Every mistake of the sources, whose documents may refer to each other, by source and line."""
    ignored = codes_of(ignore)
    findings = check([document for source in sources for document in source.documents], ignore=ignore)
    made: list[Diagnostic] = []
    first = 0
    for source in sources:
        count = len(source.documents)
        own = [_within(finding, first) for finding in findings if first <= finding.document < first + count]
        first += count
        found = [*source.faults(), *map(_made, own, source.spots(own))]
        made += sorted((one for one in found if one.code not in ignored), key=_order)
    if not made and not first and "KAI708" not in ignored:
        label = next((source.label for source in sources if isinstance(source, FileSource)), "")
        made = [diagnostic("nothing-to-check", "there is no workflow in it", Spot(label, 1), "name another file")]
    return made


def _order(one: Diagnostic) -> tuple[int, int, str]:
    return one.spot.line, one.spot.column, one.code


def _within(finding: Finding, first: int) -> Finding:
    return Finding(finding.code, finding.message, finding.place, finding.document - first, finding.hint, finding.offset)


def _made(finding: Finding, spot: Spot) -> Diagnostic:
    code = table()[finding.code]
    return Diagnostic(code.code, code.name, code.severity, finding.message, finding.hint, spot)
