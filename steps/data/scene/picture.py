"""From a lit scene and a camera to a photograph."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from steps.data.scene.cameras import Camera
from steps.data.scene.patch import Floats, Patch, sample

_SUBPIXELS = ((-0.25, -0.25), (0.25, -0.25), (-0.25, 0.25), (0.25, 0.25))
_NOISE = 1.2
"""Standard deviation of the sensor's noise, gray levels."""
_EXPOSURE = 0.66
_BACKDROP = np.array([[1.15, 1.08, 1.0], [2.3, 2.4, 2.5]], np.float32)
"""Light from straight below and from the horizon on; plain, so that it gives no features."""


@dataclass(frozen=True, slots=True)
class LitScene:
    """Surfaces, their textures with light in them [h, w, 3], and what casts rays at them."""

    patches: Sequence[Patch]
    textures: Sequence[Floats]
    tracer: Any


def take_picture(scene: LitScene, camera: Camera, rng: np.random.Generator) -> NDArray[np.uint8]:
    """A photograph [h, w, 3], 8-bit sRGB, anti-aliased two by two.

    One ray per pixel finds the surface; within one surface the four samples of a pixel are taken from its
    texture, at the places that the neighbors' hits give. Only pixels at outlines cast four rays.
    """
    column, row = np.meshgrid(np.arange(camera.width), np.arange(camera.height))
    part, x, y = find_hits(scene, camera, column, row)
    color = _sky_behind(camera, column, row)
    smooth = np.zeros(part.shape, bool)
    for number in range(len(scene.patches)):
        inside = part == number
        if inside.any():
            smooth |= _shade_inside(scene, number, inside, x, y, color)
    rest = (part >= 0) & ~smooth
    rest |= cv2.dilate((part >= 0).astype(np.uint8), np.ones((3, 3), np.uint8)).astype(bool) & (part < 0)
    rows, columns = np.nonzero(rest)
    color[rest] = 0
    for dx, dy in _SUBPIXELS:
        color[rest] += _trace(scene, camera, columns + dx, rows + dy) / len(_SUBPIXELS)
    return _develop(color, rng)


def find_hits(
    scene: LitScene, camera: Camera, column: NDArray[Any], row: NDArray[Any]
) -> tuple[NDArray[np.int32], Floats, Floats]:
    """Per pixel position: the patch hit (-1: none) and where on its texture, texels."""
    toward = _rays(camera, column, row)
    origins = np.broadcast_to(camera.center.astype(np.float32), toward.shape)
    hit = scene.tracer.run(np.ascontiguousarray(origins), toward, output=True)
    part = np.where(hit["primID"] < 0, -1, hit["geomID"]).astype(np.int32)
    x, y = np.zeros(len(part), np.float32), np.zeros(len(part), np.float32)
    for number, (patch, texture) in enumerate(zip(scene.patches, scene.textures, strict=True)):
        chosen = part == number
        at = patch.locate(hit["primID"][chosen], hit["u"][chosen], hit["v"][chosen])
        for target, place, texels, cells in zip(
            (x, y), at, texture.shape[1::-1], patch.points.shape[1::-1], strict=True
        ):
            target[chosen] = place * np.float32((texels - 1) / (cells - 1))
    shape = column.shape
    return part.reshape(shape), x.reshape(shape), y.reshape(shape)


def _rays(camera: Camera, column: NDArray[Any], row: NDArray[Any]) -> Floats:
    """Unit directions [n, 3] through pixel positions."""
    back = (camera.rotation.T @ np.linalg.inv(camera.calibration)).astype(np.float32)
    x, y = column.ravel().astype(np.float32), row.ravel().astype(np.float32)
    toward = np.outer(x, back[:, 0]) + np.outer(y, back[:, 1]) + back[:, 2]
    return np.asarray(toward / np.sqrt(np.einsum("nk,nk->n", toward, toward))[:, None], np.float32)


def _shade_inside(
    scene: LitScene, number: int, inside: NDArray[np.bool_], x: Floats, y: Floats, color: Floats
) -> NDArray[np.bool_]:
    """Color the pixels whose neighbors hit the same patch nearby; says which."""
    texture = scene.textures[number]
    (y_down, y_across), (x_down, x_across) = np.gradient(y), np.gradient(x)
    steps = np.abs(np.stack([x_across, x_down, y_across, y_down])).max(0)
    near = cv2.erode(inside.astype(np.uint8), np.ones((3, 3), np.uint8), borderValue=1).astype(bool)
    near &= np.asarray(steps < 0.02 * max(texture.shape), np.bool_)
    total: Floats = np.zeros((*x.shape, 3), np.float32)
    for dx, dy in _SUBPIXELS:
        at_x = np.asarray(x + dx * x_across + dy * x_down, np.float32)
        at_y = np.asarray(y + dx * y_across + dy * y_down, np.float32)
        total += sample(texture, at_x, at_y)
    color[near] = total[near] / len(_SUBPIXELS)
    return np.asarray(near, np.bool_)


def _trace(scene: LitScene, camera: Camera, column: NDArray[Any], row: NDArray[Any]) -> Floats:
    """Colors [n, 3] of single rays through pixel positions [n]."""
    part, x, y = find_hits(scene, camera, column, row)
    color = _sky_behind(camera, column, row)
    for number, texture in enumerate(scene.textures):
        chosen = part == number
        if chosen.any():
            color[chosen] = sample(texture, x[chosen][None], y[chosen][None])[0]
    return color


def _sky_behind(camera: Camera, column: NDArray[Any], row: NDArray[Any]) -> Floats:
    """The backdrop, drawn softly from below to above."""
    toward = _rays(camera, column, row)
    drawn = np.clip(0.5 + 0.8 * toward[:, 2:3], 0, 1)
    color = _BACKDROP[0] + drawn * (_BACKDROP[1] - _BACKDROP[0])
    return np.asarray(color.reshape(*column.shape, 3), np.float32)


def _develop(color: Floats, rng: np.random.Generator) -> NDArray[np.uint8]:
    """Exposure, a shoulder that keeps highlights, sRGB by a plain gamma, and the sensor's noise."""
    exposed = color * np.float32(_EXPOSURE)
    toned = exposed * (1 + exposed / 2.6) / (1 + exposed)
    levels = 255 * np.clip(toned, 0, 1) ** np.float32(1 / 2.2)
    levels += _NOISE * rng.standard_normal(levels.shape, np.float32)
    return np.asarray(np.clip(levels + 0.5, 0, 255), np.uint8)
