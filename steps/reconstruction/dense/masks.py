"""Which pixels show the subject: masks beside the photographs, resampled with them, and read again."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np

from steps.reconstruction import mask_files
from steps.reconstruction.mask_files import Mask, decode_mask

if TYPE_CHECKING:
    import pycolmap

FOLDER = "masks"
"""Of a dense scene: one PNG per masked photograph, at its path + ".png"; 0 is not the subject."""


def read_mask(scene: Path, name: str, shape: tuple[int, ...]) -> Mask | None:
    """True where the image `name` of a dense scene, `shape` (h, w), shows the subject; None: it has no mask."""
    return mask_files.read_mask(scene / FOLDER, name, shape)


def undistort_mask(source: Path, target: Path, lens: pycolmap.Camera, pinhole: pycolmap.Camera) -> None:
    """Resample the mask of a photograph taken with `lens` as its undistorted image's; the nearest pixel decides."""
    mask = decode_mask(source)
    x, y = np.meshgrid(np.arange(pinhole.width) + 0.5, np.arange(pinhole.height) + 0.5)
    rays = np.asarray(pinhole.cam_from_img(np.column_stack([x.ravel(), y.ravel()])))
    places = np.asarray(lens.img_from_cam(np.column_stack([rays, np.ones(len(rays))])))
    column, row = (places * [mask.shape[1] / lens.width, mask.shape[0] / lens.height]).T
    inside = (column >= 0) & (row >= 0) & (column < mask.shape[1]) & (row < mask.shape[0])  # False where not a number
    flat = np.zeros(len(places), np.bool_)
    flat[inside] = mask[row[inside].astype(np.int64), column[inside].astype(np.int64)]
    target.parent.mkdir(parents=True, exist_ok=True)
    encoded, content = cv2.imencode(".png", np.where(flat, 255, 0).astype(np.uint8).reshape(x.shape))
    assert encoded
    target.write_bytes(content.tobytes())
