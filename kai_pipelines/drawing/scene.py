"""A chart with sizes and positions: what the SVG paints, in pixels."""

from __future__ import annotations

from dataclasses import dataclass, replace

from kai_pipelines.drawing.layered import Layout, Point, lay_out
from kai_pipelines.drawing.letters import fitted, width_of
from kai_pipelines.drawing.model import Edge, Flow, Node
from kai_pipelines.drawing.wording import clock, shortened

NAME_SIZE = 13.0
SMALL_SIZE = 11.0
PILL_SIZE = 10.5
PILL_HEIGHT = 19.0
GROUP_PAD = 16.0
GROUP_HEAD = 34.0
CHOICE_ROOM = 34.0
"""Height for the lines from a choice to its branches."""
SIDE = 14.0
_NARROWEST, _WIDEST = 132.0, 288.0
_JUNCTION = 8.0


@dataclass(frozen=True, slots=True)
class Card:
    """A node with its place in the flow around it."""

    node: Node
    x: float
    y: float
    """Of the box itself; a condition sits on its upper side, half above."""
    width: float
    height: float
    name: str
    aside: str
    """The template, where it is called otherwise."""
    line: str
    pill: str
    badge: str
    timing: str
    inner: Scene | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """An edge with its way."""

    edge: Edge
    route: tuple[Point, ...]


@dataclass(frozen=True, slots=True)
class Scene:
    """A flow with positions, from its own top left corner."""

    cards: tuple[Card, ...]
    lines: tuple[Line, ...]
    choice: str
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class _Draft:
    """A card that has no place yet."""

    card: Card
    lift: float
    """What its pill needs above the box."""

    @property
    def size(self) -> Point:
        return (self.card.width, self.card.height + self.lift)


def arrange(flow: Flow) -> Scene:
    """Give every node of the flow, and of the flows within, its size and place."""
    drafts = [_draft(node) for node in flow.nodes]
    width = max((draft.card.width for draft in drafts if _is_step(draft.card.node)), default=0.0)
    drafts = [_widened(draft, width) for draft in drafts]
    number = {node.name: index for index, node in enumerate(flow.nodes)}
    edges = [edge for edge in flow.drawn_edges if edge.source in number and edge.target in number]
    labeled = [index for index, edge in enumerate(edges) if edge.label]
    loose = [index for index, edge in enumerate(edges) if edge.kind == "exit"]
    pairs = [(number[edge.source], number[edge.target]) for edge in edges]
    layout = lay_out([draft.size for draft in drafts], pairs, labeled, loose)
    return _placed(flow, drafts, edges, layout)


def _placed(flow: Flow, drafts: list[_Draft], edges: list[Edge], layout: Layout) -> Scene:
    down = CHOICE_ROOM if flow.choice else 0.0
    cards = tuple(
        replace(draft.card, x=x, y=y + draft.lift + down) for draft, (x, y) in zip(drafts, layout.corners, strict=True)
    )
    lines = tuple(
        Line(edge, tuple((x, y + down) for x, y in route)) for edge, route in zip(edges, layout.routes, strict=True)
    )
    return Scene(cards, lines, flow.choice, layout.width, layout.height + down)


def _is_step(node: Node) -> bool:
    return node.inner is None and node.kind != "junction"


def _widened(draft: _Draft, width: float) -> _Draft:
    """Steps of one flow are equally wide, so that chains stand in line."""
    if not _is_step(draft.card.node) or draft.card.width >= width:
        return draft
    return replace(draft, card=replace(draft.card, width=width))


def _draft(node: Node) -> _Draft:
    if node.kind == "junction":
        return _Draft(Card(node, 0.0, 0.0, _JUNCTION, _JUNCTION, "", "", "", "", "", ""), 0.0)
    pill, badge = shortened(node.condition, 36), shortened(_badge(node), 24)
    lift = PILL_HEIGHT / 2 if pill or badge else 0.0
    card = _group(node, pill, badge) if node.inner is not None else _step(node, pill, badge)
    return _Draft(card, lift)


