"""The solid and the slab that it stands on; z is up, the slab's top is at height 0, its radius is the unit's 1.55."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from steps.data.scene.patch import Patch

SLAB_RADIUS = 1.55
SLAB_HEIGHT = 0.14
SOLID_HEIGHT = 1.7

_PROFILE = np.array(
    # height and radius along the solid's outline, from the foot to the tip
    [
        (0.00, 0.40), (0.04, 0.46), (0.12, 0.44), (0.20, 0.40), (0.32, 0.46), (0.48, 0.62), (0.66, 0.73),
        (0.84, 0.74), (1.00, 0.64), (1.12, 0.47), (1.20, 0.34), (1.27, 0.29), (1.34, 0.33), (1.42, 0.41),
        (1.50, 0.43), (1.57, 0.39), (1.63, 0.29), (1.67, 0.17), (1.695, 0.07), (1.70, 0.00),
    ]
)  # fmt: skip


def solid(rng: np.random.Generator, columns: int = 481, rows: int = 361) -> Patch:
    """A fluted gourd: a turned outline, flutes that wind around it, hollows pressed into it, and bumps."""
    along = np.linspace(0, 1, rows)[:, None]
    angle = np.linspace(0, 2 * np.pi, columns)[None, :]
    height, radius = _outline(along[:, 0])
    height, radius = height[:, None], radius[:, None]
    waist = np.clip(np.minimum(height / 0.3, (SOLID_HEIGHT - height) / 0.35), 0, 1)  # no relief at foot and tip
    flutes = 0.12 * np.abs(np.sin(3.5 * (angle + 1.15 * height))) ** 0.8 - 0.07
    relief = flutes * np.clip(np.sin(np.pi * np.clip((height - 0.2) / 1.05, 0, 1)), 0, 1)
    directions = np.stack(np.broadcast_arrays(np.cos(angle), np.sin(angle), 1.3 * (height - 0.8)), -1)
    relief = relief + waist * (_hollows(rng, directions, height) + _bumps(rng, directions))
    spread = radius * (1 + relief)
    points = np.stack(np.broadcast_arrays(spread * np.cos(angle), spread * np.sin(angle), height), -1)
    points[:, -1] = points[:, 0]
    return Patch(points.astype(np.float32))


def _outline(along: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Height and radius at equal steps of length along a smooth curve through the profile."""
    from scipy.interpolate import PchipInterpolator

    step = np.r_[0, np.cumsum(np.hypot(*np.diff(_PROFILE, axis=0).T))]
    curve = PchipInterpolator(step / step[-1], _PROFILE)
    values = np.asarray(curve(along))
    return values[:, 0], np.maximum(values[:, 1], 0)


def _hollows(
    rng: np.random.Generator, directions: NDArray[np.float64], height: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Round hollows with a raised rim, as if pressed in with a thumb."""
    relief = np.zeros(directions.shape[:2])
    for _ in range(9):
        angle, center = rng.uniform(0, 2 * np.pi), rng.uniform(0.35, 1.05)
        size, depth = rng.uniform(0.16, 0.28), rng.uniform(0.10, 0.2)
        place = np.array([np.cos(angle), np.sin(angle), 1.3 * (center - 0.8)])
        distance = np.linalg.norm(directions - place, axis=2) / size
        relief -= depth * np.exp(-(distance**4)) - 0.04 * np.exp(-((distance - 1.25) ** 2) / 0.05)
    return relief


def _bumps(rng: np.random.Generator, directions: NDArray[np.float64]) -> NDArray[np.float64]:
    """Smooth waves of three lengths in random directions."""
    relief = np.zeros(directions.shape[:2])
    for frequency, amplitude in ((3.0, 0.020), (8.0, 0.009), (22.0, 0.0035)):
        for _ in range(5):
            wave = rng.normal(size=3) * frequency
            relief += amplitude * np.sin(directions @ wave + rng.uniform(0, 2 * np.pi))
    return relief


def slab_top(cells: int = 241) -> Patch:
    """The disc that the solid stands on: a square grid bent to a circle, without a pole.

    x·sqrt(1 - y²/2), y·sqrt(1 - x²/2): Fong, "Analytical methods for squaring the disc", 2014.
    """
    side = np.linspace(-1, 1, cells)
    x, y = np.meshgrid(side, -side)
    points = np.stack([x * np.sqrt(1 - y**2 / 2), y * np.sqrt(1 - x**2 / 2), np.zeros_like(x)], -1)
    return Patch((points[::-1] * [SLAB_RADIUS, SLAB_RADIUS, 1]).astype(np.float32))


def slab_rim(columns: int = 481, rows: int = 13) -> Patch:
    """The slab's side, with a rounded edge."""
    angle = np.linspace(0, 2 * np.pi, columns)[None, :]
    depth = np.linspace(1, 0, rows)[:, None]
    radius = SLAB_RADIUS + 0.03 * np.sqrt(np.clip(1 - (1 - np.minimum(depth / 0.3, 1)) ** 2, 0, 1))
    parts = np.broadcast_arrays(radius * np.cos(angle), radius * np.sin(angle), -SLAB_HEIGHT * depth)
    return Patch(np.stack(parts, -1).astype(np.float32))
