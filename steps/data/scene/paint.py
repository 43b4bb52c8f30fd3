"""Procedural colors: agate for the solid, terrazzo for the slab; linear RGB, 0 to 1."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter, map_coordinates

from steps.data.scene.patch import Floats

_NOISE_SIZE = 64


class Noise:
    """Smooth random values in space, about -1 to 1, that repeat every 64 cells."""

    def __init__(self, rng: np.random.Generator) -> None:
        volume = rng.normal(size=(_NOISE_SIZE,) * 3).astype(np.float32)
        smooth = gaussian_filter(volume, 0.7, mode="wrap")
        self.volume = (smooth / (2 * smooth.std())).astype(np.float32)

    def __call__(self, points: Floats, frequency: float) -> Floats:
        """Values [h, w] at points [h, w, 3], with about `frequency` cells per unit."""
        position = np.moveaxis(points * np.float32(frequency) + np.float32(17.3), -1, 0)
        return np.asarray(map_coordinates(self.volume, position, order=1, mode="grid-wrap"), np.float32)


def _linear(*hexes: int) -> Floats:
    """Colors [n, 3] of sRGB hexes, linearized by a plain gamma."""
    values = np.array([[(h >> 16) & 255, (h >> 8) & 255, h & 255] for h in hexes], np.float32)
    return np.asarray((values / 255) ** 2.2, np.float32)


def _ramp(position: Floats, colors: Floats) -> Floats:
    """Colors along a ramp at positions [h, w], 0 to 1."""
    table = cv2.resize(colors[None], (512, 1), interpolation=cv2.INTER_LINEAR)[0]
    return np.asarray(table[np.clip(position * 511, 0, 511).astype(np.int32)], np.float32)


def agate(points: Floats, rng: np.random.Generator) -> Floats:
    """Banded stone with veins, patches and specks at points [h, w, 3]."""
    noise = Noise(rng)
    medium, fine, finest = noise(points + 3.1, 18.0), noise(points - 5.7, 45.0), noise(points + 8.2, 95.0)
    warp = 0.6 * noise(points, 2.2) + 0.3 * noise(points, 5.0) + 0.15 * noise(points, 11.0)
    layer = 0.9 * points[..., 2] + 0.3 * points[..., 0] - 0.2 * points[..., 1] + 0.75 * warp
    bands = 0.5 + 0.42 * np.sin(6.0 * layer) + 0.08 * np.sin(55.0 * layer + 2 * medium) + 0.06 * medium
    palette = _linear(0x12505A, 0x2A8C8C, 0x7CC7A8, 0xF4E7C5, 0xEDB963, 0xCF6F3A, 0x8E3B24)
    color = _ramp(np.asarray(bands, np.float32), palette)
    color = color * np.exp(0.5 * medium + 0.5 * fine + 0.35 * finest)[..., None]
    vein = np.exp(-((noise(points + 9.4, 3.7) + 0.35 * medium) ** 2) / 0.0025)
    color += 0.75 * vein[..., None] * (_linear(0xF6EBD2)[0] - color)
    dark = np.exp(-((noise(points - 2.3, 6.0) + 0.3 * fine) ** 2) / 0.0025)
    color += 0.7 * dark[..., None] * (_linear(0x2A1A14)[0] - color)
    speck = np.clip(3 * (noise(points + 1.9, 34.0) - 0.7), 0, 1)
    color += speck[..., None] * (_linear(0xFFF6E0)[0] - color)
    return np.asarray(np.clip(color, 0.01, 0.95), np.float32)


def terrazzo(size: int, rng: np.random.Generator) -> Floats:
    """A square [size, size, 3] of stone chips of all sizes in cement."""
    base = _cloud(size, rng)
    color = _linear(0xB9B2A6)[0] * (1 + 0.35 * base)[..., None]
    palette = _linear(0xEDE6DA, 0x7D8C8A, 0x4E4A48, 0xC4825A, 0xD9B98C, 0x95A89B, 0x8C5A4A, 0x33414A)
    for count, fill in ((900, 0.55), (5000, 0.45), (22000, 0.4)):
        chip, inside = _cells(size, count, fill, rng)
        shade = palette[rng.integers(0, len(palette), count)] * rng.uniform(0.75, 1.2, (count, 1)).astype(np.float32)
        color += inside[..., None] * (shade[chip] * (1 + 0.25 * base)[..., None] - color)
    return np.asarray(np.clip(color, 0.01, 0.95), np.float32)


def _cells(size: int, count: int, fill: float, rng: np.random.Generator) -> tuple[NDArray[np.int32], Floats]:
    """Voronoi cells of random seeds: each pixel's seed, and how far it is inside a shrunken cell, 0 or 1 with soft edges."""
    seeds = rng.integers(0, size, (count, 2))
    mask = np.full((size, size), 255, np.uint8)
    mask[seeds[:, 0], seeds[:, 1]] = 0
    distance, labels = cv2.distanceTransformWithLabels(mask, cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL)
    label = np.asarray(labels, np.int32)
    of_label = np.zeros(int(label.max()) + 1, np.int32)
    of_label[label[seeds[:, 0], seeds[:, 1]]] = np.arange(count)
    owner = of_label[label]
    reach = rng.uniform(0.35, 1.0, count).astype(np.float32) * np.float32(fill * size / np.sqrt(count))
    return owner, np.asarray(np.clip(reach[owner] - distance, 0, 2) / 2, np.float32)


def _cloud(size: int, rng: np.random.Generator) -> Floats:
    """Gray noise of four octaves, about -1 to 1."""
    total = np.zeros((size, size), np.float32)
    for cells, weight in ((12, 0.35), (60, 0.3), (300, 0.3), (size // 3, 0.35)):
        grid = rng.normal(size=(cells, cells)).astype(np.float32)
        total += weight * cv2.resize(grid, (size, size), interpolation=cv2.INTER_CUBIC).astype(np.float32)
    return total
