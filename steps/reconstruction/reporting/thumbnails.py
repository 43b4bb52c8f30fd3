"""Small pictures that travel inside the page."""

from __future__ import annotations

import base64
import io
from pathlib import Path

from PIL import Image, ImageOps, UnidentifiedImageError


def data_uri(image: Image.Image, quality: int = 78) -> str:
    """A picture as a WebP data URI; transparency is kept."""
    buffer = io.BytesIO()
    image.save(buffer, format="WEBP", quality=quality, method=2)
    return "data:image/webp;base64," + base64.b64encode(buffer.getvalue()).decode("ascii")


def lossless_uri(image: Image.Image) -> str:
    """A small drawing as a PNG data URI, every pixel as it is."""
    buffer = io.BytesIO()
    image.save(buffer, format="PNG", optimize=True)
    return "data:image/png;base64," + base64.b64encode(buffer.getvalue()).decode("ascii")


def thumbnail_side(photos: int) -> int:
    """Longer side of a thumbnail, pixels: smaller when there are many, so that the page stays light."""
    return 360 if photos <= 60 else 240 if photos <= 200 else 128


def thumbnail(path: Path, side: int) -> str | None:
    """A photograph at most `side` pixels long as a data URI; None when it cannot be read."""
    try:
        with Image.open(path) as image:
            image.draft("RGB", (side * 2, side * 2))
            upright = ImageOps.exif_transpose(image).convert("RGB")
            upright.thumbnail((side, side), Image.Resampling.LANCZOS, reducing_gap=2.0)
            return data_uri(upright, quality=72)
    except (OSError, UnidentifiedImageError, ValueError):
        return None
