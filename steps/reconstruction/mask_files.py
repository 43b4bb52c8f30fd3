"""The masks of photographs as files: COLMAP's own convention, from `assess_photos` on.

The mask of a photograph is a PNG of one channel at the photograph's path + ".png"; 0 is ignored, all else is the subject.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from kai_pipelines import Fatal

Mask = NDArray[np.bool_]


def mask_file(folder: Path, name: str) -> Path:
    """The mask of the photograph `name`, if it has one."""
    return folder / f"{name}.png"


def read_mask(folder: Path, name: str, shape: tuple[int, ...]) -> Mask | None:
    """True where the photograph `name`, `shape` (h, w), shows the subject; None: it has no mask."""
    import cv2

    path = mask_file(folder, name)
    if not path.is_file():
        return None
    mask = decode_mask(path)
    if mask.shape == tuple(shape):
        return mask
    resized = cv2.resize(mask.astype(np.uint8), (shape[1], shape[0]), interpolation=cv2.INTER_NEAREST)
    return np.asarray(resized, np.bool_)


def decode_mask(path: Path) -> Mask:
    """True where the mask shows the subject, at its own size."""
    import cv2

    content = np.fromfile(path, np.uint8)
    gray = cv2.imdecode(content, cv2.IMREAD_GRAYSCALE) if len(content) else None
    if gray is None:
        raise Fatal(
            f"{path.name} is not a mask: it cannot be read as a picture.",
            code="unreadable-mask",
            files=[path.name],
            hint="A mask is a PNG of one channel: 0 where the photograph is ignored, 255 on the subject.",
        )
    return np.asarray(np.asarray(gray) > 0, np.bool_)
