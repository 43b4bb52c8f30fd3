"""Judging a manifest before it runs: every mistake at once, each with its code, its place and what to do.

What belongs here: rules over manifests, one module for each family, and one table of codes. What never will:
running anything, a screen, or how a manifest was made (no authoring, no compiler).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from kai_pipelines.check.finding import Finding

__all__ = ["Finding", "check"]


def check(documents: Sequence[Mapping[str, object]], *, ignore: Collection[str] = ()) -> list[Finding]:
    """Every mistake in the documents, which may refer to each other; `ignore` holds names or codes of rules.

    Sorted by document and place; where Argo and a rule of ours see the same fault, one of the two is told.
    """
    from kai_pipelines.check.argo import lint
    from kai_pipelines.check.choosing import chosen
    from kai_pipelines.check.model import build
    from kai_pipelines.check.rules import RULES

    model = build(documents)
    own = [finding for rule in RULES for finding in rule(model)]
    return chosen(lint(documents), own, documents, ignore)
