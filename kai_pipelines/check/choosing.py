"""Which findings are told: none twice, none that somebody switched off, in the order of the file."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from kai_pipelines.check.codes import table
from kai_pipelines.check.finding import Finding, Place
from kai_pipelines.check.model import mapping
from kai_pipelines.errors import UsageError

ANNOTATION = "kai-pipelines/ignore"
"""On a workflow or a template: names or codes of rules, separated by commas."""


def chosen(
    argo: Sequence[Finding],
    own: Sequence[Finding],
    documents: Sequence[Mapping[str, object]],
    ignore: Collection[str],
) -> list[Finding]:
    """The findings of both, sorted and without repetition."""
    codes = codes_of(ignore)
    kept: dict[tuple[int, Place, str, int | None, str], Finding] = {}
    told = {(finding.document, finding.place) for finding in own}
    for finding in (*own, *(one for one in argo if (one.document, one.place) not in told)):
        if finding.code not in codes and not _switched_off(finding, documents):
            key = (finding.document, finding.place, finding.code, finding.offset, finding.message)
            kept.setdefault(key, finding)
    return sorted(kept.values(), key=_order)


def _order(finding: Finding) -> tuple[object, ...]:
    place = tuple((isinstance(part, str), "" if isinstance(part, int) else part, part if isinstance(part, int) else 0) for part in finding.place)
    return finding.document, place, finding.offset or 0, finding.code, finding.message


def codes_of(names: Collection[str]) -> frozenset[str]:
    """The codes that names or codes stand for; an unknown one is refused."""
    by_name = {code.name: code.code for code in table().values()}
    codes = set[str]()
    for name in names:
        code = by_name.get(name, name)
        if code not in table():
            raise UsageError(f"there is no rule {name!r} to ignore", hint="docs/reference/checks lists them")
        codes.add(code)
    return frozenset(codes)


def _switched_off(finding: Finding, documents: Sequence[Mapping[str, object]]) -> bool:
    """Whether an annotation on the document, or on a template around the place, names the rule."""
    value: object = documents[finding.document] if finding.document < len(documents) else {}
    names = {finding.code, table()[finding.code].name}
    if names & _annotated(value):
        return True
    for part in finding.place:
        if isinstance(value, Mapping):
            value = value.get(str(part))
        elif isinstance(value, list) and isinstance(part, int) and part < len(value):
            value = value[part]
        else:
            return False
        if isinstance(value, Mapping) and "metadata" in value and names & _annotated(value):
            return True
    return False


def _annotated(value: object) -> set[str]:
    written = mapping(mapping(mapping(value).get("metadata")).get("annotations")).get(ANNOTATION)
    return {name.strip() for name in written.split(",")} if isinstance(written, str) else set()
