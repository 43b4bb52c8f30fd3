"""A model whose cameras, points and observations are exact."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import PIL.Image  # before pycolmap, whose zlib Pillow would otherwise call  # noqa: F401
import pycolmap
import pytest

WIDTH, HEIGHT, FOCAL = 800, 600, 900.0
MakeModel = Callable[..., pycolmap.Reconstruction]


def looking(center: np.ndarray, target: np.ndarray, up: np.ndarray) -> np.ndarray:
    """Rotation world to camera (x right, y down, z forward)."""
    forward = (target - center) / np.linalg.norm(target - center)
    right = np.cross(forward, up)
    right /= np.linalg.norm(right)
    return np.stack([right, np.cross(forward, right), forward])


def ring(count: int, radius: float = 5.0, height: float = 1.5, degrees: float = 360.0) -> np.ndarray:
    """Places [n, 3] on a circle around +y."""
    angles = np.radians(np.arange(count) * degrees / count)
    return np.stack([radius * np.sin(angles), np.full(count, height), radius * np.cos(angles)], axis=1)


@pytest.fixture(scope="session")
def make_model() -> MakeModel:
    def make(
        centers: np.ndarray, points: np.ndarray, names: Sequence[str] | None = None, target: np.ndarray | None = None
    ) -> pycolmap.Reconstruction:
        model = pycolmap.Reconstruction()
        params = [FOCAL, WIDTH / 2, HEIGHT / 2]
        model.add_camera_with_trivial_rig(
            pycolmap.Camera(model="SIMPLE_PINHOLE", width=WIDTH, height=HEIGHT, params=params, camera_id=1)
        )
        tracks = [pycolmap.Track() for _ in points]
        for number, center in enumerate(centers, start=1):
            rotation = looking(center, np.zeros(3) if target is None else target, np.array([0.0, 1.0, 0.0]))
            seen = (points - center) @ rotation.T
            pixels = FOCAL * seen[:, :2] / seen[:, 2:] + params[1:]
            inside = np.all((pixels > 0) & (pixels < [WIDTH, HEIGHT]), axis=1) & (seen[:, 2] > 0)
            image = pycolmap.Image(name=(names or [f"{i}.jpg" for i in range(len(centers))])[number - 1],
                                   camera_id=1, image_id=number)  # fmt: skip
            image.points2D = pycolmap.Point2DList([pycolmap.Point2D(pixel) for pixel in pixels[inside]])
            pose = pycolmap.Rigid3d(pycolmap.Rotation3d(rotation), (-rotation @ center).reshape(3, 1))
            model.add_image_with_trivial_frame(image, pose)
            for place, index in enumerate(np.flatnonzero(inside)):
                tracks[index].add_element(number, place)
        for point, track in zip(points, tracks, strict=True):
            if track.length() > 1:
                model.add_point3D(point, track, np.array([200, 100, 50], np.uint8))
        return model

    return make
