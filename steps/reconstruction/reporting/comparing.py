"""Photographs and the model through the same cameras, one over the other; the held-out ones first, with their score."""

from __future__ import annotations

from collections.abc import Sequence

from steps.reconstruction.reporting.content import Comparison, Still
from steps.reconstruction.reporting.figures import Summary
from steps.reconstruction.reporting.held_out import Score
from steps.reconstruction.reporting.markup import Markup, element, section
from steps.reconstruction.reporting.wording import counted, percent

CAVEAT = (
    "What it does not tell: the photographs left out of the texture did help to place the cameras and to find the "
    "shape; light that changed between photographs lowers the score; and where there is no model nothing is compared."
)


def comparing(summary: Summary, held_out: Sequence[Comparison], others: Sequence[Comparison]) -> Markup | None:
    """The held-out score in words, its pairs, and some more photographs."""
    parts: list[Markup] = []
    score = score_of(summary)
    if score is not None:
        parts += [_verdict(score), _sliders(held_out)]
        if others:
            parts.append(element("h3", "Photographs that are in the texture"))
    if score is None and not others:
        return None
    parts.append(_sliders(others))
    lead = "The model seen by the very cameras that took the photographs. Move the divider: what stays put is right."
    return section("compare", "Photograph and model", lead, *parts)


def score_of(summary: Summary) -> Score | None:
    """The held-out score; None when nothing was held out."""
    if summary.held_out_psnr_db is None or summary.held_out_coverage is None:
        return None
    return Score(summary.held_out_psnr_db, summary.held_out_coverage, summary.held_out_photos)


def _verdict(score: Score) -> Markup:
    figure = element("p", element("strong", f"{score.psnr_db:.1f} dB"), f"over {percent(score.coverage)} of the frame")
    told = (
        f"{counted(score.photos, 'photograph')} {'was' if score.photos == 1 else 'were'} left out of the texture, and "
        "the model was compared with what it had never been shown. "
    )
    words = element("div", element("p", told, score.meaning), element("p", CAVEAT, class_="caveat"))
    return element("div", figure, words, class_="exam")


def _sliders(pairs: Sequence[Comparison]) -> Markup:
    return element("div", *[_comparison(pair) for pair in pairs], class_="compares") if pairs else Markup()


def _comparison(pair: Comparison) -> Markup:
    slider = element(
        "input", type="range", min=0, max=100, value=50, hidden=True, aria_label=f"Share of the photograph {pair.name}"
    )
    box = element(
        "div",
        _layer(pair.model, f"The model seen from the camera of {pair.name}"),
        _layer(pair.photograph, f"The photograph {pair.name}", "over"),
        element("span", "photograph", class_="tag left", aria_hidden="true"),
        element("span", "model", class_="tag right", aria_hidden="true"),
        slider,
        element("span", class_="grip", aria_hidden="true"),
        class_="compare",
        style=f"aspect-ratio:{pair.model.width}/{pair.model.height}",
    )
    return element("figure", box, element("figcaption", element("bdi", pair.name), _exam(pair)))


def _exam(pair: Comparison) -> Markup | None:
    if pair.psnr_db is None:
        return None
    over = "" if pair.coverage is None else f" over {percent(pair.coverage)} of the frame"
    return element("span", f"held out: {pair.psnr_db:.1f} dB{over}", class_="where")


def _layer(still: Still, alt: str, kind: str | None = None) -> Markup:
    return element("img", src=still.uri, alt=alt, class_=kind, width=still.width, height=still.height)
