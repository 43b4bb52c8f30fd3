from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from steps.reconstruction.reporting.geometry import Geometry, read_geometry
from steps.reconstruction.reporting.viewing import photo_side, viewer
from steps.reconstruction.scene import read_scene


@pytest.fixture
def data(finished: Any) -> dict[str, Any]:
    geometry = read_geometry(finished.model.path)
    made = viewer(read_scene(finished.sparse.path), geometry, geometry.seen, finished.photos.path, "m")
    assert made is not None
    return made


def test_a_camera_of_the_view_sees_points_where_colmap_does(finished: Any, data: dict[str, Any]) -> None:
    """Its frame says where the borders of the picture lie at distance 1, so (0, 0) is the corner of the first pixel."""
    import pycolmap

    model = pycolmap.Reconstruction(str(finished.sparse.path))
    point = np.array([0.3, -0.2, 0.1])
    for camera in data["cameras"]:
        image = model.find_image_with_name(camera["name"])
        assert image is not None
        seen = image.camera.calibration_matrix() @ (image.cam_from_world() * point)
        expected = seen[:2] / seen[2]

        way = point - camera["eye"]
        ahead = -np.dot(camera["back"], way)
        left, right, bottom, top = camera["frame"]
        across = (np.dot(camera["right"], way) / ahead - left) / (right - left) * 96
        down = (top - np.dot(camera["up"], way) / ahead) / (top - bottom) * 64
        np.testing.assert_allclose([across, down], expected, atol=1e-3)


def test_every_camera_has_its_photograph_and_a_depth_within_the_scene(data: dict[str, Any]) -> None:
    assert all(camera["photo"].startswith("data:image/webp") for camera in data["cameras"])
    distance = 5 * np.hypot(1, 0.2)  # of the fixture's cameras from its cube
    assert all(camera["depth"] == pytest.approx(distance, rel=0.2) for camera in data["cameras"])


def test_the_more_photographs_the_smaller_until_there_are_too_many() -> None:
    sides = [photo_side(count) for count in (1, 12, 13, 60, 200, 251)]

    assert sides == sorted(sides, reverse=True)
    assert sides[0] == 960 and sides[-1] == 0


def test_an_empty_model_has_no_view(finished: Any) -> None:
    empty = Geometry(np.zeros((0, 3)), np.zeros((0, 3), np.int64), np.zeros((0, 2)), np.zeros((0, 3)), Path("t.png"))

    assert viewer(read_scene(finished.sparse.path), empty, empty.seen, finished.photos.path, "m") is None
