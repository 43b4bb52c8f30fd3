from __future__ import annotations

import numpy as np
import pycolmap
import pytest

from steps.reconstruction.alignment.refinement import refine

from .conftest import FOCAL, HEIGHT, WIDTH, ring

POINTS = np.random.default_rng(0).uniform([-2.2, -1.6, -2.2], [2.2, 1.6, 2.2], (500, 3))
"""They fill the frame to its corners, where a lens bends."""


def photographed(make_model, k1: float, k2: float) -> pycolmap.Reconstruction:
    """What a lens k1, k2 gave, with noise, and a first guess that knows of no distortion."""
    model = make_model(ring(10, height=0.6), POINTS)
    true = pycolmap.Camera(
        model="RADIAL", width=WIDTH, height=HEIGHT, params=[FOCAL, WIDTH / 2, HEIGHT / 2, k1, k2], camera_id=1
    )
    camera = model.cameras[1]
    camera.model = pycolmap.CameraModelId.SIMPLE_RADIAL
    camera.params = [1.01 * FOCAL, WIDTH / 2, HEIGHT / 2, 0.0]
    camera.has_prior_focal_length = True
    random = np.random.default_rng(1)
    for point in model.points3D.values():
        for element in point.track.elements:
            image = model.images[element.image_id]
            seen = true.img_from_cam(image.cam_from_world() * point.xyz)
            image.points2D[element.point2D_idx].xy = np.asarray(seen) + random.normal(0, 0.2, 2)
    return model


@pytest.mark.parametrize(
    ("k1", "k2", "lens"),
    [(0.0, 0.0, "SIMPLE_RADIAL"), (-0.1, 0.0, "SIMPLE_RADIAL"), (0.1, -0.2, "RADIAL")],
    ids=["none", "one coefficient", "two coefficients"],
)
def test_a_lens_gets_as_many_coefficients_as_the_photographs_determine(make_model, k1, k2, lens):
    model = refine(photographed(make_model, k1, k2))

    camera = model.cameras[1]
    assert camera.model.name == lens
    assert camera.mean_focal_length() == pytest.approx(FOCAL, rel=0.002)
    np.testing.assert_allclose(camera.params[3:], [k1, k2][: len(camera.params) - 3], atol=0.02)
    assert model.compute_mean_reprojection_error() < 0.4
