"""The textured model as a camera sees it, with the lens' distortion: what a photograph would show of it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from steps.reconstruction.model_io import Model
from steps.reconstruction.projection import project
from steps.reconstruction.scene import CameraView
from steps.reconstruction.texturing.photographs import LEVELS, Pyramid, suitable_levels
from steps.reconstruction.texturing.rays import Caster, Floats
from steps.reconstruction.texturing.sight import ray_blocks
from steps.reconstruction.texturing.witnesses import projected_areas

WALLS = 8
"""Into a room one looks through at most so many of its walls from outside."""
SKIN = 1e-5
"""Of the model's extent: so far behind a wall a ray goes on."""
BEHIND = (0.34, 0.51)
"""What of the texture and of the other color shows on the back of the surface."""


@dataclass(frozen=True)
class Rendering:
    """What a camera sees of a model."""

    colors: NDArray[np.uint8]  # [h, w, 3], black where there is no model
    coverage: Floats  # [h, w], share of the pixel that shows the model

    def over(self, background: tuple[int, int, int]) -> NDArray[np.uint8]:
        """The picture [h, w, 3] before an even background."""
        share = self.coverage[..., None]
        return np.rint(self.colors * share + np.array(background, np.float32) * (1 - share)).astype(np.uint8)


class Renderer:
    """Draws one model through camera after camera."""

    def __init__(self, model: Model, *, room: bool = False, back: tuple[int, int, int] | None = None) -> None:
        """One looks into a `room` through its walls; the back of the surface is mixed with the color `back`."""
        self._model, self._room, self._back = model, room, back
        corner = model.vertices[model.faces]
        self._normals = np.cross(corner[:, 1] - corner[:, 0], corner[:, 2] - corner[:, 0])
        self._skin = SKIN * float(np.ptp(model.vertices, axis=0).max(initial=0))
        self._caster = Caster(model.vertices.astype(np.float64), model.faces.astype(np.int64))
        self.retexture(model.texture)
        self._texel_area = projected_areas(model.uvs[model.faces] * np.float32(model.texture.shape[0]))

    def retexture(self, texture: NDArray[np.uint8]) -> None:
        """Draw the same surface with another texture [s, s, 3] from now on."""
        self._texture = Pyramid(texture)

    def faces_seen(self, view: CameraView) -> NDArray[np.bool_]:
        """The triangles that show at a pixel's center, [f]."""
        seen = np.zeros(len(self._model.faces), bool)
        for toward in ray_blocks(view, 1):
            face, _ = self._hits(view, toward)
            seen[face[face >= 0]] = True
        return seen

    def draw(self, view: CameraView, samples: int = 2) -> Rendering:
        """The model through `view`, `samples`² rays a pixel."""
        level = self._levels(view, samples)
        parts = [self._rows(view, toward, level, samples) for toward in ray_blocks(view, samples)]
        colors, coverage = (np.concatenate([part[i] for part in parts]) for i in range(2))
        return Rendering(np.rint(colors).clip(0, 255).astype(np.uint8), coverage[..., 0])

    def _rows(self, view: CameraView, toward: Floats, level: NDArray[np.int64], samples: int) -> tuple[Floats, Floats]:
        face, weights = self._hits(view, toward)
        hit = np.flatnonzero(face >= 0)
        face, weights = face[hit], weights[hit]
        uvs = np.einsum("nk,nkd->nd", weights, self._model.uvs[self._model.faces[face]])
        size = self._model.texture.shape[0]
        spots = np.stack([uvs[:, 0] * size - 0.5, (1 - uvs[:, 1]) * size - 0.5], axis=1).astype(np.float32)
        colors = np.zeros((len(toward), 4), np.float32)
        colors[hit, 3] = 1
        for each in np.unique(level[face]):
            at = level[face] == each
            colors[hit[at], :3] = self._texture.sample(spots[at], int(each))
        if self._back is not None:
            behind = hit[self._leaves(face, toward[hit])]
            colors[behind, :3] = BEHIND[0] * colors[behind, :3] + BEHIND[1] * np.array(self._back, np.float32)
        block = colors.reshape(-1, samples, view.width, samples, 4).mean(axis=(1, 3), dtype=np.float32)
        return block[..., :3] / np.maximum(block[..., 3:], 1e-6), block[..., 3:]

    def _hits(self, view: CameraView, toward: Floats) -> tuple[NDArray[np.int32], Floats]:
        origins = np.tile(view.center.astype(np.float32), (len(toward), 1))
        face, weights = self._caster.hits(origins, toward)
        for _ in range(WALLS if self._room else 0):
            met = np.flatnonzero(face >= 0)
            again = met[self._leaves(face[met], toward[met])]
            if not len(again):
                break
            ray = toward[again] / np.linalg.norm(toward[again], axis=1, keepdims=True)
            points = np.einsum("nk,nkd->nd", weights[again], self._model.vertices[self._model.faces[face[again]]])
            face[again], weights[again] = self._caster.hits((points + self._skin * ray).astype(np.float32), ray)
        return face, weights

    def _leaves(self, face: NDArray[np.int32], toward: Floats) -> NDArray[np.bool_]:
        """Whether rays meet triangles from behind, [n]."""
        return np.asarray(np.einsum("nk,nk->n", self._normals[face], toward) > 0, np.bool_)

    def _levels(self, view: CameraView, samples: int) -> NDArray[np.int64]:
        """The level of the texture's pyramid that suits each triangle, [f]."""
        corner = project(view, self._model.vertices).spots[self._model.faces] * np.float32(samples)
        return suitable_levels(self._texel_area, projected_areas(corner), LEVELS - 1)
