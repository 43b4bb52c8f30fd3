"""Why photographs were not placed."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from steps.reconstruction.alignment.graph import STRONG, Graph, groups
from steps.reconstruction.alignment.verdict import few
from steps.reconstruction.metrics import StepWarning

_FEW_FEATURES = 100
_REASONS = {
    "mirrored": "flipped left to right: it matches the others as its own mirror image",
    "copy": "a copy of {other}",
    "plain": "only {count} features were found in it: too plain, too dark or too small",
    "other-scene": "it matches only {other}, which nothing connects with the rest",
    "blurred": "it is blurred",
    "no-matches": "it matches no other photograph",
    "few-matches": "its {count} matches, most with {other}, are too few to place it",
}
_CODES = {"mirrored": "mirrored-photo", "other-scene": "other-scene", "no-matches": "unrelated-photo"}
MESSAGES = {
    "mirrored-photo": "flipped left to right, and left out",
    "other-scene": "of something else, and left out",
    "unrelated-photo": "like no other, and left out",
    "not-registered": "left out because they could not be placed",
}
"""What a warning of each code says of its photographs."""


def explain(
    names: Sequence[str], graph: Graph, left: Sequence[int], mirrored: Collection[int], blurred: Collection[str],
    copied: Mapping[int, int],
) -> dict[str, tuple[str, str]]:  # fmt: skip
    """Name → kind and reason in words, of each photograph that was left out."""
    together = groups(len(names), [(edge.a, edge.b) for edge in graph.strong])
    part = {index: group for group in together for index in group}
    found = {}
    for index in left:
        edges = [edge for edge in graph.edges if index in (edge.a, edge.b)]
        best = max(edges, key=lambda edge: edge.inliers, default=None)
        features = len(graph.keypoints[index])
        other, count = "", features
        if index in mirrored:
            kind = "mirrored"
        elif index in copied:
            kind, other = "copy", names[copied[index]]
        elif features < _FEW_FEATURES:
            kind = "plain"
        elif best is not None and best.inliers >= STRONG and all(member in left for member in part[index]):
            kind = "other-scene"
            other = few([names[member] for member in part[index] if member != index], shown=4)
        elif names[index] in blurred:
            kind = "blurred"
        elif best is None:
            kind = "no-matches"
        else:
            kind, count = "few-matches", sum(edge.inliers for edge in edges)
            other = names[best.b if best.a == index else best.a]
        found[names[index]] = (kind, _REASONS[kind].format(other=other, count=count))
    return found


def warnings(reasons: Mapping[str, tuple[str, str]], count: int) -> list[StepWarning]:
    """One warning for each code, naming the photographs and the reason of each."""
    by_code: dict[str, list[str]] = {}
    for name, (kind, _) in reasons.items():
        by_code.setdefault(_CODES.get(kind, "not-registered"), []).append(name)
    return [
        StepWarning(
            code=code,
            message=f"{len(files)} of {count} photographs {'is' if len(files) == 1 else 'are'} {MESSAGES[code]}: "
            + "; ".join(f"{name}: {reasons[name][1]}" for name in files)
            + ".",
            files=files,
        )
        for code, files in by_code.items()
    ]
