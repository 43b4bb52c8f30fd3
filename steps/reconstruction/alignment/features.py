"""Photographs into COLMAP's database, in an order of our own, and SIFT features for each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from steps.reconstruction.colmap import pycolmap

_THREADS = 2
_MAX_IMAGE_SIZE = 2400
"""Longer side, pixels, at which features are looked for; beyond it photographs grow softer, not richer."""
_FEATURES_PER_PIXEL = 1 / 350
"""SIFT finds about this many features per pixel of a photograph that is not enlarged first."""
_ENOUGH = 0.6
"""The share of the wanted features with which a photograph is not enlarged."""
_PHOTOS_PER_ROUND = 6


def link_photos(folder: Path, names: Sequence[str], target: Path) -> list[str]:
    """Link the photographs into `target` under numbers, in order; COLMAP's lists of pairs allow no spaces in names."""
    target.mkdir(parents=True)
    numbered = [f"{index:06d}{Path(name).suffix.lower()}" for index, name in enumerate(names)]
    for name, number in zip(names, numbered, strict=True):
        (target / number).symlink_to((folder / name).resolve())
    return numbered


def camera_groups(folder: Path, names: Sequence[str]) -> dict[tuple[int, int, int], list[str]]:
    """Photographs that share a camera: by width, height and focal length in EXIF, pixels (0 where unknown)."""
    groups: dict[tuple[int, int, int], list[str]] = {}
    for name in names:
        camera = pycolmap.infer_camera_from_image(folder / name)
        focal = round(camera.mean_focal_length()) if camera.has_prior_focal_length else 0
        groups.setdefault((camera.width, camera.height, focal), []).append(name)
    return groups


def register_photos(database: Path, folder: Path, names: Sequence[str]) -> None:
    """Enter the photographs and their cameras one after the other.

    The extractor's threads would number them in the order in which they finish, and the numbers decide
    ties in the mapper: the same photographs would give another model each time.
    """
    options = pycolmap.ImageReaderOptions()
    options.camera_model = "SIMPLE_RADIAL"
    with pycolmap.Database.open(database):
        pass
    for group in camera_groups(folder, names).values():
        pycolmap.import_images(database, folder, pycolmap.CameraMode.SINGLE, group, options)


def extract(database: Path, folder: Path, names: Sequence[str], max_features: int) -> Iterator[int]:
    """Find features in all photographs, a few at a time; yields how many photographs are done."""
    options = pycolmap.FeatureExtractionOptions()
    options.num_threads = _THREADS
    options.max_image_size = _MAX_IMAGE_SIZE
    options.sift.max_num_features = max_features
    options.sift.max_num_orientations = 1  # the limit counts places, to the next whole scale
    options.sift.first_octave = _first_octave(database, max_features)
    for start in range(0, len(names), _PHOTOS_PER_ROUND):
        chosen = list(names[start : start + _PHOTOS_PER_ROUND])
        pycolmap.extract_features(database, folder, chosen, extraction_options=options, device=pycolmap.Device.cpu)
        yield start + len(chosen)


def _first_octave(database: Path, max_features: int) -> int:
    """-1, enlarge the photographs twofold first, only where they are too small to give enough features.

    Enlarging costs five times the CPU; COLMAP keeps the features of the largest scale, so that the ones
    it adds are dropped first.
    """
    with pycolmap.Database.open(database) as opened:
        cameras = opened.read_all_cameras()
    scales = [min(1.0, _MAX_IMAGE_SIZE / max(camera.width, camera.height)) for camera in cameras]
    pixels = min(c.width * c.height * scale**2 for c, scale in zip(cameras, scales, strict=True))
    return 0 if pixels * _FEATURES_PER_PIXEL >= _ENOUGH * max_features else -1
