"""Write the textured model in the formats that others read."""

from __future__ import annotations

from typing import NamedTuple

from kai_pipelines import Fatal, GlbModel, ObjModel, Resources, UsdzModel, progress, step
from steps.reconstruction.artifacts import TexturedModel
from steps.reconstruction.metrics import StepMetrics, measured
from steps.reconstruction.retrying import COMPUTING


class Exported(NamedTuple):
    """What `export_model` returns."""

    glb: GlbModel
    usdz: UsdzModel
    obj: ObjModel
    metrics: StepMetrics


@step(resources=Resources(cpu=1, memory="4Gi"), timeout="1h", retry=COMPUTING)
def export_model(model: TexturedModel) -> Exported:
    """Write GLB, USDZ and OBJ, in the frame of the cameras: y up, one unit as long as one of the scene's."""
    from steps.reconstruction.exporting.glb import glb
    from steps.reconstruction.exporting.obj import write_obj
    from steps.reconstruction.exporting.pictures import FOR_PHONES, FOR_SCREENS, as_jpeg
    from steps.reconstruction.exporting.usdz import stage, usdz
    from steps.reconstruction.model_io import read_model, with_unit_normals

    with measured("export_model") as m:
        given = with_unit_normals(read_model(model.path))
        if not len(given.faces):
            raise Fatal("The model has no triangles.", code="no-surface", files=["model.npz"])
        jpeg = as_jpeg(given, FOR_SCREENS, len(glb(given, b"")))
        out = Exported(GlbModel.new("model"), UsdzModel.new("model"), ObjModel.new("model_obj"), m.metrics)
        progress(0, 3, "GLB")
        out.glb.path.write_bytes(glb(given, jpeg))
        progress(1, 3, "USDZ")
        layer = stage(given)
        out.usdz.path.write_bytes(usdz(layer, as_jpeg(given, FOR_PHONES, len(layer))))
        progress(2, 3, "OBJ")
        write_obj(out.obj.path, given, jpeg)
        progress(3, 3, "done")
        m.value(glb_bytes=out.glb.path.stat().st_size, usdz_bytes=out.usdz.path.stat().st_size)
    return out
