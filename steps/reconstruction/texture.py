"""Give a mesh the colors of the photographs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from kai_pipelines import Fatal, ImageSet, Mesh, Resources, SparseModel, progress, step
from steps.reconstruction.artifacts import TexturedModel
from steps.reconstruction.metrics import Measurement, StepMetrics, measured
from steps.reconstruction.retrying import COMPUTING

if TYPE_CHECKING:
    from steps.reconstruction.model_io import Model
    from steps.reconstruction.scene import CameraView
    from steps.reconstruction.texturing.painting import Painter, Report


class Textured(NamedTuple):
    """What `texture_mesh` returns."""

    model: TexturedModel
    metrics: StepMetrics


@step(resources=Resources(cpu=2, memory="4Gi"), timeout="2h", retry=COMPUTING)
def texture_mesh(
    mesh: Mesh,
    photos: ImageSet,
    sparse: SparseModel,
    texture_size: int,
    masks: ImageSet | None = None,
    held_out: int = 3,
) -> Textured:
    """Unwrap the mesh and project the full photographs onto it, through the cameras that took them.

    What a mask (`NAME.png` for the photograph NAME) leaves out gives no color. So many as `held_out` photographs
    are compared with what the model looks like through their cameras when it is textured without them.
    """
    from steps.reconstruction.meshing.ply import read_mesh
    from steps.reconstruction.model_io import write_model
    from steps.reconstruction.scene import read_scene
    from steps.reconstruction.texturing.painting import Painter
    from steps.reconstruction.texturing.photographs import Album

    if not 16 <= texture_size <= 16384:
        raise Fatal(f"A texture cannot have {texture_size} pixels.", code="bad-texture-size", hint="Ask for 1024-8192.")
    with measured("texture_mesh") as m:
        given = read_mesh(mesh.path)
        if not len(given.faces):
            raise Fatal("The mesh has no triangles.", code="no-surface", files=[mesh.path.name])
        views = _photographed(read_scene(sparse.path).views, photos.path, m)
        album = Album(photos.path, masks.path if masks else None)
        painter = Painter(given, views, album, texture_size, _part(0, 4))
        painted = painter.paint(_part(1, 4))
        model = painter.model(painted.texture)
        out = TexturedModel.new("model")
        write_model(out.path, model)
        m.value(
            texture_px=texture_size,
            photos_in_texture=painted.photographs,
            unseen_faces=painted.unseen,
            charts_fill=round(painter.fill, 3),
        )
        _hold_out(painter, model, held_out, out.path / "held_out", m)
        progress(100, 100, f"texture of {texture_size} pixels")
    return Textured(out, m.metrics)


def _hold_out(painter: Painter, model: Model, wanted: int, folder: Path, m: Measurement) -> None:
    """Score the texture on photographs that it is baked without, and keep the pictures."""
    from steps.reconstruction.texturing import holding_out

    numbers = holding_out.held_out(len(painter.views), wanted)
    pairs = []
    for order, number in enumerate(numbers):
        progress(50 + 50 * order // len(numbers), 100, f"without {painter.views[number].name}")
        pairs.append(holding_out.hold_out(painter, model, number, holding_out.COMPARED, lambda *_: None))
    holding_out.write_pairs(folder, pairs)
    m.value(held_out_photos=len(pairs))
    if pairs:
        mean = holding_out.mean_score([pair.score for pair in pairs])
        m.value(
            held_out_psnr_db=round(mean.psnr_db, 2),
            held_out_leveled_psnr_db=round(mean.leveled_psnr_db, 2),
            held_out_coverage=round(mean.coverage, 4),
        )
        if said := holding_out.doubts(len(pairs), mean):
            m.warn("held-out-low", said, [pair.name for pair in pairs])


def _part(number: int, parts: int) -> Report:
    """Progress of one of several equal parts of the step."""

    def report(done: int, total: int, text: str) -> None:
        progress(100 * number // parts + 100 * done // (parts * max(1, total)), 100, text)

    return report


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
