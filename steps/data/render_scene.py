"""Render photographs of a scene whose shape and cameras are known."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, NamedTuple

from kai_pipelines import Fatal, ImageSet, Resources, progress, step
from steps.data.artifacts import SceneTruth

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from steps.data.scene.cameras import Camera
    from steps.data.scene.patch import Patch

_JPEG_QUALITY = 92


class RenderedScene(NamedTuple):
    """What `render_scene` returns."""

    photos: ImageSet
    ground_truth: SceneTruth


@step(resources=Resources(cpu=1, memory="2Gi"), timeout="30m")
def render_scene(views: int = 24, image_size: int = 960, seed: int = 0) -> RenderedScene:
    """Photograph a carved stone on a slab from all sides; `image_size` is the longer side, pixels."""
    if views < 1 or image_size < 32:
        raise Fatal(
            f"{views} views of {image_size} pixels cannot be rendered.",
            code="bad-scene-size",
            hint="Ask for at least 1 view of at least 32 pixels.",
        )
    import cv2
    import numpy as np

    from steps.data.scene.cameras import place_cameras
    from steps.data.scene.compose import compose
    from steps.data.scene.picture import take_picture

    photos, truth = ImageSet.new("photos"), SceneTruth.new("ground_truth")
    scene = compose(seed)
    cameras = place_cameras(views, image_size, np.random.default_rng([seed, 1]))
    for index, camera in enumerate(cameras):
        picture = take_picture(scene, camera, np.random.default_rng([seed, 2, index]))
        target = str(photos.path / _name(index))
        cv2.imwrite(target, picture[:, :, ::-1], [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY])
        progress(index + 1, views, _name(index))
    _write_cameras(truth.path / "cameras.json", cameras)
    _write_mesh(truth.path / "mesh.ply", scene.patches)
    return RenderedScene(photos, truth)


def _name(index: int) -> str:
    return f"view-{index:03d}.jpg"


def _write_cameras(path: Path, cameras: list[Camera]) -> None:
    document = {
        _name(index): {
            "K": camera.calibration.tolist(),
            "R": camera.rotation.tolist(),
            "t": camera.translation.tolist(),
            "width": camera.width,
            "height": camera.height,
        }
        for index, camera in enumerate(cameras)
    }
    path.write_text(json.dumps(document, indent=1), encoding="utf-8")


def _write_mesh(path: Path, patches: Sequence[Patch]) -> None:
    """All surfaces as one mesh of triangles."""
    import numpy as np
    import trimesh

    points = [patch.points.reshape(-1, 3) for patch in patches]
    offsets = np.cumsum([0, *map(len, points[:-1])])
    triangles = [patch.triangles() + offset for patch, offset in zip(patches, offsets, strict=True)]
    mesh = trimesh.Trimesh(np.concatenate(points), np.concatenate(triangles), process=False)
    mesh.export(path, file_type="ply")
