"""Photographs as a camera without lens distortion would have taken them, to lie exactly over the model."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from steps.reconstruction.reporting.views import Pinhole
from steps.reconstruction.scene import CameraView
from steps.reconstruction.texturing.sight import interpolated

GRID = 8
"""Pixels between those that are traced through the lens; those between are interpolated."""


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
    columns = np.linspace(-0.5, camera.width - 0.5, max(2, camera.width // GRID))
    rows = np.linspace(-0.5, camera.height - 0.5, max(2, camera.height // GRID))
    x, y = np.meshgrid(columns, rows)
    rays = np.stack([x, y, np.ones_like(x)], axis=-1).reshape(-1, 3) @ np.linalg.inv(camera.calibration).T
    spots = (view.project(rays) + 0.5) * np.array([size[0] / view.width, size[1] / view.height]) - 0.5
    coarse = spots.astype(np.float32).reshape(len(rows), len(columns), 2)
    across = interpolated(coarse.swapaxes(0, 1), columns, np.arange(camera.width))
    return interpolated(across.swapaxes(0, 1), rows, np.arange(camera.height)).transpose(2, 0, 1)
