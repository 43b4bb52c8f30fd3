"""The texture as a picture file, within the bytes that a model may have."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from steps.reconstruction.model_io import Model

LADDER = ((92, False), (88, False), (84, False), (84, True), (78, True), (72, True), (66, True))
"""JPEG's quality, and whether its colors are halved, from the best down."""
SHRUNK = (1, 2, 4)
"""Where even the last of them needs too much, the texture is made so many times smaller."""


@dataclass(frozen=True)
class Budget:
    """The bytes of a model and of its picture, for a way of looking at it."""

    per_texel: float
    """Bytes that a texel of the picture is worth."""
    per_triangle: float
    least: int
    """The model has so many bytes at most, or so many per triangle, whichever is more."""

    def picture(self, model: Model, geometry: int) -> int:
        """Bytes for the picture beside so many of geometry."""
        height, width = model.texture.shape[:2]
        rest = max(self.least, self.per_triangle * len(model.faces)) - geometry
        return int(min(rest, self.per_texel * height * width))


FOR_SCREENS = Budget(0.6, 90, 5_400_000)
"""Looked at from near; a model of medium quality stays below 6 MB."""
FOR_PHONES = Budget(0.25, 40, 2_400_000)
"""Sent to a phone: the geometry of USDZ is not compressed, and medium quality stays below 2.5 MB."""


def as_jpeg(model: Model, budget: Budget, geometry: int) -> bytes:
    """The texture as JPEG, at the best quality that the budget has room for beside so many bytes of geometry.

    The same texture gives the same bytes. They are pixels and nothing else: no EXIF, no color profile, no comment.
    """
    room = budget.picture(model, geometry)
    data = b""
    for times in SHRUNK:
        picture = Image.fromarray(np.ascontiguousarray(model.texture), "RGB").reduce(times)
        for quality, halved in LADDER:
            data = _encoded(np.asarray(picture, np.uint8), quality, halved)
            if len(data) <= room:
                return data
    return data


def _encoded(picture: NDArray[np.uint8], quality: int, halved: bool) -> bytes:
    """JPEG by OpenCV: with optimized tables Pillow gives up on pictures of more than a byte per pixel."""
    import cv2

    sampling = cv2.IMWRITE_JPEG_SAMPLING_FACTOR_420 if halved else cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444
    options = [cv2.IMWRITE_JPEG_QUALITY, quality, cv2.IMWRITE_JPEG_OPTIMIZE, 1]
    encoded, content = cv2.imencode(".jpg", picture[..., ::-1], [*options, cv2.IMWRITE_JPEG_SAMPLING_FACTOR, sampling])
    assert encoded
    return content.tobytes()
