"""The model drawn for the page's still pictures."""

from __future__ import annotations

import numpy as np
from PIL import Image

from steps.reconstruction.reporting.geometry import Geometry
from steps.reconstruction.reporting.views import Draw, Picture, Pinhole


def drawing(geometry: Geometry) -> Draw:
    """A function that draws `geometry`; the acceleration structure is built once."""
    from embreex import rtcore_scene
    from embreex.mesh_construction import TriangleMesh

    scene = rtcore_scene.EmbreeScene()
    mesh = TriangleMesh(scene, geometry.vertices[geometry.faces].astype(np.float32))
    with Image.open(geometry.texture) as image:
        texture = np.asarray(image.convert("RGB"), dtype=np.float32)

    def draw(camera: Pinhole) -> Picture:
        x, y = np.meshgrid(np.arange(camera.width), np.arange(camera.height))
        rays = (
            np.stack([x, y, np.ones_like(x)], -1).reshape(-1, 3) @ np.linalg.inv(camera.calibration).T @ camera.rotation
        )
        origin = -camera.rotation.T @ camera.translation
        hit = scene.run(np.tile(origin, (len(rays), 1)).astype(np.float32), rays.astype(np.float32), output=True)
        seen = np.flatnonzero(hit["primID"] >= 0)
        corners = geometry.faces[hit["primID"][seen]]
        u, v = hit["u"][seen, None], hit["v"][seen, None]
        spot = (
            (1 - u - v) * geometry.uvs[corners[:, 0]]
            + u * geometry.uvs[corners[:, 1]]
            + v * geometry.uvs[corners[:, 2]]
        )
        size = np.array([texture.shape[1], texture.shape[0]])
        place = np.clip(np.stack([spot[:, 0], 1 - spot[:, 1]], -1) * size, 0, size - 1).astype(np.int64)
        picture = np.zeros((camera.height * camera.width, 4), np.uint8)
        picture[seen, :3] = texture[place[:, 1], place[:, 0]]
        picture[seen, 3] = 255
        return picture.reshape(camera.height, camera.width, 4)

    _ = mesh
    return draw
