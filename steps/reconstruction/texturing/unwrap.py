"""A place in the texture for every triangle."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from steps.reconstruction.meshing.ply import Faces, Points, TriangleMesh
from steps.reconstruction.meshing.topology import areas, components
from steps.reconstruction.texturing.packing import Chart, pack
from steps.reconstruction.texturing.rays import Floats

BLOCK = 1_500
"""xatlas' time grows faster than the number of triangles, so it is given blocks of so many at most."""
MAX_COST = 4.0
"""Twice xatlas' own: fewer, larger charts, hence fewer seams."""
FINE = 1024
"""xatlas rounds the sizes of charts to texels of a texture that is laid out at this size and not kept."""
MOST_UNEVEN = 3.0
"""A chart is at most so many times finer or coarser than the middle one."""


@dataclass(frozen=True)
class Unwrapped:
    """A mesh whose vertices are doubled where the texture has a seam; its triangles keep their order."""

    origin: NDArray[np.int64]  # [u], the vertex of the given mesh
    faces: Faces  # [f, 3], into the u vertices
    uvs: Points  # [u, 2], 0-1, origin bottom left


def unwrap(mesh: TriangleMesh, texture_size: int, pixels: Floats | None = None) -> Unwrapped:
    """Charts of the mesh, packed into a square of `texture_size` texels.

    With `pixels` [f], how many of a photograph's pixels show each triangle at best, charts that photographs show
    in more detail get more texels.
    """
    flat = _flattened(mesh)
    chart = components(len(flat.origin), np.concatenate([flat.faces[:, :2], flat.faces[:, 1:]]))
    scale = _scales(flat, chart[flat.faces[:, 0]], pixels)
    order = np.argsort(chart, kind="stable")
    vertices = np.split(order, np.flatnonzero(np.diff(chart[order])) + 1)
    by_chart = np.argsort(chart[flat.faces[:, 0]], kind="stable")
    triangles = np.split(by_chart, np.flatnonzero(np.diff(chart[flat.faces[by_chart, 0]])) + 1)
    within = np.empty(len(order), np.int64)
    for chosen in vertices:
        within[chosen] = np.arange(len(chosen))
    charts = [
        Chart(flat.uvs[chosen] * factor, within[flat.faces[of_chart]])
        for chosen, of_chart, factor in zip(vertices, triangles, scale, strict=True)
    ]
    uvs = np.empty_like(flat.uvs)
    for chosen, places in zip(vertices, pack(charts, texture_size), strict=True):
        uvs[chosen] = places / texture_size
    return Unwrapped(flat.origin, flat.faces, np.clip(uvs, 0, 1))


def _flattened(mesh: TriangleMesh) -> Unwrapped:
    """The mesh in charts, all in one scale; places of different charts overlap."""
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
    packing.resolution = FINE
    atlas.generate(charts, packing)
    origin, faces, uvs, count = [], np.empty_like(mesh.faces), [], 0
    for number, (block, vertices) in enumerate(zip(blocks, used, strict=True)):
        mapping, indices, places = atlas.get_mesh(number)
        origin.append(vertices[mapping])
        faces[block] = np.asarray(indices, np.int64) + count
        uvs.append(np.asarray(places, np.float64) * [atlas.width, atlas.height])
        count += len(mapping)
    return Unwrapped(np.concatenate(origin), faces, np.concatenate(uvs))


def _scales(flat: Unwrapped, chart: NDArray[np.int64], pixels: Floats | None) -> NDArray[np.float64]:
    """The factor of each chart that gives it texels as photographs have pixels, [c]; `chart` [f] is a triangle's."""
    count = int(chart.max()) + 1
    if pixels is None:
        return np.ones(count)
    area = areas(np.pad(flat.uvs, ((0, 0), (0, 1))), flat.faces)
    seen = pixels > 0
    wanted = np.bincount(chart[seen], pixels[seen], count)
    there = np.bincount(chart[seen], area[seen], count)
    scale = np.sqrt(wanted / np.maximum(there, 1e-12))
    known = np.flatnonzero(scale > 0)
    if not len(known):
        return np.ones(count)
    order = known[np.argsort(scale[known], kind="stable")]
    middle = scale[order[np.searchsorted(np.cumsum(there[order]), there[order].sum() / 2)]]
    return np.asarray(np.clip(scale / middle, 1 / MOST_UNEVEN, MOST_UNEVEN), np.float64)


def _blocks(mesh: TriangleMesh, chosen: NDArray[np.int64]) -> list[NDArray[np.int64]]:
    """The triangles in blocks that are compact in space, by halving the longest axis."""
    if len(chosen) <= BLOCK:
        return [chosen]
    centers = mesh.vertices[mesh.faces[chosen]].mean(axis=1)
    axis = int(np.argmax(np.ptp(centers, axis=0)))
    order = np.argsort(centers[:, axis], kind="stable")
    half = len(order) // 2
    return [part for side in (order[:half], order[half:]) for part in _blocks(mesh, np.sort(chosen[side]))]
