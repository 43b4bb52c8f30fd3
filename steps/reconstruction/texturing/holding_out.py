"""How well the model shows a photograph that had no part in its texture."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from steps.reconstruction.texturing.rendering import Rendering

Picture = NDArray[np.uint8]  # [h, w, 3]

COVERED = 0.999
"""Share of a pixel that the model must cover for the pixel to be compared."""
LEAST_OTHERS = 3
"""So many photographs must remain for the texture."""


@dataclass(frozen=True)
class Score:
    """A photograph against the render through its camera."""

    psnr_db: float
    """On the covered pixels, as they are."""
    leveled_psnr_db: float
    """The same after one gain per channel, for a photograph of another exposure."""
    coverage: float
    """Share of the frame, or of its mask, that the model covers."""


def held_out(count: int, wanted: int) -> list[int]:
    """Numbers of at most `wanted` of `count` photographs, spread evenly over their order."""
    wanted = min(wanted, count) if count > LEAST_OTHERS else 0
    return [int((number + 0.5) * count / wanted) for number in range(wanted)]


def score(photo: Picture, rendering: Rendering, counts: NDArray[np.bool_] | None = None) -> Score:
    """Compare the photograph's pixels that `counts` [h, w], all without it, with the model's."""
    frame = np.ones(photo.shape[:2], bool) if counts is None else counts
    covered = frame & (rendering.coverage >= COVERED)
    coverage = float(covered.sum() / max(1, frame.sum()))
    if not covered.any():
        return Score(0.0, 0.0, coverage)
    truth, found = photo[covered].astype(np.float64), rendering.colors[covered].astype(np.float64)
    gain = (truth * found).sum(axis=0) / np.maximum((found * found).sum(axis=0), 1e-9)
    leveled = np.clip(found * gain, 0, 255)
    return Score(_psnr(truth - found), _psnr(truth - leveled), coverage)


def mean_score(scores: Sequence[Score]) -> Score:
    """The mean of each figure."""
    return Score(
        float(np.mean([each.psnr_db for each in scores])),
        float(np.mean([each.leveled_psnr_db for each in scores])),
        float(np.mean([each.coverage for each in scores])),
    )


def _psnr(difference: NDArray[np.float64]) -> float:
    return float(10 * np.log10(255**2 / max(float(np.mean(np.square(difference))), 1e-9)))
