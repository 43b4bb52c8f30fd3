from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from steps.reconstruction.reporting.straightening import pinhole, straightened
from steps.reconstruction.scene import CameraView

WIDTH, HEIGHT, FOCAL, BEND = 400, 300, 300.0, -0.2


def camera(bend: float) -> CameraView:
    """COLMAP's SIMPLE_RADIAL: a ray at distance r from the axis falls at r · (1 + bend · r²)."""
    calibration = np.array([[FOCAL, 0, (WIDTH - 1) / 2], [0, FOCAL, (HEIGHT - 1) / 2], [0, 0, 1]])
    return CameraView("a.png", calibration, np.eye(3), np.zeros(3), WIDTH, HEIGHT, "SIMPLE_RADIAL", (bend,))


def photograph(path: Path, x: float, y: float, bend: float) -> None:
    """Black, with a white spot where the ray through (x, y, 1) falls."""
    radius = x * x + y * y
    column, row = (FOCAL * value * (1 + bend * radius) for value in (x, y))
    picture = np.zeros((HEIGHT, WIDTH), np.uint8)
    across, down = round(column + (WIDTH - 1) / 2), round(row + (HEIGHT - 1) / 2)
    picture[down - 3 : down + 4, across - 3 : across + 4] = 255
    Image.fromarray(picture).convert("RGB").save(path)


@pytest.mark.parametrize("bend", [0.0, BEND])
def test_a_point_lands_where_a_pinhole_sees_it(tmp_path: Path, bend: float) -> None:
    x, y = 0.5, -0.35
    photograph(tmp_path / "a.png", x, y, bend)
    view = camera(bend)

    plain = straightened(tmp_path / "a.png", view, pinhole(view, 400))

    assert plain is not None and plain.size == (WIDTH, HEIGHT)
    rows, columns = np.nonzero(np.asarray(plain.convert("L")) > 128)
    assert columns.mean() == pytest.approx(FOCAL * x + (WIDTH - 1) / 2, abs=1)
    assert rows.mean() == pytest.approx(FOCAL * y + (HEIGHT - 1) / 2, abs=1)


def test_a_smaller_picture_has_the_same_field_of_view() -> None:
    small = pinhole(camera(0.0), 100)

    assert (small.width, small.height) == (100, 75)
    corner = np.linalg.inv(small.calibration) @ [-0.5, -0.5, 1]
    np.testing.assert_allclose(corner, np.linalg.inv(camera(0.0).calibration) @ [-0.5, -0.5, 1])


def test_what_cannot_be_read_is_left_out(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_text("hello")

    assert straightened(tmp_path / "a.png", camera(0.0), pinhole(camera(0.0), 100)) is None
