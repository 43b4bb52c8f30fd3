"""The quality: what was asked for, chosen and built, why, and what it was expected to cost and did."""

from __future__ import annotations

from collections.abc import Callable

from steps.reconstruction.documents import Prediction
from steps.reconstruction.presets import PRESETS, Preset
from steps.reconstruction.reporting.figures import Summary
from steps.reconstruction.reporting.markup import Markup, element, section
from steps.reconstruction.reporting.wording import DASH, duration, memory

COLUMNS: tuple[tuple[str, Callable[[Preset], str]], ...] = (
    ("Photographs", lambda p: f"{p.image_size:,} px"),
    ("Features", lambda p: f"{p.features:,}"),
    ("Source views", lambda p: f"{p.views}"),
    ("Surface depth", lambda p: f"{p.poisson_depth}"),
    ("Triangles", lambda p: f"{p.faces:,}"),
    ("Texture", lambda p: f"{p.texture_size:,} px"),
)


def choice(summary: Summary) -> Markup:
    """The table of presets with the built one marked, the predictions beside the truth, and the reason."""
    names = [name for name, _ in COLUMNS]
    if summary.predictions:
        names += ["Expected time", "Expected memory"]
    header = element(
        "tr",
        element("th", "Quality", scope="col"),
        *[element("th", name, scope="col", class_="n") for name in names],
    )
    rows = [_row(quality.value, preset, summary) for quality, preset in PRESETS.items()]
    table = element("table", element("thead", header), element("tbody", *rows))
    asked, chosen, built = (element("strong", name) for name in (summary.requested, summary.chosen, summary.built))
    lead = ["Requested: ", asked, ". Chosen: ", chosen, ". Built: ", built, ". ", summary.reason]
    return section(
        "quality",
        "Quality",
        lead,
        element("div", table, class_="scroll"),
        element("p", truth(summary), class_="lead"),
        element("p", where(summary), class_="lead"),
        evidence(summary),
    )


def truth(summary: Summary) -> str:
    """What the built quality was expected to cost, and what it did."""
    told = summary.predictions.get(summary.built)
    cost = f"{duration(summary.total_cpu_seconds)} of processor time"
    if summary.peak_memory_bytes:
        cost += f" and {memory(summary.peak_memory_bytes)} of memory"
    if told is None or not told.cpu_seconds:
        return f"It took {cost}. Nothing was predicted." if summary.total_cpu_seconds else "What it cost is not known."
    off = summary.total_cpu_seconds / told.cpu_seconds - 1
    how = "as expected" if abs(off) < 0.1 else f"{abs(off) * 100:.0f} % {'more' if off > 0 else 'less'} than expected"
    within = f" Expectations have been right within a factor of {summary.within:.2g}." if summary.within else ""
    return f"{summary.built} took {cost}: {how}.{within}"


def evidence(summary: Summary) -> Markup | None:
    """What was measured to choose the quality, folded."""
    told = [check for check in summary.checks if check.words]
    if not told:
        return None
    items = [
        element("li", element("span", check.carries, class_="chip info"), " ", check.words, class_="check")
        for check in told
    ]
    head = element("summary", "What was measured, and the finest quality that each carries")
    return element("details", head, element("ul", *items))


def where(summary: Summary) -> str:
    """The device, and why."""
    why = f"; {summary.device_reason.rstrip('.')}" if summary.device_reason else ""
    return f"Device of the dense stereo: {summary.device}{why}."


def _row(quality: str, preset: Preset, summary: Summary) -> Markup:
    marks = [
        element("span", word, class_=f"chip {kind}")
        for word, kind, is_it in (
            ("chosen", "info", summary.chosen == quality != summary.built),
            ("built", "good", summary.built == quality),
        )
        if is_it
    ]
    cells = [element("td", show(preset), class_="n") for _, show in COLUMNS]
    if summary.predictions:
        told = summary.predictions.get(quality, Prediction())
        cells.append(element("td", DASH if told.cpu_seconds is None else duration(told.cpu_seconds), class_="n"))
        bytes_ = told.peak_memory_bytes
        cells.append(element("td", DASH if bytes_ is None else memory(bytes_), class_="n"))
    return element(
        "tr",
        element("th", quality, " ", marks, scope="row"),
        *cells,
        class_="chosen" if summary.built == quality else None,
    )
