"""The small shapes of the SVG: numbers, pills, and the signs of phases."""

from __future__ import annotations

from html import escape

from kai_pipelines.drawing.scene import PILL_HEIGHT, pill_width

_SIGNS = {"good": "M-2.8 0.2 -0.8 2.3 3 -2.2", "bad": "M-2.3 -2.3 2.3 2.3M2.3 -2.3 -2.3 2.3", "busy": "M-2.6 0H2.6"}


def number(value: float) -> str:
    """At most one decimal, none when it is whole."""
    return f"{round(value, 1) + 0.0:g}"


def pill(words: str, x: float, y: float, mood: str) -> str:
    """Words on a rounded bar around (x, y)."""
    width = pill_width(words)
    left, top = number(x - width / 2), number(y - PILL_HEIGHT / 2)
    bar = f'x="{left}" y="{top}" width="{number(width)}" height="{number(PILL_HEIGHT)}" rx="{number(PILL_HEIGHT / 2)}"'
    return (
        f'<rect class="pill {mood}" {bar}/><text class="pill-text {mood}" text-anchor="middle" x="{number(x)}" '
        f'y="{number(y + 3.7)}">{escape(words)}</text>'
    )


def sign(mood: str, x: float, y: float) -> str:
    """A disk around (x, y): a check, a cross, a bar, or nothing on it."""
    stroke = f'<path class="sign" d="{_SIGNS[mood]}"/>' if mood in _SIGNS else ""
    place = f'transform="translate({number(x)} {number(y)})"'
    return f'<g {place}><circle class="{mood}" r="6.5"/>{stroke}</g>'
