"""Putting a reconstruction on its feet, once and for all: every later file shares this frame."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from steps.reconstruction.colmap import pycolmap
from steps.reconstruction.orientation import is_determined, upright

Array = NDArray[np.float64]

FOOT = 2.0
"""Percentile of the points' heights that stands on y = 0 where no ground is found: the very lowest may be a stray."""
_TRIES = 400
_TILT = 15.0
"""Degrees that a plane may lean and still be the ground."""
_THICK = 0.01
"""How far from the ground its points may lie, as a share of the points' spread."""
_SUPPORT = 0.12
"""The share of the points that makes a plane the ground."""
_BELOW = 0.03
"""The largest share of the points below the ground; they are strays."""
_WIDE = 0.25
"""The ground spreads this far in its second direction, as a share of the points' spread."""


@dataclass(frozen=True, slots=True)
class Ground:
    """A plane normal · x = height."""

    normal: Array  # [3], unit, upward
    height: float


def stand_upright(model: pycolmap.Reconstruction, up: Array | None = None, scale: float = 1.0) -> str:
    """Turn, move and scale the model: +y up, +z toward the photographers, on y = 0, in the middle of its points.

    `up` [3] is where it is known, such as from GPS; else it is guessed from how cameras are held. Where that leaves
    doubts (all look the same way, perhaps a little up) the ground corrects it; where not, ground may slope.
    Returns what decided: positions, ground or cameras.
    """
    poses = [image.cam_from_world().matrix() for image in model.images.values() if image.has_pose]
    rotations = np.array([pose[:, :3] for pose in poses])
    centers = np.array([-pose[:, :3].T @ pose[:, 3] for pose in poses])
    points = np.array([point.xyz for point in model.points3D.values()])
    guess = upright(rotations, centers)
    source = "cameras" if up is None else "positions"
    level = _leaning(guess, guess[1] if up is None else up)
    ground = find_ground(points, centers, level[1])
    doubtful = up is None and not is_determined(rotations, centers)
    if doubtful and ground is not None:
        level, source = _leaning(level, ground.normal), "ground"
        ground = Ground(level[1], ground.height)
    turned = points @ level.T
    middle = np.median(turned, axis=0)
    foot = _height_at(ground, level, middle) if ground is not None else float(np.percentile(turned[:, 1], FOOT))
    shift = -scale * np.array([middle[0], foot, middle[2]])
    model.transform(pycolmap.Sim3d(scale, pycolmap.Rotation3d(level), shift))
    return source


def _leaning(frame: Array, up: Array) -> Array:
    """The frame [3, 3] turned as little as needed so that its y is `up`."""
    toward = frame[2] - up * (up @ frame[2])
    if np.linalg.norm(toward) < 0.1:  # its front is the new up
        toward = frame[1] - up * (up @ frame[1])
    toward = toward / np.linalg.norm(toward)
    return np.asarray(np.stack([np.cross(up, toward), up, toward]), np.float64)


def _height_at(ground: Ground, frame: Array, middle: Array) -> float:
    """How high the ground is in the frame, below the middle of the points."""
    normal = frame @ ground.normal
    return float((ground.height - normal[0] * middle[0] - normal[2] * middle[2]) / normal[1])


def find_ground(points: Array, centers: Array, up: Array) -> Ground | None:
    """The lowest wide plane of points [n, 3] that lies below the cameras [m, 3], nearly level; None where none is.

    RANSAC over triples of points (Fischler and Bolles, CACM 1981), then a least-squares plane.
    """
    heights = points @ up
    low = points[heights < np.median(centers @ up)]
    if len(low) < 50:
        return None
    away = np.linalg.norm(points - np.median(points, axis=0), axis=1)
    spread = float(np.percentile(away, 80))
    thick = _THICK * spread
    random = np.random.default_rng(0)
    best: NDArray[np.bool_] | None = None
    for triple in random.integers(0, len(low), (_TRIES, 3)):
        normal = _normal(low[triple], up)
        if normal is None:
            continue
        distance = points @ normal - low[triple[0]] @ normal
        inside = np.abs(distance) < thick
        if np.mean(distance < -2 * thick) < _BELOW and (best is None or inside.sum() > best.sum()):
            best = inside
    if best is None or best.sum() < _SUPPORT * len(points):
        return None
    flat = points[best]
    middle = flat.mean(axis=0)
    values, vectors = np.linalg.eigh(np.cov((flat - middle).T))
    normal = vectors[:, 0] * np.sign(vectors[:, 0] @ up or 1.0)
    if np.sqrt(values[1]) < _WIDE * spread or normal @ up < np.cos(np.radians(_TILT)):
        return None
    return Ground(np.asarray(normal, np.float64), float(normal @ middle))


def _normal(corners: Array, up: Array) -> Array | None:
    """The upward normal of a triangle; None where it is no ground."""
    normal = np.cross(corners[1] - corners[0], corners[2] - corners[0])
    length = float(np.linalg.norm(normal))
    if length < 1e-12:
        return None
    normal = normal / length * np.sign(normal @ up or 1.0)
    return np.asarray(normal, np.float64) if normal @ up > np.cos(np.radians(_TILT)) else None
