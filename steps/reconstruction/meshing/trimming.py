"""What of Poisson's closed surface the points vouch for.

The method closes every opening with a skin, and grows a skirt around every border. What lies far from
all points is cut off; a patch of it that is small and enclosed is a hole that the skin fills well, and stays.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from steps.reconstruction.meshing.cropping import spacings
from steps.reconstruction.meshing.ply import Cloud, TriangleMesh
from steps.reconstruction.meshing.topology import areas, cleaned, components, neighbors, selected, vertex_normals
from steps.reconstruction.projection import project
from steps.reconstruction.scene import CameraView

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
HOLE = 0.03
"""An enclosed patch without points is kept when it is smaller than this share of the vouched surface."""
SIGNIFICANT = 0.01
"""A separate piece is kept when it has this share of the surface."""


def trim(mesh: TriangleMesh, cloud: Cloud, cell: float, views: Sequence[CameraView]) -> TriangleMesh:
    """The significant pieces of `mesh` near the points; `cell` is the side of an octree cell, scene units."""
    mesh = cleaned(mesh)
    if not len(mesh.faces):
        return mesh
    near = _vouched(mesh, cloud, cell) & _framed(mesh, views)
    pairs = neighbors(mesh.faces)
    size = areas(mesh.vertices, mesh.faces)
    kept = selected(mesh, near | _holes(mesh, near, pairs, size))
    return cleaned(significant(kept))


def significant(mesh: TriangleMesh) -> TriangleMesh:
    """Without the pieces that are small beside the whole."""
    if not len(mesh.faces):
        return mesh
    group = components(len(mesh.faces), neighbors(mesh.faces))
    share = np.bincount(group, weights=areas(mesh.vertices, mesh.faces))
    return selected(mesh, share[group] >= SIGNIFICANT * share.sum())


def _vouched(mesh: TriangleMesh, cloud: Cloud, cell: float) -> NDArray[np.bool_]:
    """Per triangle: all its corners are near points that face the same way."""
    from scipy.spatial import KDTree

    found = KDTree(cloud.points).query(mesh.vertices, k=NEAREST, workers=1)
    distance, nearest = np.asarray(found[0], np.float64), np.asarray(found[1], np.int64)
    reach = np.maximum(SPACINGS * spacings(cloud.points)[nearest[:, 0]], CELLS * cell)
    facing = cloud.normals[nearest].mean(axis=1)
    agreed = np.einsum("vk,vk->v", facing, vertex_normals(mesh)) > FACING * np.linalg.norm(facing, axis=1)
    return np.asarray(((distance[:, 0] <= reach) & agreed)[mesh.faces].all(axis=1), np.bool_)


def _framed(mesh: TriangleMesh, views: Sequence[CameraView]) -> NDArray[np.bool_]:
    """Per triangle: all its corners lie within the borders of several photographs."""
    pictures = np.zeros(len(mesh.vertices), np.int64)
    for view in views:
        pictures += project(view, mesh.vertices).inside
    return np.asarray((pictures >= min(PICTURES, len(views)))[mesh.faces].all(axis=1), np.bool_)


def _holes(
    mesh: TriangleMesh, near: NDArray[np.bool_], pairs: NDArray[np.int64], size: NDArray[np.float64]
) -> NDArray[np.bool_]:
    """Per triangle: it is part of a small patch that vouched triangles enclose."""
    apart = near[pairs[:, 0]] == near[pairs[:, 1]]
    group = components(len(mesh.faces), pairs[apart])
    count = int(group.max()) + 1
    area = np.bincount(group, weights=size, minlength=count)
    edges = np.bincount(pairs.ravel(), minlength=len(mesh.faces))
    open_edges = np.bincount(group, weights=3 - np.minimum(edges, 3), minlength=count)
    small = (area < HOLE * size[near].sum()) & (open_edges == 0)
    return np.asarray(~near & small[group], np.bool_)
