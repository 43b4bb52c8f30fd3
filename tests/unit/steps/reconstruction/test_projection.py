from __future__ import annotations

import numpy as np
import pytest

from steps.reconstruction.projection import project
from steps.reconstruction.scene import CameraView


def camera(k1: float) -> CameraView:
    """A camera at the origin that looks along z, 200 by 100 pixels."""
    return CameraView(
        name="a.jpg",
        calibration=np.array([[100.0, 0, 99.5], [0, 100.0, 49.5], [0, 0, 1]]),
        rotation=np.eye(3),
        translation=np.zeros(3),
        width=200,
        height=100,
        model="SIMPLE_RADIAL",
        distortion=(k1,),
    )


def test_points_fall_where_the_lens_polynomial_puts_them() -> None:
    slope = np.array([0.3, -0.2])
    expected = 100 * slope * (1 - 0.2 * slope @ slope) + [99.5, 49.5]

    found = project(camera(-0.2), np.array([[*slope * 5, 5.0]]))

    assert found.spots[0] == pytest.approx(expected, abs=1e-4)
    assert (found.depth[0], found.inside[0]) == (5.0, True)


def test_points_behind_the_camera_and_beyond_the_border_are_outside() -> None:
    found = project(camera(0.0), np.array([[0.0, 0, -5], [2.0, 0, 1], [0.0, 0.6, 1]]))

    assert not found.inside.any()


def test_points_that_the_polynomial_folds_back_into_the_picture_are_outside() -> None:
    """r (1 - 0.2 r²) is 0.4 again at r = 2: within the picture, but no lens sees that far."""
    found = project(camera(-0.2), np.array([[2.0, 0, 1]]))

    assert 0 < found.spots[0, 0] < 199
    assert not found.inside[0]
