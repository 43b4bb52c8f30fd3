"""Undistort the registered photographs and size them for dense stereo."""

from __future__ import annotations

import errno
import re
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from kai_pipelines import Fatal, ImageSet, Resources, SparseModel, step
from steps.reconstruction.artifacts import DenseScene
from steps.reconstruction.metrics import StepMetrics, measured
from steps.reconstruction.retrying import COMPUTING

if TYPE_CHECKING:
    import pycolmap
    from numpy import float64
    from numpy.typing import NDArray

    Vector = NDArray[float64]

LEAST_PHOTOS = 2
"""One view has no depth."""
SAME_PLACE, SAME_WAY = 0.002, 0.05
"""Views show the same when they stand so close, as a share of the distance to what they see, and differ by so few radians."""
JPEG_QUALITY = 95
_BYTES = 3
"""Of a pixel, uncompressed: no picture takes more, and its depth map after it takes five times as much."""


class Undistorted(NamedTuple):
    """What `undistort_photos` returns."""

    scene: DenseScene
    metrics: StepMetrics


@step(resources=Resources(cpu=2, memory="4Gi"), timeout="2h", retry=COMPUTING)
def undistort_photos(
    photos: ImageSet, sparse: SparseModel, max_image_size: int, masks: ImageSet | None = None
) -> Undistorted:
    """Resample the registered photographs as pinhole images of at most `max_image_size` pixels a side, and their masks."""
    from steps.reconstruction.alignment.mapping import placed
    from steps.reconstruction.colmap import pycolmap

    pycolmap.logging.minloglevel = pycolmap.logging.ERROR.value
    with measured("undistort_photos") as m, tempfile.TemporaryDirectory(prefix="kai-undistort-") as made:
        scratch = Path(made)
        model = pycolmap.Reconstruction(sparse.path)
        same = _without_same_views(model)
        registered = sorted(placed(model))
        _check(photos, registered)
        for image in model.images.values():
            image.name = scene_name(image.name)
        (scratch / "sparse").mkdir()
        model.write(scratch / "sparse")
        _link(photos, registered, scratch / "photos")
        scene = DenseScene.new("scene")
        _refuse_full_disk(model, max_image_size, scene.path)
        options = pycolmap.UndistortCameraOptions()
        options.max_image_size = max_image_size
        pycolmap.undistort_images(
            scene.path, scratch / "sparse", scratch / "photos", output_type="COLMAP", undistort_options=options,
            jpeg_quality=JPEG_QUALITY,
        )  # fmt: skip
        _check(ImageSet(scene.path / "images"), [scene_name(name) for name in registered])
        for script in scene.path.glob("run-colmap-*.sh"):
            script.unlink()  # they call a COLMAP program, which nobody here needs
        shutil.rmtree(scene.path / "stereo" / "consistency_graphs", ignore_errors=True)
        masked = _undistort_masks(masks, pycolmap.Reconstruction(sparse.path), scene) if masks is not None else 0
        m.value(images=len(registered), image_size=max_image_size, masked=masked, same_views=same)
    return Undistorted(scene, m.metrics)


def _refuse_full_disk(model: pycolmap.Reconstruction, max_image_size: int, place: Path) -> None:
    """Raise what the system would say later: COLMAP's encoder ends the whole process where it cannot write."""
    cameras = [model.cameras[image.camera_id] for image in _posed(model)]
    shrunk = [(one, min(1.0, max_image_size / max(one.width, one.height))) for one in cameras]
    needed = sum(_BYTES * round(one.width * scale) * round(one.height * scale) for one, scale in shrunk)
    free = shutil.disk_usage(place.parent).free
    if free < needed:
        has = f"{free / 1e6:.1f} MB are free where {needed / 1e6:.1f} MB may be needed for {len(cameras)} images"
        raise OSError(errno.ENOSPC, f"No space left on the disk: {has}", str(place.parent))


def _posed(model: pycolmap.Reconstruction) -> list[pycolmap.Image]:
    return [image for image in model.images.values() if image.has_pose]


def scene_name(name: str) -> str:
    """A photograph's name in a dense scene: its own, save for what COLMAP's lists of names and encoders cannot take.

    Its lists have one name a line, trimmed, and comments. It reads WebP, but does not write it.
    """
    quoted = re.sub(r"[\x00-\x1f\x7f%#]|^\s|\s$", lambda found: f"%{ord(found[0]):02X}", name)
    return f"{quoted}%.png" if quoted.lower().endswith(".webp") else quoted


def _undistort_masks(masks: ImageSet, model: pycolmap.Reconstruction, scene: DenseScene) -> int:
    """Put the masks of the registered photographs beside the scene's images; how many there are."""
    from steps.reconstruction.colmap import pycolmap
    from steps.reconstruction.dense.masks import FOLDER, undistort_mask
    from steps.reconstruction.mask_files import mask_file

    flat = pycolmap.Reconstruction(scene.path / "sparse")
    pinholes = {image.name: flat.cameras[image.camera_id] for image in flat.images.values()}
    count = 0
    for image in model.images.values():
        name, source = scene_name(image.name), mask_file(masks.path, image.name)
        if name in pinholes and source.is_file():
            target = mask_file(scene.path / FOLDER, name)
            undistort_mask(source, target, model.cameras[image.camera_id], pinholes[name])
            count += 1
    return count


def _without_same_views(model: pycolmap.Reconstruction) -> int:
    """Leave out views from the place of one that saw more; how many.

    Two of them would agree on every depth, right or wrong, and neither would learn any from the other.
    """
    import numpy as np

    kept: list[tuple[Vector, Vector, float]] = []
    left_out: list[int] = []
    for image in sorted(_posed(model), key=lambda image: (-image.num_points3D, image.name)):
        pose = image.cam_from_world()
        center, way = image.projection_center(), pose.rotation.matrix()[2]
        seen = np.array([model.points3D[point.point3D_id].xyz for point in image.get_observation_points2D()])
        depth = float(np.median((seen - center) @ way)) if len(seen) else 0.0
        if any(
            np.linalg.norm(center - place) < SAME_PLACE * away and float(way @ there) > np.cos(SAME_WAY)
            for place, there, away in kept
        ):
            left_out.append(image.frame_id)
        else:
            kept.append((center, way, depth))
    for frame in left_out:
        model.deregister_frame(frame)
    return len(left_out)


def _link(photos: ImageSet, names: list[str], folder: Path) -> None:
    for name in names:
        link = folder / scene_name(name)
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to((photos.path / name).resolve())


def _check(photos: ImageSet, registered: list[str]) -> None:
    """Refuse too few views, and names in the model that have no file."""
    if len(registered) < LEAST_PHOTOS:
        raise Fatal(
            f"{len(registered)} of the photographs could be placed; depth needs two or more.",
            code="too-few-registered", files=registered,
            hint="Take more photographs, each overlapping its neighbors by two thirds.",
        )  # fmt: skip
    if missing := [name for name in registered if not (photos.path / name).is_file()]:
        raise Fatal(
            "Photographs that the sparse model names could not be read.", code="missing-photos", files=missing,
            hint="Pass the photographs that the sparse model was made from.",
        )  # fmt: skip
