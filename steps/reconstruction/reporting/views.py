"""Looking at the model: from all sides, and through the photographs' own cameras."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from steps.reconstruction.reporting.content import Comparison, Still
from steps.reconstruction.reporting.markup import Markup, element, section

Array = NDArray[np.float64]
Picture = NDArray[np.uint8]

SIDES = (
    ("Front", 0.0, 8.0),
    ("Front, from the left", -40.0, 20.0),
    ("Left", -90.0, 8.0),
    ("Back", 180.0, 8.0),
    ("Right", 90.0, 8.0),
    ("Front, from the right", 40.0, 20.0),
    ("Top", 0.0, 89.0),
    ("From high up", 25.0, 50.0),
)
"""Title, turn around the vertical and height above the horizon, degrees; the turn is positive to the right."""
FIELD_OF_VIEW = 30.0
"""Vertical, degrees."""


@dataclass(frozen=True)
class Pinhole:
    """A camera without distortion: x_cam = rotation · X + translation, pixel centers at whole numbers."""

    calibration: Array  # [3, 3]
    rotation: Array  # [3, 3]
    translation: Array  # [3]
    width: int
    height: int


class Draw(Protocol):
    """Renders the model."""

    def __call__(self, camera: Pinhole) -> Picture:
        """The model as RGBA [h, w, 4]; transparent where there is none."""
        ...


def best_rise(vertices: Array, frame: Array) -> float:
    """From how high, degrees, a first look shows most: ground from well above, everything else from a little above."""
    low, high = np.percentile(vertices @ frame.T, (1, 99), axis=0)
    width, height, depth = high - low
    return 50.0 if height < 0.3 * min(width, depth) else 14.0


def looking(vertices: Array, frame: Array, turn: float, rise: float, width: int, height: int) -> Pinhole:
    """A camera that sees the whole of `vertices`, all but stray ones, from `turn` and `rise` degrees."""
    a, e = np.radians(turn), np.radians(rise)
    back = np.array([np.sin(a) * np.cos(e), np.sin(e), np.cos(a) * np.cos(e)])  # in the upright frame
    right = np.array([np.cos(a), 0.0, -np.sin(a)])
    rotation = np.stack([right, -np.cross(back, right), -back]) @ frame
    seen = vertices @ rotation.T
    low, high = np.percentile(seen, 1, axis=0), np.percentile(seen, 99, axis=0)
    focal = 0.5 * height / np.tan(np.radians(FIELD_OF_VIEW / 2))
    half = (high - low) / 2 * 1.12
    distance = max(half[0] * focal / (width / 2), half[1] * focal / (height / 2)) + half[2]
    middle = (low + high) / 2
    calibration = np.array([[focal, 0, (width - 1) / 2], [0, focal, (height - 1) / 2], [0, 0, 1]])
    translation = np.array([-middle[0], -middle[1], distance - middle[2]])
    return Pinhole(calibration, rotation, translation, width, height)


def views(stills: Sequence[Still]) -> Markup:
    """The still views, in a grid."""
    if not stills:
        return section("views", "From all sides", "There are no views of the model.")
    figures = [
        element(
            "figure",
            element(
                "img",
                src=still.uri,
                alt=f"The model: {still.title.lower()}",
                width=still.width,
                height=still.height,
                loading="lazy",
            ),
            element("figcaption", still.title),
        )
        for still in stills
    ]
    return section("views", "From all sides", None, element("div", *figures, class_="stills"))


def comparisons(pairs: Sequence[Comparison]) -> Markup | None:
    """Photographs and the model through the same cameras, one over the other."""
    if not pairs:
        return None
    lead = "The model seen by the very cameras that took the photographs. Move the divider: what stays put is right."
    return section(
        "compare", "Photograph and model", lead, element("div", *[_comparison(p) for p in pairs], class_="compares")
    )


def _comparison(pair: Comparison) -> Markup:
    slider = element(
        "input", type="range", min=0, max=100, value=50, hidden=True, aria_label=f"Share of the photograph {pair.name}"
    )
    return element(
        "figure",
        element(
            "div",
            _layer(pair.model, f"The model seen from the camera of {pair.name}"),
            _layer(pair.photograph, f"The photograph {pair.name}", "over"),
            slider,
            class_="compare",
            style=f"aspect-ratio:{pair.model.width}/{pair.model.height}",
        ),
        element("figcaption", pair.name, element("span", "photograph | model", class_="where")),
    )


def _layer(still: Still, alt: str, kind: str | None = None) -> Markup:
    return element("img", src=still.uri, alt=alt, class_=kind, width=still.width, height=still.height, loading="lazy")
