"""Pictures for the tests of photographs."""

from __future__ import annotations

import numpy as np

Pixels = np.ndarray


def scene(seed: int, width: int = 640, height: int = 480) -> Pixels:
    """Rectangles and disks of random colors, unlike any other seed's, [h, w, 3]."""
    rng = np.random.default_rng(seed)
    values = np.full((height, width, 3), rng.integers(60, 150, 3), np.uint8)
    rows, columns = np.mgrid[:height, :width]
    for _ in range(60):
        x, y, size = int(rng.integers(0, width)), int(rng.integers(0, height)), int(rng.integers(10, 60))
        inside = (
            (rows - y) ** 2 + (columns - x) ** 2 < size**2 if rng.random() < 0.5 else
            (abs(rows - y) < size) & (abs(columns - x) < size)
        )  # fmt: skip
        values[inside] = rng.integers(30, 230, 3)
    return values


def on_a_turntable(angle: float, ground: int, noise: float = 2.0, size: int = 400) -> tuple[Pixels, np.ndarray]:
    """A textured block with a hole on a plain ground, turned; the photograph and where the block is."""
    rng = np.random.default_rng(round(angle))
    rows, columns = np.mgrid[:size, :size] - size / 2
    half = size * (0.16 + 0.05 * np.cos(np.radians(angle)))
    block = (abs(columns) < half) & (abs(rows) < size * 0.3)
    hole = (abs(columns) < half / 3) & (abs(rows) < size * 0.1)
    texture = 110 + 60 * np.sin(columns / 7 + angle) * np.cos(rows / 9)
    gray = np.where(block, np.where(hole, 0, texture), ground) + rng.normal(0, noise, (size, size))
    return np.repeat(np.clip(gray, 0, 255).astype(np.uint8)[:, :, None], 3, axis=2), block
