"""What is matched with what: cameras, image pyramids and source views, read from COLMAP's workspace."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

BEST_ANGLE, BELOW, ABOVE = 5.0, 1.0, 10.0
"""Degrees: the best angle between two rays to one point, and how fast less and more of it hurt.

Source: Yao et al., "MVSNet" (ECCV 2018), section 4.1, view selection.
"""
LEAST_ANGLE = 1.0
"""Degrees: a view is no source when three quarters of the shared points are seen at less."""
COMPARED = 8
"""For each source that is wanted so many candidates are compared."""


@dataclass(frozen=True)
class View:
    """One undistorted photograph, its camera and what the sparse model knows of its depth."""

    name: str
    width: int
    height: int
    calibration: NDArray[np.float64]  # fx, fy, cx, cy in pixels; pixel centers at integers
    rotation: NDArray[np.float64]  # [3, 3], x_cam = R·X + t
    translation: NDArray[np.float64]  # [3]
    point_ids: NDArray[np.int64]  # [n] sparse points seen here
    points: NDArray[np.float64]  # [n, 3] the same, world

    @property
    def center(self) -> NDArray[np.float64]:
        """The camera's position in the world, [3]."""
        return np.asarray(-self.rotation.T @ self.translation)

    def spots(self, points: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Where points [n, 3] of the world fall, [n, 2] pixels, and their depths [n]; behind the camera spots say nothing."""
        local = points @ self.rotation.T + self.translation
        depth = local[:, 2]
        before = np.where(depth > 1e-9, depth, 1.0)
        return local[:, :2] / before[:, None] * self.calibration[:2] + self.calibration[2:], depth

    def matrix(self, calibration: NDArray[np.float64] | None = None) -> NDArray[np.float64]:
        """The 3 by 3 calibration matrix."""
        fx, fy, cx, cy = self.calibration if calibration is None else calibration
        return np.array([[fx, 0, cx], [0, fy, cy], [0, 0, 1.0]])


def scaled(calibration: NDArray[np.float64], across: float, down: float) -> NDArray[np.float64]:
    """The calibration of an image resized by these factors; pixel centers stay at integers."""
    fx, fy, cx, cy = calibration
    return np.array([fx * across, fy * down, (cx + 0.5) * across - 0.5, (cy + 0.5) * down - 0.5])


def read_views(sparse: Path) -> list[View]:
    """The registered views of a pinhole model, by name."""
    from steps.reconstruction.colmap import pycolmap

    model: Any = pycolmap.Reconstruction(sparse)
    ids = np.array(sorted(model.points3D), np.int64)
    positions = np.array([model.points3D[i].xyz for i in ids]).reshape(-1, 3)
    views = []
    for image in model.images.values():
        camera, pose = model.cameras[image.camera_id], image.cam_from_world()
        # COLMAP's origin is the corner of the top left pixel, ours its center.
        center_x, center_y = camera.principal_point_x - 0.5, camera.principal_point_y - 0.5
        seen = np.unique([point.point3D_id for point in image.points2D if point.has_point3D()]).astype(np.int64)
        views.append(
            View(
                name=image.name,
                width=camera.width,
                height=camera.height,
                calibration=np.array([camera.focal_length_x, camera.focal_length_y, center_x, center_y]),
                rotation=np.array(pose.rotation.matrix()),
                translation=np.array(pose.translation),
                point_ids=seen,
                points=positions[np.searchsorted(ids, seen)],
            )
        )
    return sorted(views, key=lambda view: view.name)


def count_shared(views: list[View]) -> NDArray[np.int64]:
    """[n, n]: how many sparse points two views both see."""
    from scipy.sparse import csr_array

    ids = np.concatenate([view.point_ids for view in views])
    rows = np.repeat(np.arange(len(views)), [len(view.point_ids) for view in views])
    _, columns = np.unique(ids, return_inverse=True)
    seen = csr_array((np.ones(len(ids), np.int64), (rows, columns)))
    return np.asarray((seen @ seen.T).toarray())


def select_sources(views: list[View], shared: NDArray[np.int64], index: int, count: int) -> list[int]:
    """The `count` views that measure depth in view `index` best: many shared points, at a good angle.

    Only the views that share most points are compared, so that many views do not take quadratic time.
    """
    view, scores = views[index], list[tuple[float, int]]()
    most = np.argsort(-shared[index], kind="stable")[: 1 + COMPARED * count].tolist()
    for j in most:
        if j == index or shared[index, j] == 0:
            continue
        common = view.points[np.isin(view.point_ids, views[j].point_ids, assume_unique=True)]
        here, there = common - view.center, common - views[j].center
        cosines = (here * there).sum(axis=1) / (np.linalg.norm(here, axis=1) * np.linalg.norm(there, axis=1) + 1e-300)
        angles = np.degrees(np.arccos(np.clip(cosines, -1, 1)))
        if np.percentile(angles, 75) < LEAST_ANGLE:
            continue
        spread = np.where(angles < BEST_ANGLE, BELOW, ABOVE)
        scores.append((-float(np.exp(-((angles - BEST_ANGLE) ** 2) / (2 * spread**2)).sum()), j))
    return [j for _, j in sorted(scores)[:count]]


def relative(
    here: View, there: View, here_calibration: NDArray[np.float64], there_calibration: NDArray[np.float64]
) -> NDArray[np.float64]:
    """[3, 4] takes (x, y, 1, inverse depth) of one view to homogeneous pixels of the other."""
    rotation = there.rotation @ here.rotation.T
    translation = there.translation - rotation @ here.translation
    target = there.matrix(there_calibration)
    turned = target @ rotation @ np.linalg.inv(here.matrix(here_calibration))
    return np.column_stack([turned, target @ translation])


def sparse_inverse_depths(view: View) -> NDArray[np.float64]:
    """[n, 3]: pixel x, y and inverse depth of the sparse points that `view` sees."""
    local = view.points @ view.rotation.T + view.translation
    local = local[local[:, 2] > 0]
    fx, fy, cx, cy = view.calibration
    x, y = local[:, 0] / local[:, 2] * fx + cx, local[:, 1] / local[:, 2] * fy + cy
    return np.column_stack([x, y, 1 / local[:, 2]])
