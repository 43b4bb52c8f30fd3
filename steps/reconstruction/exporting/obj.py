"""Wavefront OBJ with its MTL and texture."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np

from steps.reconstruction.exporting.model import Model

_MTL = "newmtl photographs\nKa 1 1 1\nKd 1 1 1\nKs 0 0 0\nillum 1\nmap_Kd texture.jpg\n"


def write_obj(model: Model, folder: Path) -> None:
    """Write model.obj, model.mtl and texture.jpg."""
    text = io.StringIO()
    text.write("mtllib model.mtl\nusemtl photographs\n")
    np.savetxt(text, model.vertices, fmt="v %.6g %.6g %.6g")
    np.savetxt(text, model.uvs, fmt="vt %.6f %.6f")
    np.savetxt(text, model.normals, fmt="vn %.4f %.4f %.4f")
    np.savetxt(text, np.repeat(model.faces + 1, 3, axis=1), fmt="f %d/%d/%d %d/%d/%d %d/%d/%d")
    (folder / "model.obj").write_text(text.getvalue(), encoding="ascii")
    (folder / "model.mtl").write_text(_MTL, encoding="ascii")
    (folder / "texture.jpg").write_bytes(model.jpeg)
