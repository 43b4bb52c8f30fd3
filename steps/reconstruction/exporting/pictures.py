"""The texture as a picture file."""

from __future__ import annotations

import io

from PIL import Image

from steps.reconstruction.model_io import Model

LADDER = ((92, 0), (88, 0), (84, 0), (84, 2), (78, 2), (72, 2), (66, 2))
"""JPEG's quality, and whether its colors are halved (2) or not (0), from the best down."""
FOR_SCREENS = 0.6
"""Bytes per pixel of a texture that is looked at from near."""
FOR_PHONES = 0.25
"""Bytes per pixel of one that is sent to a phone: the geometry of USDZ is not compressed."""


def as_jpeg(model: Model, bytes_per_pixel: float) -> bytes:
    """The texture as JPEG, at the best quality that needs no more; the same texture gives the same bytes.

    It holds pixels and nothing else: no EXIF, no color profile, no comment.
    """
    data = b""
    for quality, halved in LADDER:
        stream = io.BytesIO()
        picture = Image.fromarray(model.texture, "RGB")
        picture.save(stream, "JPEG", quality=quality, subsampling=halved, optimize=True)
        data = stream.getvalue()
        if len(data) <= bytes_per_pixel * model.texture.shape[0] * model.texture.shape[1]:
            break
    return data
