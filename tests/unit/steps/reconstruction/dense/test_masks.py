"""Masks on their way from the photographs to the images of a dense scene."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from kai_pipelines import Fatal, ImageSet, SparseModel
from steps.reconstruction.colmap import pycolmap
from steps.reconstruction.dense.masks import read_mask, undistort_mask
from steps.reconstruction.undistort import undistort_photos

WIDTH, HEIGHT = 160, 120


def write(path, mask) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(path), mask)


def camera(model: str, *params: float):
    return pycolmap.Camera(model=model, width=WIDTH, height=HEIGHT, params=list(params), camera_id=1)


def test_a_mask_bends_with_its_photograph(tmp_path):
    # SIMPLE_RADIAL: a ray of slope r falls at f·r·(1 + k·r²) from the middle.
    lens, flat = camera("SIMPLE_RADIAL", 150, 80, 60, -0.2), camera("PINHOLE", 150, 150, 80, 60)
    y, x = np.mgrid[:HEIGHT, :WIDTH] + 0.5
    radius = np.hypot(x - 80, y - 60)
    write(tmp_path / "disc.png", np.where(radius < 40, 255, 0).astype(np.uint8))

    undistort_mask(tmp_path / "disc.png", tmp_path / "out" / "flat.png", lens, flat)

    found = cv2.imread(str(tmp_path / "out" / "flat.png"), cv2.IMREAD_GRAYSCALE)
    bent = radius * (1 - 0.2 * (radius / 150) ** 2)
    clear = np.abs(bent - 40) > 1
    assert set(np.unique(found)) == {0, 255}
    assert ((found > 0) == (bent < 40))[clear].all()


def test_only_masked_photographs_get_a_mask_under_their_own_name(rendered, tmp_path):
    source = rendered.write(tmp_path / "source")
    half = np.zeros((HEIGHT, WIDTH), np.uint8)
    half[:, :80] = 255
    write(tmp_path / "masks" / "left" / "2.png.png", half)

    made = undistort_photos(
        ImageSet(source / "images"), SparseModel(source / "sparse"), 120, ImageSet(tmp_path / "masks")
    )

    assert made.metrics.values["masked"] == 1
    found = read_mask(made.scene.path, "left/2.png", (90, 120))
    assert found is not None
    assert found[:, :58].all()
    assert not found[:, 62:].any()
    assert read_mask(made.scene.path, "left/1.png", (90, 120)) is None


def test_a_mask_of_another_size_covers_the_same_part_of_its_image(tmp_path):
    write(tmp_path / "masks" / "a.jpg.png", np.repeat(np.uint8([[0, 255]]), 3, axis=0))

    found = read_mask(tmp_path, "a.jpg", (6, 8))

    assert found is not None
    assert (found == (np.arange(8) >= 4)).all()


def test_only_black_is_ignored_as_colmap_has_it(tmp_path):
    write(tmp_path / "masks" / "a.jpg.png", np.uint8([[0, 1, 127, 255]]))

    found = read_mask(tmp_path, "a.jpg", (1, 4))

    assert found is not None
    assert found.tolist() == [[False, True, True, True]]


@pytest.mark.parametrize("content", ["not an image", ""])
def test_a_mask_that_is_no_image_is_named(content, tmp_path):
    (tmp_path / "masks").mkdir()
    (tmp_path / "masks" / "a.jpg.png").write_text(content)

    with pytest.raises(Fatal) as fault:
        read_mask(tmp_path, "a.jpg", (6, 8))

    assert fault.value.code == "unreadable-mask"
    assert fault.value.files == ("a.jpg.png",)
