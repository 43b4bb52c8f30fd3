"""A picture of the surfaces that a benchmark reconstructed, gray, from two sides.

python benchmarks/surface.py --size 640 --keep FOLDER
python docs/pictures/shapes.py FOLDER docs/pictures/shapes.jpg
"""

from __future__ import annotations

import sys
from pathlib import Path

import cv2
import numpy as np
import trimesh
from make import sight

SIDE = 300
TURNS = (25, 205)


def render(mesh: trimesh.Trimesh, turn: float) -> np.ndarray:
    """The mesh in the light of a lamp beside the eye [SIDE, SIDE] gray, by ray casting."""
    low, high = np.percentile(mesh.vertices, (1, 99), axis=0)
    eye, (right, up, back), rays = sight((low + high) / 2, np.linalg.norm(high - low) * 1.3, turn, 20, 2 * SIDE)
    face, ray = mesh.ray.intersects_id(np.tile(eye, (len(rays), 1)), rays, multiple_hits=False)
    lamp = back + 0.6 * up - 0.5 * right
    light = np.clip(mesh.face_normals[face] @ (lamp / np.linalg.norm(lamp)), 0, 1)
    picture = np.full(len(rays), 255, np.float32)
    picture[ray] = 40 + 190 * light
    return cv2.resize(picture.reshape(2 * SIDE, 2 * SIDE), (SIDE, SIDE), interpolation=cv2.INTER_AREA)


def main() -> None:
    """Write the picture: a column for each shape that the folder has."""
    columns = []
    for path in sorted(Path(sys.argv[1]).glob("*/mesh/*/mesh.ply")):
        mesh = trimesh.load(path, force="mesh")
        columns.append(np.vstack([render(mesh, turn) for turn in TURNS]))
    if not columns:
        raise SystemExit(f"no mesh.ply below {sys.argv[1]}; run benchmarks/surface.py with --keep first")
    cv2.imwrite(sys.argv[2], np.hstack(columns).astype(np.uint8), [cv2.IMWRITE_JPEG_QUALITY, 85])


if __name__ == "__main__":
    main()
