"""Cameras and sparse points, seen from above and from the side."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from steps.reconstruction.reporting.content import short_names
from steps.reconstruction.reporting.markup import Markup, element, section
from steps.reconstruction.reporting.thumbnails import data_uri
from steps.reconstruction.reporting.wording import counted
from steps.reconstruction.scene import CameraView, Scene, upright

Array = NDArray[np.float64]
WIDTH = 1000.0
"""Width of a drawing in its own units."""
LABELED = 24
"""Up to so many cameras have their name written beside them; more have it on hover only."""


@dataclass(frozen=True)
class Plan:
    """A flat drawing of space: columns of `axes` [3, 2] give x to the right and y downward."""

    axes: Array
    low: Array  # [2]
    scale: float
    height: float

    def place(self, points: Array) -> Array:
        """Points [n, 3] in the drawing [n, 2]."""
        return np.asarray((points @ self.axes - self.low) * self.scale, dtype=np.float64)


def overhead(scene: Scene) -> Markup:
    """The plan and the elevation."""
    title = "Cameras and sparse points"
    if not scene.views:
        return section("cameras", title, "No photograph was placed.")
    frame = upright(scene.views)
    above = np.stack([frame[0], frame[2]], axis=1)  # photographers at the bottom
    front = np.stack([frame[0], -frame[1]], axis=1)
    left = np.stack([frame[2], -frame[1]], axis=1)
    lead = (
        f"{counted(len(scene.views), 'camera')} and {counted(len(scene.points), 'point')} in their own colors. "
        "Up is guessed from how the cameras were held. Point at a camera for its name."
    )
    return section(
        "cameras",
        title,
        lead,
        element(
            "div",
            _drawing(scene, above, "From above", order=frame[1], named=len(scene.views) <= LABELED),
            _drawing(scene, front, "From the front", order=frame[2], named=False),
            _drawing(scene, left, "From the left", order=-frame[0], named=False),
            class_="maps",
        ),
    )


def _drawing(scene: Scene, axes: Array, title: str, *, order: Array, named: bool) -> Markup:
    plan = _plan(scene, axes)
    view_box = f"0 0 {WIDTH:.0f} {plan.height:.0f}"
    cloud = (
        element("image", href=_cloud(scene, plan, order), width=WIDTH, height=plan.height)
        if len(scene.points)
        else None
    )
    reach = 0.055 * WIDTH / plan.scale
    labels = short_names([view.name for view in scene.views])
    cameras = [_camera(view, plan, reach, labels[view.name] if named else None) for view in scene.views]
    svg = element(
        "svg",
        cloud,
        element("g", *cameras),
        viewBox=view_box,
        class_="map",
        role="img",
        aria_label=f"{title}: {len(scene.views)} cameras around {len(scene.points)} points.",
    )
    return element("figure", svg, element("figcaption", title), class_="map-figure")


def _plan(scene: Scene, axes: Array) -> Plan:
    """Cameras, and all points but the outermost few, with a margin."""
    centers = np.array([view.center for view in scene.views]) @ axes
    points = scene.points @ axes if len(scene.points) else centers
    low = np.minimum(np.percentile(points, 2, axis=0), centers.min(axis=0))
    high = np.maximum(np.percentile(points, 98, axis=0), centers.max(axis=0))
    size = np.maximum(high - low, 1e-9)
    size = np.maximum(size, size.max() * np.array([0.0, 0.22]))  # a flat scene still gets a strip to be seen in
    size[0] = max(size[0], size[1] / 0.75)  # never taller than three quarters of the width
    margin = 0.07 * size.max()
    middle = (low + high) / 2
    scale = WIDTH / (size[0] + 2 * margin)
    return Plan(axes=axes, low=middle - size / 2 - margin, scale=scale, height=(size[1] + 2 * margin) * scale)


def _cloud(scene: Scene, plan: Plan, order: Array) -> str:
    """The points as dots of two pixels, later in `order` above earlier."""
    width, height = int(WIDTH), max(1, int(plan.height))
    pixels = np.zeros((height, width, 4), np.uint8)
    spots = np.floor(plan.place(scene.points)).astype(np.int64)
    ranking = np.argsort(scene.points @ order, kind="stable")
    for dx, dy in ((0, 0), (1, 0), (0, 1), (1, 1)):
        x, y = spots[ranking, 0] + dx, spots[ranking, 1] + dy
        inside = (x >= 0) & (x < width) & (y >= 0) & (y < height)
        pixels[y[inside], x[inside], :3] = scene.colors[ranking][inside]
        pixels[y[inside], x[inside], 3] = 255
    return data_uri(Image.fromarray(pixels, "RGBA"), quality=70)


def _camera(view: CameraView, plan: Plan, reach: float, label: str | None) -> Markup:
    """A frustum: from the center to the corners of the image at distance `reach`."""
    corners = np.array(
        [[0, 0, 1], [view.width - 1, 0, 1], [view.width - 1, view.height - 1, 1], [0, view.height - 1, 1]]
    )
    rays = corners @ np.linalg.inv(view.calibration).T * reach
    world = (rays - view.translation) @ view.rotation
    spots = plan.place(np.vstack([view.center, world]))
    tip, base = spots[0], spots[1:]
    face = "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in base) + "Z"
    edges = "".join(f"M{tip[0]:.1f} {tip[1]:.1f}L{x:.1f} {y:.1f}" for x, y in base)
    away = tip - base.mean(axis=0)
    spot = tip + away / max(float(np.hypot(*away)), 1.0) * 14
    return element(
        "g",
        element("title", view.name),
        element("path", d=face + edges),
        element("circle", cx=float(tip[0]), cy=float(tip[1]), r=3),
        element("text", label, x=float(spot[0]), y=float(spot[1]), dy="0.35em", text_anchor="middle")
        if label
        else None,
        class_="camera",
    )
