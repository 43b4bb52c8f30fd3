"""A chart as a Mermaid flowchart, in the subset that GitHub renders: subgraphs, plain classes, no click, no HTML."""

from __future__ import annotations

from collections.abc import Iterator

from kai_pipelines.drawing.flow import read_chart
from kai_pipelines.drawing.model import Edge, Flow, Node
from kai_pipelines.drawing.wording import clock
from kai_pipelines.manifest.document import Manifest

_ARROWS = {"data": "-->", "order": "-->", "failure": "-.->", "exit": "-.->"}
_SPECIAL = str.maketrans(
    {
        "#": "#35;", '"': "#quot;", "&": "#amp;", "<": "#lt;", ">": "#gt;", "`": "#96;", "\\": "#92;",
        "[": "#91;", "]": "#93;", "{": "#123;", "}": "#125;", "|": "#124;", "*": "#42;", "_": "#95;", "\n": " ",
    }
)  # fmt: skip
_CLASSES = """\
    classDef good fill:#dcfce7,stroke:#16a34a,color:#14532d
    classDef bad fill:#fee2e2,stroke:#dc2626,color:#7f1d1d
    classDef busy fill:#dbeafe,stroke:#2563eb,color:#1e3a8a
    classDef idle fill:#f1f5f9,stroke:#cbd5e1,color:#94a3b8"""
_MOODS = {"Succeeded": "good", "Failed": "bad", "Error": "bad", "Running": "busy"}


def to_mermaid(manifest: Manifest) -> str:
    """Write a manifest, or the record of a run, as a Mermaid flowchart."""
    chart = read_chart(manifest)
    writer = _Writer()
    lines = ["flowchart TB", *writer.flow(chart.flow, "    ")]
    if writer.moods:
        lines.append(_CLASSES)
        lines += [f"    class {','.join(ids)} {mood}" for mood, ids in sorted(writer.moods.items())]
    return "\n".join(lines) + "\n"


class _Writer:
    """Numbers the nodes as it meets them: their names may hold what Mermaid reads as syntax."""

    def __init__(self) -> None:
        self.count = 0
        self.moods: dict[str, list[str]] = {}

    def flow(self, flow: Flow, indent: str) -> Iterator[str]:
        ids: dict[str, str] = {}
        without_arrow = set() if flow.choice else {node.name for node in flow.starts()}
        for node in flow.nodes:
            ids[node.name] = self._next()
            yield from self._node(node, ids[node.name], indent, unsaid=node.name in without_arrow)
        if flow.choice:
            yield from self._choice(flow, ids, indent)
        for edge in flow.drawn_edges:
            if edge.source in ids and edge.target in ids:
                yield indent + self._edge(edge, flow, ids)

    def _next(self) -> str:
        self.count += 1
        return f"n{self.count}"

    def _node(self, node: Node, id_: str, indent: str, *, unsaid: bool) -> Iterator[str]:
        """A node; `unsaid` when no arrow leads to it that could carry its condition."""
        title = _title(node) + (f" · if {_escaped(node.condition)}" if unsaid and node.condition else "")
        if node.kind == "junction":
            yield f"{indent}{id_}(( ))"
            return
        if node.outcome is not None:
            mood = "idle" if node.outcome.faded else _MOODS.get(node.outcome.phase, "idle")
            self.moods.setdefault(mood, []).append(id_)
        if node.inner is not None and node.inner.nodes:
            yield f'{indent}subgraph {id_}["{title}"]'
            yield f"{indent}    direction TB"
            yield from self.flow(node.inner, indent + "    ")
            yield f"{indent}end"
            return
        left, right = {"suspend": ("([", "])"), "exit": ("([", "])"), "loop": ("[[", "]]")}.get(node.kind, ("(", ")"))
        lines = [title, _escaped(node.second_line)]
        yield f'{indent}{id_}{left}"{"<br/>".join(line for line in lines if line)}"{right}'

    def _choice(self, flow: Flow, ids: dict[str, str], indent: str) -> Iterator[str]:
        """A diamond before the branches, with each branch's condition on its arrow."""
        diamond = self._next()
        yield f'{indent}{diamond}{{"{_escaped(flow.choice)}"}}'
        for node in flow.starts():
            yield f'{indent}{diamond} -->|"{_escaped(node.condition)}"| {ids[node.name]}'

    def _edge(self, edge: Edge, flow: Flow, ids: dict[str, str]) -> str:
        target = next(node for node in flow.nodes if node.name == edge.target)
        words = [edge.label or ("on exit" if edge.kind == "exit" else ""), target.condition]
        label = ", ".join(_escaped(word) for word in words if word)
        return f"{ids[edge.source]} {_ARROWS[edge.kind]}" + (f'|"{label}"| ' if label else " ") + ids[edge.target]


def _title(node: Node) -> str:
    parts = [node.name, node.repeat]
    if node.outcome is not None and node.outcome.seconds is not None:
        parts.append(clock(node.outcome.seconds))
    return _escaped(" · ".join(part for part in parts if part))


def _escaped(words: str) -> str:
    """Text for a quoted label. A label is Markdown: "1. " would begin a list."""
    head, dot, rest = words.partition(".")
    if dot and head.isdigit():
        return f"{head}#46;{rest.translate(_SPECIAL)}"
    return words.translate(_SPECIAL)
