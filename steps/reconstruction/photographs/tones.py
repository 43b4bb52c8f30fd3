"""Pixels of any depth and kind as 8-bit RGB and, where something is transparent, alpha."""

from __future__ import annotations

import numpy as np
import PIL.Image
from numpy.typing import NDArray

Bytes = NDArray[np.uint8]


def rgb_of(image: PIL.Image.Image) -> Bytes:
    """Any of Pillow's modes as [h, w, 3]; 16-bit and floating gray is scaled, where Pillow would clip."""
    if image.mode.startswith(("I", "F")):
        gray = scaled_to_8_bit(np.asarray(image))
        return np.repeat(gray[:, :, None], 3, axis=2)
    if image.mode in {"P", "PA"} and "transparency" in image.info:
        image = image.convert("RGBA")
    return np.ascontiguousarray(np.asarray(image.convert("RGB")))


def alpha_of(image: PIL.Image.Image) -> Bytes | None:
    """The alpha channel [h, w], if any pixel is not opaque."""
    if image.mode not in {"RGBA", "LA", "PA", "La", "RGBa"} and "transparency" not in image.info:
        return None
    alpha = np.asarray(image.convert("RGBA").getchannel("A"))
    return alpha if alpha.min(initial=255) < 255 else None


def deep_to_8_bit(values: NDArray[np.generic]) -> tuple[Bytes, Bytes | None]:
    """What OpenCV read, gray, BGR or BGRA of any depth, as RGB and alpha."""
    if values.ndim == 2:
        return np.repeat(scaled_to_8_bit(values)[:, :, None], 3, axis=2), None
    channels = values.shape[2]
    rgb = scaled_to_8_bit(values[:, :, 2::-1] if channels >= 3 else values[:, :, :1].repeat(3, axis=2))
    alpha = scaled_to_8_bit(values[:, :, 3]) if channels == 4 else None
    return np.ascontiguousarray(rgb), alpha if alpha is not None and alpha.min(initial=255) < 255 else None


def scaled_to_8_bit(values: NDArray[np.generic]) -> Bytes:
    """Numbers from black, 0, to the white of their kind: 1 of small floats, 255 of small numbers, else 65535."""
    if values.dtype == np.uint8:
        return np.asarray(values, np.uint8)
    made = np.empty(values.shape, np.uint8)
    largest = max((float(np.nanmax(_finite(row), initial=0.0)) for row in values), default=0.0)
    floating = np.issubdtype(values.dtype, np.floating)
    white = 1.0 if floating and largest <= 1.5 else 255.0 if largest <= 255 else 65535.0
    for index, row in enumerate(values):  # row by row: a whole one in floats takes four times its memory
        made[index] = np.clip(_finite(row) * (255.0 / white) + 0.5, 0, 255).astype(np.uint8)
    return made


def _finite(row: NDArray[np.generic]) -> NDArray[np.float64]:
    return np.nan_to_num(np.asarray(row, np.float64), nan=0.0, posinf=0.0, neginf=0.0)
