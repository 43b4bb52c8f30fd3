"""The folders that only data steps make."""

from __future__ import annotations

from kai_pipelines import Folder


class SceneTruth(Folder):
    """What a rendered scene is really like: mesh.ply in scene units, and cameras.json.

    cameras.json: image name → K, R, t, width, height; x_cam = R·X + t; the center of the top-left pixel is (0, 0).
    """

    __slots__ = ()