def _badge(node: Node) -> str:
    parts = node.outcome.parts if node.outcome else None
    if node.repeat and parts:
        return f"{parts[0]} of {parts[1]}"
    return node.repeat


def _pills_width(pill: str, badge: str) -> float:
    """What pill and badge need side by side: the pill is centered, so the badge counts twice."""
    badge_width = 2 * (pill_width(badge) + 8) if badge else 0.0
    return (pill_width(pill) if pill else 0.0) + badge_width + 20


def pill_width(words: str) -> float:
    """The width of a pill with this text."""
    return width_of(words, PILL_SIZE, bold=True) + 16


def _timing(node: Node) -> str:
    outcome = node.outcome
    if outcome is None or outcome.seconds is None:
        return ""
    tries = f" · {outcome.attempts} tries" if outcome.attempts > 1 else ""
    return clock(outcome.seconds) + tries


def _mark_room(node: Node) -> float:
    """Width for the sign of the phase before the name."""
    return 20.0 if node.outcome is not None else 0.0


def _aside(node: Node) -> str:
    """What stands beside the name: that it is an exit handler or a hook, or the template, where it is called otherwise."""
    if node.kind == "exit":
        event = "hook" if "hooks." in node.path[-1] else "on exit"
        return event if event.split()[-1] not in node.name.lower() else ""
    return "" if node.folded or node.template in {"", node.name} or node.kind == "reference" else node.template


def _step(node: Node, pill: str, badge: str) -> Card:
    timing = _timing(node)
    room = _WIDEST - 2 * SIDE - _mark_room(node) - (width_of(timing, SMALL_SIZE, bold=True) + 10 if timing else 0.0)
    name = fitted(node.name, NAME_SIZE, room, bold=True)
    name_width = width_of(name, NAME_SIZE, bold=True)
    aside = _aside(node) if node.inner is None else ""
    aside = fitted(aside, SMALL_SIZE, room - name_width - 8) if aside and room - name_width > 48 else ""
    line = fitted(node.second_line, SMALL_SIZE, _WIDEST - 2 * SIDE)
    first = name_width + (8 + width_of(aside, SMALL_SIZE) if aside else 0.0) + _WIDEST - 2 * SIDE - room
    width = max(_NARROWEST, first + 2 * SIDE, width_of(line, SMALL_SIZE) + 2 * SIDE, _pills_width(pill, badge))
    height = (52.0 if line else 38.0) + (6.0 if pill or badge else 0.0)
    return Card(node, 0.0, 0.0, round(width), height, name, aside, line, pill, badge, timing)


def _group(node: Node, pill: str, badge: str) -> Card:
    assert node.inner is not None
    inner = arrange(node.inner)
    timing = _timing(node)
    taken = 2 * GROUP_PAD + _mark_room(node) + (width_of(timing, SMALL_SIZE, bold=True) + 10 if timing else 0.0)
    name = fitted(node.name, NAME_SIZE, _WIDEST, bold=True)
    width = max(inner.width + 2 * GROUP_PAD, taken + width_of(name, NAME_SIZE, bold=True), _pills_width(pill, badge))
    aside = _aside(node) if node.kind == "exit" else _what(node.inner)
    room = width - taken - width_of(name, NAME_SIZE, bold=True) - 8
    aside = aside if width_of(aside, SMALL_SIZE) <= room else ""
    height = inner.height + GROUP_HEAD + GROUP_PAD + (4.0 if pill or badge else 0.0)
    return Card(node, 0.0, 0.0, round(width), height, name, aside, "", pill, badge, timing, inner)


def _what(flow: Flow) -> str:
    """What a group is, when its tasks say it."""
    if flow.choice:
        return f"chosen by {flow.choice}"
    return "fallback" if any(edge.kind == "failure" for edge in flow.edges) else ""
