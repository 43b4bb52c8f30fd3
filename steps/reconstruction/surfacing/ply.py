"""Points and triangles in PLY files."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Indices = NDArray[np.int64]


class Triangles(NamedTuple):
    """A triangle mesh."""

    vertices: Floats  # [v, 3], scene units
    faces: Indices  # [f, 3], counterclockwise from outside


def read_points(path: Path) -> Floats:
    """The positions [n, 3] of a point cloud."""
    import trimesh

    cloud: Any = trimesh.load(path, process=False)
    return np.asarray(cloud.vertices, np.float64)


def read_triangles(path: Path) -> Triangles:
    """A triangle mesh."""
    import trimesh

    mesh: Any = trimesh.load(path, process=False)
    faces = np.asarray(getattr(mesh, "faces", np.zeros((0, 3))), np.int64)
    return Triangles(np.asarray(mesh.vertices, np.float64), faces)


def write_triangles(path: Path, mesh: Triangles) -> None:
    """Write a triangle mesh as binary PLY."""
    import trimesh

    made: Any = trimesh.Trimesh(mesh.vertices, mesh.faces, process=False)
    path.write_bytes(made.export(file_type="ply", vertex_normal=False))
