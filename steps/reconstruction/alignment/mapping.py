"""From verified matches to cameras and points: COLMAP's incremental mapper, made repeatable."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from steps.reconstruction.colmap import pycolmap
from steps.reconstruction.photographs import FEWEST_PHOTOS


def map_photos(
    database: Path, photos: Path, scratch: Path, seed: int, advanced: Callable[[], None]
) -> list[pycolmap.Reconstruction]:
    """The models found, the one with the most photographs first; `advanced` is called after each photograph."""
    options = pycolmap.IncrementalPipelineOptions()
    options.min_model_size = FEWEST_PHOTOS
    options.random_seed = seed
    options.num_threads = 1  # the order in which threads add up decides the last digits of every pose
    scratch.mkdir(parents=True)
    models = pycolmap.incremental_mapping(
        database, photos, scratch, options, initial_image_pair_callback=advanced, next_image_callback=advanced
    )
    return sorted(models.values(), key=lambda model: (-model.num_reg_images(), -model.num_points3D()))


def rename_photos(model: pycolmap.Reconstruction, names: dict[str, str]) -> None:
    """Give the model's images their own names."""
    for image in model.images.values():
        image.name = names[image.name]
