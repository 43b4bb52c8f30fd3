"""How well the model shows a photograph that had no part in its texture."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from steps.reconstruction.model_io import Model
from steps.reconstruction.texturing.painting import Painter, Report
from steps.reconstruction.texturing.rendering import Renderer, Rendering

Picture = NDArray[np.uint8]  # [h, w, 3]

COVERED = 0.999
"""Share of a pixel that the model must cover for the pixel to be compared."""
LEAST_OTHERS = 3
"""So many photographs must remain for the texture."""
COMPARED = 1600
"""Photographs are compared at most at so many pixels of the longer side."""
SHOWN = 1024
"""The pictures of a pair have so many pixels at most."""
GRAY = (128, 128, 128)
"""Where the model does not cover the frame."""
JPEG_QUALITY = 85
VISIBLY_OFF = 22.0
"""Decibels below which shapes, edges or colors are wrong at first sight; the report's grades begin there, too."""


@dataclass(frozen=True)
class Score:
    """A photograph against the render through its camera."""

    psnr_db: float
    """On the covered pixels, as they are."""
    leveled_psnr_db: float
    """The same after one gain per channel, for a photograph of another exposure."""
    coverage: float
    """Share of the frame, or of its mask, that the model covers."""


@dataclass(frozen=True)
class Pair:
    """One photograph held out, and the render of the model without it."""

    name: str
    photo: Picture
    render: Picture
    compared: NDArray[np.bool_]  # [h, w], the pixels that the model covers
    score: Score


def held_out(count: int, wanted: int) -> list[int]:
    """Numbers of at most `wanted` of `count` photographs, spread evenly over their order."""
    wanted = min(wanted, count) if count > LEAST_OTHERS else 0
    return [int((number + 0.5) * count / wanted) for number in range(wanted)]


def score(photo: Picture, rendering: Rendering, counts: NDArray[np.bool_] | None = None) -> Score:
    """Compare the photograph's pixels that `counts` [h, w], all without it, with the model's."""
    covered = compared(rendering, counts)
    coverage = float(covered.sum() / max(1, covered.size if counts is None else counts.sum()))
    if not covered.any():
        return Score(0.0, 0.0, coverage)
    truth, found = photo[covered].astype(np.float64), rendering.colors[covered].astype(np.float64)
    gain = (truth * found).sum(axis=0) / np.maximum((found * found).sum(axis=0), 1e-9)
    leveled = np.clip(found * gain, 0, 255)
    return Score(_psnr(truth - found), _psnr(truth - leveled), coverage)


def compared(rendering: Rendering, counts: NDArray[np.bool_] | None = None) -> NDArray[np.bool_]:
    """The pixels [h, w] that the model covers, of those that count."""
    covered = np.asarray(rendering.coverage >= COVERED, np.bool_)
    return covered if counts is None else covered & counts


def hold_out(painter: Painter, model: Model, number: int, longest: int, report: Report) -> Pair:
    """Bake the texture without the photograph `number`, where its camera looks, and compare through that camera.

    Exposures, selection and tones are found anew without it; only the unwrapping and the cameras know of it.
    """
    view = painter.views[number].resized(longest)
    renderer = Renderer(model)
    painted = painter.paint(report, without=[number], only=renderer.faces_seen(view))
    renderer.retexture(painted.texture)
    rendering = renderer.draw(view, samples=1)
    photo, counts = painter.album.picture(painter.views[number], (view.width, view.height))
    return Pair(view.name, photo, rendering.over(GRAY), compared(rendering, counts), score(photo, rendering, counts))


def write_pairs(folder: Path, pairs: Sequence[Pair]) -> None:
    """Write held_out.json and its pictures; what they mean is told where `TexturedModel` is defined."""
    folder.mkdir()
    rows = []
    for number, pair in enumerate(pairs):
        files = {"photo": f"{number}-photo.jpg", "render": f"{number}-render.jpg"}
        for kind, picture in (("photo", pair.photo), ("render", pair.render)):
            image = Image.fromarray(picture, "RGB")
            image.thumbnail((SHOWN, SHOWN), Image.Resampling.LANCZOS)
            image.save(folder / files[kind], "JPEG", quality=JPEG_QUALITY, optimize=True)
        figures = {"psnr_db": round(pair.score.psnr_db, 2), "coverage": round(pair.score.coverage, 4)}
        rows.append({"name": pair.name, **files, **figures})
    document = json.dumps({"pairs": rows}, indent=1, ensure_ascii=False)
    (folder / "held_out.json").write_text(document, encoding="utf-8")


def doubts(photographs: int, mean: Score) -> str | None:
    """What a person should know where the model differs visibly from photographs that it was textured without."""
    if mean.psnr_db >= VISIBLY_OFF:
        return None
    told = (
        f"The model differs visibly from {photographs} photographs that were left out of its texture: {mean.psnr_db:.1f} dB "
        f"on the average, where {VISIBLY_OFF:.0f} are the least for shapes and colors to be right."
    )
    if mean.leveled_psnr_db >= VISIBLY_OFF:
        return f"{told} Most of it is exposure, which changed between the photographs; lock it."
    return f"{told} Compare them in the report: look for ghosts, shifted edges, things that moved, sky and leaves."


def mean_score(scores: Sequence[Score]) -> Score:
    """The mean of each figure."""
    return Score(
        float(np.mean([each.psnr_db for each in scores])),
        float(np.mean([each.leveled_psnr_db for each in scores])),
        float(np.mean([each.coverage for each in scores])),
    )


def _psnr(difference: NDArray[np.float64]) -> float:
    return float(10 * np.log10(255**2 / max(float(np.mean(np.square(difference))), 1e-9)))
