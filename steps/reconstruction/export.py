"""A textured model in the formats that viewers and phones read."""

from __future__ import annotations

from typing import NamedTuple

from kai_pipelines import Folder, GlbModel, ObjModel, Resources, UsdzModel, step
from steps.reconstruction.artifacts import TexturedModel
from steps.reconstruction.metrics import StepMetrics, measured


class Exported(NamedTuple):
    """What `export_model` returns."""

    glb: GlbModel
    usdz: UsdzModel
    obj: ObjModel
    metrics: StepMetrics


@step(resources=Resources(cpu=1, memory="4Gi"), timeout="1h")
def export_model(model: TexturedModel) -> Exported:
    """Write GLB, USDZ and OBJ, all upright: +y up, standing on y = 0, centered; units as reconstructed."""
    from steps.reconstruction.exporting.glb import write_glb
    from steps.reconstruction.exporting.model import read_model
    from steps.reconstruction.exporting.obj import write_obj
    from steps.reconstruction.exporting.usdz import write_usdz

    with measured("export_model") as m:
        finished = read_model(model.path)
        glb, usdz, obj = GlbModel.new("model"), UsdzModel.new("model"), ObjModel.new("model")
        write_glb(finished, glb.path)
        write_usdz(finished, usdz.path, Folder.new("usdz").path)
        write_obj(finished, obj.path)
        m.value(
            vertices=len(finished.vertices),
            glb_bytes=glb.path.stat().st_size,
            usdz_bytes=usdz.path.stat().st_size,
        )
    return Exported(glb, usdz, obj, m.metrics)
