"""The texels: detail from the selected photographs, tone from what all agree on, seams one triangle wide."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from steps.reconstruction.meshing.ply import TriangleMesh
from steps.reconstruction.projection import project
from steps.reconstruction.scene import CameraView
from steps.reconstruction.texturing.leveling import agreed_colors
from steps.reconstruction.texturing.photographs import Pyramid
from steps.reconstruction.texturing.rays import Floats
from steps.reconstruction.texturing.texels import Texels
from steps.reconstruction.texturing.witnesses import Witness

SMOOTHING = 8
"""Times that tone corrections are averaged along the surface: they carry no detail."""
MOST_CORRECTION = 40.0
"""Gray levels."""
FILLING = 400
"""Times that colors are passed on into what no photograph sees."""


@dataclass(frozen=True)
class Surroundings:
    """The mesh's vertices and which of them are neighbors."""

    mesh: TriangleMesh
    averaging: csr_array  # [v, v], rows sum up to 1

    @classmethod
    def of(cls, mesh: TriangleMesh) -> Surroundings:
        """The neighbors along the mesh's edges; each vertex is its own neighbor too."""
        count = len(mesh.vertices)
        a, b = mesh.faces[:, [0, 1, 2]].ravel(), mesh.faces[:, [1, 2, 0]].ravel()
        rows, columns = np.concatenate([a, b, np.arange(count)]), np.concatenate([b, a, np.arange(count)])
        links = csr_array((np.ones(len(rows), np.float32), (rows, columns)), shape=(count, count))
        links.data[:] = 1
        return cls(mesh, links.multiply(1 / links.sum(axis=1)[:, None]).tocsr())


def bake(
    around: Surroundings,
    texels: Texels,
    views: Sequence[CameraView],
    open_photograph: Callable[[CameraView], Pyramid],
    witnesses: Sequence[Witness],
    gains: Floats,
    labels: NDArray[np.int32],
    report: Callable[[int], None],
) -> Floats:
    """Colors of the texels, [t, 3], 0-255."""
    mesh = around.mesh
    seen = [witness.vertex_seen.astype(np.float32) for witness in witnesses]
    tones, trust = agreed_colors([witness.vertex_colors for witness in witnesses], seen, gains)
    total, color = np.zeros(len(texels.index), np.float32), np.zeros((len(texels.index), 3), np.float32)
    for number, (view, witness) in enumerate(zip(views, witnesses, strict=True)):
        share = _shares(mesh, labels == number)
        weight = _interpolated(share[:, None], mesh, texels, slice(None))[:, 0]
        weight[witness.quality[texels.face] <= 0] = 0
        chosen = np.flatnonzero(weight > 0)
        if len(chosen):
            own = witness.vertex_colors * gains[number]
            correction = _smoothed(tones - own, trust[number], around)
            detail = _detail(mesh, texels, chosen, view, open_photograph(view), witness) * gains[number]
            detail += _interpolated(correction, mesh, texels, chosen)
            color[chosen] += weight[chosen, None] * detail
            total[chosen] += weight[chosen]
        report(number)
    color /= np.maximum(total, 1e-12)[:, None]
    blank = np.flatnonzero(total <= 0)
    color[blank] = _interpolated(_passed_on(tones, sum(seen) > 0, around), mesh, texels, blank)  # type: ignore[arg-type]
    return np.clip(color, 0, 255)


def _shares(mesh: TriangleMesh, mine: NDArray[np.bool_]) -> Floats:
    """Per vertex the share of its triangles that are `mine`, [v]."""
    count = np.bincount(mesh.faces.ravel(), minlength=len(mesh.vertices))
    own = np.bincount(mesh.faces[mine].ravel(), minlength=len(mesh.vertices))
    return np.asarray(own / np.maximum(count, 1), np.float32)


def _interpolated(values: Floats, mesh: TriangleMesh, texels: Texels, chosen: NDArray[np.int64] | slice) -> Floats:
    """Values [v, k] of vertices at the chosen texels, [t, k]."""
    corner = mesh.faces[texels.face[chosen]]
    weights = texels.weights[chosen]
    result = weights[:, 0, None] * values[corner[:, 0]]
    result += weights[:, 1, None] * values[corner[:, 1]]
    result += weights[:, 2, None] * values[corner[:, 2]]
    return np.asarray(result, np.float32)


def _smoothed(correction: Floats, trust: Floats, around: Surroundings) -> Floats:
    """Corrections [v, 3] averaged along the surface, each with its trust; 0 where nothing is known."""
    known = trust[:, None].astype(np.float32)
    carried = np.clip(correction, -MOST_CORRECTION, MOST_CORRECTION).astype(np.float32) * known
    for _ in range(SMOOTHING):
        carried, known = around.averaging @ carried, around.averaging @ known
    return np.asarray(carried / np.maximum(known, 1e-6), np.float32)


def _detail(
    mesh: TriangleMesh,
    texels: Texels,
    chosen: NDArray[np.int64],
    view: CameraView,
    picture: Pyramid,
    witness: Witness,
) -> Floats:
    """The photograph's own colors at the chosen texels, [t, 3], at the resolution of the texture."""
    points = _interpolated(mesh.vertices.astype(np.float32), mesh, texels, chosen)
    spots = project(view, points).spots
    level = witness.level[texels.face[chosen]]
    color = np.empty((len(chosen), 3), np.float32)
    for number in np.unique(level):
        at = level == number
        color[at] = picture.sample(spots[at], int(number))
    return color


def _passed_on(tones: Floats, known: NDArray[np.bool_], around: Surroundings) -> Floats:
    """Colors of vertices, the unknown ones filled from their neighbors inward until all is even."""
    fallback = tones[known].mean(axis=0) if known.any() else np.full(3, 128, np.float32)
    filled, reached = np.where(known[:, None], tones, 0).astype(np.float32), known.astype(np.float32)
    for _ in range(FILLING):
        if known.all():
            break
        value, weight = around.averaging @ (filled * reached[:, None]), around.averaging @ reached
        new = (weight > 0) & ~known
        filled[new], reached[new] = value[new] / weight[new, None], 1
    filled[reached <= 0] = fallback
    return filled
