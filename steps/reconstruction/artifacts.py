"""The files and folders that only reconstruction steps pass to each other."""

from __future__ import annotations

from kai_pipelines import Figures, Folder


class PhotoAssessment(Figures):
    """What was measured on each photograph and on the set; written by `assess_photos`."""

    __slots__ = ()


class MatchGraph(Figures):
    """Photographs as nodes, verified matches between them as edges; written by `align_photos`."""

    __slots__ = ()


class DenseScene(Folder):
    """COLMAP's dense workspace: images/ (undistorted), sparse/ (their pinhole model), stereo/."""

    __slots__ = ()


class DepthMaps(Folder):
    """depth_maps/ and normal_maps/ as COLMAP's ``NAME.geometric.bin``, one per undistorted image."""

    __slots__ = ()


class TexturedModel(Folder):
    """model.npz and texture.png (RGB).

    The arrays, in the frame of the sparse model: vertices [v,3] scene units, faces [f,3], uvs [v,2] (origin bottom
    left), normals [v,3] unit.

    held_out/held_out.json: {"pairs": [{"name", "photo", "render", "psnr_db", "coverage"}]}, a few photographs and
    what the model looks like through their cameras when it is textured without them. `name` is the photograph's;
    `photo` ("0-photo.jpg") and `render` ("0-render.jpg") are pictures of one size beside the JSON, at most 1024
    pixels long; `psnr_db` is measured on the pixels that the model covers, `coverage` is their share of the frame.
    Where the model does not cover the frame, the render is gray. The list is empty where too few photographs
    are there to do without one.
    """

    __slots__ = ()


class Cameras(Figures):
    """Image name → K, R, t, width, height; x_cam = R·X + t; the center of the top-left pixel is (0, 0)."""

    __slots__ = ()
