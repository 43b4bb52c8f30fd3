"""Photographs as a camera without lens distortion would have taken them, to lie exactly over the model."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from steps.reconstruction.reporting.views import Pinhole
from steps.reconstruction.scene import CameraView


def pinhole(view: CameraView, longest: int) -> Pinhole:
    """The photograph's camera without its distortion, at most `longest` pixels."""
    small = view.resized(longest)
    return Pinhole(small.calibration, small.rotation, small.translation, small.width, small.height)


def straightened(path: Path, view: CameraView, camera: Pinhole) -> Image.Image | None:
    """The photograph through `camera`; None when it cannot be read."""
    import cv2

    try:
        with Image.open(path) as image:
            image.draft("RGB", (2 * camera.width, 2 * camera.height))
            small = image.convert("RGB")
    except (OSError, UnidentifiedImageError, ValueError):
        return None
    small.thumbnail((2 * camera.width, 2 * camera.height), Image.Resampling.BOX)
    if not any(view.distortion):
        return small.resize((camera.width, camera.height), Image.Resampling.LANCZOS)
    across, down = _spots(view, camera, small.size)
    return Image.fromarray(
        np.asarray(cv2.remap(np.asarray(small), across, down, cv2.INTER_LINEAR), dtype=np.uint8), "RGB"
    )


def _spots(view: CameraView, camera: Pinhole, size: tuple[int, int]) -> NDArray[np.float32]:
    """Where the pixels of `camera` are in the photograph of `size`: columns and rows, [2, h, w]."""
    x, y = np.meshgrid(np.arange(camera.width, dtype=np.float64), np.arange(camera.height, dtype=np.float64))
    rays = np.stack([x, y, np.ones_like(x)], axis=-1).reshape(-1, 3) @ np.linalg.inv(camera.calibration).T
    spots = (view.project(rays) + 0.5) * np.array([size[0] / view.width, size[1] / view.height]) - 0.5
    return np.asarray(spots.astype(np.float32).reshape(camera.height, camera.width, 2).transpose(2, 0, 1), np.float32)
