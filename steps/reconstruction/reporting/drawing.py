"""The model drawn for the page's still pictures."""

from __future__ import annotations

import numpy as np
from PIL import Image

from steps.reconstruction.model_io import Model
from steps.reconstruction.reporting.geometry import Geometry
from steps.reconstruction.reporting.views import Picture, Pinhole
from steps.reconstruction.scene import CameraView
from steps.reconstruction.texturing.rendering import Renderer

INSIDE = (108, 112, 120)
"""sRGB that the back of the surface is mixed with, so that it is not taken for the outside."""


class Drawing:
    """Draws one model; the acceleration structure is built once."""

    def __init__(self, geometry: Geometry) -> None:
        self._renderer = Renderer(_model(geometry), room=geometry.inward, back=INSIDE)

    def __call__(self, camera: Pinhole) -> Picture:
        """The model as RGBA [h, w, 4]; transparent where there is none."""
        view = CameraView(
            "", camera.calibration, camera.rotation, camera.translation, camera.width, camera.height, "PINHOLE", ()
        )
        drawn = self._renderer.draw(view)
        return np.dstack([drawn.colors, np.rint(255 * drawn.coverage).astype(np.uint8)])


def _model(geometry: Geometry) -> Model:
    with Image.open(geometry.texture) as image:
        texture = np.asarray(image.convert("RGB"), np.uint8)
    return Model(
        geometry.vertices.astype(np.float32),
        geometry.faces.astype(np.int32),
        geometry.uvs.astype(np.float32),
        geometry.normals.astype(np.float32),
        texture,
    )
