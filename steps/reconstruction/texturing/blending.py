"""The texels: detail from the selected photographs, tone from what all agree on, seams one triangle wide."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from steps.reconstruction.meshing.ply import TriangleMesh
from steps.reconstruction.projection import project
from steps.reconstruction.scene import CameraView
from steps.reconstruction.texturing.leveling import agreed_colors
from steps.reconstruction.texturing.photographs import Album, Pyramid, suitable_levels
from steps.reconstruction.texturing.rays import Floats
from steps.reconstruction.texturing.texels import Texels
from steps.reconstruction.texturing.witnesses import Inquiry, Witness

SMOOTHING = 8
"""Times that tone corrections are averaged along the surface: they carry no detail."""
MOST_CORRECTION = 40.0
"""Gray levels."""
MIXED_SCALE = 10.0
"""Pixels², only to keep weights near 1."""
COARSEST = 6
"""Level of a photograph's pyramid beyond which texels are not made."""
FILLING = 120
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


class Bake:
    """Texels that photograph after photograph is added to."""

    def __init__(
        self,
        around: Surroundings,
        texels: Texels,
        witnesses: Sequence[Witness],
        gains: Floats,
        labels: NDArray[np.int32],
    ) -> None:
        """`labels` [f] are numbers of `witnesses`, `gains` [p, 3] make them equally bright."""
        self._around, self._texels, self._witnesses = around, texels, witnesses
        self._gains, self._labels = gains, labels
        seen = [witness.vertex_seen.astype(np.float32) for witness in witnesses]
        colors = [witness.vertex_colors for witness in witnesses]
        self._tones, self._trust = agreed_colors(colors, seen, gains)
        self._known = np.asarray(sum(seen) > 0, np.bool_)
        self._mixed = _partly_seen(witnesses, labels)
        self._texel_area = np.bincount(texels.face, minlength=len(labels)).astype(np.float32)
        self._total = np.zeros(len(texels.index), np.float32)
        self._color = np.zeros((len(texels.index), 3), np.float32)

    def add(self, number: int, view: CameraView, album: Album, inquiry: Inquiry) -> None:
        """Give the texels that take detail from the photograph `number` what it shows."""
        mesh, witness = self._around.mesh, self._witnesses[number]
        share = _shares(mesh, (self._labels == number) & ~self._mixed)
        of_face = (share[mesh.faces] > 0).any(axis=1) & (witness.quality > 0)
        of_face |= self._mixed & (witness.quality > 0)
        chosen = np.flatnonzero(of_face[self._texels.face])
        if not len(chosen):
            return
        face = self._texels.face[chosen]
        weight = _interpolated(share[:, None], mesh, self._texels, chosen)[:, 0]
        mixed = self._mixed[face]
        weight[mixed] += np.square(witness.quality[face[mixed]] / MIXED_SCALE) + 1e-9
        points = _interpolated(mesh.vertices.astype(np.float32), mesh, self._texels, chosen)
        level = suitable_levels(witness.pixels[face], self._texel_area[face], COARSEST)
        picture = album.open(view, int(level.min()))
        spots = project(view, points).spots
        usable = picture.counts(spots)
        doubtful = np.flatnonzero(usable & (weight > 0) & ~witness.whole[face])
        usable[doubtful] = inquiry.reached(view, points[doubtful])
        weight[~usable] = 0
        taken = np.flatnonzero(weight > 0)
        chosen, weight = chosen[taken], weight[taken]
        own = witness.vertex_colors * self._gains[number]
        correction = _smoothed(self._tones - own, self._trust[number], self._around)
        detail = _detail(picture, spots[taken], level[taken]) * self._gains[number]
        detail += _interpolated(correction, mesh, self._texels, chosen)
        self._color[chosen] += weight[:, None] * detail
        self._total[chosen] += weight

    def colors(self) -> Floats:
        """Colors of the texels, [t, 3], 0-255; what no photograph shows takes those of its surroundings."""
        color = self._color / np.maximum(self._total, 1e-12)[:, None]
        blank = np.flatnonzero(self._total <= 0)
        filled = _passed_on(self._tones, self._known, self._around)
        color[blank] = _interpolated(filled, self._around.mesh, self._texels, blank)
        return np.asarray(np.clip(color, 0, 255), np.float32)


def _partly_seen(witnesses: Sequence[Witness], labels: NDArray[np.int32]) -> NDArray[np.bool_]:
    """Triangles of which the chosen photograph does not see all: each texel takes what does see it, [f]."""
    partly = np.zeros(len(labels), bool)
    for number, witness in enumerate(witnesses):
        partly |= (labels == number) & ~witness.whole
    return partly


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


def _detail(picture: Pyramid, spots: Floats, level: NDArray[np.int64]) -> Floats:
    """The photograph's own colors at `spots` [t, 2], [t, 3], at the resolution of the texture."""
    color = np.empty((len(spots), 3), np.float32)
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
