"""Flat caps for openings on the side that no photograph shows: the underside of what stood on something.

Poisson's method closes them, too, but with a bubble that sinks far below. A ring of the table around the subject's foot
goes first: a cap beneath it would make it a leaf of no thickness. And fans over the pinholes that mending leaves.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from steps.reconstruction.meshing.borders import even_borders
from steps.reconstruction.meshing.evidence import Evidence
from steps.reconstruction.meshing.ply import Faces, Points, TriangleMesh
from steps.reconstruction.meshing.topology import (
    areas,
    cleaned,
    components,
    neighbors,
    selected,
    sorted_edges,
    unpinched,
)
from steps.reconstruction.meshing.trimming import significant

LARGEST = 0.25
"""A cap is no larger than this share of the surface: what is half open, like a bowl, stays open."""
EXPOSED, REFUTED = 0.1, 0.1
"""No more of a cap than these shares may photographs look at, or look through."""
TINY = 0.005
"""A cap smaller than this share of the surface closes a pinhole: it is kept though photographs look at it, or uneven."""
FLANGE, AGAINST = 0.33, -0.7
"""Such a ring faces away from the cap, by this cosine at least, and has no more area than this share of it."""
LONGEST = 4000
"""Vertices of an opening's rim; longer ones are those of open country."""
PINHOLE = 8
"""An opening with no more corners than this is what mending left of a few triangles."""
Ask = Callable[[Points, Points], Evidence]
"""What the photographs say of places [n, 3] with outward normals [n, 3]."""


def capped(mesh: TriangleMesh, ask: Ask) -> TriangleMesh:
    """`mesh` with a cap in every opening that may have one."""
    mesh = unpinched(mesh)
    caps = _caps(mesh, ask)
    flange = _flanges(mesh, caps)
    if flange.any():
        mesh = unpinched(cleaned(even_borders(significant(selected(mesh, ~flange)))))
        caps = _caps(mesh, ask)
    return TriangleMesh(mesh.vertices, np.concatenate([mesh.faces, *caps])) if caps else mesh


def _caps(mesh: TriangleMesh, ask: Ask) -> list[Faces]:
    """The caps of all openings that may have one."""
    found = []
    whole = float(areas(mesh.vertices, mesh.faces).sum())
    for rim in openings(mesh.faces):
        if not 3 <= len(rim) <= LONGEST:
            continue
        corners = mesh.vertices[rim]
        cap = fill(corners)
        if cap is None:
            cap = bridged(corners)
            if areas(corners, cap).sum() > TINY * whole:
                continue
        if _may_be(mesh.vertices, rim[cap], whole, ask):
            found.append(rim[cap])
    return found


def _flanges(mesh: TriangleMesh, caps: Sequence[Faces]) -> NDArray[np.bool_]:
    """The triangles that lie against a cap from its rim on, where they are a narrow ring."""
    found = np.zeros(len(mesh.faces), np.bool_)
    if not caps:
        return found
    own = _crosses(mesh.vertices, mesh.faces)
    size = np.linalg.norm(own, axis=1)
    pairs = neighbors(mesh.faces)
    for cap in caps:
        outward = _crosses(mesh.vertices, cap).sum(axis=0)
        against = own @ outward < AGAINST * size * np.linalg.norm(outward)
        rim = np.zeros(len(mesh.vertices), np.bool_)
        rim[cap] = True
        at_rim = against & rim[mesh.faces].any(axis=1)
        if at_rim.any():
            group = components(len(mesh.faces), pairs[against[pairs].all(axis=1)])
            ring = against & np.isin(group, group[at_rim])
            if size[ring].sum() <= FLANGE * np.linalg.norm(outward):
                found |= ring
    return found


def _crosses(vertices: Points, faces: Faces) -> Points:
    """Twice the area of each triangle along its normal, [f, 3]."""
    corner = vertices[faces]
    return np.asarray(np.cross(corner[:, 1] - corner[:, 0], corner[:, 2] - corner[:, 0]), np.float64)


def healed(mesh: TriangleMesh) -> TriangleMesh:
    """`mesh` without pinholes: each gets a fan around its middle, which no other triangle can have an edge of."""
    apart = unpinched(mesh)
    return fanned(apart, [rim for rim in openings(apart.faces) if len(rim) <= PINHOLE])


def fanned(mesh: TriangleMesh, rims: Sequence[NDArray[np.int64]]) -> TriangleMesh:
    """`mesh` with a fan in each of these openings."""
    middles = [mesh.vertices[rim].mean(axis=0) for rim in rims]
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


def _may_be(vertices: Points, cap: Faces, whole: float, ask: Ask) -> bool:
    """Whether a cap is small beside the `whole` area, and hardly looked at or through."""
    size = areas(vertices, cap)
    if size.sum() > LARGEST * whole:
        return False
    weights = np.random.default_rng(0).dirichlet(np.ones(3), (8, len(cap)))  # places spread over each triangle
    places = np.einsum("sfk,fkd->sfd", weights, vertices[cap]).reshape(-1, 3)
    cross = _crosses(vertices, cap)
    cross /= np.maximum(np.linalg.norm(cross, axis=1, keepdims=True), 1e-300)
    found = ask(places, np.tile(cross, (8, 1)))
    share = np.tile(size, 8) / (8 * max(float(size.sum()), 1e-300))
    looked_at = size.sum() > TINY * whole and share[found.exposed > 0].sum() > EXPOSED
    return not (looked_at or share[found.refuted()].sum() > REFUTED)
