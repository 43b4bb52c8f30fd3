"""The model as it stands in the exported files."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from steps.reconstruction.model_io import Model

Array = NDArray[np.float64]


def placed(model: Model) -> tuple[Array, Array]:
    """Vertices and normals in the upright frame, [v, 3] each."""
    rotation, shift = model.upright[:3, :3], model.upright[:3, 3]
    return model.vertices @ rotation.T + shift, model.normals @ rotation.T
