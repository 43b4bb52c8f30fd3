"""The top of the page: the model, what came of the photographs, and the key figures."""

from __future__ import annotations

from steps.reconstruction.reporting.content import Content, Still
from steps.reconstruction.reporting.figures import Summary
from steps.reconstruction.reporting.markup import Markup, element
from steps.reconstruction.reporting.wording import counted, duration, memory, short_count

KEYS = "Drag to turn; click, then scroll to zoom; right-drag or two fingers to move. Keys: arrows, plus, minus, Home."


def hero(content: Content) -> Markup:
    """Headline and figures beside the stage."""
    summary = content.summary
    return element(
        "header",
        element(
            "div",
            element("p", "KAI Pipelines · 3D reconstruction", class_="kicker"),
            element("h1", headline(summary)),
            verdict(summary),
            key_figures(summary),
            class_="intro",
        ),
        stage(content.hero, interactive=content.viewer is not None),
        class_="hero",
        id="top",
    )


def headline(summary: Summary) -> str:
    """What happened, in one sentence."""
    return f"{counted(summary.registered, 'photograph')} became a model of {counted(summary.faces, 'triangle')}."


def verdict(summary: Summary) -> Markup:
    """Whether all went well, and where to look if not."""
    missing = summary.photos - summary.registered
    parts: list[str] = []
    if missing:
        parts.append(f"{missing} of {counted(summary.photos, 'photograph')} could not be placed")
    if summary.warnings:
        parts.append(counted(len(summary.warnings), "warning"))
    if summary.fallbacks:
        parts.append(counted(len(summary.fallbacks), "fallback"))
    if not parts:
        text = "Every photograph found its place, and there is nothing to warn about."
        return element("p", element("span", "✓", class_="mark", aria_hidden="true"), text, class_="verdict good")
    link = element("a", "See what was noticed", href="#notes")
    mark = element("span", "!", class_="mark", aria_hidden="true")
    return element("p", mark, element("span", ", ".join(parts), ". ", link, "."), class_="verdict attention")


def key_figures(summary: Summary) -> Markup:
    """The figures that are asked for first."""
    figures = [
        ("Photographs placed", f"{summary.registered} of {summary.photos}", "registered cameras"),
        ("Reprojection error", f"{summary.mean_reprojection_px:.2f} px", "mean over all sparse points"),
        ("Sparse points", short_count(summary.sparse_points), "seen in several photographs"),
        ("Dense points", short_count(summary.dense_points), "fused from the depth maps"),
        ("Triangles", short_count(summary.faces), f"{summary.vertices:,} vertices"),
        ("Texture", f"{summary.texture_px:,} px", "side of the square texture"),
        ("Quality", summary.quality, f"requested: {summary.requested_quality}"),
        ("Processor time", duration(summary.total_cpu_seconds), f"dense stereo on {summary.device}"),
    ]
    if summary.peak_memory_bytes:
        figures.append(("Peak memory", memory(summary.peak_memory_bytes), "of the hungriest step"))
    cells = [
        element("div", element("dt", name), element("dd", value, element("small", note)), class_="figure")
        for name, value, note in figures[:8]
    ]
    return element("dl", *cells, class_="figures")


def stage(still: Still | None, *, interactive: bool) -> Markup:
    """The place of the model: a picture, over which the script puts the interactive view."""
    picture = (
        element("img", src=still.uri, alt=still.title, width=still.width, height=still.height)
        if still
        else element("p", "There is no picture of the model.", class_="empty")
    )
    return element("figure", picture, *_controls() if interactive else (), class_="stage", id="model")


def _controls() -> tuple[Markup, ...]:
    sides = ("Front", "Left", "Back", "Right", "Top")
    turn = [element("button", side, type="button", data_side=side.lower()) for side in sides]
    kinds = [
        element("button", "Texture", type="button", data_skin="texture", aria_pressed="true"),
        element("button", "Shape", type="button", data_skin="shape", aria_pressed="false"),
        element("button", "Cameras", type="button", data_cameras=True, aria_pressed="false"),
    ]
    return (
        element(
            "canvas",
            tabindex=0,
            role="img",
            aria_label="Interactive view of the model.",
            aria_describedby="keys",
            hidden=True,
        ),
        element(
            "div",
            element("div", *turn, role="group", aria_label="Side"),
            element("div", *kinds, role="group", aria_label="What is shown"),
            class_="controls",
            hidden=True,
        ),
        element("figcaption", KEYS, id="keys", hidden=True),
    )
