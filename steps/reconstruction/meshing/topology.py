"""Which triangles hang together, and mending what does not belong in a mesh."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from steps.reconstruction.meshing.ply import Faces, Points, TriangleMesh

Mask = NDArray[np.bool_]


def areas(vertices: Points, faces: Faces) -> NDArray[np.float64]:
    """Area of each triangle, [f], squared scene units."""
    corner = vertices[faces]
    cross = np.cross(corner[:, 1] - corner[:, 0], corner[:, 2] - corner[:, 0])
    return np.asarray(0.5 * np.sqrt(np.einsum("fk,fk->f", cross, cross)), np.float64)


def vertex_normals(mesh: TriangleMesh) -> Points:
    """Unit normal of each vertex, the mean of its triangles' weighted by area, [v, 3]."""
    corner = mesh.vertices[mesh.faces]
    cross = np.cross(corner[:, 1] - corner[:, 0], corner[:, 2] - corner[:, 0])
    total = np.zeros_like(mesh.vertices)
    for axis in range(3):
        total[:, axis] = np.bincount(
            mesh.faces.ravel(), weights=np.repeat(cross[:, axis], 3), minlength=len(mesh.vertices)
        )
    return np.asarray(total / np.maximum(np.linalg.norm(total, axis=1, keepdims=True), 1e-300), np.float64)


def neighbors(faces: Faces) -> NDArray[np.int64]:
    """Pairs of triangles that share an edge, [n, 2]; where more than two share one, each with the next."""
    return seams(faces)[0]


def seams(faces: Faces) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The `neighbors` and the edges that they share, [n, 2] vertices."""
    edges, key, owner = sorted_edges(faces)
    same = key[1:] == key[:-1]
    return np.column_stack([owner[:-1][same], owner[1:][same]]), edges[:-1][same]


def sorted_edges(faces: Faces) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Each triangle's edges [3f, 2], a number for each that is equal for equal ones, and whose it is, sorted by both."""
    edges = np.sort(faces[:, [0, 1, 1, 2, 2, 0]].reshape(-1, 2), axis=1)
    key = edges[:, 0] * (int(faces.max(initial=0)) + 1) + edges[:, 1]
    order = np.argsort(key, kind="stable")
    return edges[order], key[order], order // 3


def border_edges(faces: Faces) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Edges of one triangle only, [n, 2] vertices, and that triangle, [n]."""
    edges, key, owner = sorted_edges(faces)
    apart = np.concatenate([[True], key[1:] != key[:-1], [True]])
    alone = apart[:-1] & apart[1:] if len(key) else np.zeros(0, bool)
    return edges[alone], owner[alone]


def components(count: int, pairs: NDArray[np.int64]) -> NDArray[np.int64]:
    """For each of `count` things the number of the group that the pairs put it in, [count]."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    graph = coo_array((np.ones(len(pairs), np.int8), (pairs[:, 0], pairs[:, 1])), shape=(count, count))
    return np.asarray(connected_components(graph, directed=False)[1], np.int64)


def unpinched(mesh: TriangleMesh) -> TriangleMesh:
    """The same triangles, apart where borders touch at a vertex: each fan around it gets a vertex of its own."""
    degree = np.bincount(border_edges(mesh.faces)[0].ravel(), minlength=len(mesh.vertices))
    around = np.flatnonzero((degree > 2)[mesh.faces].any(axis=1))
    if not len(around):
        return mesh
    faces = mesh.faces[around]
    edges, key, owner = sorted_edges(faces)
    both = np.flatnonzero(key[1:] == key[:-1])
    pairs = np.concatenate([
        np.column_stack([_corner(faces, owner[both], edges[both, k]), _corner(faces, owner[both + 1], edges[both, k])])
        for k in (0, 1)
    ])  # fmt: skip
    fan = components(faces.size, pairs)
    found, first, number = np.unique(fan, return_index=True, return_inverse=True)
    vertex = faces.ravel()[first]
    _, alone = np.unique(vertex, return_index=True)
    fresh = np.ones(len(found), bool)
    fresh[alone] = False  # one fan keeps the vertex
    fresh &= degree[vertex] > 2
    target = np.where(fresh, len(mesh.vertices) + np.cumsum(fresh) - 1, vertex)
    apart = mesh.faces.copy()
    apart[around] = target[number].reshape(-1, 3)
    return TriangleMesh(np.concatenate([mesh.vertices, mesh.vertices[vertex[fresh]]]), apart)


def _corner(faces: Faces, triangle: NDArray[np.int64], vertex: NDArray[np.int64]) -> NDArray[np.int64]:
    """Which corner, counted over all triangles, each `vertex` is of its `triangle`."""
    return 3 * triangle + np.argmax(faces[triangle] == vertex[:, None], axis=1)


def selected(mesh: TriangleMesh, keep: Mask) -> TriangleMesh:
    """The triangles in `keep` and the vertices they use, in their old order."""
    faces = mesh.faces[keep]
    used = np.zeros(len(mesh.vertices), bool)
    used[faces] = True
    number = np.cumsum(used) - 1
    return TriangleMesh(mesh.vertices[used], number[faces])


def cleaned(mesh: TriangleMesh) -> TriangleMesh:
    """Without triangles that are doubled, without area, or second to go along an edge in one direction."""
    faces = mesh.faces
    distinct = (faces[:, 0] != faces[:, 1]) & (faces[:, 1] != faces[:, 2]) & (faces[:, 2] != faces[:, 0])
    size = float(np.ptp(mesh.vertices, axis=0).max()) if len(mesh.vertices) else 0.0
    keep = distinct & (areas(mesh.vertices, faces) > (1e-7 * size) ** 2)
    corners = np.sort(faces, axis=1)
    order = np.lexsort(corners.T[::-1])
    single = np.ones(len(faces), bool)
    single[order[1:]] = (corners[order[1:]] != corners[order[:-1]]).any(axis=1)
    return selected(mesh, keep & single & _manifold(faces, keep & single))


def _manifold(faces: Faces, keep: Mask) -> Mask:
    """False for triangles that go along an edge in the direction that an earlier one in `keep` goes."""
    chosen = np.flatnonzero(keep)
    start, end = (faces[chosen][:, corners].ravel() for corners in ([0, 1, 2], [1, 2, 0]))
    key = start * (int(faces.max(initial=0)) + 1) + end
    order = np.argsort(key, kind="stable")
    again = order[1:][key[order][1:] == key[order][:-1]]
    good = np.ones(len(faces), bool)
    good[chosen[again // 3]] = False
    return good
