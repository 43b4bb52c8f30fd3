"""A chart as one HTML page that needs nothing else: pan, zoom, and a panel with what each step is given."""

from __future__ import annotations

import json
import re
from html import escape
from importlib.resources import files

from kai_pipelines.drawing.flow import read_chart
from kai_pipelines.drawing.model import Chart, Node
from kai_pipelines.drawing.svg import draw
from kai_pipelines.drawing.wording import clock
from kai_pipelines.manifest.document import Manifest

Rows = list[tuple[str, str]]
_SLOT = re.compile(r"\{\{(\w+)\}\}")


def to_html(manifest: Manifest) -> str:
    """Write a manifest, or the record of a run, as a page to look around in."""
    chart = read_chart(manifest)
    parts = {
        "title": escape(chart.title),
        "style": _file("page.css"),
        "script": _file("page.js"),
        "svg": draw(chart),
        "nodes": _data(chart),
    }
    return _SLOT.sub(lambda match: parts[match[1]], _file("page.html"))


def _file(name: str) -> str:
    return files(__package__ or "").joinpath(name).read_text(encoding="utf-8").rstrip()


def _data(chart: Chart) -> str:
    """The facts of every node as JSON that may stand inside a script element."""
    nodes = {
        node.id: {"name": node.name, "path": " › ".join(node.path), "facts": _facts(node)}
        for node in chart.flow.walk()
        if node.kind != "junction"
    }
    return json.dumps(nodes, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")


def _facts(node: Node) -> list[tuple[str, Rows, str]]:
    """Sections of the panel, as (title, rows, kind of text); the empty ones are left out."""
    task = [
        ("template", node.template),
        ("when", node.condition),
        ("as written", node.when),
        ("after", node.needs),
        ("repeats", node.repeat),
        ("note", node.note),
    ]
    place = [("pool", node.place.pool), ("resources", " · ".join(node.place.resources)), ("image", node.place.image)]
    sections: list[tuple[str, Rows, str]] = [
        ("Run", _run(node), ""),
        ("Task", task, ""),
        ("Where it runs", [*place, *node.limits], ""),
        ("Arguments", list(node.arguments), "code"),
    ]
    filled = [(title, [(name, value) for name, value in rows if value], kind) for title, rows, kind in sections]
    return [section for section in filled if section[1]]


def _run(node: Node) -> Rows:
    outcome = node.outcome
    if outcome is None:
        return []
    return [
        ("phase", outcome.phase),
        ("took", clock(outcome.seconds) if outcome.seconds is not None else ""),
        ("tries", str(outcome.attempts) if outcome.attempts > 1 else ""),
        ("parts", f"{outcome.parts[0]} of {outcome.parts[1]} succeeded" if outcome.parts else ""),
        ("message", outcome.message),
    ]
