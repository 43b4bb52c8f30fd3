"""USDZ: a USD stage and its texture in one uncompressed archive (OpenUSD, USDZ file format specification)."""

from __future__ import annotations

import importlib
import io
import os
import struct
import tempfile
import zipfile
from pathlib import Path
from typing import Any

import numpy as np

from kai_pipelines.authoring.artifact import SCRATCH
from steps.reconstruction.model_io import EPOCH, Model

ALIGNMENT = 64
"""A file's data starts at a multiple of so many bytes."""
LOCAL_HEADER = 30
"""Bytes of a member's header before its name (PKWARE, APPNOTE.TXT, 4.3.7)."""
PADDING_FIELD = 0x1986
"""Identifier of the extra field that pads a member's header, the one that USD's own writer uses."""


def stage(model: Model) -> bytes:
    """One mesh with a UsdPreviewSurface material whose color is texture.jpg; y up, one scene unit a meter."""
    with tempfile.TemporaryDirectory(dir=os.environ.get(SCRATCH)) as scratch:
        layer = Path(scratch) / "model.usdc"
        _write_stage(layer, model)
        return layer.read_bytes()


def usdz(layer: bytes, jpeg: bytes) -> bytes:
    """A stage and its texture, stored as they are, each at a multiple of 64 bytes; USD's own writer keeps the files' dates."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_STORED) as archive:
        for name, content in (("model.usdc", layer), ("texture.jpg", jpeg)):
            member = zipfile.ZipInfo(name, EPOCH)
            start = archive.start_dir + LOCAL_HEADER + len(name) + 4
            gap = -start % ALIGNMENT
            member.extra = struct.pack("<HH", PADDING_FIELD, gap) + b"\0" * gap
            archive.writestr(member, content)
    return stream.getvalue()


def _write_stage(path: Path, model: Model) -> None:
    usd, geometry = _usd("Usd"), _usd("UsdGeom")

    stage = usd.Stage.CreateNew(str(path))
    geometry.SetStageUpAxis(stage, geometry.Tokens.y)
    geometry.SetStageMetersPerUnit(stage, 1.0)
    root = geometry.Xform.Define(stage, "/model")
    stage.SetDefaultPrim(root.GetPrim())
    usd.ModelAPI(root.GetPrim()).SetKind("component")
    _bind(stage, _define_mesh(stage, model))
    stage.GetRootLayer().Save()


def _define_mesh(stage: Any, model: Model) -> Any:
    kinds, geometry, arrays = _usd("Sdf").ValueTypeNames, _usd("UsdGeom"), _usd("Vt")

    mesh = geometry.Mesh.Define(stage, "/model/mesh")
    points = arrays.Vec3fArray.FromNumpy(np.ascontiguousarray(model.vertices))
    mesh.CreatePointsAttr(points)
    mesh.CreateFaceVertexIndicesAttr(arrays.IntArray.FromNumpy(np.ascontiguousarray(model.faces.ravel())))
    mesh.CreateFaceVertexCountsAttr(arrays.IntArray.FromNumpy(np.full(len(model.faces), 3, np.int32)))
    mesh.CreateNormalsAttr(arrays.Vec3fArray.FromNumpy(np.ascontiguousarray(model.normals)))
    mesh.SetNormalsInterpolation(geometry.Tokens.vertex)
    mesh.CreateSubdivisionSchemeAttr(geometry.Tokens.none)
    mesh.CreateDoubleSidedAttr(True)
    mesh.CreateExtentAttr(geometry.PointBased.ComputeExtent(points))
    places = geometry.PrimvarsAPI(mesh).CreatePrimvar("st", kinds.TexCoord2fArray, geometry.Tokens.vertex)
    places.Set(arrays.Vec2fArray.FromNumpy(np.ascontiguousarray(model.uvs)))
    return mesh


def _bind(stage: Any, mesh: Any) -> None:
    """Give the mesh a material whose color is the texture."""
    kinds, shade = _usd("Sdf").ValueTypeNames, _usd("UsdShade")
    material = shade.Material.Define(stage, "/model/material")
    surface = shade.Shader.Define(stage, "/model/material/surface")
    surface.CreateIdAttr("UsdPreviewSurface")
    surface.CreateInput("roughness", kinds.Float).Set(1.0)
    surface.CreateInput("metallic", kinds.Float).Set(0.0)
    reader = shade.Shader.Define(stage, "/model/material/places")
    reader.CreateIdAttr("UsdPrimvarReader_float2")
    reader.CreateInput("varname", kinds.String).Set("st")
    texture = shade.Shader.Define(stage, "/model/material/texture")
    texture.CreateIdAttr("UsdUVTexture")
    texture.CreateInput("file", kinds.Asset).Set("texture.jpg")
    texture.CreateInput("sourceColorSpace", kinds.Token).Set("sRGB")
    for side in ("wrapS", "wrapT"):
        texture.CreateInput(side, kinds.Token).Set("clamp")
    texture.CreateInput("st", kinds.Float2).ConnectToSource(reader.CreateOutput("result", kinds.Float2))
    surface.CreateInput("diffuseColor", kinds.Color3f).ConnectToSource(texture.CreateOutput("rgb", kinds.Float3))
    material.CreateSurfaceOutput().ConnectToSource(surface.CreateOutput("surface", kinds.Token))
    shade.MaterialBindingAPI.Apply(mesh.GetPrim()).Bind(material)


def _usd(module: str) -> Any:
    """A module of OpenUSD; they declare no names that a type checker could see."""
    return importlib.import_module(f"pxr.{module}")
