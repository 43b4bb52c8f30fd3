"""Wavefront OBJ with its MTL and texture."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from steps.reconstruction.model_io import Model

MATERIAL = """newmtl photographs
Ka 0 0 0
Kd 1 1 1
Ks 0 0 0
illum 1
map_Kd texture.jpg
"""


def write_obj(folder: Path, model: Model, jpeg: bytes) -> None:
    """Write model.obj, model.mtl and texture.jpg."""
    corner = np.repeat(model.faces.ravel() + 1, 3).reshape(-1, 9)
    with (folder / "model.obj").open("w", encoding="ascii", newline="\n") as file:
        file.write("mtllib model.mtl\no model\nusemtl photographs\n")
        file.write(_lines("v %.6f %.6f %.6f\n", model.vertices))
        file.write(_lines("vt %.6f %.6f\n", model.uvs))
        file.write(_lines("vn %.4f %.4f %.4f\n", model.normals))
        file.write(_lines("f %d/%d/%d %d/%d/%d %d/%d/%d\n", corner))
    (folder / "model.mtl").write_text(MATERIAL, encoding="ascii", newline="\n")
    (folder / "texture.jpg").write_bytes(jpeg)


def _lines(pattern: str, rows: np.typing.NDArray[np.generic]) -> str:
    return (pattern * len(rows)) % tuple(rows.ravel().tolist())
