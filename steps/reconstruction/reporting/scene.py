"""The sparse model as plain values, and the way up."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from kai_pipelines import Fatal

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
        import pycolmap

        camera = pycolmap.Camera.create_from_model_name(0, self.model, 1.0, self.width, self.height)
        params = np.array(camera.params, dtype=np.float64)
        focal = camera.focal_length_idxs()
        params[focal] = np.diag(self.calibration)[: len(focal)]
        params[camera.principal_point_idxs()] = self.calibration[:2, 2] + PIXEL_CENTER
        params[camera.extra_params_idxs()] = self.distortion
        camera.params = params.tolist()
        return np.asarray(camera.img_from_cam(rays), dtype=np.float64) - PIXEL_CENTER


@dataclass(frozen=True)
class Scene:
    """Cameras by name and the sparse points."""

    views: tuple[CameraView, ...]
    points: Array  # [n, 3], scene units
    colors: NDArray[np.uint8]  # [n, 3], sRGB
    mean_reprojection_px: float


def read_scene(folder: Path) -> Scene:
    """Read COLMAP's model; cameras in order of their names."""
    import pycolmap

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


def _view(image: pycolmap.Image) -> CameraView:
    camera = image.camera
    if camera is None:
        raise Fatal(f"{image.name} has no camera in the sparse model.", code="unreadable-model", files=[image.name])
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


def upright(views: tuple[CameraView, ...]) -> Array:
    """Rotation from the world to a frame for looking: x right, y up, z toward the photographers.

    Gravity is not known, so it is guessed from how people hold cameras: level, hence up is the direction
    most perpendicular to all horizontal image axes. Where those are nearly parallel (a facade) the mean
    of the cameras' own up decides. Cameras spread over a plane that they all look at squarely are a flight
    over ground, and up is where they are. Cameras that circle their own horizontal axis lie on their side.
    """
    if not views:
        return np.eye(3)
    right, down, forward = (np.array([view.rotation[axis] for view in views]) for axis in range(3))
    up = _flight(views, forward)
    if up is None:
        up = _level(right, forward, -down.mean(axis=0))
    toward = -forward.mean(axis=0)
    toward -= up * (toward @ up)
    if np.linalg.norm(toward) < 0.2:  # all around, or all from above: the view that is most level is the front
        front = int(np.argmin(np.round(np.abs(forward @ up), 3)))
        toward = -forward[front] if abs(forward[front] @ up) < 0.9 else down[front]
        toward = toward - up * (toward @ up)
    toward /= np.linalg.norm(toward)
    return np.asarray(np.stack([np.cross(up, toward), up, toward]), dtype=np.float64)


def _level(right: Array, forward: Array, mean_up: Array) -> Array:
    """Up for cameras held level; `right` and `forward` [n, 3] are their horizontal image axes and gazes."""
    values, vectors = np.linalg.eigh(right.T @ right / len(right))
    if values[1] > 0.05:  # the axes span a plane: its normal is well determined
        normal = vectors[:, 0] * np.sign(vectors[:, 0] @ mean_up or 1.0)
        if normal @ mean_up > 0.5 * np.linalg.norm(mean_up):
            return np.asarray(normal, dtype=np.float64)
    axis = vectors[:, 2] * np.sign(vectors[:, 2] @ right.mean(axis=0) or 1.0)
    if np.linalg.eigvalsh(forward.T @ forward / len(forward))[1] > 0.15:  # gazes turn around that axis
        return np.asarray(axis, dtype=np.float64)
    level = mean_up - axis * (axis @ mean_up)
    return np.asarray(level / np.linalg.norm(level), dtype=np.float64)


def _flight(views: tuple[CameraView, ...], forward: Array) -> Array | None:
    """Up for cameras that hang in a plane and all look at it squarely; None for any others."""
    mean = forward.mean(axis=0)
    length = float(np.linalg.norm(mean))
    if len(views) < 6 or length < 0.95:
        return None
    centers = np.array([view.center for view in views])
    centers -= centers.mean(axis=0)
    values, vectors = np.linalg.eigh(centers.T @ centers)
    spread = np.sqrt(np.maximum(values, 0.0))
    if spread[1] < 0.25 * spread[2] or spread[0] > 0.35 * spread[1] or abs(vectors[:, 0] @ mean) < 0.9 * length:
        return None
    return np.asarray(-mean / length, dtype=np.float64)
