"""The sparse model as plain values."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from kai_pipelines import Fatal
from steps.reconstruction import orientation

if TYPE_CHECKING:
    import pycolmap

Array = NDArray[np.float64]
PIXEL_CENTER = 0.5
"""COLMAP puts the center of the top-left pixel at (0.5, 0.5); we put it at (0, 0)."""


@dataclass(frozen=True)
class CameraView:
    """One registered photograph: x_cam = rotation · X + translation."""

    name: str
    calibration: Array  # [3, 3], pixels, center of the top-left pixel at (0, 0)
    rotation: Array  # [3, 3]
    translation: Array  # [3]
    width: int
    height: int
    model: str
    distortion: tuple[float, ...]
    """COLMAP's parameters of `model` after focal lengths and principal point."""

    @property
    def center(self) -> Array:
        """Where the camera stands, in the world."""
        return -self.rotation.T @ self.translation

    def project(self, rays: Array) -> Array:
        """Where points [n, 3] in the camera's own frame fall in the photograph, with its distortion, [n, 2]."""
        return np.asarray(self._lens().img_from_cam(rays), dtype=np.float64) - PIXEL_CENTER

    def unproject(self, spots: Array) -> Array:
        """Rays (x, y, 1) in the camera's own frame through `spots` [n, 2], [n, 3]; NaN where the lens sees nothing."""
        flat = np.asarray(self._lens().cam_from_img(spots + PIXEL_CENTER), dtype=np.float64)
        return np.column_stack([flat[:, :2], np.ones(len(flat))])

    def resized(self, longest: int) -> CameraView:
        """The same camera with a picture of at most `longest` pixels a side."""
        if longest >= max(self.width, self.height):
            return self
        scale = longest / max(self.width, self.height)
        width, height = max(1, round(self.width * scale)), max(1, round(self.height * scale))
        factor = np.array([width / self.width, height / self.height])
        calibration = self.calibration.copy()
        calibration[:2, :2] *= factor[:, None]
        calibration[:2, 2] = (self.calibration[:2, 2] + 0.5) * factor - 0.5
        return replace(self, calibration=calibration, width=width, height=height)

    def _lens(self) -> pycolmap.Camera:
        from steps.reconstruction.colmap import pycolmap

        camera = pycolmap.Camera.create_from_model_name(0, self.model, 1.0, self.width, self.height)
        params = np.array(camera.params, dtype=np.float64)
        focal = camera.focal_length_idxs()
        params[focal] = np.diag(self.calibration)[: len(focal)]
        params[camera.principal_point_idxs()] = self.calibration[:2, 2] + PIXEL_CENTER
        params[camera.extra_params_idxs()] = self.distortion
        camera.params = params.tolist()
        return camera


@dataclass(frozen=True)
class Scene:
    """Cameras by name and the sparse points."""

    views: tuple[CameraView, ...]
    points: Array  # [n, 3], scene units
    colors: NDArray[np.uint8]  # [n, 3], sRGB
    mean_reprojection_px: float


def read_scene(folder: Path) -> Scene:
    """Read COLMAP's model; cameras in order of their names."""
    from steps.reconstruction.colmap import pycolmap

    try:
        model = pycolmap.Reconstruction(str(folder))
    except (ValueError, RuntimeError) as error:
        raise Fatal(
            f"{folder.name} is not a COLMAP model: {error}", code="unreadable-model", files=[folder.name]
        ) from error
    views = [_view(model.image(number)) for number in model.reg_image_ids()]
    model.update_point_3d_errors()  # some programs write models without them
    points = [(point.xyz, point.color) for _, point in sorted(model.points3D.items())]
    return Scene(
        views=tuple(sorted(views, key=lambda view: view.name)),
        points=np.array([xyz for xyz, _ in points], dtype=np.float64).reshape(-1, 3),
        colors=np.array([color for _, color in points], dtype=np.uint8).reshape(-1, 3),
        mean_reprojection_px=float(model.compute_mean_reprojection_error()) if points else 0.0,
    )


def upright(views: tuple[CameraView, ...]) -> Array:
    """Rotation from the world to a frame for looking: x right, y up, z toward the photographers."""
    rotations = np.array([view.rotation for view in views]).reshape(-1, 3, 3)
    return orientation.upright(rotations, np.array([view.center for view in views]).reshape(-1, 3))


def camera_of(image: pycolmap.Image) -> pycolmap.Camera:
    """The camera of a model's image."""
    camera = image.camera
    if camera is None:
        raise Fatal(f"{image.name} has no camera in the sparse model.", code="unreadable-model", files=[image.name])
    return camera


def _view(image: pycolmap.Image) -> CameraView:
    camera = camera_of(image)
    pose = image.cam_from_world()
    calibration = np.array(camera.calibration_matrix(), dtype=np.float64)
    calibration[:2, 2] -= PIXEL_CENTER
    return CameraView(
        name=image.name,
        calibration=calibration,
        rotation=np.array(pose.rotation.matrix(), dtype=np.float64),
        translation=np.array(pose.translation, dtype=np.float64),
        width=int(camera.width),
        height=int(camera.height),
        model=camera.model.name,
        distortion=tuple(float(camera.params[index]) for index in camera.extra_params_idxs()),
    )
