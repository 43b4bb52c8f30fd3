"""What a person should know: warnings and fallbacks."""

from __future__ import annotations

from collections.abc import Sequence

from steps.reconstruction.reporting.figures import Fallback, PlacedWarning, Summary
from steps.reconstruction.reporting.markup import Markup, element, section
from steps.reconstruction.reporting.wording import counted, step_title

SHOWN_FILES = 8


def notes(summary: Summary) -> Markup:
    """Warnings first, then what was replaced by something lesser."""
    if not summary.warnings and not summary.fallbacks:
        calm = "No step had a warning, and nothing was replaced by something lesser."
        return section("notes", "Nothing to worry about", calm)
    told = " and ".join(
        counted(n, word) for n, word in ((len(summary.warnings), "warning"), (len(summary.fallbacks), "fallback")) if n
    )
    items = [_warning(one) for one in summary.warnings] + [_fallback(one) for one in summary.fallbacks]
    return section(
        "notes", "What was noticed", f"{told}, in the order of the steps.", element("ul", *items, class_="notes")
    )


def _warning(warning: PlacedWarning) -> Markup:
    return element(
        "li",
        element(
            "p",
            element("code", warning.code, class_="chip warn"),
            element("span", step_title(warning.step), class_="where"),
        ),
        element("p", warning.message),
        file_names(warning.files),
        class_="note",
    )


def _fallback(fallback: Fallback) -> Markup:
    return element(
        "li",
        element(
            "p",
            element("code", "fallback", class_="chip info"),
            element("span", step_title(fallback.step), class_="where"),
        ),
        element("p", fallback.message),
        class_="note",
    )


def file_names(files: Sequence[str]) -> Markup | None:
    """The first names at once, the others on demand."""
    if not files:
        return None
    shown, rest = files[:SHOWN_FILES], files[SHOWN_FILES:]
    names = [element("code", name) for name in shown]
    more = (
        element(
            "details",
            element("summary", f"and {len(rest)} more"),
            element("p", *[element("code", name) for name in rest], class_="files"),
        )
        if rest
        else None
    )
    return element("div", element("p", *names, class_="files"), more)
