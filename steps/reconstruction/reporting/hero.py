"""The top of the page: the model, what came of the photographs, and the key figures."""

from __future__ import annotations

from steps.reconstruction.reporting.content import Content, Still
from steps.reconstruction.reporting.figures import Summary
from steps.reconstruction.reporting.markup import Markup, element
from steps.reconstruction.reporting.placing import size
from steps.reconstruction.reporting.wording import counted, duration, percent, short_count

KEYS = (
    "Drag to turn, right-drag or two fingers to move, click and scroll or pinch to zoom, click twice to center. "
    "Keys: arrows, Shift and arrows, plus, minus, Home, F."
)
SKINS = (
    ("Texture", "texture", "true"),
    ("Shape", "shape", "false"),
    ("Wire", "wire", "false"),
    ("Points", "points", "false"),
)
"""Title, its name for the script, and whether it is on at first."""
PLAIN = "This is a picture. The model cannot be turned here: "


def hero(content: Content) -> Markup:
    """Banner, headline and figures beside the stage."""
    summary = content.summary
    return element(
        "header",
        banner(summary),
        element(
            "div",
            element("p", "KAI Pipelines · 3D reconstruction", class_="kicker"),
            element("h1", headline(summary)),
            verdict(summary),
            key_figures(summary),
            class_="intro",
        ),
        stage(content),
        class_="hero",
        id="top",
    )


def headline(summary: Summary) -> str:
    """What happened, in one sentence."""
    return f"{counted(summary.registered, 'photograph')} became a model of {counted(summary.faces, 'triangle')}."


def banner(summary: Summary) -> Markup | None:
    """What is less than was asked for, with the reason; nothing when nothing is."""
    lines: list[str] = []
    if summary.built != summary.chosen:
        lines.append(f"Built at {summary.built} quality, not {summary.chosen}.")
    lines += [fallback.message for fallback in summary.fallbacks]
    missing = len(summary.unregistered)
    if 2 * missing >= summary.photos > 0:
        lines.append(f"{missing} of {counted(summary.photos, 'photograph')} are not in the model.")
    if not lines:
        return None
    return element(
        "div",
        element("span", "!", class_="mark", aria_hidden="true"),
        element("div", element("strong", "Less than was asked for"), *[element("p", line) for line in lines]),
        class_="banner attention",
        role="status",
    )


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
        _held_out(summary),
        ("Size", size(summary), "width, height, depth" if summary.unit == "m" else "no unit: the scale is not known"),
        ("Triangles", short_count(summary.faces), f"texture of {summary.texture_px:,} px"),
        ("Dense points", short_count(summary.dense_points), f"{short_count(summary.sparse_points)} sparse points"),
        ("Quality", summary.built, f"requested: {summary.requested}"),
        ("Processor time", duration(summary.total_cpu_seconds), f"dense stereo on {summary.device}"),
    ]
    cells = [
        element(
            "div",
            element("dt", name),
            element("dd", element("span", value, class_="long" if len(value) > 12 else None), element("small", note)),
            class_="figure",
        )
        for name, value, note in figures
    ]
    return element("dl", *cells, class_="figures")


def _held_out(summary: Summary) -> tuple[str, str, str]:
    if summary.held_out_psnr_db is None or summary.held_out_coverage is None:
        return "Held-out score", "none", "no photograph was kept back"
    over = f"over {percent(summary.held_out_coverage)} of the frame"
    return "Held-out score", f"{summary.held_out_psnr_db:.1f} dB", over


def stage(content: Content) -> Markup:
    """The place of the model: a picture, over which the script puts the interactive view."""
    still = content.hero
    interactive = content.viewer is not None
    why = (
        ""
        if interactive
        else f"its {counted(content.summary.faces, 'triangle')} are too many for a page; open model.glb."
    )
    return element(
        "figure",
        _picture(still),
        *_controls(content) if interactive else (element("figcaption", PLAIN, why, class_="plain"),),
        class_="stage",
        id="model",
    )


def _picture(still: Still | None) -> Markup:
    if still is None:
        return element("p", "There is no picture of the model.", class_="empty")
    return element("img", src=still.uri, alt=still.title, width=still.width, height=still.height)


def _controls(content: Content) -> tuple[Markup, ...]:
    turn = [
        element("button", side, type="button", data_side=side.lower())
        for side in ("Front", "Left", "Back", "Right", "Top")
    ]
    skins = [
        element("button", name, type="button", data_skin=skin, aria_pressed=pressed) for name, skin, pressed in SKINS
    ]
    cameras = element("button", "Cameras", type="button", data_cameras=True, aria_pressed="false")
    whole = element("button", "⤢", type="button", data_whole=True, aria_pressed="false", aria_label="Fill the window")
    return (
        element(
            "canvas",
            tabindex=0,
            role="application",
            aria_roledescription="3D view",
            aria_label=f"The model, to turn. {KEYS}",
            hidden=True,
        ),
        element("img", class_="through", alt="", hidden=True),
        element("output", class_="named", hidden=True, aria_live="off"),
        element(
            "div",
            element("div", *turn, role="group", aria_label="Side"),
            element("div", *skins, role="group", aria_label="How it is drawn"),
            element("div", cameras, whole, role="group", aria_label="What else is shown"),
            class_="controls",
            hidden=True,
        ),
        _looking_through(),
        element("p", element("span"), class_="ruler", hidden=True),
        element("figcaption", KEYS, class_="keys", hidden=True),
        element("figcaption", PLAIN, "it needs a browser with WebGL 2 and JavaScript.", class_="plain"),
    )


def _looking_through() -> Markup:
    """The bar that is there while one looks through a photograph's camera."""
    return element(
        "div",
        element("button", "‹", type="button", data_step="-1", aria_label="Previous camera"),
        element("output", aria_live="polite"),
        element("button", "›", type="button", data_step="1", aria_label="Next camera"),
        element(
            "label",
            "Photograph",
            element("input", type="range", min=0, max=100, value=100, aria_label="How much of the photograph is shown"),
        ),
        element("button", "Leave", type="button", data_leave=True),
        class_="lens",
        role="group",
        aria_label="Looking through a camera",
        hidden=True,
    )
