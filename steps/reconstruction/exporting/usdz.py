"""USDZ: a USD stage and its texture in one uncompressed archive (OpenUSD, USDZ file format specification)."""

from __future__ import annotations

import os
import struct
import tempfile
import zipfile
from pathlib import Path
from typing import Any

import numpy as np

from kai_pipelines.authoring.artifact import SCRATCH
from steps.reconstruction.exporting.placement import Array
from steps.reconstruction.model_io import EPOCH, Model

ALIGNMENT = 64
"""A file's data starts at a multiple of so many bytes."""
PADDING_FIELD = 0x1986
"""Identifier of the extra field that pads a member's header, the one that USD's own writer uses."""


def usdz(model: Model, jpeg: bytes, matrix: Array) -> bytes:
    """One mesh with a UsdPreviewSurface material, y up, one scene unit a meter."""
    with tempfile.TemporaryDirectory(dir=os.environ.get(SCRATCH)) as scratch:
        layer = Path(scratch) / "model.usdc"
        _write_stage(layer, model, matrix)
        return _archive({"model.usdc": layer.read_bytes(), "texture.jpg": jpeg}, Path(scratch) / "model.usdz")


def _write_stage(path: Path, model: Model, matrix: Array) -> None:
    from pxr import Gf, Kind, Usd, UsdGeom

    stage: Any = Usd.Stage.CreateNew(str(path))
    UsdGeom.SetStageUpAxis(stage, UsdGeom.Tokens.y)
    UsdGeom.SetStageMetersPerUnit(stage, 1.0)
    root = UsdGeom.Xform.Define(stage, "/model")
    stage.SetDefaultPrim(root.GetPrim())
    Usd.ModelAPI(root.GetPrim()).SetKind(Kind.Tokens.component)
    root.AddTransformOp().Set(Gf.Matrix4d(matrix.T.tolist()))  # USD's vectors are rows
    _bind(stage, _define_mesh(stage, model))
    stage.GetRootLayer().Save()


def _define_mesh(stage: Any, model: Model) -> Any:
    from pxr import Sdf, UsdGeom, Vt

    mesh = UsdGeom.Mesh.Define(stage, "/model/mesh")
    points = Vt.Vec3fArray.FromNumpy(np.ascontiguousarray(model.vertices))
    mesh.CreatePointsAttr(points)
    mesh.CreateFaceVertexIndicesAttr(Vt.IntArray.FromNumpy(np.ascontiguousarray(model.faces.ravel())))
    mesh.CreateFaceVertexCountsAttr(Vt.IntArray.FromNumpy(np.full(len(model.faces), 3, np.int32)))
    mesh.CreateNormalsAttr(Vt.Vec3fArray.FromNumpy(np.ascontiguousarray(model.normals)))
    mesh.SetNormalsInterpolation(UsdGeom.Tokens.vertex)
    mesh.CreateSubdivisionSchemeAttr(UsdGeom.Tokens.none)
    mesh.CreateDoubleSidedAttr(True)
    mesh.CreateExtentAttr(UsdGeom.PointBased.ComputeExtent(points))
    places = UsdGeom.PrimvarsAPI(mesh).CreatePrimvar("st", Sdf.ValueTypeNames.TexCoord2fArray, UsdGeom.Tokens.vertex)
    places.Set(Vt.Vec2fArray.FromNumpy(np.ascontiguousarray(model.uvs)))
    return mesh


def _bind(stage: Any, mesh: Any) -> None:
    """Give the mesh a material whose color is the texture."""
    from pxr import Sdf, UsdShade

    kinds = Sdf.ValueTypeNames
    material = UsdShade.Material.Define(stage, "/model/material")
    surface = UsdShade.Shader.Define(stage, "/model/material/surface")
    surface.CreateIdAttr("UsdPreviewSurface")
    surface.CreateInput("roughness", kinds.Float).Set(1.0)
    surface.CreateInput("metallic", kinds.Float).Set(0.0)
    reader = UsdShade.Shader.Define(stage, "/model/material/places")
    reader.CreateIdAttr("UsdPrimvarReader_float2")
    reader.CreateInput("varname", kinds.String).Set("st")
    texture = UsdShade.Shader.Define(stage, "/model/material/texture")
    texture.CreateIdAttr("UsdUVTexture")
    texture.CreateInput("file", kinds.Asset).Set("texture.jpg")
    texture.CreateInput("sourceColorSpace", kinds.Token).Set("sRGB")
    for side in ("wrapS", "wrapT"):
        texture.CreateInput(side, kinds.Token).Set("clamp")
    texture.CreateInput("st", kinds.Float2).ConnectToSource(reader.CreateOutput("result", kinds.Float2))
    surface.CreateInput("diffuseColor", kinds.Color3f).ConnectToSource(texture.CreateOutput("rgb", kinds.Float3))
    material.CreateSurfaceOutput().ConnectToSource(surface.CreateOutput("surface", kinds.Token))
    UsdShade.MaterialBindingAPI.Apply(mesh.GetPrim()).Bind(material)


def _archive(files: dict[str, bytes], path: Path) -> bytes:
    """The files stored as they are, each starting at a multiple of 64 bytes; USD's own writer adds the clock's time."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        for name, content in files.items():
            member = zipfile.ZipInfo(name, EPOCH)
            start = archive.start_dir + zipfile.sizeFileHeader + len(name) + 4
            gap = -start % ALIGNMENT
            member.extra = struct.pack("<HH", PADDING_FIELD, gap) + b"\0" * gap
            archive.writestr(member, content)
    return path.read_bytes()
