"""Casting rays at triangles."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from steps.reconstruction.meshing.ply import Faces, Points

Floats = NDArray[np.float32]


class Caster:
    """Triangles that rays can be cast at; the acceleration structure is built once."""

    def __init__(self, vertices: Points, faces: Faces) -> None:
        from embreex import rtcore_scene
        from embreex.mesh_construction import TriangleMesh

        embree: Any = rtcore_scene
        self._scene = embree.EmbreeScene()
        self._mesh: Any = TriangleMesh(self._scene, np.ascontiguousarray(vertices[faces], np.float32))  # kept alive

    def distances(self, origin: Points, toward: Floats) -> Floats:
        """How far the first hit is along each ray from one origin, in lengths of `toward` [n, 3]; [n]."""
        origins = np.tile(origin.astype(np.float32), (len(toward), 1))
        return np.asarray(self._scene.run(origins, toward, query="DISTANCE"), np.float32)

    def hits(self, origins: Floats, toward: Floats) -> tuple[NDArray[np.int32], Floats]:
        """Triangle hit first by each ray, -1 for none, [n], and the weights of its corners there, [n, 3]."""
        found = self._scene.run(origins, toward, output=True)
        u, v = np.asarray(found["u"], np.float32), np.asarray(found["v"], np.float32)
        return np.asarray(found["primID"], np.int32), np.stack([1 - u - v, u, v], axis=1)
