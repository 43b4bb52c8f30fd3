"""Where the model stands in the exported files."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from steps.reconstruction.model_io import Model

Array = NDArray[np.float64]


def placement(model: Model) -> Array:
    """The rigid motion from the scene to the exported frame, [4, 4]: upright, standing on the ground, centered."""
    turned = model.vertices.astype(np.float64) @ model.upright.T
    low, high = turned.min(axis=0), turned.max(axis=0)
    matrix = np.eye(4)
    matrix[:3, :3] = model.upright
    matrix[:3, 3] = -(low[0] + high[0]) / 2, -low[1], -(low[2] + high[2]) / 2
    return matrix


def placed(model: Model, matrix: Array) -> tuple[Array, Array]:
    """Vertices and normals in the exported frame, [v, 3] each."""
    rotation = matrix[:3, :3]
    return model.vertices @ rotation.T + matrix[:3, 3], model.normals @ rotation.T
