"""The registered photographs as cameras that points are projected into."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from steps.reconstruction.surfacing.ply import Floats


@dataclass(frozen=True)
class View:
    """One photograph."""

    name: str
    rotation: Floats  # [3, 3]
    translation: Floats  # [3]; x_cam = R·X + t
    camera: Any
    """pycolmap's camera, with its distortion."""

    @property
    def center(self) -> Floats:
        """Where the camera was."""
        center: Floats = -self.rotation.T @ self.translation
        return center

    @property
    def up(self) -> Floats:
        """The direction that is up in the photograph."""
        up: Floats = -self.rotation[1]
        return up

    @property
    def focal(self) -> float:
        """Focal length, pixels."""
        return float(self.camera.mean_focal_length())

    def project(self, points: Floats) -> tuple[Floats, NDArray[np.bool_]]:
        """Pixels [n, 2] with the top-left pixel's center at (0, 0), and whether each lies in the picture."""
        local = points @ self.rotation.T + self.translation
        front = local[:, 2] > 1e-6
        pixels = np.full((len(points), 2), -1.0)
        if front.any():
            pixels[front] = self.camera.img_from_cam(local[front]) - 0.5
        x, y = pixels.T
        inside = front & (x >= 0) & (y >= 0) & (x <= self.camera.width - 1) & (y <= self.camera.height - 1)
        return pixels, inside


def read_views(sparse: Path) -> list[View]:
    """The registered photographs, by name."""
    import pycolmap

    model = pycolmap.Reconstruction(sparse)
    views = []
    for image in sorted(model.images.values(), key=lambda image: str(image.name)):
        pose = image.cam_from_world().matrix()
        views.append(View(str(image.name), np.array(pose[:, :3]), np.array(pose[:, 3]), model.cameras[image.camera_id]))
    return views


def upright(views: list[View], vertices: Floats) -> Floats:
    """The motion [4, 4] that puts a model upright: up is +y, its foot on y = 0, centered on the y axis.

    Up is the mean of the photographs' up directions: people hold cameras level.
    """
    up = np.mean([view.up for view in views], axis=0)
    up /= max(float(np.linalg.norm(up)), 1e-12)
    toward = np.mean([view.center for view in views], axis=0) - vertices.mean(axis=0)
    front = toward - up * float(toward @ up)  # the cameras' side of the model faces +z
    if np.linalg.norm(front) < 1e-6 * max(1.0, float(np.linalg.norm(toward))):
        front = np.cross(up, np.roll(up, 1))
    front /= np.linalg.norm(front)
    rotation = np.stack([np.cross(up, front), up, front])
    turned = vertices @ rotation.T
    low, high = turned.min(axis=0), turned.max(axis=0)
    motion = np.eye(4)
    motion[:3, :3] = rotation
    motion[:3, 3] = [-(low[0] + high[0]) / 2, -low[1], -(low[2] + high[2]) / 2]
    return motion
