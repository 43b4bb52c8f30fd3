"""Put the scene together: shapes, paint and light."""

from __future__ import annotations

import numpy as np

from steps.data.scene.light import build_tracer, gather_light
from steps.data.scene.paint import agate, terrazzo
from steps.data.scene.patch import Floats, Patch, sample
from steps.data.scene.picture import LitScene
from steps.data.scene.shape import SLAB_RADIUS, slab_rim, slab_top, solid

_SOLID_TEXTURE = (2000, 1400)
_SLAB_TEXTURE = 1800
_RIM_TEXTURE = (4200, 80)


def compose(seed: int) -> LitScene:
    """The painted and lit scene."""
    rng = np.random.default_rng(seed)
    patches = (solid(rng), slab_top(), slab_rim())
    paints = (_paint_solid(patches[0], rng), *_paint_slab(patches[1], patches[2], rng))
    tracer = build_tracer(patches)
    textures = []
    for patch, paint in zip(patches, paints, strict=True):
        light = gather_light(tracer, patch, rng)
        textures.append(paint * patch.enlarged(light, paint.shape[1], paint.shape[0]))
    return LitScene(patches, textures, tracer)


def _paint_solid(patch: Patch, rng: np.random.Generator) -> Floats:
    width, height = _SOLID_TEXTURE
    return agate(patch.enlarged(patch.points, width, height), rng)


def _paint_slab(top: Patch, rim: Patch, rng: np.random.Generator) -> tuple[Floats, Floats]:
    """Terrazzo for the top, by position, and for the rim, a strip of the same wound around it."""
    stone = terrazzo(2048, rng)
    place = top.enlarged(top.points, _SLAB_TEXTURE, _SLAB_TEXTURE)
    scale = (stone.shape[0] - 1) / (2 * SLAB_RADIUS)
    on_top = sample(stone, (place[..., 0] + SLAB_RADIUS) * scale, (place[..., 1] + SLAB_RADIUS) * scale)
    width, height = _RIM_TEXTURE
    x, y = np.meshgrid(np.arange(width, dtype=np.float32) % 2047, np.arange(height, dtype=np.float32))
    return on_top, sample(stone, x, y + 90 * (np.arange(width) // 2047).astype(np.float32)[None])
