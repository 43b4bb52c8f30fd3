"""Flat caps for openings on the side that no photograph shows: the underside of what stood on something.

Poisson's method closes them, too, but with a bubble that sinks far below. A ring of the table around the subject's foot
goes first: a cap beneath it would make it a leaf of no thickness.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from steps.reconstruction.meshing.borders import even_borders
from steps.reconstruction.meshing.evidence import Evidence
from steps.reconstruction.meshing.openings import bridged, fill, openings
from steps.reconstruction.meshing.ply import Faces, Points, TriangleMesh
from steps.reconstruction.meshing.topology import areas, cleaned, components, neighbors, selected, unpinched
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
