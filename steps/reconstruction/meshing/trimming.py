"""What of Poisson's closed surface the points vouch for and the photographs do not refute.

The method closes every opening with a skin, and grows a skirt around every border. What lies far from all points, or
where photographs look through, is cut off. A patch of it that is small and enclosed is a hole that the skin fills well,
and stays; so does a larger one on the side that no photograph shows, and one that photographs look at and none refutes.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from steps.reconstruction.meshing.cropping import spacings
from steps.reconstruction.meshing.evidence import Evidence
from steps.reconstruction.meshing.ply import Cloud, TriangleMesh
from steps.reconstruction.meshing.topology import areas, components, neighbors, seams, selected, vertex_normals

SPACINGS = 3.0
"""A vertex is vouched for when a point is nearer than so many times that point's own spacing,"""
CELLS = 1.5
"""or nearer than so many cells of the octree,"""
FACING = 0.1
"""and when it faces the same way: the cosine between the surface's normal and the points' is more than this."""
PICTURES = 2
"""So many photographs must hold a vertex within their borders: points come from more than one."""
NEAREST = 6
"""So many points say together which way they face."""
HOLE, LARGE_HOLE = 0.05, 0.25
"""An enclosed patch without points is kept when it is smaller than this share of the vouched surface.

The second holds on the side that no photograph shows, and for what photographs look at and none refutes.
"""
UNSEEN = 0.2
"""A patch is on the side that no photograph shows when less of it than this share is exposed."""
SURROUNDED = 0.75
"""A patch that photographs look at needs vouched triangles along this share of its rim; a skirt has them on one side."""
REFUTED = 0.1
"""A patch is no filling when photographs refute more of it than this share."""
SIGNIFICANT = 0.01
"""A separate piece is kept when it has this share of the surface, each triangle as often as photographs look at it."""


def trim(mesh: TriangleMesh, cloud: Cloud, cell: float, evidence: Evidence, views: int) -> TriangleMesh:
    """The significant pieces of clean `mesh` near the points; `cell` is the side of an octree cell, scene units.

    `evidence` of the vertices comes from so many `views`.
    """
    if not len(mesh.faces):
        return mesh
    sound = (evidence.framed >= min(PICTURES, views)) & evidence.supported()
    refuted = ~_throughout(mesh, ~evidence.refuted())
    near = _vouched(mesh, cloud, cell) & _throughout(mesh, sound) & ~refuted
    pairs, edges = seams(mesh.faces)
    exposed = _throughout(mesh, evidence.exposed > 0)
    kept = near | _holes(mesh, near, pairs, refuted, exposed)
    open_to_view = exposed & _throughout(mesh, evidence.framed >= min(PICTURES, views)) & ~refuted & ~kept
    lengths = np.linalg.norm(mesh.vertices[edges[:, 0]] - mesh.vertices[edges[:, 1]], axis=1)
    kept |= _surrounded(areas(mesh.vertices, mesh.faces), kept, open_to_view, pairs, lengths)
    return significant(selected(mesh, kept), evidence.exposed[mesh.faces[kept]].mean(axis=1))


def significant(mesh: TriangleMesh, seen: NDArray[np.float64] | None = None) -> TriangleMesh:
    """Without the pieces that are small beside the whole; triangles count as much as they are `seen` [f]."""
    if not len(mesh.faces):
        return mesh
    group = components(len(mesh.faces), neighbors(mesh.faces))
    share = np.bincount(group, weights=areas(mesh.vertices, mesh.faces) * (1.0 if seen is None else seen))
    return selected(mesh, share[group] >= SIGNIFICANT * share.sum())


def _throughout(mesh: TriangleMesh, vertices: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Per triangle: all its corners are in `vertices`."""
    return np.asarray(vertices[mesh.faces].all(axis=1), np.bool_)


def _vouched(mesh: TriangleMesh, cloud: Cloud, cell: float) -> NDArray[np.bool_]:
    """Per triangle: all its corners are near points that face the same way."""
    from scipy.spatial import KDTree

    found = KDTree(cloud.points).query(mesh.vertices, k=NEAREST, workers=1)
    distance, nearest = np.asarray(found[0], np.float64), np.asarray(found[1], np.int64)
    reach = np.maximum(SPACINGS * spacings(cloud.points)[nearest[:, 0]], CELLS * cell)
    facing = cloud.normals[nearest].mean(axis=1)
    agreed = np.einsum("vk,vk->v", facing, vertex_normals(mesh)) > FACING * np.linalg.norm(facing, axis=1)
    return _throughout(mesh, (distance[:, 0] <= reach) & agreed)


def _holes(
    mesh: TriangleMesh,
    near: NDArray[np.bool_],
    pairs: NDArray[np.int64],
    refuted: NDArray[np.bool_],
    exposed: NDArray[np.bool_],
) -> NDArray[np.bool_]:
    """Per triangle: it is part of a patch that vouched triangles enclose and that may fill what they leave open."""
    size = areas(mesh.vertices, mesh.faces)
    apart = near[pairs[:, 0]] == near[pairs[:, 1]]
    group = components(len(mesh.faces), pairs[apart])
    count = int(group.max()) + 1

    def total(values: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.asarray(np.bincount(group, weights=values, minlength=count), np.float64)

    area = total(size)
    edges = np.bincount(pairs.ravel(), minlength=len(mesh.faces))
    enclosed = total(3.0 - np.minimum(edges, 3)) == 0
    unseen = total(size * exposed) < UNSEEN * area
    most = np.where(unseen, LARGE_HOLE, HOLE) * size[near].sum()
    filling = enclosed & (area < most) & (total(size * refuted) <= REFUTED * area)
    return np.asarray(~near & filling[group], np.bool_)


def _surrounded(
    size: NDArray[np.float64],
    kept: NDArray[np.bool_],
    loose: NDArray[np.bool_],
    pairs: NDArray[np.int64],
    lengths: NDArray[np.float64],
) -> NDArray[np.bool_]:
    """Per triangle of area `size`: it is of a patch of `loose` ones that has `kept` ones nearly all around.

    `lengths` are those of the edges that the triangles of `pairs` share.
    """
    within = loose[pairs].all(axis=1)
    group = components(len(loose), pairs[within])
    count = int(group.max()) + 1
    rim = along = np.zeros(count)
    for inner, outer in (pairs.T, pairs.T[::-1]):
        edge = loose[inner] & ~loose[outer]
        rim = rim + np.bincount(group[inner[edge]], weights=lengths[edge], minlength=count)
        beside = edge & kept[outer]
        along = along + np.bincount(group[inner[beside]], weights=lengths[beside], minlength=count)
    small = np.bincount(group, weights=size, minlength=count) < LARGE_HOLE * size[kept].sum()
    return np.asarray(loose & (small & (rim > 0) & (along >= SURROUNDED * rim))[group], np.bool_)
