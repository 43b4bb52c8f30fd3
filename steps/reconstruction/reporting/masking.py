"""Masks, shown on the photographs that they belong to."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image, UnidentifiedImageError

from steps.reconstruction.mask_files import mask_file
from steps.reconstruction.reporting.content import Still
from steps.reconstruction.reporting.markup import Markup, element
from steps.reconstruction.reporting.thumbnails import data_uri
from steps.reconstruction.reporting.wording import counted

SHOWN = 6
"""So many masked photographs are shown."""
SIDE = 320
TINT = np.array([214.0, 48.0, 96.0], np.float32)
"""sRGB over what a mask leaves out."""


def masked_names(names: Sequence[str], masks: Path | None) -> list[str]:
    """The photographs that have a mask: the picture at their path with ".png" after it."""
    return [name for name in names if masks is not None and mask_file(masks, name).is_file()]


def masked_stills(photos: Path, masks: Path | None, names: Sequence[str]) -> list[Still]:
    """A few of the photographs, evenly over their order, with what is ignored tinted."""
    if masks is None or not names:
        return []
    step = max(1, len(names) // SHOWN)
    stills = (_still(photos / name, mask_file(masks, name), name) for name in names[::step][:SHOWN])
    return [still for still in stills if still]


def masked(stills: Sequence[Still], count: int) -> Markup | None:
    """The pictures with a sentence."""
    if not stills:
        return None
    lead = (
        f"{counted(count, 'photograph')} with a mask. What is tinted was ignored: it became neither points nor texture."
    )
    figures = [
        element(
            "figure",
            element("img", src=still.uri, alt=still.title, width=still.width, height=still.height),
            class_="masked",
        )
        for still in stills
    ]
    return element(
        "div", element("h3", "Masks"), element("p", lead, class_="lead"), element("div", *figures, class_="strip")
    )


def _still(photo: Path, mask: Path, name: str) -> Still | None:
    try:
        with Image.open(photo) as image, Image.open(mask) as told:
            image.draft("RGB", (2 * SIDE, 2 * SIDE))
            small = image.convert("RGB")
            small.thumbnail((SIDE, SIDE), Image.Resampling.LANCZOS, reducing_gap=2.0)
            kept = told.convert("L").resize(small.size, Image.Resampling.BOX)
    except (OSError, UnidentifiedImageError, ValueError):
        return None
    colors = np.asarray(small, np.float32)
    share = (np.asarray(kept, np.float32) / 255)[..., None]
    gray = colors.mean(axis=2, keepdims=True)
    tinted = 0.55 * TINT + 0.45 * gray
    blended = np.rint(colors * share + tinted * (1 - share)).clip(0, 255).astype(np.uint8)
    part = round(100 * float(share.mean()))
    return Still(f"{name}: {part} % of it is the subject", data_uri(Image.fromarray(blended, "RGB")), *small.size)
