"""Which pixels show the subject: masks beside the photographs, resampled with them, and read again."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np
from numpy.typing import NDArray

from kai_pipelines.errors import Fatal
from steps.reconstruction.mask_files import mask_file

if TYPE_CHECKING:
    import pycolmap

Mask = NDArray[np.bool_]
FOLDER = "masks"
"""Of a dense scene: one PNG per masked photograph, at its path + ".png"; 0 is not the subject."""


def read_mask(scene: Path, name: str, shape: tuple[int, ...]) -> Mask | None:
    """True where the image `name` of a dense scene, `shape` (h, w), shows the subject; None: it has no mask."""
    path = mask_file(scene / FOLDER, name)
    if not path.is_file():
        return None
    mask = _decode(path)
    if mask.shape != tuple(shape):
        mask = np.asarray(cv2.resize(mask, (shape[1], shape[0]), interpolation=cv2.INTER_NEAREST), np.uint8)
    return np.asarray(mask > 0, np.bool_)


def undistort_mask(source: Path, target: Path, lens: pycolmap.Camera, pinhole: pycolmap.Camera) -> None:
    """Resample the mask of a photograph taken with `lens` as its undistorted image's; the nearest pixel decides."""
    mask = _decode(source)
    x, y = np.meshgrid(np.arange(pinhole.width) + 0.5, np.arange(pinhole.height) + 0.5)
    rays = np.asarray(pinhole.cam_from_img(np.column_stack([x.ravel(), y.ravel()])))
    places = np.asarray(lens.img_from_cam(np.column_stack([rays, np.ones(len(rays))])))
    column, row = (places * [mask.shape[1] / lens.width, mask.shape[0] / lens.height]).T
    inside = (column >= 0) & (row >= 0) & (column < mask.shape[1]) & (row < mask.shape[0])  # False where not a number
    flat = np.zeros(len(places), np.uint8)
    flat[inside] = mask[row[inside].astype(np.int64), column[inside].astype(np.int64)]
    target.parent.mkdir(parents=True, exist_ok=True)
    encoded, content = cv2.imencode(".png", np.where(flat > 0, 255, 0).astype(np.uint8).reshape(x.shape))
    assert encoded
    target.write_bytes(content.tobytes())


def _decode(path: Path) -> NDArray[np.uint8]:
    mask = cv2.imdecode(np.fromfile(path, np.uint8), cv2.IMREAD_GRAYSCALE)
    if mask is None:
        raise Fatal(f"The mask {path.name} cannot be read.", code="unreadable-image", files=[path.name])
    return np.asarray(mask, np.uint8)
