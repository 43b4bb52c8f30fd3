"""Clouds of points on surfaces known by formula, and the cameras that saw them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from steps.reconstruction.meshing.ply import Cloud

Array = NDArray[np.float64]


def spread(count: int) -> Array:
    """Points evenly on the unit sphere (a Fibonacci lattice), [n, 3]."""
    number = np.arange(count)
    height = 1 - 2 * (number + 0.5) / count
    turn = number * np.pi * (3 - np.sqrt(5))
    ring = np.sqrt(1 - height**2)
    return np.column_stack([ring * np.cos(turn), height, ring * np.sin(turn)])


def cloud_of(points: Array, normals: Array) -> Cloud:
    return Cloud(points, normals, np.full(points.shape, 128, np.uint8))


@pytest.fixture
def ball() -> Cloud:
    """The unit sphere, some 0.05 between points."""
    points = spread(5000)
    return cloud_of(points, points)


@pytest.fixture
def bowl() -> Cloud:
    """The half of the unit sphere with z above 0, seen from outside."""
    points = spread(10000)
    points = points[points[:, 2] > 0]
    return cloud_of(points, points)


@pytest.fixture
def model_around(tmp_path: Path) -> Callable[[Array], Path]:
    """COLMAP's model of cameras at some centers that look at the origin."""
    import pycolmap

    def write(centers: Array) -> Path:
        model = pycolmap.Reconstruction()
        model.add_camera_with_trivial_rig(
            pycolmap.Camera(model="PINHOLE", width=640, height=640, params=[640, 640, 320, 320], camera_id=1)
        )
        for number, center in enumerate(centers, start=1):
            forward = -center / np.linalg.norm(center)
            right = np.cross(forward, [0.0, 1.0, 0.1])
            right /= np.linalg.norm(right)
            rotation = np.stack([right, np.cross(forward, right), forward])
            pose = pycolmap.Rigid3d(pycolmap.Rotation3d(rotation), (-rotation @ center).reshape(3, 1))
            image = pycolmap.Image(name=f"{number:02d}.png", camera_id=1, image_id=number)
            model.add_image_with_trivial_frame(image, pose)
        folder = tmp_path / "sparse"
        folder.mkdir()
        model.write(str(folder))
        return folder

    return write
