"""What the page's interactive view is made from: the packed model, its texture, the cameras and their photographs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from steps.reconstruction.reporting.geometry import Geometry, outline, pack, pack_points, viewer_texture
from steps.reconstruction.reporting.overhead import camera_reach
from steps.reconstruction.reporting.straightening import pinhole, straightened
from steps.reconstruction.reporting.thumbnails import data_uri
from steps.reconstruction.reporting.views import best_rise
from steps.reconstruction.scene import CameraView, Scene

Array = NDArray[np.float64]
POINTS = 40_000
"""So many sparse points travel in the page at most."""
PHOTO_SIDES = ((12, 960), (30, 720), (80, 480), (250, 320))
"""Up to so many photographs: longer side of each when one looks through its camera, pixels. More have none."""


def viewer(scene: Scene, geometry: Geometry, seen: Array, photos: Path, unit: str) -> dict[str, Any] | None:
    """The data of the interactive view, which first shows the vertices `seen` [n, 3]; None for a model that is empty or too big for a page."""
    packed = pack(geometry)
    if packed is None:
        return None
    low, high = seen.min(axis=0), seen.max(axis=0)
    radius = max(float(np.linalg.norm(high - low)) / 2, 1e-9)
    side = photo_side(len(scene.views))
    return {
        "mesh": packed,
        "texture": viewer_texture(geometry),
        "points": pack_points(scene.points, scene.colors, POINTS),
        "outline": _short(outline(seen)),
        "radius": float(f"{radius:.6g}"),
        "rise": round(float(np.radians(35.0 if geometry.inward else best_rise(seen))), 4),
        "room": geometry.inward,
        "unit": unit,
        "reach": float(f"{camera_reach(scene, 0.16 * radius):.6g}"),
        "cameras": [_camera(view, seen, radius, photos, side) for view in scene.views],
    }


def photo_side(count: int) -> int:
    """Longer side of the photographs that one sees through their cameras; 0: none, there are too many."""
    return next((side for most, side in PHOTO_SIDES if count <= most), 0)


def _camera(view: CameraView, seen: Array, radius: float, photos: Path, side: int) -> dict[str, Any]:
    """Eye and axes in the world, and where the borders of the photograph lie at distance 1."""
    (fx, _, cx), (_, fy, cy) = view.calibration[0], view.calibration[1]
    right, down, forward = view.rotation
    depth = (seen - view.center) @ forward
    ahead = depth[depth > 0]
    photo = straightened(photos / view.name, view, pinhole(view, side)) if side else None
    return {
        "name": view.name,
        "eye": _short(view.center),
        "right": _short(right),
        "up": _short(-down),
        "back": _short(-forward),
        "frame": _short(
            np.array([
                (-0.5 - cx) / fx, (view.width - 0.5 - cx) / fx, -(view.height - 0.5 - cy) / fy, (cy + 0.5) / fy
            ])
        ),
        "depth": float(f"{float(np.median(ahead)) if len(ahead) else radius:.6g}"),
        "photo": data_uri(photo, quality=72) if photo else None,
    }  # fmt: skip


def _short(values: Array) -> Any:
    """As lists of numbers with seven digits."""
    return np.vectorize(lambda value: float(f"{value:.7g}"))(values).tolist() if values.size else values.tolist()
