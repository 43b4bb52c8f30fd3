"""The model drawn for the page's still pictures, by ray casting."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from steps.reconstruction.reporting.geometry import Geometry
from steps.reconstruction.reporting.views import Picture, Pinhole

Array = NDArray[np.float32]
SAMPLES = 2
"""Rays per pixel in each direction."""
TEXTURE = 2048
"""Longer side of the texture that is sampled: pictures are smaller than that, and a finer one would flicker."""
LAYERS = 8
"""Into a room one looks through at most so many of its walls from outside."""
INSIDE = np.array([108.0, 112.0, 120.0], np.float32)
"""sRGB that the back of the surface is mixed with, so that it is not taken for the outside."""


class Drawing:
    """Draws one model; the acceleration structure is built once."""

    def __init__(self, geometry: Geometry) -> None:
        from embreex.mesh_construction import TriangleMesh
        from embreex.rtcore_scene import EmbreeScene

        corners = geometry.vertices[geometry.faces].astype(np.float32)  # [f, 3, 3]
        self._normals = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
        self._texture = _texture(geometry)
        height, width = self._texture.shape[:2]
        flipped = geometry.uvs * [1, -1] + [0, 1]  # the origin of texture coordinates is the bottom left
        self._spots = (flipped * [width, height] - 0.5)[geometry.faces].astype(np.float32)  # [f, 3, 2], pixels
        self._scene: Any = EmbreeScene()
        self._mesh: Any = TriangleMesh(self._scene, corners)  # kept: the scene does not own it
        self._open = geometry.inward
        self._skin = 1e-5 * float(np.ptp(geometry.vertices, axis=0).max()) if len(geometry.vertices) else 0.0

    def __call__(self, camera: Pinhole) -> Picture:
        """The model as RGBA [h, w, 4]; transparent where there is none."""
        import cv2

        shape = SAMPLES * camera.height, SAMPLES * camera.width
        rays = _rays(camera)
        origin = (-camera.rotation.T @ camera.translation).astype(np.float32)
        hit = self._hits(origin, rays)
        seen = np.flatnonzero(hit["primID"] >= 0)
        face = hit["primID"][seen]
        u, v = hit["u"][seen], hit["v"][seen]
        corners = self._spots[face]  # [n, 3, 2], texture pixels
        spots = np.full((len(rays), 2), -1, np.float32)
        for axis in range(2):
            first, second, third = corners[:, 0, axis], corners[:, 1, axis], corners[:, 2, axis]
            spots[seen, axis] = first + (second - first) * u + (third - first) * v
        x, y = spots.reshape(*shape, 2).transpose(2, 0, 1)
        colors = cv2.remap(self._texture, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE).reshape(-1, 3)
        behind = seen[np.einsum("ij,ij->i", self._normals[face], rays[seen]) > 0]
        colors[behind] = (0.4 * colors[behind] + 0.6 * INSIDE) * 0.85
        covered = np.zeros(len(rays), np.float32)
        covered[seen] = 1
        colors *= covered[:, None]
        samples = np.concatenate([colors, covered[:, None]], axis=1).reshape(*shape, 4)
        mean = cv2.resize(samples, (camera.width, camera.height), interpolation=cv2.INTER_AREA)
        mean[..., :3] /= np.maximum(mean[..., 3:], 1e-6)
        mean[..., 3] *= 255
        return np.asarray(np.rint(mean).clip(0, 255), dtype=np.uint8)

    def _hits(self, origin: Array, rays: Array) -> dict[str, Any]:
        """What each ray meets first; the walls of a room only from inside."""
        hit: dict[str, Any] = self._scene.run(np.tile(origin, (len(rays), 1)), rays, output=True)
        if not self._open:
            return hit
        reach = np.array(hit["tfar"], np.float32)
        for _ in range(LAYERS):
            met = np.flatnonzero(hit["primID"] >= 0)
            outside = np.einsum("ij,ij->i", self._normals[hit["primID"][met]], rays[met]) > 0
            again = met[outside]
            if not len(again):
                break
            length = np.linalg.norm(rays[again], axis=1)
            starts = origin + rays[again] * (reach[again] + self._skin / length)[:, None]
            further = self._scene.run(np.ascontiguousarray(starts, np.float32), rays[again], output=True)
            for name in ("primID", "u", "v"):
                hit[name][again] = further[name]
            reach[again] += self._skin / length + np.asarray(further["tfar"], np.float32)
        return hit


def _texture(geometry: Geometry) -> Array:
    with Image.open(geometry.texture) as image:
        small = image.convert("RGB")
        small.thumbnail((TEXTURE, TEXTURE), Image.Resampling.BOX)
    return np.asarray(small, dtype=np.float32)


def _rays(camera: Pinhole) -> Array:
    """Directions in the world of all samples, row by row, [h · SAMPLES · w · SAMPLES, 3]."""
    shift = (np.arange(SAMPLES) + 0.5) / SAMPLES - 0.5
    x = (np.arange(camera.width)[:, None] + shift).reshape(1, -1, 1)
    y = (np.arange(camera.height)[:, None] + shift).reshape(-1, 1, 1)
    across, down, forward = (np.linalg.inv(camera.calibration).T @ camera.rotation).astype(np.float32)
    rays = x.astype(np.float32) * across + (y.astype(np.float32) * down + forward)
    return np.asarray(rays.reshape(-1, 3), dtype=np.float32)
