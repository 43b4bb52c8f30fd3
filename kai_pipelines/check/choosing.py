"""Which findings are told: none twice, none that somebody switched off, in the order of the file."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from kai_pipelines.check.codes import table
from kai_pipelines.check.finding import Finding, Place
from kai_pipelines.check.model import mapping
from kai_pipelines.check.scope import suggestion
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
    for finding in (*own, *_not_told(argo, own)):
        if finding.code not in codes and not _switched_off(finding, documents):
            key = (finding.document, finding.place, finding.code, finding.offset, finding.message)
            kept.setdefault(key, finding)
    return sorted(kept.values(), key=_order)


_SAME = {
    "KAI201": {"KAI152", "KAI151"}, "KAI203": {"KAI151"}, "KAI302": {"KAI134"}, "KAI303": {"KAI134", "KAI124"},
    "KAI207": {"KAI141"}, "KAI305": {"KAI148", "KAI101", "KAI102"}, "KAI306": {"KAI151", "KAI147"}, "KAI307": {"KAI151", "KAI147"},
    "KAI308": {"KAI147", "KAI151"}, "KAI404": {"KAI116", "KAI117", "KAI119"}, "KAI406": {"KAI101", "KAI102", "KAI124"},
    "KAI407": {"KAI124", "KAI102"}, "KAI408": {"KAI104", "KAI119"}, "KAI501": {"KAI101", "KAI102"},
    "KAI504": {"KAI101"}, "KAI601": {"KAI111", "KAI113", "KAI110"}, "KAI602": {"KAI101", "KAI111"},
}  # fmt: skip
"""Our code → those of Argo that tell the same fault with fewer words."""


def _not_told(argo: Sequence[Finding], own: Sequence[Finding]) -> list[Finding]:
    """Argo's findings without those that a rule of ours tells at the same place, or one level from it."""
    told: dict[tuple[int, Place], set[str]] = {}
    for finding in own:
        for place in (finding.place, finding.place[:-1]):
            told.setdefault((finding.document, place), set()).update(_SAME.get(finding.code, ()))
    return [
        one
        for one in argo
        if not any(one.code in told.get((one.document, place), ()) for place in (one.place, one.place[:-1]))
    ]


def _order(finding: Finding) -> tuple[object, ...]:
    place = tuple((0, part, "") if isinstance(part, int) else (1, 0, part) for part in finding.place)
    return finding.document, place, finding.offset or 0, finding.code, finding.message


def codes_of(names: Collection[str]) -> frozenset[str]:
    """The codes that names or codes stand for; an unknown one is refused."""
    by_name: dict[str, set[str]] = {}
    for code in table().values():
        by_name.setdefault(code.name, set()).add(code.code)
        by_name[code.code] = {code.code}
    for name in names:
        if name not in by_name:
            hint = suggestion(name, by_name)
            raise UsageError(f"there is no rule {name!r} to ignore", hint=hint)
    return frozenset(code for name in names for code in by_name[name])


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
