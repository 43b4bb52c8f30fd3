"""Sun and sky, gathered once for every point of every surface: nothing here shines, so light does not depend on the view."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from steps.data.scene.patch import Floats, Patch

_SUN = np.array([0.55, -0.5, 0.78])
_SUN_COLOR = np.array([2.25, 2.0, 1.65])
_SUN_SPREAD = 0.07
"""Half the sun's disc, radians: wider than the real one, for soft shadows."""
_ZENITH = np.array([0.62, 0.78, 1.05])
_HORIZON = np.array([0.95, 0.92, 0.88])
_GROUND = np.array([0.36, 0.32, 0.28])
_SUN_RAYS = 8
_SKY_RAYS = 48
_LIFT = 2e-3
"""Rays start so far above the surface, scene units."""


def build_tracer(patches: Sequence[Patch]) -> Any:
    """An Embree scene; the geometry's number is the patch's."""
    from embreex import rtcore_scene
    from embreex.mesh_construction import TriangleMesh

    scene: Any = rtcore_scene.EmbreeScene()  # pyright: ignore[reportAttributeAccessIssue]  # compiled, untyped
    for patch in patches:
        corners = patch.points.reshape(-1, 3)[patch.triangles()]
        TriangleMesh(scene, np.ascontiguousarray(corners, np.float32))
    return scene


def gather_light(tracer: Any, patch: Patch, rng: np.random.Generator) -> Floats:
    """Light that arrives at every other of the patch's points [(rows + 1) / 2, (columns + 1) / 2, 3], per channel."""
    thinned = patch.points[::2, ::2]
    normals = patch.normals()[::2, ::2].reshape(-1, 3).astype(np.float64)
    origins = (thinned.reshape(-1, 3) + _LIFT * normals).astype(np.float32)
    light = np.zeros((len(origins), 3))
    for _ in range(_SUN_RAYS):
        toward = _around_sun(len(origins), rng)
        facing = np.clip((normals * toward).sum(1), 0, None)
        light += (_free(tracer, origins, toward) * facing)[:, None] * _SUN_COLOR / _SUN_RAYS
    for _ in range(_SKY_RAYS):
        toward = _above(normals, rng)
        light += _free(tracer, origins, toward)[:, None] * sky(toward) / _SKY_RAYS
    return light.reshape(thinned.shape).astype(np.float32)


def sky(toward: NDArray[np.float64]) -> NDArray[np.float64]:
    """The sky's color in directions [n, 3]; below the horizon, what the ground throws back."""
    up = toward[:, 2:3]
    above = _HORIZON + np.clip(up, 0, 1) ** 0.6 * (_ZENITH - _HORIZON)
    return np.asarray(np.where(up > 0, above, _HORIZON + np.clip(-4 * up, 0, 1) * (_GROUND - _HORIZON)))


def _free(tracer: Any, origins: Floats, toward: NDArray[np.float64]) -> NDArray[np.float64]:
    """1 where the ray leaves the scene, 0 where something is in its way."""
    hit = tracer.run(origins, np.ascontiguousarray(toward, np.float32), query="OCCLUDED")
    return np.asarray(hit < 0, np.float64)


def _around_sun(count: int, rng: np.random.Generator) -> NDArray[np.float64]:
    toward = _SUN / np.linalg.norm(_SUN) + _SUN_SPREAD * rng.normal(size=(count, 3))
    return np.asarray(toward / np.linalg.norm(toward, axis=1, keepdims=True))


def _above(normals: NDArray[np.float64], rng: np.random.Generator) -> NDArray[np.float64]:
    """Directions by the cosine about each normal: the normal plus a point of the unit sphere."""
    point = rng.normal(size=normals.shape)
    toward = normals + point / np.linalg.norm(point, axis=1, keepdims=True)
    return np.asarray(toward / np.maximum(np.linalg.norm(toward, axis=1, keepdims=True), 1e-9))
