"""One exposure for all photographs, and the color that they agree on."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from steps.reconstruction.texturing.rays import Floats
from steps.reconstruction.texturing.witnesses import Witness

LEAST_SHARED = 50
"""Two photographs are compared when they see so many triangles in common."""
MOST_COMPARED = 20_000
"""So many triangles are enough to compare photographs by."""
USABLE = (8, 247)
"""Colors outside are too dark or clipped to be compared."""
TETHER = 0.02
"""How strongly each gain is held at 1 beside what the pairs say."""
DISAGREEMENT = 22.0
"""Gray levels at which a photograph that differs from the others loses half of its say."""


def exposure_gains(witnesses: Sequence[Witness]) -> Floats:
    """Factor per photograph and channel that makes shared triangles equally bright, [p, 3].

    Least squares on the medians of log ratios over all pairs, each weighted by what it shares.
    """
    count = len(witnesses)
    step = max(1, len(witnesses[0].quality) // MOST_COMPARED)
    logs, valid = [], []
    for witness in witnesses:
        colors = witness.face_colors[::step]
        logs.append(np.log(np.maximum(colors, 1).astype(np.float32)))
        usable = (colors >= USABLE[0]).all(axis=1) & (colors <= USABLE[1]).all(axis=1)
        valid.append(usable & (witness.quality[::step] > 0))
    normal = np.eye(count) * TETHER
    target = np.zeros((count, 3))
    for i in range(count):
        for j in range(i + 1, count):
            shared = valid[i] & valid[j]
            if (number := int(shared.sum())) * step < LEAST_SHARED:
                continue
            weight = number / len(shared)
            ratio = np.median(logs[j][shared] - logs[i][shared], axis=0)  # log gain i - log gain j
            normal[[i, j], [i, j]] += weight
            normal[[i, j], [j, i]] -= weight
            target[i] += weight * ratio
            target[j] -= weight * ratio
    return np.asarray(np.exp(np.linalg.solve(normal, target)), np.float32)


def agreed_colors(
    colors: Sequence[NDArray[np.uint8]], weights: Sequence[Floats], gains: Floats
) -> tuple[Floats, list[Floats]]:
    """The color that photographs agree on, [n, 3], and how far each can be trusted, 0-1, [n] each.

    `colors` [n, 3] and `weights` [n] per photograph. A photograph that differs from the weighted mean of all
    has less say in the next mean: what stood in the way of the subject in one of many is voted out.
    """
    trust = [np.where(weight > 0, 1, 0).astype(np.float32) for weight in weights]
    says = [np.sqrt(weight) for weight in weights]  # tempered: near photographs must not outvote all others
    middle = np.zeros_like(colors[0], np.float32)
    witnesses = sum((t for t in trust), np.zeros(len(middle), np.float32))
    for _ in range(4):
        total, middle = np.zeros(len(middle), np.float32), np.zeros_like(middle)
        for color, say, share, gain in zip(colors, says, trust, gains, strict=True):
            total += say * share
            middle += (say * share)[:, None] * (color * gain)
        middle /= np.maximum(total, 1e-12)[:, None]
        for number, (color, gain) in enumerate(zip(colors, gains, strict=True)):
            off = np.linalg.norm(color * gain - middle, axis=1) / DISAGREEMENT
            judged = (weights[number] > 0) / (1 + off**2)
            trust[number] = np.where(witnesses >= 3, judged, trust[number]).astype(np.float32)
    return middle, trust
