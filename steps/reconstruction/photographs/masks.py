"""Masks that people give, one per photograph: which belongs to which, and whether it can be what they mean."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

import cv2
import numpy as np
from numpy.typing import NDArray

from kai_pipelines import Fatal
from steps.reconstruction.photographs.listing import READABLE, common_folder, list_photos
from steps.reconstruction.photographs.reading import Photo, read_photo, turned_upright

Mask = NDArray[np.uint8]

_SAME_ASPECT = 0.02
_MARKED = re.compile(r"[ ._-]?masks?$", re.IGNORECASE)
CONVENTIONS = "photo.jpg.png, photo.jpg.mask.png, photo_mask.png or photo.png"
"""The names that the mask of photo.jpg may have, in order of precedence; any kind of image."""


class WrongSize(Exception):
    """A mask whose shape is not its photograph's; says how large both are."""


@dataclass(frozen=True, slots=True)
class GivenMasks:
    """The masks of a folder, by photograph."""

    folder: Path
    of: dict[str, str] = field(default_factory=dict)
    """Photograph → mask, both as names below their folders."""
    left_over: tuple[str, ...] = ()
    """Masks that belong to no photograph."""


def match_masks(folder: Path, photos: Sequence[str]) -> GivenMasks:
    """Find each photograph's mask by its name; raises Fatal where none has one."""
    folder = folder / common_folder(list_photos(folder))
    listing = list_photos(folder)
    of = _matched(listing.photos, photos)
    if not of:
        raise Fatal(
            f"None of the {len(listing.photos)} masks belongs to one of the {len(photos)} photographs by its name.",
            code="masks-match-no-photo",
            files=[*listing.photos[:10], *photos[:10]],
            hint=f"Name the mask of photo.jpg {CONVENTIONS}, in the same subfolder.",
        )
    taken = set(of.values())
    return GivenMasks(folder, of, tuple(name for name in listing.photos if name not in taken))


def fit_mask(given: GivenMasks, photo_name: str, photo: Photo) -> Mask:
    """A photograph's mask of 0 and 255 in its size; raises Undecodable and WrongSize.

    One that has the shape of the file, not of the upright photograph, lies as the file does and is turned with it.
    """
    read = read_photo(given.folder / given.of[photo_name])
    mask = _drawn(read)
    height, width = photo.rgb.shape[:2]
    turned = photo.tags.orientation
    if turned != 1 and _is_alike(mask.shape[::-1], photo.stored_size):
        mask = turned_upright(mask, turned)
    if not _is_alike(mask.shape[::-1], (width, height)):
        raise WrongSize(f"{mask.shape[1]} × {mask.shape[0]} for {width} × {height}")
    if mask.shape != (height, width):
        mask = np.asarray(cv2.resize(mask, (width, height), interpolation=cv2.INTER_LINEAR), np.uint8)
    return np.where(mask > 127, 255, 0).astype(np.uint8)


def looks_inverted(mask: Mask) -> bool:
    """White all around and black in the middle: black where most people would have the subject."""
    height, width = mask.shape
    rim = np.concatenate([mask[0], mask[-1], mask[:, 0], mask[:, -1]])
    middle = mask[height // 3 : height - height // 3, width // 3 : width - width // 3]
    return float((rim > 0).mean()) > 0.9 and float((middle > 0).mean()) < 0.4


def _drawn(read: Photo) -> Mask:
    """What is drawn in a mask: its brightness, or its transparency where only that varies; 0 and 1 are black and white."""
    gray = np.asarray(read.rgb.max(axis=2), np.uint8)
    if read.alpha is not None and int(gray.max()) - int(gray.min()) < 16:
        gray = read.alpha
    return np.asarray(gray * np.uint8(255) if gray.max(initial=0) == 1 else gray, np.uint8)


def _is_alike(one: tuple[int, ...], other: tuple[int, ...]) -> bool:
    return abs(one[0] * other[1] / (one[1] * other[0]) - 1) <= _SAME_ASPECT


def _matched(masks: Sequence[str], photos: Sequence[str]) -> dict[str, str]:
    """Photograph → mask: by the whole path, or where that finds none at all by the file's name alone."""
    whole = _by_name({name: name for name in masks}, {name: name for name in photos})
    return whole or _by_name(_last_parts(masks), _last_parts(photos))


def _last_parts(names: Sequence[str]) -> dict[str, str]:
    """Last part of a path → the path, where only one path ends so."""
    parts = [PurePosixPath(name).name for name in names]
    return {part: name for part, name in zip(parts, names, strict=True) if parts.count(part) == 1}


def _by_name(masks: dict[str, str], photos: dict[str, str]) -> dict[str, str]:
    choices: dict[str, list[tuple[int, str]]] = {}
    for short, name in masks.items():
        key, rank = _meant(short)
        choices.setdefault(key, []).append((rank, name))
    stems = Counter(_stem(short).lower() for short in photos)
    found: dict[str, str] = {}
    for short, name in photos.items():
        stem = _stem(short).lower()
        fitting = choices.get(short.lower(), []) + (choices.get(stem, []) if stems[stem] == 1 else [])
        if fitting:
            found[name] = min(fitting)[1]
    return found


def _meant(mask: str) -> tuple[str, int]:
    """The photograph that a mask's name means, with its suffix or without, and the convention's rank."""
    base = _stem(mask)
    plain = _MARKED.sub("", base) or base
    is_whole = PurePosixPath(plain).suffix.lower() in READABLE
    rank = (0 if plain == base else 1) if is_whole else (3 if plain == base else 2)
    return plain.lower(), rank


def _stem(name: str) -> str:
    suffix = PurePosixPath(name).suffix
    return name[: -len(suffix)] if suffix.lower() in READABLE else name
