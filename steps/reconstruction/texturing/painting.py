"""The whole way from a mesh and photographs to a textured model."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from steps.reconstruction.meshing.ply import TriangleMesh
from steps.reconstruction.meshing.topology import neighbors, vertex_normals
from steps.reconstruction.model_io import Model
from steps.reconstruction.scene import CameraView
from steps.reconstruction.texturing.blending import Surroundings, bake
from steps.reconstruction.texturing.leveling import agreed_colors, exposure_gains
from steps.reconstruction.texturing.padding import pad
from steps.reconstruction.texturing.photographs import read_photograph
from steps.reconstruction.texturing.selection import UNSEEN, select
from steps.reconstruction.texturing.texels import rasterize
from steps.reconstruction.texturing.unwrap import Unwrapped, unwrap
from steps.reconstruction.texturing.witnesses import Inquiry, Witness


@dataclass(frozen=True)
class Painted:
    """A textured model, and how it came about."""

    model: Model
    photographs: int
    """Photographs that triangles take their detail from."""
    unseen: int
    """Triangles that no photograph sees."""
    fill: float
    """Share of the texture that shows triangles."""


def paint(
    mesh: TriangleMesh,
    views: tuple[CameraView, ...],
    photos: Path,
    size: int,
    report: Callable[[int, int, str], None],
) -> Painted:
    """`mesh` with a texture of `size`² texels from the photographs that `views` took."""
    steps = 2 * len(views) + 3
    report(0, steps, f"unwrapping {len(mesh.faces)} triangles")
    unwrapped = unwrap(mesh, size)
    texels = rasterize(unwrapped, size)
    inquiry = Inquiry(mesh, np.bincount(texels.face, minlength=len(mesh.faces)).astype(np.float32))
    witnesses: list[Witness] = []
    for number, view in enumerate(views):
        report(1 + number, steps, f"what {view.name} sees")
        witnesses.append(inquiry.ask(view, read_photograph(photos / view.name, view)))
    report(1 + len(views), steps, "choosing photographs")
    gains = exposure_gains(witnesses)
    qualities = [witness.quality for witness in witnesses]
    _, trust = agreed_colors([witness.face_colors for witness in witnesses], qualities, gains)
    labels = select(
        [quality * share**2 for quality, share in zip(qualities, trust, strict=True)], neighbors(mesh.faces)
    )
    colors = bake(
        Surroundings.of(mesh),
        texels,
        views,
        lambda view: read_photograph(photos / view.name, view),
        witnesses,
        gains,
        labels,
        lambda number: report(2 + len(views) + number, steps, f"colors from {views[number].name}"),
    )
    texture = pad(colors, texels)
    report(steps, steps, f"texture of {size} pixels")
    used = np.unique(labels[labels != UNSEEN])
    return Painted(
        _model(mesh, unwrapped, texture),
        photographs=len(used),
        unseen=int((labels == UNSEEN).sum()),
        fill=len(texels.index) / size**2,
    )


def _model(mesh: TriangleMesh, unwrapped: Unwrapped, texture: NDArray[np.uint8]) -> Model:
    return Model(
        vertices=mesh.vertices[unwrapped.origin].astype(np.float32),
        faces=unwrapped.faces.astype(np.int32),
        uvs=unwrapped.uvs.astype(np.float32),
        normals=vertex_normals(mesh)[unwrapped.origin].astype(np.float32),
        texture=texture,
    )
