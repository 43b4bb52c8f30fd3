"""Photographs that the texture did without, beside the model seen through their cameras: its own exam."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from PIL import Image, UnidentifiedImageError
from pydantic import BaseModel

from steps.reconstruction.documents import read_document
from steps.reconstruction.reporting.content import Comparison, Still
from steps.reconstruction.reporting.thumbnails import data_uri
from steps.reconstruction.texturing.holding_out import VISIBLY_OFF

SIDE = 960
"""Longer side of a picture inside the page, pixels."""
SHOWN = 6
"""So many pairs are shown; all count."""
GRADES = (
    (30.0, "Beyond 30 dB a person hardly tells the two apart."),
    (26.0, "Between 26 and 30 dB the two agree but for fine detail, which is softer in the model."),
    (VISIBLY_OFF, f"Between {VISIBLY_OFF:.0f} and 26 dB shapes and colors are right, edges and fine detail are not."),
    (
        float("-inf"),
        f"Below {VISIBLY_OFF:.0f} dB the model differs visibly: look for ghosts, shifted edges or another exposure.",
    ),
)
"""From how many decibels on, what they mean."""


class HeldOutPair(BaseModel):
    """One photograph and the model that never saw it."""

    name: str
    photo: str
    render: str
    psnr_db: float
    coverage: float
    """Share of the frame in which there is a model; only that is compared."""


class HeldOutDocument(BaseModel):
    """The document in a `TexturedModel`'s folder held_out."""

    pairs: list[HeldOutPair] = []


@dataclass(frozen=True)
class Score:
    """Means over all photographs that were held out."""

    psnr_db: float
    coverage: float
    photos: int

    @property
    def meaning(self) -> str:
        """What so many decibels look like."""
        return next(words for least, words in GRADES if self.psnr_db >= least)


def read_held_out(model: Path) -> list[HeldOutPair]:
    """The pairs of a textured model; none where its step held nothing out."""
    path = model / "held_out" / "held_out.json"
    return read_document(path, HeldOutDocument).pairs if path.is_file() else []


def comparisons(pairs: list[HeldOutPair], model: Path) -> list[Comparison]:
    """The pairs whose pictures can be read, for sliders."""
    made = []
    for pair in pairs[:SHOWN]:
        photograph = _still(model / "held_out" / PurePosixPath(pair.photo).name, f"The photograph {pair.name}")
        render = _still(
            model / "held_out" / PurePosixPath(pair.render).name,
            f"The model, textured without {pair.name}, as it saw it",
        )
        if photograph and render:
            made.append(Comparison(pair.name, photograph, render, pair.psnr_db, pair.coverage))
    return made


def _still(path: Path, title: str) -> Still | None:
    try:
        with Image.open(path) as image:
            small = image.convert("RGB")
    except (OSError, UnidentifiedImageError, ValueError):
        return None
    small.thumbnail((SIDE, SIDE), Image.Resampling.LANCZOS)
    return Still(title, data_uri(small), *small.size)
