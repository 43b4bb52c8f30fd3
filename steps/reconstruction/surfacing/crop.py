"""Cropping the background: points far behind what the cameras look at together."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from steps.reconstruction.surfacing.ply import Floats

FAR = 3.0
"""Points farther from the middle than so many times the usual distance are background."""


def seen_in_common(points: Path, sparse: Path, cropped: Path) -> tuple[int, int]:
    """Write the points around what the cameras look at; how many were kept and dropped.

    The middle and the usual distance come from the sparse points, each counted as often as photographs see
    it: what many cameras see is the object, what few see is far behind it or at the border.
    """
    import trimesh

    cloud: Any = trimesh.load(points, process=False)
    vertices = np.asarray(cloud.vertices, np.float64)
    middle, usual = _middle(sparse)
    keep = np.linalg.norm(vertices - middle, axis=1) <= FAR * usual
    _write(points, cropped, keep)
    return int(keep.sum()), int((~keep).sum())


def _middle(sparse: Path) -> tuple[Floats, float]:
    import pycolmap

    found = pycolmap.Reconstruction(sparse).points3D.values()
    positions = np.array([point.xyz for point in found])
    weights = np.array([point.track.length() for point in found], np.float64)
    order = np.argsort(positions, axis=0)
    middle = np.empty(3)
    for axis in range(3):  # the weighted median of each coordinate
        total = np.cumsum(weights[order[:, axis]])
        middle[axis] = positions[order[np.searchsorted(total, total[-1] / 2), axis], axis]
    distance = np.linalg.norm(positions - middle, axis=1)
    ranked = np.argsort(distance)
    total = np.cumsum(weights[ranked])
    return middle, float(distance[ranked[np.searchsorted(total, 0.8 * total[-1])]])


def _write(source: Path, target: Path, keep: np.ndarray[Any, np.dtype[np.bool_]]) -> None:
    """Copy the chosen vertices of a binary PLY of one element, whatever their properties."""
    content = source.read_bytes()
    head, _, body = content.partition(b"end_header\n")
    size = len(body) // max(1, len(keep))
    rows = np.frombuffer(body, np.uint8)[: size * len(keep)].reshape(len(keep), size)
    count = f"element vertex {int(keep.sum())}".encode()
    lines = [count if line.startswith(b"element vertex") else line for line in head.split(b"\n")]
    target.write_bytes(b"\n".join(lines) + b"end_header\n" + rows[keep].tobytes())
