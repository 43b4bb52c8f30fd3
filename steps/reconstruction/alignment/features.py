"""Photographs into COLMAP's database, in an order of our own, and SIFT features for each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from steps.reconstruction.colmap import pycolmap
from steps.reconstruction.mask_files import mask_file

_THREADS = 2
_MAX_IMAGE_SIZE = 2400
"""Longer side, pixels, at which features are looked for; beyond it photographs grow softer, not richer."""
_FEATURES_PER_PIXEL = 1 / 350
"""SIFT finds about this many features per pixel of a photograph that is not enlarged first."""
_ENOUGH = 0.6
"""The share of the wanted features with which a photograph is not enlarged."""
_PHOTOS_PER_ROUND = 6
_PIXELS_AT_ONCE = 9_000_000
"""Pixels of the largest picture in all threads together; a pyramid takes some 60 bytes for each."""
_LARGE = 1_600_000
"""Pixels from which a thorough search enlarges no photograph: it would take minutes."""
_LEAST_SHARE = 0.1
"""A mask that leaves less of a photograph is treated as if it left so much."""


@dataclass(frozen=True, slots=True)
class Effort:
    """How hard features are looked for and compared."""

    max_features: int
    thorough: bool = False
    """Follow how surfaces lean (affine shapes), enlarge small photographs, and compare once more under what was found.

    Three times the matches between views 50 degrees apart, where textures are sharp, for three times the CPU; on
    photographs of facades 5 % more or fewer. Hence not the first thing to try.
    """


@dataclass(frozen=True, slots=True)
class _Manner:
    """What photographs that are extracted in one call have in common."""

    first_octave: int
    max_features: int
    threads: int


def link_photos(folder: Path, names: Sequence[str], target: Path) -> list[str]:
    """Link the photographs into `target` under numbers, in order; COLMAP's lists of pairs allow no spaces in names."""
    target.mkdir(parents=True)
    numbered = [f"{index:06d}{Path(name).suffix.lower()}" for index, name in enumerate(names)]
    for name, number in zip(names, numbered, strict=True):
        (target / number).symlink_to((folder / name).resolve())
    return numbered


def link_masks(folder: Path, names: Sequence[str], numbered: Sequence[str], target: Path) -> dict[str, float]:
    """Link the masks, NAME.png for the photograph NAME, into `target`; number → share of the picture that is left."""
    target.mkdir(parents=True)
    shares = {}
    for name, number in zip(names, numbered, strict=True):
        mask = mask_file(folder, name)
        if mask.is_file():
            mask_file(target, number).symlink_to(mask.resolve())
            with Image.open(mask) as opened:
                shares[number] = float(np.mean(np.asarray(opened.convert("L").reduce(4)) > 0))
    return shares


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


def extract(
    database: Path,
    folder: Path,
    names: Sequence[str],
    effort: Effort,
    masks: Path | None = None,
    shares: dict[str, float] | None = None,
) -> Iterator[int]:
    """Find features in all photographs, a few at a time; yields how many photographs are done."""
    reader = pycolmap.ImageReaderOptions()
    if masks is not None:
        reader.mask_path = masks
    done = 0
    for manner, chosen in _manners(database, names, effort, shares or {}).items():
        options = pycolmap.FeatureExtractionOptions()
        options.num_threads = manner.threads
        options.max_image_size = _MAX_IMAGE_SIZE
        options.sift.max_num_features = manner.max_features
        options.sift.max_num_orientations = 1  # the limit counts places, to the next whole scale
        options.sift.first_octave = manner.first_octave
        options.sift.estimate_affine_shape = effort.thorough
        for start in range(0, len(chosen), _PHOTOS_PER_ROUND):
            some = chosen[start : start + _PHOTOS_PER_ROUND]
            pycolmap.extract_features(
                database, folder, some, reader_options=reader, extraction_options=options, device=pycolmap.Device.cpu
            )
            done += len(some)
            yield done


def _manners(
    database: Path, names: Sequence[str], effort: Effort, shares: dict[str, float]
) -> dict[_Manner, list[str]]:
    """The photographs by how they are extracted."""
    with pycolmap.Database.open(database) as opened:
        cameras = {camera.camera_id: camera for camera in opened.read_all_cameras()}
        sizes = {
            image.name: (cameras[image.camera_id].width, cameras[image.camera_id].height)
            for image in opened.read_all_images()
        }
    found: dict[_Manner, list[str]] = {}
    for name in names:
        found.setdefault(_manner(*sizes[name], effort, shares.get(name, 1.0)), []).append(name)
    return found


def _manner(width: int, height: int, effort: Effort, share: float) -> _Manner:
    """Enlarge a photograph twofold first only where it is too small to give enough features.

    Enlarging costs five times the CPU; COLMAP keeps the features of the largest scale, so that the ones
    it adds are dropped first. COLMAP applies a mask after the limit, which therefore counts the whole picture.
    """
    scale = min(1.0, _MAX_IMAGE_SIZE / max(width, height))
    pixels = width * height * scale**2
    share = max(share, _LEAST_SHARE)
    enough = pixels * share * _FEATURES_PER_PIXEL >= _ENOUGH * effort.max_features
    octave = 0 if enough and (pixels > _LARGE or not effort.thorough) else -1
    limit = round(effort.max_features / share) if share < 0.9 else effort.max_features
    threads = _THREADS if _THREADS * pixels * (4 if octave < 0 else 1) <= _PIXELS_AT_ONCE else 1
    return _Manner(octave, limit, threads)
