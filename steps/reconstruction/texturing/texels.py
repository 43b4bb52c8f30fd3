"""Which triangle each texel shows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from steps.reconstruction.texturing.rays import Caster
from steps.reconstruction.texturing.unwrap import Unwrapped

ROWS = 256
"""Rows of the texture that are looked at in one go."""


@dataclass(frozen=True)
class Texels:
    """The texels whose centers lie in a triangle."""

    size: int
    index: NDArray[np.int64]  # [t], row · size + column, row 0 at the top
    face: NDArray[np.int32]  # [t]
    weights: NDArray[np.float32]  # [t, 3], of the triangle's corners

    def of(self, faces: NDArray[np.bool_]) -> Texels:
        """Only those of triangles in `faces` [f]."""
        keep = np.flatnonzero(faces[self.face])
        return Texels(self.size, self.index[keep], self.face[keep], self.weights[keep])


def rasterize(unwrapped: Unwrapped, size: int) -> Texels:
    """The triangles drawn into a texture of `size`² texels: a ray falls through every texel's center."""
    caster = Caster(np.pad(unwrapped.uvs * size, ((0, 0), (0, 1))), unwrapped.faces)
    parts = [_row_block(caster, size, top, min(top + ROWS, size)) for top in range(0, size, ROWS)]
    return Texels(
        size,
        np.concatenate([index for index, _, _ in parts]),
        np.concatenate([face for _, face, _ in parts]),
        np.concatenate([weights for _, _, weights in parts]),
    )


def _row_block(
    caster: Caster, size: int, top: int, bottom: int
) -> tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.float32]]:
    column, row = np.meshgrid(np.arange(size, dtype=np.float32), np.arange(top, bottom, dtype=np.float32))
    origins = np.stack([column.ravel() + 0.5, size - row.ravel() - 0.5, np.ones(row.size, np.float32)], axis=1)
    down = np.broadcast_to(np.array([0, 0, -1], np.float32), origins.shape)
    face, weights = caster.hits(origins, np.ascontiguousarray(down))
    inside = np.flatnonzero(face >= 0)
    return inside + top * size, face[inside], weights[inside]
