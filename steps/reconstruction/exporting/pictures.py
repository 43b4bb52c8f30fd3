"""The texture as a picture file."""

from __future__ import annotations

import io

from PIL import Image

from steps.reconstruction.model_io import Model

QUALITIES = (92, 88, 84, 80)
BYTES_PER_PIXEL = 0.6
"""A texture is written at the first quality that needs no more than this."""


def as_jpeg(model: Model) -> bytes:
    """The texture as JPEG, as good as its size allows; the same texture gives the same bytes."""
    data = b""
    for quality in QUALITIES:
        stream = io.BytesIO()
        Image.fromarray(model.texture, "RGB").save(stream, "JPEG", quality=quality, subsampling=0, optimize=True)
        data = stream.getvalue()
        if len(data) <= BYTES_PER_PIXEL * model.texture.shape[0] * model.texture.shape[1]:
            break
    return data
