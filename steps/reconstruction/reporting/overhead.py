"""Cameras and sparse points, seen from above, from the front and from the left, to one scale."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from steps.reconstruction.reporting.content import short_names
from steps.reconstruction.reporting.markup import Markup, element
from steps.reconstruction.reporting.thumbnails import data_uri
from steps.reconstruction.reporting.wording import length, round_length
from steps.reconstruction.scene import CameraView, Scene

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


def overhead(scene: Scene, unit: str) -> Markup:
    """The plan and two elevations; the world stands upright, with y up and z toward the photographers."""
    x, y, z = np.eye(3)
    named = len(scene.views) <= LABELED
    return element(
        "div",
        _drawing(scene, np.stack([x, z], axis=1), "From above", order=y, named=named, unit=unit),
        _drawing(scene, np.stack([x, -y], axis=1), "From the front", order=z, named=False, unit=unit),
        _drawing(scene, np.stack([z, -y], axis=1), "From the left", order=-x, named=False, unit=unit),
        class_="maps",
    )


def _drawing(scene: Scene, axes: Array, title: str, *, order: Array, named: bool, unit: str) -> Markup:
    plan = _plan(scene, axes)
    view_box = f"0 0 {WIDTH:.0f} {plan.height:.0f}"
    cloud = (
        element("image", href=_cloud(scene, plan, order), width=WIDTH, height=plan.height)
        if len(scene.points)
        else None
    )
    reach = camera_reach(scene, 0.055 * WIDTH / plan.scale)
    labels = short_names([view.name for view in scene.views])
    cameras = [_camera(view, plan, reach, labels[view.name] if named else None) for view in scene.views]
    svg = element(
        "svg",
        cloud,
        element("g", *cameras),
        _bar(plan) if unit == "m" else None,
        viewBox=view_box,
        class_="map",
        role="img",
        aria_label=f"{title}: {len(scene.views)} cameras and {len(scene.points)} points.",
    )
    return element("figure", svg, element("figcaption", title), class_="map-figure")


def camera_reach(scene: Scene, most: float) -> float:
    """How long a camera is drawn: `most`, or less where neighbors would hide each other."""
    centers = np.array([view.center for view in scene.views]).reshape(-1, 3)
    if len(centers) < 2:
        return most
    gaps = np.linalg.norm(centers[:, None] - centers[None], axis=2)
    np.fill_diagonal(gaps, np.inf)
    return float(np.clip(0.7 * np.median(gaps.min(axis=1)), most / 5, most))


def _bar(plan: Plan) -> Markup:
    """A round number of meters, about a sixth of the drawing wide, at the bottom right."""
    meters = round_length(WIDTH / 6 / plan.scale)
    x, y, long = WIDTH - 24, plan.height - 22, meters * plan.scale
    return element(
        "g",
        element("path", d=f"M{x - long:.1f} {y - 6:.1f}v6H{x:.1f}v-6"),
        element("text", length(meters, "m"), x=float(x - long / 2), y=float(y - 10), text_anchor="middle"),
        class_="scale-bar",
    )


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
        data_camera=view.name,
    )
