"""From what was read and a way to draw the model to the content of the page."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from steps.reconstruction.reporting.content import Comparison, Content, Still
from steps.reconstruction.reporting.documents import AssessmentDocument, MatchDocument
from steps.reconstruction.reporting.figures import Summary
from steps.reconstruction.reporting.geometry import Geometry, pack, viewer_texture
from steps.reconstruction.reporting.thumbnails import data_uri, thumbnail, thumbnail_side
from steps.reconstruction.reporting.views import SIDES, Draw, Pinhole, best_rise, looking
from steps.reconstruction.scene import CameraView, Scene, upright

Array = NDArray[np.float64]
HERO = (960, 720)
STILL = (480, 360)
COMPARED = 4
"""So many photographs are shown beside the model."""
COMPARED_SIDE = 720
"""Longer side of a compared picture, pixels."""


def compose(
    photos: Path,
    assessment: AssessmentDocument,
    matches: MatchDocument,
    scene: Scene,
    geometry: Geometry,
    summary: Summary,
    draw: Draw,
    report: Callable[[str], None] = lambda text: None,
) -> Content:
    """Make every picture of the page; `report` hears a few words before each part."""
    frame = upright(scene.views)
    names = sorted({photo.name for photo in assessment.photos} | {photo.name for photo in matches.photos})
    report("thumbnails")
    side = thumbnail_side(len(names))
    thumbnails = {name: uri for name in names if (uri := thumbnail(photos / name, side)) is not None}
    report("views of the model")
    rise = best_rise(geometry.vertices, frame)
    hero = _still("The model from the front, a little from the left", draw, geometry, frame, -28.0, rise, HERO)
    stills = [_still(title, draw, geometry, frame, turn, rise, STILL) for title, turn, rise in SIDES]
    report("photographs beside the model")
    compared = [
        _compare(view, photos, draw) for view in _spread(scene.views, COMPARED) if (photos / view.name).is_file()
    ]
    report("the interactive view")
    return Content(
        summary=summary,
        assessment=assessment,
        matches=matches,
        scene=scene,
        thumbnails=thumbnails,
        hero=hero,
        stills=stills,
        comparisons=compared,
        viewer=_viewer(scene, geometry, frame),
    )


def _still(
    title: str, draw: Draw, geometry: Geometry, frame: Array, turn: float, rise: float, size: tuple[int, int]
) -> Still:
    picture = draw(looking(geometry.vertices, frame, turn, rise, *size))
    return Still(title, data_uri(Image.fromarray(picture, "RGBA")), *size)


def _spread(views: Sequence[CameraView], count: int) -> list[CameraView]:
    """At most `count` of the views, evenly over their order."""
    if len(views) <= count:
        return list(views)
    return [views[round((i + 0.5) * len(views) / count - 0.5)] for i in range(count)]


def _compare(view: CameraView, photos: Path, draw: Draw) -> Comparison:
    """The photograph without its lens distortion, and the model through the same pinhole."""
    scale = min(1.0, COMPARED_SIDE / max(view.width, view.height))
    width, height = max(1, round(view.width * scale)), max(1, round(view.height * scale))
    calibration = view.calibration.copy()
    calibration[0] *= width / view.width
    calibration[1] *= height / view.height
    calibration[:2, 2] += 0.5 * np.array([width / view.width, height / view.height]) - 0.5
    camera = Pinhole(calibration, view.rotation, view.translation, width, height)
    photograph = Image.fromarray(_straightened(photos / view.name, view, camera), "RGB")
    name = view.name
    return Comparison(
        name=name,
        photograph=Still(f"The photograph {name}", data_uri(photograph), width, height),
        model=Still(f"The model as {name} saw it", data_uri(Image.fromarray(draw(camera), "RGBA")), width, height),
    )


def _straightened(path: Path, view: CameraView, camera: Pinhole) -> NDArray[np.uint8]:
    """The photograph as a camera without distortion would have taken it, [h, w, 3]."""
    import cv2

    with Image.open(path) as image:
        image.draft("RGB", (2 * camera.width, 2 * camera.height))
        small = image.convert("RGB")
        small.thumbnail((2 * camera.width, 2 * camera.height), Image.Resampling.BOX)
    x, y = np.meshgrid(np.arange(camera.width, dtype=np.float64), np.arange(camera.height, dtype=np.float64))
    rays = np.stack([x, y, np.ones_like(x)], axis=-1).reshape(-1, 3) @ np.linalg.inv(camera.calibration).T
    spots = view.project(rays)  # in the full photograph
    spots = (spots + 0.5) * np.array([small.width / view.width, small.height / view.height]) - 0.5
    across, down = spots.astype(np.float32).reshape(camera.height, camera.width, 2).transpose(2, 0, 1)
    return np.asarray(cv2.remap(np.asarray(small), across, down, cv2.INTER_LINEAR), dtype=np.uint8)


def _viewer(scene: Scene, geometry: Geometry, frame: Array) -> dict[str, Any] | None:
    """The packed model with its texture and the photographs' cameras, in the upright frame."""
    packed = pack(geometry, frame)
    if packed is None:
        return None
    vertices = geometry.vertices @ frame.T
    low, high = np.percentile(vertices, 1, axis=0), np.percentile(vertices, 99, axis=0)
    radius = float(np.linalg.norm(high - low)) / 2
    cameras = [_seen_camera(view, frame, vertices, 0.12 * radius) for view in scene.views]
    return {
        **packed,
        "texture": viewer_texture(geometry),
        "target": ((low + high) / 2).round(6).tolist(),
        "half": ((high - low) / 2).round(6).tolist(),
        "radius": round(radius, 6),
        "rise": round(float(np.radians(best_rise(geometry.vertices, frame))), 4),
        "cameras": cameras,
    }


def _seen_camera(view: CameraView, frame: Array, vertices: Array, reach: float) -> dict[str, Any]:
    center = frame @ view.center
    axes = view.rotation @ frame.T  # rows: right, down, forward
    inverse = np.linalg.inv(view.calibration)
    corners = [(0, 0), (view.width, 0), (view.width, view.height), (0, view.height)]
    rays = np.array([inverse @ (x, y, 1.0) for x, y in corners]) @ axes * reach
    depth = float(np.median((vertices - center) @ axes[2]))
    return {
        "name": view.name,
        "center": center.round(5).tolist(),
        "corners": (center + rays).round(5).tolist(),
        "forward": axes[2].round(6).tolist(),
        "depth": round(max(depth, reach), 5),
        "fov": round(float(2 * np.arctan(0.5 * view.height / view.calibration[1, 1])), 5),
    }
