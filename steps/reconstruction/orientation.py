"""Which way is up, guessed from how the photographs were taken."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

_SPAN = 0.05
"""Second eigenvalue of the horizontal image axes from which they span a plane."""
_TURNED = 0.15
"""Second eigenvalue of the gazes from which they turn around one axis."""


def upright(rotations: Array, centers: Array) -> Array:
    """Rotation [3, 3] from the world to a frame that stands upright: x right, y up, z toward the photographers.

    `rotations` [n, 3, 3] turn the world to the cameras (x right, y down, z forward); `centers` [n, 3] are where they stand.

    Gravity is not known, so it is guessed from how people hold cameras: level, hence up is the direction
    most perpendicular to all horizontal image axes. Where those are nearly parallel (a facade) the mean
    of the cameras' own up decides. Cameras spread over a plane that they all look at squarely are a flight
    over ground, and up is where they are. Cameras that circle their own horizontal axis lie on their side.
    """
    if not len(rotations):
        return np.eye(3)
    right, down, forward = rotations[:, 0], rotations[:, 1], rotations[:, 2]
    up = _flight(centers, forward)
    if up is None:
        mean_up = -down.mean(axis=0)  # next to nothing when half of the photographs are upside down
        up = _level(right, forward, mean_up if np.linalg.norm(mean_up) > 0.2 else -down[0])
    toward = -forward.mean(axis=0)
    toward -= up * (toward @ up)
    if np.linalg.norm(toward) < 0.2:  # all around, or all from above: the view that is most level is the front
        front = int(np.argmin(np.round(np.abs(forward @ up), 3)))
        toward = -forward[front] if abs(forward[front] @ up) < 0.9 else down[front]
        toward = toward - up * (toward @ up)
    toward /= np.linalg.norm(toward)
    return np.asarray(np.stack([np.cross(up, toward), up, toward]), dtype=np.float64)


def is_determined(rotations: Array, centers: Array) -> bool:
    """Whether `upright` is sure of up to a degree or two: else cameras that all look a little up tilt everything."""
    right, forward = rotations[:, 0], rotations[:, 2]
    if _flight(centers, forward) is not None:
        return True
    spread = (float(np.linalg.eigvalsh(axes.T @ axes / len(axes))[1]) for axes in (right, forward))
    return next(spread) > _SPAN or next(spread) > _TURNED


def _level(right: Array, forward: Array, mean_up: Array) -> Array:
    """Up for cameras held level; `right` and `forward` [n, 3] are their horizontal image axes and gazes."""
    values, vectors = np.linalg.eigh(right.T @ right / len(right))
    if values[1] > _SPAN:  # the axes span a plane: its normal is well determined
        normal = vectors[:, 0] * np.sign(vectors[:, 0] @ mean_up or 1.0)
        if normal @ mean_up > 0.5 * np.linalg.norm(mean_up):
            return np.asarray(normal, dtype=np.float64)
    axis = vectors[:, 2] * np.sign(vectors[:, 2] @ right.mean(axis=0) or 1.0)
    if np.linalg.eigvalsh(forward.T @ forward / len(forward))[1] > _TURNED:  # gazes turn around that axis
        return np.asarray(axis, dtype=np.float64)
    level = mean_up - axis * (axis @ mean_up)
    return np.asarray(level / np.linalg.norm(level), dtype=np.float64)


def _flight(centers: Array, forward: Array) -> Array | None:
    """Up for cameras that hang in a plane and all look at it squarely; None for any others."""
    mean = forward.mean(axis=0)
    length = float(np.linalg.norm(mean))
    if len(centers) < 6 or length < 0.95:
        return None
    spots = centers - centers.mean(axis=0)
    values, vectors = np.linalg.eigh(spots.T @ spots)
    spread = np.sqrt(np.maximum(values, 0.0))
    if spread[1] < 0.25 * spread[2] or spread[0] > 0.35 * spread[1] or abs(vectors[:, 0] @ mean) < 0.9 * length:
        return None
    return np.asarray(-mean / length, dtype=np.float64)
