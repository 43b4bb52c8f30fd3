"""Where to look at the model from: all sides that were photographed, each with the whole model in the picture."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from steps.reconstruction.reporting.content import Still
from steps.reconstruction.reporting.markup import Markup, element, section
from steps.reconstruction.reporting.wording import joined

Array = NDArray[np.float64]
Picture = NDArray[np.uint8]

SIDES = (
    ("Front", 0.0),
    ("Front left", -45.0),
    ("Front right", 45.0),
    ("Left", -90.0),
    ("Right", 90.0),
    ("Back left", -135.0),
    ("Back right", 135.0),
    ("Back", 180.0),
)
"""Title and turn around the vertical, degrees; positive to the right."""
FIELD_OF_VIEW = 30.0
"""Vertical, degrees."""
MARGIN = 1.08
NEAR_ENOUGH = 22.5
"""A side is photographed when a camera stands within so many degrees of it."""
STEEP = 55.0
"""Cameras that look down from above this, degrees, see all sides."""


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


@dataclass(frozen=True)
class Side:
    """A view from a turn around the vertical and a height above the horizon, degrees."""

    title: str
    turn: float
    rise: float


@dataclass(frozen=True)
class Sides:
    """What is shown, and the names of what nobody photographed."""

    shown: tuple[Side, ...]
    unseen: tuple[str, ...]


def best_rise(vertices: Array) -> float:
    """From how high, degrees, a first look shows most: ground from well above, everything else from a little above."""
    if not len(vertices):
        return 14.0
    low, high = np.percentile(vertices, (1, 99), axis=0)
    width, height, depth = high - low
    return 50.0 if height < 0.3 * min(width, depth) else 14.0


def sides(vertices: Array, centers: Array, *, inward: bool = False) -> Sides:
    """The sides of the model that cameras at `centers` [n, 3] saw, and the one from high up.

    A room is looked into from above, from all sides.
    """
    middle = (vertices.min(axis=0) + vertices.max(axis=0)) / 2 if len(vertices) else np.zeros(3)
    way = centers - middle
    azimuth = np.degrees(np.arctan2(way[:, 0], way[:, 2]))
    elevation = np.degrees(np.arctan2(way[:, 1], np.hypot(way[:, 0], way[:, 2])))
    typical = float(np.median(elevation)) if len(centers) else 0.0
    everywhere = inward or typical > STEEP or not len(centers)
    rise = 40.0 if inward else float(np.clip(max(typical - 30, best_rise(vertices) - 15), 8, 40))
    shown, unseen = [], []
    for title, turn in SIDES:
        apart = np.abs((azimuth - turn + 180) % 360 - 180)
        if everywhere or apart.min() <= NEAR_ENOUGH:
            shown.append(Side(title, turn, rise))
        elif turn % 90 == 0:
            unseen.append(title.lower())
    if everywhere or not unseen or float(elevation.max()) > 35:
        shown.append(Side("Top", 0.0, 89.0))
    shown.append(Side("From high up", 25.0, 50.0))
    return Sides(tuple(shown), tuple(unseen))


def looking(vertices: Array, turn: float, rise: float, width: int, height: int) -> Pinhole:
    """The nearest camera that has all of `vertices` in its picture, from `turn` and `rise` degrees.

    With t the tangent of half the field of view, a point at x, depth z is inside when |x − c| ≤ t·(z + d);
    the tightest c and d follow from the largest x − t·z and −x − t·z.
    """
    a, e = np.radians(turn), np.radians(rise)
    back = np.array([np.sin(a) * np.cos(e), np.sin(e), np.cos(a) * np.cos(e)])
    right = np.array([np.cos(a), 0.0, -np.sin(a)])
    rotation = np.stack([right, -np.cross(back, right), -back])
    seen = vertices @ rotation.T if len(vertices) else np.zeros((1, 3))
    focal = 0.5 * height / np.tan(np.radians(FIELD_OF_VIEW / 2))
    tangents = np.array([width, height]) / (2 * focal * MARGIN)
    above = (seen[:, :2] - tangents * seen[:, 2:]).max(axis=0)
    below = (-seen[:, :2] - tangents * seen[:, 2:]).max(axis=0)
    nearest = 1e-3 * float(np.ptp(seen, axis=0).max()) + 1e-9 - float(seen[:, 2].min())
    distance = max(float(((above + below) / (2 * tangents)).max()), nearest)
    middle = (above - below) / 2
    calibration = np.array([[focal, 0, (width - 1) / 2], [0, focal, (height - 1) / 2], [0, 0, 1]])
    return Pinhole(calibration, rotation, np.array([-middle[0], -middle[1], distance]), width, height)


def views(stills: Sequence[Still], unseen: Sequence[str]) -> Markup:
    """The still views, in a grid."""
    if not stills:
        return section("views", "From all sides", "There are no views of the model.")
    lead = None
    if unseen:
        lead = f"Not photographed, hence not shown: {joined(unseen)}. Whatever the model has there is a guess."
    figures = [
        element(
            "figure",
            element(
                "img",
                src=still.uri,
                alt=f"The model: {still.title.lower()}",
                width=still.width,
                height=still.height,
            ),
            element("figcaption", still.title),
        )
        for still in stills
    ]
    title = "From the photographed sides" if unseen else "From all sides"
    return section("views", title, lead, element("div", *figures, class_="stills"))
