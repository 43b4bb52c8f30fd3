"""A place in the texture for every triangle."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from steps.reconstruction.meshing.ply import Faces, Points, TriangleMesh

BLOCK = 6_000
"""xatlas' time grows faster than the number of triangles, so it is given blocks of so many at most."""
PADDING = 3
"""Texels between charts."""
MAX_COST = 4.0
"""Twice xatlas' own: fewer, larger charts, hence fewer seams."""


@dataclass(frozen=True)
class Unwrapped:
    """A mesh whose vertices are doubled where the texture has a seam; its triangles keep their order."""

    origin: NDArray[np.int64]  # [u], the vertex of the given mesh
    faces: Faces  # [f, 3], into the u vertices
    uvs: Points  # [u, 2], 0-1, origin bottom left


def unwrap(mesh: TriangleMesh, texture_size: int) -> Unwrapped:
    """Charts of the mesh, packed into a square of `texture_size` texels."""
    import xatlas

    blocks = _blocks(mesh, np.arange(len(mesh.faces)))
    atlas = xatlas.Atlas()
    used: list[NDArray[np.int64]] = []
    for block in blocks:
        vertices, local = np.unique(mesh.faces[block], return_inverse=True)
        atlas.add_mesh(mesh.vertices[vertices].astype(np.float32), local.reshape(-1, 3).astype(np.uint32))
        used.append(vertices)
    charts, packing = xatlas.ChartOptions(), xatlas.PackOptions()
    charts.max_cost = MAX_COST
    packing.resolution, packing.padding, packing.bilinear = texture_size, PADDING, True
    atlas.generate(charts, packing)
    origin, faces, uvs, count = [], np.empty_like(mesh.faces), [], 0
    for number, (block, vertices) in enumerate(zip(blocks, used, strict=True)):
        mapping, indices, places = atlas.get_mesh(number)
        origin.append(vertices[mapping])
        faces[block] = np.asarray(indices, np.int64) + count
        uvs.append(np.asarray(places, np.float64))
        count += len(mapping)
    share = np.array([atlas.width, atlas.height]) / max(atlas.width, atlas.height)
    return Unwrapped(np.concatenate(origin), faces, np.clip(np.concatenate(uvs), 0, 1) * share)


def _blocks(mesh: TriangleMesh, chosen: NDArray[np.int64]) -> list[NDArray[np.int64]]:
    """The triangles in blocks that are compact in space, by halving the longest axis."""
    if len(chosen) <= BLOCK:
        return [chosen]
    centers = mesh.vertices[mesh.faces[chosen]].mean(axis=1)
    axis = int(np.argmax(np.ptp(centers, axis=0)))
    order = np.argsort(centers[:, axis], kind="stable")
    half = len(order) // 2
    return [part for side in (order[:half], order[half:]) for part in _blocks(mesh, np.sort(chosen[side]))]
