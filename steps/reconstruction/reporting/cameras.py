"""cameras.json: where every registered photograph was taken from."""

from __future__ import annotations

from typing import Any

from steps.reconstruction.scene import CameraView, Scene


def cameras_document(scene: Scene) -> dict[str, dict[str, Any]]:
    """Image name → K, R, t (x_cam = R·X + t), size in pixels, lens model and its distortion parameters.

    K and all pixel coordinates put the center of the top-left pixel at (0, 0).
    """
    return {view.name: _camera(view) for view in scene.views}


def _camera(view: CameraView) -> dict[str, Any]:
    return {
        "K": view.calibration.tolist(),
        "R": view.rotation.tolist(),
        "t": view.translation.tolist(),
        "width": view.width,
        "height": view.height,
        "model": view.model,
        "distortion": list(view.distortion),
    }
