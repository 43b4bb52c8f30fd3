"""HTML and SVG built from values; every text is escaped unless it is `Markup` already."""

from __future__ import annotations

import json
from collections.abc import Iterable
from html import escape
from typing import TypeAlias

VOID = frozenset({"br", "hr", "img", "input", "meta", "link"})
"""HTML elements that have no end tag."""


class Markup(str):
    """Text that is HTML already; any other text is escaped when it becomes a child or an attribute."""

    __slots__ = ()


Child: TypeAlias = "str | int | float | Iterable[Child] | None"
Attribute: TypeAlias = "str | int | float | bool | None"


def text(child: Child) -> Markup:
    """A child as HTML: nothing for None, numbers in short form, several joined."""
    if child is None:
        return Markup()
    if isinstance(child, Markup):
        return child
    if isinstance(child, str):
        return Markup(escape(child, quote=True))
    if isinstance(child, int | float):
        return Markup(number(child))
    return Markup("".join(text(one) for one in child))


def number(value: float) -> str:
    """A number as an attribute: at most two decimals, no trailing zeros, never an exponent."""
    if isinstance(value, int):
        return str(value)
    short = f"{value:.2f}".rstrip("0").rstrip(".")
    return "0" if short == "-0" else short


def element(tag: str, *children: Child, **attributes: Attribute) -> Markup:
    """One element; in attribute names a trailing ``_`` falls away and the others become hyphens."""
    parts = [f"<{tag}"]
    for name, value in attributes.items():
        if value is None or value is False:
            continue
        key = name.rstrip("_").replace("_", "-")
        parts.append(f" {key}" if value is True else f' {key}="{_attribute(value)}"')
    if tag in VOID:
        return Markup("".join(parts) + ">")
    return Markup("".join((*parts, ">", text(children), f"</{tag}>")))


def _attribute(value: str | float) -> str:
    return escape(value, quote=True) if isinstance(value, str) else number(value)


def json_script(identifier: str, value: object) -> Markup:
    """Data for the page's own script; no text in it can end the element."""
    encoded = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    safe = encoded.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")
    return Markup(f'<script type="application/json" id="{escape(identifier)}">{safe}</script>')


def section(identifier: str, title: str, lead: Child, *children: Child) -> Markup:
    """One titled part of the page, with a sentence that says what is to be seen."""
    return element(
        "section",
        element("h2", title, id=f"{identifier}-title"),
        element("p", lead, class_="lead") if lead else None,
        *children,
        id=identifier,
        aria_labelledby=f"{identifier}-title",
    )
