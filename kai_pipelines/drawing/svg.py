"""A chart as one SVG that needs nothing else: fonts of the reader's system, light and dark by their preference."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape
from importlib.resources import files
from itertools import pairwise

from kai_pipelines.drawing.flow import read_chart
from kai_pipelines.drawing.letters import width_of, wrapped
from kai_pipelines.drawing.model import Chart, Node, Outcome
from kai_pipelines.drawing.painting import number, pill, sign
from kai_pipelines.drawing.scene import (
    CHOICE_ROOM,
    GROUP_HEAD,
    PILL_HEIGHT,
    SIDE,
    SMALL_SIZE,
    Card,
    Line,
    Scene,
    arrange,
    pill_width,
)
from kai_pipelines.drawing.wording import clock, shortened
from kai_pipelines.manifest.document import Manifest

_MARGIN = 28.0
_NARROWEST = 380.0
_WORDS = 520.0
_POOLS = {
    "cpu-optimized": "blue",
    "gpu-optimized": "green",
    "gpu-high-end": "violet",
    "memory-optimized": "pink",
    "storage-optimized": "amber",
    "orchestration": "gray",
    "spot-instances": "cyan",
}
_COLORS = ("blue", "green", "violet", "pink", "amber", "cyan")
_MOODS = {"Succeeded": "good", "Failed": "bad", "Error": "bad", "Running": "busy"}


def to_svg(manifest: Manifest) -> str:
    """Draw a manifest, or the record of a run with its phases and durations."""
    return draw(read_chart(manifest))


def draw(chart: Chart) -> str:
    """Draw a chart."""
    scene = arrange(chart.flow)
    width = _width(chart, scene)
    head = list(_head(chart, width))
    top = head[-1][0]
    chips, below = _chips("outputs", [(name, "") for name in chart.outputs], width, top + scene.height + 40)
    height = (below if chart.outputs else top + scene.height) + _MARGIN
    style = files(__package__ or "").joinpath("diagram.css").read_text(encoding="utf-8")
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" class="kai" viewBox="0 0 {number(width)} {number(height)}" '
        f'width="{number(width)}" height="{number(height)}" role="img">',
        f"<title>{escape(chart.title)}</title>",
        f"<style>{style}</style>",
        *_tips(),
        f'<rect class="sheet" x="0.5" y="0.5" width="{number(width - 1)}" height="{number(height - 1)}" rx="14"/>',
        *(markup for _, markup in head),
        f'<g class="flow" transform="translate({number((width - scene.width) / 2)} {number(top)})">',
        *_scene(scene),
        "</g>",
        *(chips if chart.outputs else ()),
        "</svg>",
    ]
    return "\n".join(part for part in parts if part) + "\n"


def _width(chart: Chart, scene: Scene) -> float:
    """Wide enough for the flow, the title with its verdict, and the description in lines of a readable length."""
    title = width_of(chart.title, 19, bold=True) + (150 if chart.outcome is not None else 0)
    words = min(width_of(chart.description, 12.5), _WORDS)
    return round(max(_NARROWEST, *(part + 2 * _MARGIN for part in (scene.width, title, words))))


def _tips() -> Iterator[str]:
    yield "<defs>"
    for kind in ("plain", "failure"):
        yield (
            f'<marker id="kai-tip-{kind}" viewBox="0 0 10 10" refX="8.6" refY="5" markerWidth="9" markerHeight="9" '
            f'markerUnits="userSpaceOnUse" orient="auto"><path class="tip {kind}" d="M0.5 0.8 9.5 5 0.5 9.2 2.6 5z"/></marker>'
        )
    yield "</defs>"


def _head(chart: Chart, width: float) -> Iterator[tuple[float, str]]:
    """Title, description and inputs; with each the height where the next thing begins."""
    y = _MARGIN + 16
    yield y, f'<text class="title" x="{number(_MARGIN)}" y="{number(y)}">{escape(chart.title)}</text>'
    if chart.outcome is not None:
        yield y, _verdict(chart.outcome, width - _MARGIN, y - 6)
    for line in wrapped(chart.description, 12.5, width - 2 * _MARGIN, 3):
        y += 20
        yield y, f'<text class="words" x="{number(_MARGIN)}" y="{number(y)}">{escape(line)}</text>'
    if chart.inputs:
        chips, y = _chips("inputs", chart.inputs, width, y + 26)
        yield y, "\n".join(chips)
    yield y + 30, ""


def _verdict(outcome: Outcome, right: float, y: float) -> str:
    """The phase of the whole run, at the right of the title."""
    words = outcome.phase + (f" · {clock(outcome.seconds)}" if outcome.seconds is not None else "")
    width = width_of(words, SMALL_SIZE, bold=True)
    mood = _MOODS.get(outcome.phase, "idle")
    return (
        f'{sign(mood, right - width - 14, y)}<text class="timing" x="{number(right - width)}" y="{number(y + 4)}">'
        f"{escape(words)}</text>"
    )


def _chips(label: str, chips: Sequence[tuple[str, str]], width: float, y: float) -> tuple[list[str], float]:
    """A row (or more) of small pills after a label, and where it ends."""
    start = _MARGIN + width_of(label, SMALL_SIZE) + 10
    x = start
    parts = [f'<text class="small" x="{number(_MARGIN)}" y="{number(y + 4)}">{label}</text>']
    for name, value in chips:
        words = shortened(f"{name} = {value}" if value else name, 40)
        wide = pill_width(words)
        if x > start and x + wide > width - _MARGIN:
            x, y = start, y + PILL_HEIGHT + 6
        parts.append(pill(words, x + wide / 2, y, "plain"))
        x += wide + 6
    return parts, y + PILL_HEIGHT / 2


def _scene(scene: Scene) -> Iterator[str]:
    """Lines first, boxes over them, and what is written on the lines over all."""
    by_name = {card.node.name: card for card in scene.cards}
    for line in scene.lines:
        yield _line(line, by_name[line.edge.target], faded=_not_taken(line, by_name))
    if scene.choice:
        targets = {line.edge.target for line in scene.lines}
        yield from _choice(scene, [card for card in scene.cards if card.node.name not in targets])
    for card in scene.cards:
        yield from _card(card)
    for line in scene.lines:
        if line.edge.label:
            x, y = _middle(line)
            mood = "failure" if line.edge.kind == "failure" else "plain"
            shape = pill(line.edge.label, x, y, mood)
            yield f'<g class="faded">{shape}</g>' if _not_taken(line, by_name) else shape


def _not_taken(line: Line, cards: dict[str, Card]) -> bool:
    ends = (cards[line.edge.source].node.outcome, cards[line.edge.target].node.outcome)
    return any(outcome is not None and outcome.faded for outcome in ends)


def _line(line: Line, target: Card, *, faded: bool) -> str:
    """An edge: straight down through each layer, in an even curve between them."""
    route = list(line.route)
    lifted = target.y - _lift(target)
    if route[-1][1] < lifted and route[0][1] < route[-1][1]:
        route[-1] = (route[-1][0], lifted)
    path = f"M{number(route[0][0])} {number(route[0][1])}"
    for before, after in pairwise(route):
        if before == after:
            continue
        if before[0] == after[0]:
            path += f"V{number(after[1])}"
        else:
            bend = before[1] + (after[1] - before[1]) / 2
            points = ((before[0], bend), (after[0], bend), after)
            path += "C" + " ".join(f"{number(x)} {number(y)}" for x, y in points)
    kind = line.edge.kind
    tip = "" if target.node.kind == "junction" else f' marker-end="url(#kai-tip-{_tip(kind)})"'
    return f'<path class="edge {kind}{" faded" if faded else ""}" d="{path}"{tip}/>'


def _tip(kind: str) -> str:
    return "failure" if kind == "failure" else "plain"


def _lift(card: Card) -> float:
    """How far above the box the things on its upper side reach, in the middle."""
    return PILL_HEIGHT / 2 if card.pill else 5.0 if card.node.repeat else 0.0


def _middle(line: Line) -> tuple[float, float]:
    """The point of an edge just before its last box, where the space between layers is halved."""
    (x1, y1), (x2, y2) = line.route[-3], line.route[-2]
    return ((x1 + x2) / 2, (y1 + y2) / 2)


def _choice(scene: Scene, branches: Sequence[Card]) -> Iterator[str]:
    """A diamond on the upper side of the group and a line to each of the branches it chooses from."""
    x, y = scene.width / 2, -GROUP_HEAD + 2
    for card in branches:
        end_x, end_y = card.x + card.width / 2, card.y - _lift(card)
        bend = y + (end_y - y) * 0.62
        faded = " faded" if card.node.outcome is not None and card.node.outcome.faded else ""
        yield (
            f'<path class="edge choice{faded}" d="M{number(x)} {number(y)}C{number(x)} {number(bend)} {number(end_x)} '
            f'{number(bend - CHOICE_ROOM / 2)} {number(end_x)} {number(end_y)}"/>'
        )
    yield (
        f'<path class="diamond" d="M{number(x)} {number(y - 10)}L{number(x + 10)} {number(y)} {number(x)} '
        f'{number(y + 10)} {number(x - 10)} {number(y)}z"/>'
    )


def _card(card: Card) -> Iterator[str]:
    node = card.node
    if node.kind == "junction":
        yield f'<circle class="point" cx="{number(card.x + 4)}" cy="{number(card.y + 4)}" r="3.5"/>'
        return
    yield f'<g class="{_classes(node)}" data-node="{escape(node.id)}"><title>{escape(_hint(node))}</title>'
    if node.repeat:
        yield _rect("under", card.x + 7, card.y - 5, card.width - 14, 24)
    yield _rect("group" if card.inner else "box", card.x, card.y, card.width, card.height, 12 if card.inner else 9)
    yield from _group(card, card.inner) if card.inner is not None else _step(card)
    if card.badge:
        yield pill(card.badge, card.x + card.width - 8 - pill_width(card.badge) / 2, card.y, "loop")
    if card.pill:
        yield pill(card.pill, card.x + card.width / 2, card.y, "when")
    yield "</g>"


def _rect(kind: str, x: float, y: float, width: float, height: float, radius: int = 9) -> str:
    place = f'x="{number(x)}" y="{number(y)}" width="{number(width)}" height="{number(height)}"'
    return f'<rect class="{kind}" {place} rx="{radius}"/>'


def _classes(node: Node) -> str:
    names = ["node", node.kind]
    if node.outcome is not None:
        names += ["faded"] if node.outcome.faded else [f"ran-{_MOODS.get(node.outcome.phase, 'idle')}"]
    return " ".join(names)


def _hint(node: Node) -> str:
    """What a browser shows when the pointer rests on the node."""
    facts = [node.name, node.second_line, f"when {node.condition}" if node.condition else ""]
    if node.outcome is not None:
        facts += [node.outcome.phase, node.outcome.message]
    return "\n".join(fact for fact in facts if fact)


def _step(card: Card) -> Iterator[str]:
    node = card.node
    extra = 6.0 if card.pill or card.badge else 0.0
    if node.place.pool:
        color = _POOLS.get(node.place.pool) or _COLORS[sum(node.place.pool.encode()) % len(_COLORS)]
        yield _rect(f"pool-{color}", card.x, card.y + 12, 3, card.height - 24, 1)
    yield from _first_line(card, card.y + (22 if card.line else 24) + extra)
    if card.line:
        x, y = card.x + SIDE, card.y + 40 + extra
        yield f'<text class="small" x="{number(x)}" y="{number(y)}">{escape(card.line)}</text>'


def _group(card: Card, inner: Scene) -> Iterator[str]:
    extra = 4.0 if card.pill or card.badge else 0.0
    yield from _first_line(card, card.y + 21 + extra)
    x, y = card.x + (card.width - inner.width) / 2, card.y + GROUP_HEAD + extra
    yield f'<g transform="translate({number(x)} {number(y)})">'
    yield from _scene(inner)
    yield "</g>"


def _first_line(card: Card, y: float) -> Iterator[str]:
    """The sign of the phase, the name, the template beside it, and the time at the right."""
    x = card.x + SIDE
    if card.node.outcome is not None:
        yield sign(_MOODS.get(card.node.outcome.phase, "idle"), x + 6, y - 4.5)
        x += 20
    aside = f' <tspan class="aside" dx="3">{escape(card.aside)}</tspan>' if card.aside else ""
    yield f'<text class="name" x="{number(x)}" y="{number(y)}">{escape(card.name)}{aside}</text>'
    if card.timing:
        right = card.x + card.width - SIDE
        yield f'<text class="timing" text-anchor="end" x="{number(right)}" y="{number(y)}">{escape(card.timing)}</text>'
