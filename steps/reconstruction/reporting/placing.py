"""Where the cameras stand: drawings, what the coverage lacks, every photograph's place or why it has none, the scale."""

from __future__ import annotations

from steps.reconstruction.documents import MatchDocument
from steps.reconstruction.reporting.content import Content, listed_photos
from steps.reconstruction.reporting.figures import Summary
from steps.reconstruction.reporting.markup import Markup, element, section
from steps.reconstruction.reporting.notes import note
from steps.reconstruction.reporting.overhead import overhead
from steps.reconstruction.reporting.wording import DASH, counted, joined, lengths

SOURCES = {
    "gps": "The scale comes from the photographs' GPS positions; they are good to some meters, so it is a guide only.",
    "known-distance": "The scale comes from a distance that was given.",
    "none": (
        "Photographs alone do not tell the size of things: the unit is arbitrary. "
        "A known distance or photographs with GPS positions would give meters."
    ),
}
WEAK_PARALLAX = 2.0
"""Degrees; below, depth is uncertain."""
FLAT = 0.02


def placing(content: Content) -> Markup:
    """The section of the cameras."""
    scene, summary, matches = content.scene, content.summary, content.matches
    title = "Cameras and sparse points"
    if not scene.views:
        return section("cameras", title, "No photograph was placed.", _table(content))
    lead = (
        f"{counted(len(scene.views), 'camera')} and {counted(len(scene.points), 'point')} in their own colors. "
        "Point at a camera for its name; choose it to look through it."
    )
    return section(
        "cameras",
        title,
        lead,
        overhead(scene, summary.unit),
        _facts(summary, matches),
        _gaps(content),
        element("h3", "Every photograph"),
        _table(content),
    )


def size(summary: Summary) -> str:
    """Width, height and depth."""
    return lengths(summary.dimensions, summary.unit)


def _facts(summary: Summary, matches: MatchDocument) -> Markup:
    known = SOURCES.get(summary.scale_source, f"The scale comes from: {summary.scale_source}.")
    rows: list[tuple[str, str]] = [
        ("Size of the model", f"{size(summary)} (width, height, depth){'' if summary.unit == 'm' else ', no unit'}"),
        ("Scale", known),
    ]
    if matches.median_parallax_deg is not None:
        weak = ": little; depth is uncertain" if matches.median_parallax_deg < WEAK_PARALLAX else ""
        rows.append(
            ("Angle of view between photographs", f"{matches.median_parallax_deg:.1f}° at the median point{weak}")
        )
    if matches.thickness is not None:
        flat = ": the points lie nearly in one plane" if matches.thickness < FLAT else ""
        rows.append(("Depth of the point cloud", f"{matches.thickness:.2f} of its extent{flat}"))
    if len(matches.components) > 1:
        sizes = joined([str(len(group)) for group in matches.components])
        rows.append(("Groups that match", f"{len(matches.components)}, of {sizes} photographs; the largest was built"))
    return element(
        "dl", *[element("div", element("dt", a), element("dd", b)) for a, b in rows], class_="pairs facts-of"
    )


def _gaps(content: Content) -> Markup:
    gaps = content.matches.gaps
    head = element("h3", "Coverage")
    if not gaps:
        calm = "No gap was found between the cameras." if content.matches.inliers else "Gaps were not looked for."
        return element("div", head, element("p", calm, class_="lead"))
    items = [note(gap.code, "info", "", gap.message, gap.files, content.miniatures) for gap in gaps]
    return element("div", head, element("ul", *items, class_="notes"))


def _table(content: Content) -> Markup:
    """Photographs without a camera first, with the reason; then the others by name."""
    matches, reasons = content.matches, content.summary.unregistered
    placed = {view.name for view in content.scene.views}
    names = [photo.name for photo in listed_photos(content)]
    features = {photo.name: photo.features for photo in matches.photos}
    rows = [
        element(
            "tr",
            element("th", element("bdi", name), scope="row"),
            element("td", element("span", "placed", class_="chip good"))
            if name in placed
            else element(
                "td", element("span", "not placed", class_="chip bad"), " ", reasons.get(name, ""), class_="why"
            ),
            element("td", _number(features.get(name)), class_="n"),
            element("td", _number(matches.inliers.get(name)), class_="n"),
            element("td", _degrees(matches.parallax_deg.get(name)), class_="n"),
        )
        for name in sorted(names, key=lambda name: (name in placed, name))
    ]
    heads = (("Photograph", None), ("Place", None), ("Features", "n"), ("Confirmed", "n"), ("Angle", "n"))
    header = element("tr", *[element("th", name, scope="col", class_=kind) for name, kind in heads])
    table = element("table", element("thead", header), element("tbody", *rows))
    return element(
        "div", table, class_="scroll tall", tabindex=0, role="region", aria_label="Every photograph and its place"
    )


def _number(value: int | None) -> str:
    return DASH if value is None else f"{value:,}"


def _degrees(value: float | None) -> str:
    return DASH if value is None else f"{value:.1f}°"
