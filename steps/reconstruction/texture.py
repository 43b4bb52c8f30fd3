"""Give a mesh the colors of the photographs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from kai_pipelines import Fatal, ImageSet, Mesh, Resources, Retry, SparseModel, progress, step
from steps.reconstruction.artifacts import TexturedModel
from steps.reconstruction.metrics import Measurement, StepMetrics, measured

if TYPE_CHECKING:
    from steps.reconstruction.scene import CameraView


class Textured(NamedTuple):
    """What `texture_mesh` returns."""

    model: TexturedModel
    metrics: StepMetrics


@step(resources=Resources(cpu=2, memory="8Gi"), timeout="2h", retry=Retry(limit=2, backoff="10s", factor=2))
def texture_mesh(mesh: Mesh, photos: ImageSet, sparse: SparseModel, texture_size: int) -> Textured:
    """Unwrap the mesh and project the full photographs onto it, through the cameras that took them."""
    from steps.reconstruction.meshing.ply import read_mesh
    from steps.reconstruction.model_io import write_model
    from steps.reconstruction.scene import read_scene
    from steps.reconstruction.texturing.painting import paint

    if not 16 <= texture_size <= 16384:
        raise Fatal(f"A texture cannot have {texture_size} pixels.", code="bad-texture-size", hint="Ask for 1024-8192.")
    with measured("texture_mesh") as m:
        given = read_mesh(mesh.path)
        if not len(given.faces):
            raise Fatal("The mesh has no triangles.", code="no-surface", files=[mesh.path.name])
        views = _photographed(read_scene(sparse.path).views, photos.path, m)
        painted = paint(given, views, photos.path, texture_size, progress)
        out = TexturedModel.new("model")
        write_model(out.path, painted.model)
        m.value(
            texture_px=texture_size,
            photos_in_texture=painted.photographs,
            unseen_faces=painted.unseen,
            charts_fill=round(painted.fill, 3),
        )
    return Textured(out, m.metrics)


def _photographed(views: tuple[CameraView, ...], folder: Path, m: Measurement) -> tuple[CameraView, ...]:
    """The cameras whose photographs are there."""
    there = tuple(view for view in views if (folder / view.name).is_file())
    missing = [view.name for view in views if not (folder / view.name).is_file()]
    if not there:
        raise Fatal(
            "None of the cameras' photographs is in the folder.",
            code="missing-photos",
            files=missing[:10],
            hint="Give the folder of photographs that the cameras were found from.",
        )
    if missing:
        m.warn("missing-photos", f"{len(missing)} photographs of cameras are not there.", missing)
    return there
