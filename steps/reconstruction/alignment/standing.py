"""Putting a reconstruction on its feet, once and for all: every later file shares this frame."""

from __future__ import annotations

import numpy as np

from steps.reconstruction.colmap import pycolmap
from steps.reconstruction.orientation import upright

FOOT = 2.0
"""Percentile of the points' heights that stands on y = 0: the very lowest may be a stray."""


def stand_upright(model: pycolmap.Reconstruction) -> None:
    """Turn and move the model: +y up, +z toward the photographers, on y = 0, in the middle of its points.

    The unit of length stays what the mapper chose: photographs alone do not tell sizes.
    """
    poses = [image.cam_from_world().matrix() for image in model.images.values() if image.has_pose]
    rotations = np.array([pose[:, :3] for pose in poses])
    centers = np.array([-pose[:, :3].T @ pose[:, 3] for pose in poses])
    rotation = upright(rotations, centers)
    turned = np.array([point.xyz for point in model.points3D.values()]) @ rotation.T
    middle = np.median(turned, axis=0)
    shift = -np.array([middle[0], np.percentile(turned[:, 1], FOOT), middle[2]])
    model.transform(pycolmap.Sim3d(1.0, pycolmap.Rotation3d(rotation), shift))
