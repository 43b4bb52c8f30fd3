"""The quality: what was asked for, what was chosen, and what it means."""

from __future__ import annotations

from collections.abc import Callable

from steps.reconstruction.presets import PRESETS, Preset
from steps.reconstruction.reporting.documents import AssessmentDocument
from steps.reconstruction.reporting.figures import Summary
from steps.reconstruction.reporting.markup import Markup, element, section

COLUMNS: tuple[tuple[str, Callable[[Preset], str]], ...] = (
    ("Photographs", lambda p: f"{p.image_size:,} px"),
    ("Features", lambda p: f"{p.features:,}"),
    ("Source views", lambda p: f"{p.views}"),
    ("Surface depth", lambda p: f"{p.poisson_depth}"),
    ("Triangles", lambda p: f"{p.faces:,}"),
    ("Texture", lambda p: f"{p.texture_size:,} px"),
)


def choice(summary: Summary, assessment: AssessmentDocument) -> Markup:
    """The table of presets with the chosen one marked, and the reason."""
    header = element(
        "tr",
        element("th", "Quality", scope="col"),
        *[element("th", name, scope="col", class_="n") for name, _ in COLUMNS],
    )
    rows = []
    for quality, preset in PRESETS.items():
        chosen = quality.value == summary.quality
        mark = element("span", "chosen", class_="chip good") if chosen else None
        cells = [element("td", show(preset), class_="n") for _, show in COLUMNS]
        rows.append(
            element(
                "tr", element("th", quality.value, " ", mark, scope="row"), *cells, class_="chosen" if chosen else None
            )
        )
    table = element("table", element("thead", header), element("tbody", *rows))
    asked = element("strong", summary.requested_quality)
    lead = ["Requested: ", asked, ". Chosen: ", element("strong", summary.quality), ". ", assessment.reason]
    return section("quality", "Quality", lead, element("div", table, class_="scroll"))
