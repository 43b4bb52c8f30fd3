from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from kai_pipelines import Fatal, ImageSet, Mesh, SparseModel
from steps.reconstruction.model_io import Model, read_model
from steps.reconstruction.reporting.drawing import Drawing
from steps.reconstruction.reporting.geometry import read_geometry
from steps.reconstruction.reporting.views import Pinhole
from steps.reconstruction.texture import Textured, texture_mesh
from steps.reconstruction.texturing.texels import rasterize
from steps.reconstruction.texturing.unwrap import Unwrapped

SIZE = 512


def textured(globe, photos: Path | None = None) -> Textured:
    return texture_mesh(Mesh(globe.mesh_file), ImageSet(photos or globe.photos), SparseModel(globe.sparse), SIZE)


@pytest.fixture(scope="module")
def baked(globe) -> Textured:
    return textured(globe)


def psnr(difference: NDArray[np.floating]) -> float:
    return float(10 * np.log10(255**2 / np.mean(np.square(difference))))


def truth_and_texels(model: Model, paint) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The globe's true color and the texture's, at every texel that shows a triangle."""
    texels = rasterize(
        Unwrapped(np.arange(len(model.vertices)), model.faces.astype(np.int64), model.uvs.astype(np.float64)), SIZE
    )
    points = np.einsum("tk,tkd->td", texels.weights, model.vertices[model.faces[texels.face]]).astype(np.float64)
    points /= np.linalg.norm(points, axis=1, keepdims=True)
    return paint(points), model.texture.reshape(-1, 3)[texels.index].astype(np.float64)


def test_the_texture_is_what_is_painted_on_the_globe(baked, paint) -> None:
    truth, found = truth_and_texels(read_model(baked.model.path), paint)

    assert psnr(truth - found) > 39.5  # 38.5 when photographs are read half a pixel off
    assert np.percentile(np.abs(truth - found).max(axis=1), 99) < 20


def test_detail_is_as_strong_as_in_the_paint(baked, paint) -> None:
    """Mixing photographs would flatten the waves; their variance around the tones must survive."""
    truth, found = truth_and_texels(read_model(baked.model.path), paint)
    waves = truth[:, 0] - truth[:, 2]  # the tones' share is the same on both sides

    assert np.std(found[:, 0] - found[:, 2]) == pytest.approx(np.std(waves), rel=0.05)


def test_a_view_that_took_no_part_looks_like_the_globe(globe, baked, camera_at, photograph) -> None:
    view = camera_at(np.array([2.0, 1.5, 3.7]))
    draw = Drawing(read_geometry(baked.model.path))

    picture = draw(Pinhole(view.calibration, view.rotation, view.translation, view.width, view.height))

    expected = photograph(replace(view, distortion=(0.0,)), 1.0)
    both = (picture[..., 3] == 255) & (expected.sum(axis=2) > 0)
    assert both.mean() > 0.2
    assert psnr(picture[both][:, :3].astype(float) - expected[both]) > 40.5


def test_photographs_of_other_exposures_are_leveled(globe, photograph, paint, tmp_path) -> None:
    folder = tmp_path / "photos"
    folder.mkdir()
    scales = np.linspace(0.75, 1.15, len(globe.views))[np.random.default_rng(3).permutation(len(globe.views))]
    for view, scale in zip(globe.views, scales, strict=True):
        Image.fromarray(photograph(view, scale)).save(folder / view.name)

    truth, found = truth_and_texels(read_model(textured(globe, folder).model.path), paint)

    factor = (truth * found).sum() / (truth * truth).sum()  # the exposure of the whole is free
    assert psnr(truth * factor - found) > 38  # 30 when exposures are left as they are


def test_what_stood_in_the_way_once_is_not_on_the_model(globe, paint, tmp_path) -> None:
    folder = tmp_path / "photos"
    shutil.copytree(globe.photos, folder)
    with Image.open(folder / "07.png") as image:
        passerby = image.convert("RGB")
    ImageDraw.Draw(passerby).rectangle((130, 90, 190, 150), fill=(255, 0, 255))
    passerby.save(folder / "07.png")

    truth, found = truth_and_texels(read_model(textured(globe, folder).model.path), paint)

    magenta = (found[:, 1] < truth[:, 1] - 60) & (found[:, 0] > truth[:, 0] + 40)
    assert magenta.mean() < 0.002


def test_the_same_inputs_give_the_same_bytes(globe, baked) -> None:
    again = textured(globe)

    for name in ("model.npz", "texture.png"):
        assert (again.model.path / name).read_bytes() == (baked.model.path / name).read_bytes()


def test_figures_say_how_the_texture_came_about(globe, baked) -> None:
    values = baked.metrics.values

    assert values["texture_px"] == SIZE
    assert values["unseen_faces"] == 0
    assert 0.4 < values["charts_fill"] <= 1


def test_a_photograph_that_is_gone_is_named_and_done_without(globe, tmp_path) -> None:
    folder = tmp_path / "photos"
    shutil.copytree(globe.photos, folder)
    (folder / "03.png").unlink()

    metrics = textured(globe, folder).metrics

    assert [(warning.code, warning.files) for warning in metrics.warnings] == [("missing-photos", ["03.png"])]


def test_no_photographs_at_all_are_refused(globe, tmp_path) -> None:
    (tmp_path / "photos").mkdir()

    with pytest.raises(Fatal) as caught:
        textured(globe, tmp_path / "photos")

    assert caught.value.code == "missing-photos"
    assert "00.png" in caught.value.files
