"""What a person should know: warnings and fallbacks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from steps.reconstruction.metrics import StepWarning
from steps.reconstruction.reporting.figures import Summary
from steps.reconstruction.reporting.markup import Markup, element, section
from steps.reconstruction.reporting.wording import counted, step_title

SHOWN_FILES = 8


def notes(summary: Summary, issues: Sequence[StepWarning], miniatures: Mapping[str, str]) -> Markup:
    """Warnings first, then what was replaced by something lesser, then what was seen but is no reason to warn."""
    warned = {warning.code for warning in summary.warnings}
    remarks = [issue for issue in issues if issue.code not in warned]
    items = [
        *(note(one.code, "warn", one.step, one.message, one.files, miniatures) for one in summary.warnings),
        *(note("fallback", "info", one.step, one.message) for one in summary.fallbacks),
        *(note(one.code, "info", "assess_photos", one.message, one.files, miniatures) for one in remarks),
    ]
    told = [
        counted(number, word)
        for number, word in ((len(summary.warnings), "warning"), (len(summary.fallbacks), "fallback"))
        if number
    ]
    if told:
        lead = f"{' and '.join(told)}, in the order of the steps."
        return section("notes", "What was noticed", lead, element("ul", *items, class_="notes"))
    calm = "No step had a warning, and nothing was replaced by something lesser."
    return section("notes", "Nothing to worry about", calm, element("ul", *items, class_="notes") if items else None)


def note(
    code: str,
    kind: str,
    step: str,
    message: str,
    files: Sequence[str] = (),
    miniatures: Mapping[str, str] | None = None,
) -> Markup:
    """One card: its code, who says it, what, and which photographs it is about."""
    chip = element("code", code, class_=f"chip {kind}")
    return element(
        "li",
        element("p", chip, element("span", step_title(step), class_="where") if step else None),
        element("p", message),
        _pictures(files, miniatures or {}),
        file_names(files),
        class_="note",
    )


def _pictures(files: Sequence[str], miniatures: Mapping[str, str]) -> Markup | None:
    known = [name for name in files[:SHOWN_FILES] if name in miniatures]
    if not known:
        return None
    images = [element("img", src=miniatures[name], alt=f"Photograph {name}", title=name) for name in known]
    return element("div", *images, class_="miniatures")


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
