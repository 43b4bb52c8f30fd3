"""The files and folders that only reconstruction steps pass to each other."""

from __future__ import annotations

from kai_pipelines import Figures, Folder


class PhotoAssessment(Figures):
    """What was measured on each photograph and on the set; written by `assess_photos`."""

    __slots__ = ()


class MatchGraph(Figures):
    """Photographs as nodes, verified matches between them as edges; written by `align_photos`.

    | field | is |
    | --- | --- |
    | `photos` | one row per photograph: `name`, `features`, `registered` |
    | `pairs` | one row per verified pair: `a`, `b` (places in `photos`), `inliers` |
    | `components` | groups of photographs that verified pairs join, as lists of names, the largest first |
    | `inliers` | name → features of the photograph that some verified pair confirms |
    | `parallax_deg` | name → median angle, degrees, under which its sparse points were seen; placed ones only |
    | `median_parallax_deg` | the median of these angles over all points; null without a model |
    | `thickness` | smallest by largest spread of the sparse points: near 0 for a flat subject; null without a model |
    | `gaps` | where coverage is weak: `code` (`weak-link`, `bridge-photo`, `azimuth-gap`), `message`, `files` |
    | `unregistered` | name → why the photograph was not placed, in words |
    """

    __slots__ = ()


class QualityChoice(Figures):
    """Which quality is built and why, and what each would cost; written by `choose_quality`.

    | field | is |
    | --- | --- |
    | `requested` | `low`, `medium`, `high` or `auto`, as asked for |
    | `quality` | the one that is built, unless a step runs out of memory or time |
    | `best` | the one that `auto` takes: the finest that every check carries |
    | `reason` | why, in a sentence or two |
    | `checks` | one row per measurement: `name`, `value`, `carries` (the finest quality it allows), `words` |
    | `predictions` | of each quality: `cpu_seconds` and `peak_memory_bytes` of the whole run, `steps` (the same of each) |
    | `within` | factor within which `cpu_seconds` of sets that the cost model was not fitted to have been right |
    """

    __slots__ = ()


class DenseScene(Folder):
    """COLMAP's dense workspace: images/ (undistorted), sparse/ (their pinhole model), masks/ (of those that have one), stereo/."""

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
