"""What Khronos' own validator says of our GLB; `make validators` fetches it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

from steps.reconstruction.exporting.glb import glb
from steps.reconstruction.exporting.pictures import FOR_SCREENS, as_jpeg
from steps.reconstruction.model_io import Model, with_unit_normals

ROOT = Path(__file__).parents[5]
PROGRAM = """
const validator = require('gltf-validator');
const bytes = new Uint8Array(require('fs').readFileSync(process.argv[1]));
validator.validateBytes(bytes).then(found => console.log(JSON.stringify(found.issues)));
"""


@pytest.fixture(scope="module")
def modules() -> Path:
    folder = Path(os.environ.get("KAI_VALIDATORS", ROOT / "build" / "validators")) / "node_modules"
    if shutil.which("node") is None or not (folder / "gltf-validator").is_dir():
        pytest.skip("no glTF validator: `make validators` installs it, or KAI_VALIDATORS names its folder")
    return folder


def issues(content: bytes, modules: Path, folder: Path) -> dict[str, object]:
    (folder / "model.glb").write_bytes(content)
    ran = subprocess.run(
        ["node", "-e", PROGRAM, str(folder / "model.glb")],
        env=os.environ | {"NODE_PATH": str(modules)}, capture_output=True, text=True, check=True, timeout=60,
    )  # fmt: skip
    return json.loads(ran.stdout)


def ball(normals: float) -> Model:
    """A sphere whose normals have the given length; the uvs are spherical coordinates."""
    import trimesh

    made = trimesh.creation.uv_sphere(radius=2.0, count=[12, 24])
    points = np.asarray(made.vertices, np.float32)
    turn, height = np.arctan2(points[:, 0], points[:, 2]) / (2 * np.pi) + 0.5, points[:, 1] / 4 + 0.5
    texture = np.random.default_rng(0).integers(0, 255, (64, 64, 3), np.uint8)
    return Model(points, np.asarray(made.faces, np.int32), np.stack([turn, height], axis=1), points * normals, texture)


@pytest.mark.parametrize("length", [0.5, 0.0, np.nan], ids=["unit", "zero", "unknown"])
def test_khronos_finds_nothing_to_say_about_the_glb(length: float, modules: Path, tmp_path: Path) -> None:
    model = with_unit_normals(ball(length))

    found = issues(glb(model, as_jpeg(model, FOR_SCREENS, 0)), modules, tmp_path)

    assert found["messages"] == []


def test_the_validator_does_see_what_is_wrong(modules: Path, tmp_path: Path) -> None:
    model = ball(0.2)  # of length 0.4

    found = issues(glb(model, as_jpeg(model, FOR_SCREENS, 0)), modules, tmp_path)

    assert found["numErrors"] > 0
