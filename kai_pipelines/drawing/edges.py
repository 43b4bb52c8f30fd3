"""What follows from the edges of a flow: which say nothing new, what a switch is about, which fallbacks repeat."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace

from kai_pipelines.drawing.model import Edge, Flow, Node


def with_implied(edges: Iterable[Edge]) -> tuple[Edge, ...]:
    """The edges, those marked that a longer way of plain edges implies (transitive reduction)."""
    edges = tuple(edges)
    after: dict[str, set[str]] = defaultdict(set)
    for edge in edges:
        if _plain(edge):
            after[edge.source].add(edge.target)
    return tuple(replace(edge, implied=True) if _plain(edge) and _detour(edge, after) else edge for edge in edges)


def _plain(edge: Edge) -> bool:
    return edge.kind in {"data", "order"} and not edge.label


def _detour(edge: Edge, after: dict[str, set[str]]) -> bool:
    seen = {edge.source}
    open_ = [one for one in after[edge.source] if one != edge.target]
    while open_:
        name = open_.pop()
        if name == edge.target:
            return True
        if name not in seen:
            seen.add(name)
            open_ += after[name]
    return False


def choice_of(flow: Flow) -> str:
    """What the first tasks are chosen by, when at least two have conditions on the same thing."""
    starts = flow.starts()
    if len(starts) < 2 or not all(node.condition for node in starts):
        return ""
    subjects = {node.condition.partition(" = ")[0] for node in starts}
    return subjects.pop() if len(subjects) == 1 and all(" = " in node.condition for node in starts) else "condition"


def failures_of(flow: Flow) -> Flow:
    """The flow with each fallback folded that has the same steps as what it stands in for, unless it ran."""
    by_name = {node.name: node for node in flow.nodes}
    folded: dict[str, Node] = {}
    for edge in flow.edges:
        source, target = by_name.get(edge.source), by_name[edge.target]
        if edge.kind == "failure" and source is not None and _same_steps(source, target) and not _ran(target):
            count = sum(1 for _ in target.inner.walk()) if target.inner is not None else 0
            folded[target.name] = replace(target, inner=None, folded=True, note=f"the same {count} steps")
    return replace(flow, nodes=tuple(folded.get(node.name, node) for node in flow.nodes))


def _same_steps(one: Node, other: Node) -> bool:
    return one.inner is not None and other.inner is not None and _shape(one.inner) == _shape(other.inner)


def _shape(flow: Flow) -> tuple[object, ...]:
    inner = tuple((node.name, node.template, _shape(node.inner) if node.inner else ()) for node in flow.nodes)
    return (inner, frozenset((edge.source, edge.target, edge.kind) for edge in flow.edges))


def _ran(node: Node) -> bool:
    return node.outcome is not None and not node.outcome.faded
