"""Openings of a surface, and triangles that close them: flat ones, the shortest ones, or a fan around the middle."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from steps.reconstruction.meshing.ply import Faces, Points, TriangleMesh
from steps.reconstruction.meshing.topology import sorted_edges, unpinched

PINHOLE = 8
"""An opening with no more corners than this is what mending left of a few triangles."""
APART = 1.5
"""A pinhole is not meant to be open when it is so many of its radii away from all that is."""


def healed(mesh: TriangleMesh, meant: Points | None = None) -> TriangleMesh:
    """`mesh` without pinholes: each gets a fan around its middle, which no other triangle can have an edge of.

    Those beside places [n, 3] that are `meant` to be at a border stay.
    """
    mesh = unpinched(mesh)
    rims = [rim for rim in openings(mesh.faces) if len(rim) <= PINHOLE]
    middles = [mesh.vertices[rim].mean(axis=0) for rim in rims]
    if rims and meant is not None and len(meant):
        from scipy.spatial import KDTree

        near, _ = KDTree(meant).query(np.array(middles), workers=1)
        radii = [
            np.linalg.norm(mesh.vertices[rim] - middle, axis=1).max() for rim, middle in zip(rims, middles, strict=True)
        ]
        alone = [away > APART * radius for away, radius in zip(near, radii, strict=True)]
        rims = [rim for rim, keep in zip(rims, alone, strict=True) if keep]
        middles = [middle for middle, keep in zip(middles, alone, strict=True) if keep]
    fans = [
        np.column_stack([rim, np.roll(rim, -1), np.full(len(rim), len(mesh.vertices) + number)])
        for number, rim in enumerate(rims)
    ]
    return TriangleMesh(np.vstack([mesh.vertices, *middles]), np.concatenate([mesh.faces, *fans])) if fans else mesh


def openings(faces: Faces) -> list[NDArray[np.int64]]:
    """The rims of all openings: vertices in the order in which new triangles would go around them.

    Rims that touch themselves or each other are left out.
    """
    directed = faces[:, [0, 1, 1, 2, 2, 0]].reshape(-1, 2)
    _, key, _ = sorted_edges(faces)
    size = int(faces.max(initial=0)) + 1
    number = directed.min(axis=1) * size + directed.max(axis=1)
    single = np.searchsorted(key, number, "right") - np.searchsorted(key, number, "left") == 1
    onward: dict[int, int] = {}
    touching: set[int] = set()
    for start, end in directed[single].tolist():
        if end in onward:
            touching.add(end)
        onward[end] = start  # against the triangle's own direction
    found = []
    while onward:
        first, at = next(iter(onward.items()))
        rim = [first]
        del onward[first]
        while at != first and at in onward:
            rim.append(at)
            at = onward.pop(at)
        if at == first and not touching.intersection(rim):
            found.append(np.array(rim, np.int64))
    return found


def fill(rim: Points) -> Faces | None:
    """Triangles [n - 2, 3] over the corners of a closed line [n, 3], by clipping ears; None if it crosses itself.

    Seen along the line's own mean normal, so it may be uneven.
    """
    around = np.roll(rim, -1, axis=0)
    normal = np.cross(rim - rim.mean(axis=0), around - rim.mean(axis=0)).sum(axis=0)
    if not np.linalg.norm(normal) > 0:
        return None
    _, _, axes = np.linalg.svd(normal[None])
    right, up = axes[1], axes[2]
    if np.cross(right, up) @ normal < 0:
        right, up = up, right
    flat = np.column_stack([rim @ right, rim @ up])
    left, triangles = list(range(len(rim))), []
    at = 0
    misses = 0
    while len(left) > 3:
        before, here, after = left[at - 1], left[at], left[(at + 1) % len(left)]
        if _is_ear(flat, before, here, after, left):
            triangles.append((before, here, after))
            del left[at]
            misses = 0
            at = (at + 1) % len(left)  # not the same corner again and again: that makes fans
        else:
            at, misses = (at + 1) % len(left), misses + 1
            if misses > len(left):
                return None
    if _turn(flat[left[0]], flat[left[1]], flat[left[2:]])[0] <= 0:
        return None
    triangles.append((left[0], left[1], left[2]))
    return np.array(triangles, np.int64)


def bridged(rim: Points) -> Faces:
    """Triangles [n - 2, 3] over the corners of any closed line [n, 3]: the next always over the shortest way across."""
    left, triangles = list(range(len(rim))), []
    while len(left) > 3:
        corners = rim[left]
        across = np.linalg.norm(np.roll(corners, -1, axis=0) - np.roll(corners, 1, axis=0), axis=1)
        at = int(across.argmin())
        triangles.append((left[at - 1], left[at], left[(at + 1) % len(left)]))
        del left[at]
    triangles.append((left[0], left[1], left[2]))
    return np.array(triangles, np.int64)


def _is_ear(flat: NDArray[np.float64], before: int, here: int, after: int, left: list[int]) -> bool:
    """Whether the triangle at corner `here` turns left and holds no other corner."""
    a, b, c = flat[before], flat[here], flat[after]
    if _turn(a, b, c[None])[0] <= 0:
        return False
    others = flat[[k for k in left if k not in (before, here, after)]]
    inside = (_turn(a, b, others) >= 0) & (_turn(b, c, others) >= 0) & (_turn(c, a, others) >= 0)
    return not bool(inside.any())


def _turn(a: NDArray[np.float64], b: NDArray[np.float64], c: NDArray[np.float64]) -> NDArray[np.float64]:
    """Twice the signed area of triangles (a, b, c) for many c [n, 2]."""
    return np.asarray((b[0] - a[0]) * (c[:, 1] - a[1]) - (b[1] - a[1]) * (c[:, 0] - a[0]))
