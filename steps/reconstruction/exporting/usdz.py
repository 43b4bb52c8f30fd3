"""USDZ: one mesh with a UsdPreviewSurface material, packed with its texture."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from steps.reconstruction.exporting.model import Model


def write_usdz(model: Model, path: Path, scratch: Path) -> None:
    """Write the package; `scratch` is a folder for the files that go into it."""
    from pxr import UsdUtils

    (scratch / "texture.jpg").write_bytes(model.jpeg)
    layer = scratch / "model.usdc"
    _write_layer(model, layer)
    if not UsdUtils.CreateNewUsdzPackage(str(layer), str(path)):
        raise OSError(f"pxr could not write {path.name}")


def _write_layer(model: Model, layer: Path) -> None:
    from pxr import Gf, Usd, UsdGeom, UsdShade, Vt

    stage: Any = Usd.Stage.CreateNew(str(layer))
    UsdGeom.SetStageUpAxis(stage, UsdGeom.Tokens.y)
    UsdGeom.SetStageMetersPerUnit(stage, 1.0)
    root: Any = UsdGeom.Xform.Define(stage, "/Model")
    stage.SetDefaultPrim(root.GetPrim())
    mesh: Any = UsdGeom.Mesh.Define(stage, "/Model/Mesh")
    mesh.CreatePointsAttr(Vt.Vec3fArray.FromNumpy(model.vertices))
    mesh.CreateFaceVertexCountsAttr(Vt.IntArray.FromNumpy(np.full(len(model.faces), 3, np.int32)))
    mesh.CreateFaceVertexIndicesAttr(Vt.IntArray.FromNumpy(model.faces.ravel().astype(np.int32)))
    mesh.CreateNormalsAttr(Vt.Vec3fArray.FromNumpy(model.normals))
    mesh.SetNormalsInterpolation(UsdGeom.Tokens.vertex)
    mesh.CreateSubdivisionSchemeAttr(UsdGeom.Tokens.none)
    mesh.CreateDoubleSidedAttr(True)
    low, high = model.vertices.min(axis=0).tolist(), model.vertices.max(axis=0).tolist()
    mesh.CreateExtentAttr([Gf.Vec3f(*low), Gf.Vec3f(*high)])
    UsdShade.MaterialBindingAPI.Apply(mesh.GetPrim()).Bind(_material(stage))
    st: Any = UsdGeom.PrimvarsAPI(mesh).CreatePrimvar("st", _type("TexCoord2fArray"), UsdGeom.Tokens.vertex)
    st.Set(Vt.Vec2fArray.FromNumpy(model.uvs))
    stage.GetRootLayer().Save()


def _material(stage: Any) -> Any:
    from pxr import UsdShade

    material: Any = UsdShade.Material.Define(stage, "/Model/Photographs")
    surface: Any = UsdShade.Shader.Define(stage, "/Model/Photographs/Surface")
    surface.CreateIdAttr("UsdPreviewSurface")
    surface.CreateInput("roughness", _type("Float")).Set(1.0)
    surface.CreateInput("metallic", _type("Float")).Set(0.0)
    reader: Any = UsdShade.Shader.Define(stage, "/Model/Photographs/Coordinates")
    reader.CreateIdAttr("UsdPrimvarReader_float2")
    reader.CreateInput("varname", _type("String")).Set("st")
    texture: Any = UsdShade.Shader.Define(stage, "/Model/Photographs/Texture")
    texture.CreateIdAttr("UsdUVTexture")
    texture.CreateInput("file", _type("Asset")).Set("texture.jpg")
    texture.CreateInput("sourceColorSpace", _type("Token")).Set("sRGB")
    for wrap in ("wrapS", "wrapT"):
        texture.CreateInput(wrap, _type("Token")).Set("clamp")
    coordinates = reader.CreateOutput("result", _type("Float2"))
    texture.CreateInput("st", _type("Float2")).ConnectToSource(coordinates)
    color = texture.CreateOutput("rgb", _type("Float3"))
    surface.CreateInput("diffuseColor", _type("Color3f")).ConnectToSource(color)
    material.CreateSurfaceOutput().ConnectToSource(surface.ConnectableAPI(), "surface")
    return material


def _type(name: str) -> Any:
    from pxr import Sdf

    return getattr(Sdf.ValueTypeNames, name)
