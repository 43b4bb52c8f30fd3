"""The whole way from a mesh and photographs to a textured model."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from steps.reconstruction.meshing.ply import TriangleMesh
from steps.reconstruction.meshing.topology import neighbors, vertex_normals
from steps.reconstruction.model_io import Model
from steps.reconstruction.scene import CameraView
from steps.reconstruction.texturing.blending import Bake, Surroundings
from steps.reconstruction.texturing.leveling import agreed_colors, exposure_gains
from steps.reconstruction.texturing.padding import pad
from steps.reconstruction.texturing.photographs import Album
from steps.reconstruction.texturing.rays import Floats
from steps.reconstruction.texturing.selection import UNSEEN, select
from steps.reconstruction.texturing.texels import rasterize
from steps.reconstruction.texturing.unwrap import unwrap
from steps.reconstruction.texturing.witnesses import Inquiry, Witness

Report = Callable[[int, int, str], None]


@dataclass(frozen=True)
class Painted:
    """A texture, and how it came about."""

    texture: NDArray[np.uint8]  # [s, s, 3]
    photographs: int
    """Photographs that triangles take their detail from."""
    unseen: int
    """Triangles that no photograph sees."""


class Painter:
    """A mesh with its place in a texture, and what each photograph knows of it."""

    def __init__(
        self, mesh: TriangleMesh, views: tuple[CameraView, ...], album: Album, size: int, report: Report
    ) -> None:
        """Ask every photograph; the texture has `size`² texels."""
        steps = len(views) + 1
        self.views, self.album = views, album
        self._mesh = mesh
        self._inquiry = Inquiry(mesh)
        self._witnesses: list[Witness] = []
        for number, view in enumerate(views):
            report(number, steps, f"what {view.name} sees")
            self._witnesses.append(self._inquiry.ask(view, album))
        report(len(views), steps, f"unwrapping {len(mesh.faces)} triangles")
        self._unwrapped = unwrap(mesh, size, _best_pixels(self._witnesses))
        self._texels = rasterize(self._unwrapped, size)
        self._around = Surroundings.of(mesh)
        self._neighbors = neighbors(mesh.faces)

    @property
    def fill(self) -> float:
        """Share of the texture that shows triangles."""
        return len(self._texels.index) / self._texels.size**2

    def paint(self, report: Report, without: Sequence[int] = (), only: NDArray[np.bool_] | None = None) -> Painted:
        """The texture from all photographs but those `without`; with `only` [f] other triangles stay unpainted."""
        chosen = [number for number in range(len(self.views)) if number not in without]
        witnesses = [self._witnesses[number] for number in chosen]
        gains = exposure_gains(witnesses)
        qualities = [witness.quality for witness in witnesses]
        _, trust = agreed_colors([witness.face_colors for witness in witnesses], qualities, gains)
        labels = select(qualities, trust, self._neighbors)
        texels = self._texels if only is None else self._texels.of(only)
        bake = Bake(self._around, texels, witnesses, gains, labels)
        for number, original in enumerate(chosen):
            view = self.views[original]
            report(number, len(chosen), f"colors from {view.name}")
            bake.add(number, view, self.album, self._inquiry)
        used = np.unique(labels[labels != UNSEEN])
        return Painted(pad(bake.colors(), texels, whole=only is None), len(used), int((labels == UNSEEN).sum()))

    def model(self, texture: NDArray[np.uint8]) -> Model:
        """The mesh with `texture`."""
        origin = self._unwrapped.origin
        return Model(
            vertices=self._mesh.vertices[origin].astype(np.float32),
            faces=self._unwrapped.faces.astype(np.int32),
            uvs=self._unwrapped.uvs.astype(np.float32),
            normals=vertex_normals(self._mesh)[origin].astype(np.float32),
            texture=texture,
        )


def _best_pixels(witnesses: Sequence[Witness]) -> Floats:
    """Pixels² of each triangle in the photograph that sees it largest, 0 for those that none sees, [f]."""
    best = np.zeros_like(witnesses[0].pixels)
    for witness in witnesses:
        np.maximum(best, np.where(witness.quality > 0, witness.pixels, 0), out=best)
    return best
