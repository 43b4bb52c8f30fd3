"""Which photographs saw the same things: a circle to look at, a matrix to read."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from PIL import Image

from steps.reconstruction.documents import MatchDocument, MatchedPair
from steps.reconstruction.reporting.content import short_names
from steps.reconstruction.reporting.markup import Markup, element, section
from steps.reconstruction.reporting.notes import file_names
from steps.reconstruction.reporting.thumbnails import lossless_uri
from steps.reconstruction.reporting.wording import DASH, counted

SIZE = 640.0
"""Side of each drawing in its own units."""
MOST_CHORDS = 1500
"""Only the strongest pairs are drawn beyond this, so that the page stays light."""
MOST_CELLS = 60
"""The matrix of more photographs is a picture; its cells would be too small to point at."""
MOST_NAMED = 60
"""On the circle of more photographs only every so many have their name."""
SHOWN_GROUPS = 5
PIXEL = (24, 140, 148)
"""sRGB of a full cell of the picture; it has to be seen on light and on dark."""
HUES = ("var(--accent)", "var(--warn)", "var(--bad)", "var(--good)")
"""Colors of the groups that match among themselves, the largest first."""


def match_graph(matches: MatchDocument) -> Markup:
    """Both drawings side by side."""
    title = "Which photographs match"
    pairs = [pair for pair in matches.pairs if pair.a != pair.b and pair.inliers > 0]
    if not pairs:
        return section("matches", title, "No two photographs share verified matches.")
    strongest = max(pairs, key=lambda pair: pair.inliers)
    names = [photo.name for photo in matches.photos]
    lead = (
        f"{counted(len(pairs), 'pair')} of {counted(len(names), 'photograph')} agree on geometry; the strongest, "
        f"{names[strongest.a]} and {names[strongest.b]}, on {strongest.inliers:,} points. "
        "Thicker means more; point at a photograph to see its own matches."
    )
    drawings = [circle(matches, pairs), matrix(matches, pairs)]
    return section("matches", title, lead, groups(matches), element("div", *drawings, class_="pair-of-drawings"))


def groups(matches: MatchDocument) -> Markup | None:
    """Photographs that fall apart into groups, in words; nothing when all hang together."""
    if len(matches.components) < 2:
        return None
    largest, *others = matches.components
    items = [
        element("li", element("p", f"Group {number}: {counted(len(group), 'photograph')}"), file_names(group))
        for number, group in enumerate(others[:SHOWN_GROUPS], start=2)
    ]
    told = (
        f"The photographs fall into {len(matches.components)} groups that nothing joins. Built was the largest, of "
        f"{counted(len(largest), 'photograph')}. Photographs in between would join them."
    )
    rest = len(others) - SHOWN_GROUPS
    more = element("li", f"and {counted(rest, 'smaller group')}") if rest > 0 else None
    return element("div", element("p", told), element("ul", *items, more, class_="groups"), class_="note attention")


def circle(matches: MatchDocument, pairs: Sequence[MatchedPair]) -> Markup:
    """Photographs on a circle in their order, verified pairs as curves through it."""
    count = len(matches.photos)
    radius = SIZE / 2 - 84
    spots = [_on_circle(position, count, radius) for position in range(count)]
    most = max(pair.inliers for pair in pairs)
    drawn = sorted(pairs, key=lambda pair: pair.inliers)[-MOST_CHORDS:]  # the strongest are drawn last, on top
    chords = [_chord(pair, matches, spots, pair.inliers / most) for pair in drawn]
    labels = short_names([photo.name for photo in matches.photos])
    strength = [0] * count
    for pair in pairs:
        strength[pair.a] += 1
        strength[pair.b] += 1
    hues = _hues(matches)
    every = -(-count // MOST_NAMED)
    nodes = [
        _node(position, matches, radius, labels if position % every == 0 else {}, strength[position], hues)
        for position in range(count)
    ]
    rules = "".join(
        f".circle:has(.n{i}:hover) .c:not(.c{i}){{opacity:.04}}.circle:has(.n{i}:hover) .c{i}{{opacity:1}}"
        for i in range(count)
    )
    return element(
        "figure",
        element(
            "svg",
            element("style", Markup(rules)),
            element("g", *chords),
            element("g", *nodes),
            viewBox=f"0 0 {SIZE:.0f} {SIZE:.0f}",
            class_="circle",
            role="img",
            aria_label=f"Match graph: {count} photographs on a circle, {len(pairs)} pairs joined.",
        ),
        element("figcaption", "Photographs in their order, joined where they match. A hollow dot was not placed."),
    )


def _on_circle(position: int, count: int, radius: float) -> tuple[float, float]:
    angle = 2 * math.pi * position / count - math.pi / 2
    return SIZE / 2 + radius * math.cos(angle), SIZE / 2 + radius * math.sin(angle)


def _chord(pair: MatchedPair, matches: MatchDocument, spots: Sequence[tuple[float, float]], share: float) -> Markup:
    (ax, ay), (bx, by) = spots[pair.a], spots[pair.b]
    apart = math.hypot(bx - ax, by - ay) / (2 * math.hypot(ax - SIZE / 2, ay - SIZE / 2))  # 1: opposite
    bend = 0.95 - 0.7 * apart  # neighbors make flat arcs, far pairs pass near the center
    cx, cy = SIZE / 2 + ((ax + bx) / 2 - SIZE / 2) * bend, SIZE / 2 + ((ay + by) / 2 - SIZE / 2) * bend
    return element(
        "path",
        element(
            "title", f"{matches.photos[pair.a].name} {DASH} {matches.photos[pair.b].name}: {pair.inliers:,} inliers"
        ),
        d=f"M{ax:.1f} {ay:.1f}Q{cx:.1f} {cy:.1f} {bx:.1f} {by:.1f}",
        class_=f"c c{pair.a} c{pair.b}",
        stroke_width=0.6 + 6.4 * share,
        opacity=round(0.12 + 0.78 * math.sqrt(share), 2),
    )


def _hues(matches: MatchDocument) -> dict[str, str]:
    """A color for each photograph by its group; all in one color when they hang together."""
    if len(matches.components) < 2:
        return {}
    return {name: HUES[number] for number, group in enumerate(matches.components[: len(HUES)]) for name in group}


def _node(
    position: int,
    matches: MatchDocument,
    radius: float,
    labels: dict[str, str],
    degree: int,
    hues: dict[str, str],
) -> Markup:
    photo, count = matches.photos[position], len(matches.photos)
    x, y = _on_circle(position, count, radius)
    degrees = 360 * position / count - 90
    left = 90 < degrees < 270
    label = labels.get(photo.name, "")
    shown = label if len(label) <= 8 else "…" + label[-7:]
    height = max(9.0, min(14.0, 2 * math.pi * radius / min(count, MOST_NAMED) * 0.72))
    hue = hues.get(photo.name)
    return element(
        "g",
        element(
            "title",
            f"{photo.name}: {photo.features:,} features, {counted(degree, 'match', 'matches')}"
            + ("" if photo.registered else ", not placed"),
        ),
        element(
            "circle",
            cx=x,
            cy=y,
            r=max(2.0, min(7.0, math.pi * radius / count * 0.8)),
            style=f"fill:{hue}" if hue and photo.registered else None,
        ),
        element(
            "text",
            shown,
            transform=f"translate({x:.1f} {y:.1f}) rotate({degrees + (180 if left else 0):.1f})",
            x=-12 if left else 12,
            dy="0.35em",
            font_size=height,
            text_anchor="end" if left else "start",
        )
        if shown
        else None,
        class_=f"n n{position}" + ("" if photo.registered else " missing"),
    )


def matrix(matches: MatchDocument, pairs: Sequence[MatchedPair]) -> Markup:
    """Rows and columns are photographs; the fuller the color, the more inliers (logarithmic)."""
    count = len(matches.photos)
    margin = 78.0
    cell = (SIZE - margin) / count
    most = math.log1p(max(pair.inliers for pair in pairs))
    return element(
        "figure",
        element(
            "svg",
            _cells(matches, pairs, margin, cell, most) if count <= MOST_CELLS else _pixels(pairs, count, margin, most),
            element("g", *_labels(matches, margin, cell), class_="labels"),
            viewBox=f"0 -44 {SIZE + 44:.0f} {SIZE + 44:.0f}",
            class_="matrix",
            role="img",
            aria_label=f"Matrix of verified matches between {count} photographs.",
        ),
        element(
            "figcaption", f"Fuller color: more inliers, up to {round(math.expm1(most)):,}. Empty: no verified match."
        ),
    )


def _fullness(pair: MatchedPair, most: float) -> float:
    return 0.06 + 0.94 * (math.log1p(pair.inliers) / most) ** 3


def _cells(matches: MatchDocument, pairs: Sequence[MatchedPair], margin: float, cell: float, most: float) -> Markup:
    cells = []
    for pair in pairs:
        row, column = max(pair.a, pair.b), min(pair.a, pair.b)
        title = f"{matches.photos[column].name} {DASH} {matches.photos[row].name}: {pair.inliers:,} inliers"
        cells.append(
            element(
                "rect",
                element("title", title),
                x=margin + column * cell,
                y=row * cell,
                width=max(cell - 1, 0.6),
                height=max(cell - 1, 0.6),
                fill_opacity=round(_fullness(pair, most), 2),
            )
        )
    return element("g", *cells, class_="cells")


def _pixels(pairs: Sequence[MatchedPair], count: int, margin: float, most: float) -> Markup:
    """The matrix as a picture of one pixel per cell."""
    pixels = np.zeros((count, count, 4), np.uint8)
    pixels[..., :3] = PIXEL
    for pair in pairs:
        pixels[max(pair.a, pair.b), min(pair.a, pair.b), 3] = round(255 * max(_fullness(pair, most), 0.25))
    side = SIZE - margin
    return element(
        "image", href=lossless_uri(Image.fromarray(pixels, "RGBA")), x=margin, y=0, width=side, height=side,
        style="image-rendering:pixelated",
    )  # fmt: skip


def _labels(matches: MatchDocument, margin: float, cell: float) -> list[Markup]:
    names = short_names([photo.name for photo in matches.photos])
    height = max(9.0, min(14.0, cell * 0.8))
    every = max(1, math.ceil(height / cell))
    texts = []
    for i, photo in enumerate(matches.photos):
        if i % every:
            continue
        shown = names[photo.name] if len(names[photo.name]) <= 9 else "…" + names[photo.name][-8:]
        y, x = (i + 0.5) * cell, margin + (i + 0.5) * cell
        texts.append(element("text", shown, x=margin - 6, y=y, dy="0.35em", font_size=height, text_anchor="end"))
        texts.append(
            element("text", shown, transform=f"translate({x:.1f} {y:.1f}) rotate(-45)", dy="0.35em", font_size=height)
        )
    return texts
