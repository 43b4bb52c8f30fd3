from __future__ import annotations

import json
import os
import struct
import zipfile
from pathlib import Path

import numpy as np
import pytest
import trimesh

from kai_pipelines import Fatal
from steps.reconstruction.artifacts import TexturedModel
from steps.reconstruction.export import Exported, export_model
from steps.reconstruction.model_io import Model, read_model, write_model

RED, GREEN = (200, 30, 30), (30, 180, 30)


def roof() -> Model:
    """Two slopes that meet at a ridge, red where u is below 0.5 and green above; y is up."""
    vertices = np.array([[-2, 0, 2], [2, 0, 2], [2, 2, 0], [-2, 2, 0], [2, 0, -2], [-2, 0, -2]], np.float32)
    faces = np.array([[0, 1, 2], [0, 2, 3], [3, 2, 4], [3, 4, 5]], np.int32)
    uvs = np.array([[0.0, 0.0], [0.4, 0.0], [0.4, 1.0], [0.0, 1.0], [1.0, 1.0], [0.6, 0.0]], np.float32)
    texture = np.zeros((64, 64, 3), np.uint8)
    texture[:, :32], texture[:, 32:] = RED, GREEN
    return Model(vertices, faces, uvs, np.tile(np.array([[0, 1, 0]], np.float32), (6, 1)), texture)


def exported(folder: Path, model: Model) -> Exported:
    folder.mkdir(exist_ok=True)
    write_model(folder, model)
    return export_model(TexturedModel(folder))


@pytest.fixture
def files(tmp_path: Path) -> Exported:
    return exported(tmp_path / "model", roof())


def test_the_model_comes_back_as_it_was_written(tmp_path) -> None:
    write_model(tmp_path, roof())

    read = read_model(tmp_path)

    for name in ("vertices", "faces", "uvs", "normals", "texture"):
        np.testing.assert_array_equal(getattr(read, name), getattr(roof(), name))


def test_glb_holds_the_model_in_the_frame_of_the_cameras(files) -> None:
    scene = trimesh.load(files.glb.path)

    (mesh,) = scene.dump()
    np.testing.assert_allclose(mesh.vertices, roof().vertices, atol=1e-6)
    np.testing.assert_array_equal(mesh.faces, roof().faces)
    np.testing.assert_allclose(mesh.visual.uv, roof().uvs, atol=1e-6)  # trimesh puts the origin at the bottom left
    material = mesh.visual.material
    assert (material.metallicFactor, material.roughnessFactor) == (0.0, 1.0)
    np.testing.assert_allclose(material.baseColorTexture.getpixel((8, 8)), RED, atol=6)
    np.testing.assert_allclose(material.baseColorTexture.getpixel((56, 56)), GREEN, atol=6)


def test_glb_is_laid_out_as_the_specification_asks(files) -> None:
    data = files.glb.path.read_bytes()

    magic, version, length = struct.unpack_from("<4sII", data)
    size, kind = struct.unpack_from("<I4s", data, 12)
    document = json.loads(data[20 : 20 + size])
    binary, second = struct.unpack_from("<I4s", data, 20 + size)

    assert (magic, version, length, kind, second) == (b"glTF", 2, len(data), b"JSON", b"BIN\0")
    assert size % 4 == binary % 4 == 0
    assert document["buffers"][0]["byteLength"] <= binary
    for view in document["bufferViews"]:
        assert view["byteOffset"] % 4 == 0
        assert view["byteOffset"] + view["byteLength"] <= binary
    position = document["accessors"][document["meshes"][0]["primitives"][0]["attributes"]["POSITION"]]
    assert (position["min"], position["max"]) == ([-2, 0, -2], [2, 2, 2])


def test_usdz_opens_in_the_frame_of_the_cameras_with_its_texture_inside(files) -> None:
    from pxr import Usd, UsdGeom

    stage = Usd.Stage.Open(str(files.usdz.path))

    mesh = UsdGeom.Mesh(stage.GetPrimAtPath("/model/mesh"))
    world = np.array(UsdGeom.Xformable(mesh).ComputeLocalToWorldTransform(Usd.TimeCode.Default()))
    points = np.asarray(mesh.GetPointsAttr().Get(), float)
    np.testing.assert_allclose(np.c_[points, np.ones(6)] @ world[:, :3], roof().vertices, atol=1e-6)
    np.testing.assert_array_equal(np.asarray(mesh.GetFaceVertexIndicesAttr().Get()), roof().faces.ravel())
    assert UsdGeom.GetStageUpAxis(stage) == "Y"
    assert stage.GetDefaultPrim().GetPath() == "/model"
    picture = stage.GetPrimAtPath("/model/material/texture").GetAttribute("inputs:file").Get()
    assert picture.resolvedPath.endswith("model.usdz[texture.jpg]")


def test_openusd_finds_nothing_wrong_with_the_usdz(files) -> None:
    from pxr import Usd, UsdValidation

    validators = UsdValidation.ValidationRegistry().GetOrLoadAllValidators()
    errors = UsdValidation.ValidationContext(validators).Validate(Usd.Stage.Open(str(files.usdz.path)))

    assert validators
    assert [error.GetMessage() for error in errors] == []


def test_members_of_the_usdz_are_stored_at_multiples_of_64_bytes(files) -> None:
    data = files.usdz.path.read_bytes()

    with zipfile.ZipFile(files.usdz.path) as archive:
        members = archive.infolist()

    assert [member.filename for member in members] == ["model.usdc", "texture.jpg"]
    for member in members:
        name, extra = struct.unpack_from("<HH", data, member.header_offset + 26)
        assert (member.header_offset + 30 + name + extra) % 64 == 0
        assert member.compress_type == zipfile.ZIP_STORED


def test_obj_stands_upright_with_its_texture(files) -> None:
    assert sorted(path.name for path in files.obj.path.iterdir()) == ["model.mtl", "model.obj", "texture.jpg"]

    mesh = trimesh.load(files.obj.path / "model.obj", process=False)

    np.testing.assert_allclose(mesh.vertices, roof().vertices, atol=1e-5)
    np.testing.assert_allclose(mesh.visual.uv, roof().uvs, atol=1e-5)
    np.testing.assert_allclose(mesh.visual.material.image.getpixel((8, 8)), RED, atol=6)


def test_the_same_model_gives_the_same_bytes_and_tells_nothing_of_the_machine(tmp_path) -> None:
    first, second = exported(tmp_path / "one", roof()), exported(tmp_path / "two", roof())

    def contents(files: Exported) -> dict[str, bytes]:
        paths = [files.glb.path, files.usdz.path, *sorted(files.obj.path.iterdir())]
        return {path.name: path.read_bytes() for path in paths}

    assert contents(first) == contents(second)
    for name, content in contents(first).items():
        for secret in (str(tmp_path), os.environ.get("HOME", str(tmp_path)) + "/", os.sep + "tmp" + os.sep):
            assert secret.encode() not in content, name


def test_a_folder_without_a_model_is_refused(tmp_path) -> None:
    with pytest.raises(Fatal) as caught:
        export_model(TexturedModel(tmp_path))

    assert caught.value.code == "unreadable-model"
