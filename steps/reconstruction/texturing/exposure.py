"""Leveling the exposure of photographs, so that a texture made of several shows no patches."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

LIMIT = 0.7
"""Gains stay within e^±LIMIT."""
HOLD = 0.1
"""How strongly gains are held at 1, beside one pair of photographs that overlap fully."""


def gains(colors: NDArray[np.float32], seen: NDArray[np.bool_]) -> NDArray[np.float32]:
    """A gain [n, 3] for each photograph and channel, from what several of them see of the same vertices.

    `colors` [v, n, 3] are the vertices' colors 0..255 in each photograph, `seen` [v, n] where they count.
    The gains are the least-squares solution of log gain_i + log color_i = log gain_j + log color_j.
    """
    count = seen.shape[1]
    usable = seen[..., None] & (colors > 8) & (colors < 247)  # neither black nor burnt out
    logs = np.log(np.maximum(colors, 1))
    result = np.ones((count, 3), np.float32)
    for channel in range(3):
        rows, values, weights = [], [], []
        for i in range(count):
            for j in range(i + 1, count):
                both = usable[:, i, channel] & usable[:, j, channel]
                if both.sum() < 50:
                    continue
                row = np.zeros(count)
                row[i], row[j] = 1, -1
                rows.append(row)
                values.append(float(np.median(logs[both, j, channel] - logs[both, i, channel])))
                weights.append(np.sqrt(both.mean()))
        system = np.array([*(row * w for row, w in zip(rows, weights, strict=True)), *(HOLD * np.eye(count))])
        right = np.array([*(v * w for v, w in zip(values, weights, strict=True)), *np.zeros(count)])
        solution = np.linalg.lstsq(system, right, rcond=None)[0]
        result[:, channel] = np.exp(np.clip(solution, -LIMIT, LIMIT))
    return result
