"""A surface as a grid of points with a texture over it."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Patch:
    """A grid of points, [rows, columns, 3], seen from outside with columns running counterclockwise.

    Neighboring patches and the two ends of a closed one repeat their common points, so that a texture
    needs no seam.
    """

    points: Floats

    def triangles(self) -> NDArray[np.int32]:
        """Indices [2·quads, 3] into the points, row by row; the first of a quad starts at its first corner."""
        rows, columns = self.points.shape[:2]
        index = np.arange(rows * columns, dtype=np.int32).reshape(rows, columns)
        a, b, c, d = index[:-1, :-1], index[:-1, 1:], index[1:, :-1], index[1:, 1:]
        return np.stack([np.stack([a, b, c], -1), np.stack([d, c, b], -1)], axis=2).reshape(-1, 3)

    def locate(self, triangle: NDArray[np.int32], u: Floats, v: Floats) -> tuple[Floats, Floats]:
        """Grid position (column, row) of barycentric (u, v) in a triangle, each an array [n]."""
        columns = self.points.shape[1] - 1
        quad, second = np.divmod(triangle, 2)
        row, column = np.divmod(quad, columns)
        flip = second.astype(bool)
        x = column + np.where(flip, 1 - u, u)
        y = row + np.where(flip, 1 - v, v)
        return x.astype(np.float32), y.astype(np.float32)

    def normals(self) -> Floats:
        """Outward unit normals [rows, columns, 3] from the grid's differences."""
        across, along = np.gradient(self.points, axis=1), np.gradient(self.points, axis=0)
        normal = np.cross(across, along)
        length = np.linalg.norm(normal, axis=2, keepdims=True)
        return np.asarray(normal / np.maximum(length, 1e-12), np.float32)

    def enlarged(self, values: Floats, width: int, height: int) -> Floats:
        """Values on the grid [rows, columns, k] as a texture [height, width, k] whose corners are the grid's."""
        return sample(values, *texel_grid(width, height, values.shape[1], values.shape[0]))


def texel_grid(width: int, height: int, columns: int, rows: int) -> tuple[Floats, Floats]:
    """Where the texels of a texture lie on a grid: column and row, each [height, width]."""
    x = np.linspace(0, columns - 1, width, dtype=np.float32)
    y = np.linspace(0, rows - 1, height, dtype=np.float32)
    grid_x, grid_y = np.meshgrid(x, y)
    return grid_x, grid_y


def sample(image: Floats, x: Floats, y: Floats) -> Floats:
    """Bilinear samples of [h, w, k] at pixel positions of any 2-d shape."""
    sampled = cv2.remap(image, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(sampled, np.float32)
