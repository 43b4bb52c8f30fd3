"""Go through a folder of photographs: decode, measure, compare, judge, and put the usable ones where later steps look."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray

from steps.reconstruction.mask_files import mask_file
from steps.reconstruction.photographs import likeness, turntable
from steps.reconstruction.photographs.exif import CameraTags
from steps.reconstruction.photographs.findings import SetAssessment
from steps.reconstruction.photographs.judging import Measured, faults, faults_beside
from steps.reconstruction.photographs.listing import Listing
from steps.reconstruction.photographs.masks import GivenMasks, WrongSize, fit_mask, looks_inverted
from steps.reconstruction.photographs.measuring import measure
from steps.reconstruction.photographs.memory import Turnstile
from steps.reconstruction.photographs.reading import LARGEST_KEPT, Photo, Undecodable, pixels_of, read_photo
from steps.reconstruction.photographs.writing import exif_focal_px, handed_on_name, write_mask, write_photo

Mask = NDArray[np.uint8]
Report = Callable[[int, int, str], None]
Item = TypeVar("Item")
Result = TypeVar("Result")

_AT_ONCE = 2
_PIXELS_AT_ONCE = 40_000_000
"""Photographs with more pixels together are decoded one after the other: about 15 bytes are needed for each."""
_TINIEST = 64
"""Shorter side, pixels, below which a photograph holds no features."""
_TRANSPARENT = 0.01
"""The share of transparent pixels from which a photograph's transparency is its mask."""


@dataclass(frozen=True, slots=True)
class Looked:
    """What one photograph shows."""

    name: str
    """Under which it is handed on."""
    measured: Measured
    codes: tuple[str, ...]
    tags: CameraTags
    focal_px: float | None
    background: turntable.Background | None
    thumbnail: NDArray[np.uint8]
    bytes_of_file: int
    mask: str = ""
    """The code of what is wrong with its mask, ``given`` or ``alpha`` where it has a good one, else empty."""
    mask_words: str = ""


@dataclass(frozen=True, slots=True)
class Places:
    """The folders of an assessment."""

    photos: Path
    usable: Path
    masks: Path
    given: GivenMasks | None = None


def assess(listing: Listing, places: Places, report: Report) -> SetAssessment:
    """Assess the listed photographs, and write the usable ones and their masks under the same names."""
    found = SetAssessment(listing, broken=dict(listing.unreadable))
    unique = _without_exact_copies(listing.photos, places, found)
    turnstile = Turnstile(_PIXELS_AT_ONCE)
    total = len(unique) + len(unique) // 4
    looked: list[Looked] = []
    results = _in_parallel(lambda name: _look(name, places, turnstile), unique)
    for number, (name, one) in enumerate(zip(unique, results, strict=True), 1):
        if isinstance(one, Looked):
            looked.append(one)
        else:
            found.broken[name] = one
        report(number, total, name)
    _break_copies_of_broken(found)
    looked = _without_near_copies(looked, places, found)
    looked = _with_masks(looked, places, found, turnstile)
    _judge(looked, found)
    report(total, total, "compared")
    return found


def _in_parallel(work: Callable[[Item], Result], items: Sequence[Item]) -> Iterator[Result]:
    """Results in the order of the items; decoders, OpenCV and NumPy leave the interpreter to others."""
    with ThreadPoolExecutor(min(_AT_ONCE, os.cpu_count() or 1)) as pool:
        yield from pool.map(work, items)


def _without_exact_copies(names: Sequence[str], places: Places, found: SetAssessment) -> list[str]:
    """The photographs of which no earlier one has the same bytes; masks that lie among them are none."""
    first_with: dict[str, str] = {}
    masks = _digests_of_masks(places.given)
    unique: list[str] = []
    for name in names:
        try:
            digest = _digest(places.photos / name)
        except OSError as fault:
            found.broken[name] = f"it cannot be read ({fault.strerror})"
            continue
        if digest in masks:
            found.masks_among_photos.append(name)
        elif digest in first_with:
            found.copies[name] = (first_with[digest], "the same file")
        else:
            first_with[digest] = name
            unique.append(name)
    return unique


def _break_copies_of_broken(found: SetAssessment) -> None:
    """A copy of a file that cannot be used cannot be used for the same reason."""
    for name, (original, _) in list(found.copies.items()):
        if original in found.broken:
            found.broken[name] = found.broken[original]
            del found.copies[name]


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _digests_of_masks(given: GivenMasks | None) -> set[str]:
    if given is None:
        return set()
    return {_digest(given.folder / name) for name in {*given.of.values(), *given.left_over}}


def _look(name: str, places: Places, turnstile: Turnstile) -> Looked | str:
    """Measure one photograph and write it and its mask; or say why it cannot be used."""
    source = places.photos / name
    target = handed_on_name(name)
    if target != name and (places.photos / target).exists():
        return f"it would be handed on as {target}, which is there already"
    try:
        with turnstile.passing(pixels_of(source)):
            photo = read_photo(source)
            if min(photo.rgb.shape[:2]) < _TINIEST:
                return f"it is {photo.rgb.shape[1]} × {photo.rgb.shape[0]} pixels; {_TINIEST} are the least"
            return _looked_at(name, target, photo, places)
    except Undecodable as fault:
        return str(fault)


def _looked_at(name: str, target: str, photo: Photo, places: Places) -> Looked:
    mask, origin, words = _mask_of(name, photo, places.given)
    write_photo(photo, places.photos / name, places.usable / target)
    if mask is not None:
        write_mask(mask, mask_file(places.masks, target))
    height, width = photo.rgb.shape[:2]
    gray = np.asarray(cv2.cvtColor(photo.rgb, cv2.COLOR_RGB2GRAY), np.uint8)
    codes = ["very-large"] if photo.stored_size[0] * photo.stored_size[1] > LARGEST_KEPT else []
    return Looked(
        name=target,
        measured=Measured(width, height, measure(photo.rgb, None if mask is None else mask > 0)),
        codes=(*codes, *(["several-pictures"] if photo.pictures > 1 else [])),
        tags=photo.tags,
        focal_px=exif_focal_px(places.usable / target),
        background=turntable.look(photo.rgb),
        thumbnail=likeness.thumbnail(gray),
        bytes_of_file=(places.photos / name).stat().st_size,
        mask=origin,
        mask_words=words,
    )


def _mask_of(name: str, photo: Photo, given: GivenMasks | None) -> tuple[Mask | None, str, str]:
    """A photograph's mask if it has one, where it is from or what is wrong with it, and that in words."""
    if given is not None and name in given.of:
        try:
            mask = fit_mask(given, name, photo)
        except Undecodable as fault:
            return None, "mask-unreadable", str(fault)
        except WrongSize as fault:
            return None, "mask-size", str(fault)
        if not mask.any():
            return None, "mask-empty", ""
        return mask, "mask-inverted" if looks_inverted(mask) else "given", ""
    if photo.alpha is not None and float((photo.alpha < 128).mean()) > _TRANSPARENT:
        mask = np.where(photo.alpha > 127, 255, 0).astype(np.uint8)
        return (mask, "alpha", "") if mask.any() else (None, "mask-empty", "")
    return None, "", ""


def _without_near_copies(looked: list[Looked], places: Places, found: SetAssessment) -> list[Looked]:
    """Leave out what is another photograph resized, cropped or turned.

    Of two that mirror each other both stay: only what they share with others tells which was flipped, and which of them is
    left out is told when they are aligned. Two of the same frame stay, too: nothing tells a picture that was compressed
    again from a second one of a tripod or a turntable.
    """
    worth = [
        (float(one.measured.width * one.measured.height), one.focal_px is not None, one.bytes_of_file, -number)
        for number, one in enumerate(looked)
    ]
    left_out: set[int] = set()
    for copy in likeness.find_copies([one.thumbnail for one in looked], worth):
        name, original = looked[copy.copy].name, looked[copy.original].name
        if copy.how == "mirrored":
            found.mirrored[name] = original
            continue
        if copy.how == likeness.TURNS[0] and _frame(looked[copy.copy]) == _frame(looked[copy.original]):
            found.same_view[name] = original
            continue
        found.copies[name] = (original, copy.how)
        _forget(name, places)
        left_out.add(copy.copy)
    return [one for number, one in enumerate(looked) if number not in left_out]


def _frame(one: Looked) -> tuple[int, int]:
    return one.measured.width, one.measured.height


def _forget(name: str, places: Places) -> None:
    (places.usable / name).unlink()
    mask_file(places.masks, name).unlink(missing_ok=True)


def _with_masks(looked: list[Looked], places: Places, found: SetAssessment, turnstile: Turnstile) -> list[Looked]:
    """Note where masks are from; make them where all photographs show one thing on a plain background."""
    for one in looked:
        if one.mask.startswith("mask-"):
            found.masks_wrong.setdefault(one.mask, {})[one.name] = one.mask_words
    kept = [one for one in looked if one.mask != "mask-empty"]
    for one in looked:
        if one.mask == "mask-empty":
            found.left_out_by_mask.append(one.name)
            _forget(one.name, places)
    if places.given is not None:
        found.masks_from = "given"
        found.masks_left_over = places.given.left_over
        handed = {handed_on_name(name) for name in places.given.of}
        found.without_mask = [one.name for one in kept if one.name not in handed and one.mask != "alpha"]
    elif any(one.mask == "alpha" for one in kept):
        found.masks_from = "given"
        found.without_mask = [one.name for one in kept if not one.mask]
    elif kept and (shade := turntable.of_the_set([one.background for one in kept])):
        found.masks_from, found.background = "made", shade
        return _masked_here(kept, places, found, turnstile)
    found.masks = sum(one.mask in {"given", "alpha", "mask-inverted"} for one in kept)
    return kept


def _masked_here(looked: list[Looked], places: Places, found: SetAssessment, turnstile: Turnstile) -> list[Looked]:
    """Mask what is behind the subject, and measure the exposure of the subject alone."""

    def mask(one: Looked) -> Looked:
        with turnstile.passing(one.measured.width * one.measured.height):
            photo = read_photo(places.usable / one.name)
            drawn = turntable.mask(photo.rgb)
            if drawn is None:
                return one
            write_mask(drawn, mask_file(places.masks, one.name))
            figures = measure(photo.rgb, drawn > 0, one.measured.figures.blur_px)
        return replace(one, mask="made", measured=replace(one.measured, figures=figures))

    masked = list(_in_parallel(mask, looked))
    found.masks = sum(one.mask == "made" for one in masked)
    found.without_mask = [one.name for one in masked if one.mask != "made"]
    return masked


def _judge(looked: Sequence[Looked], found: SetAssessment) -> None:
    """The rows of the usable photographs, in the order of their names."""
    beside = faults_beside([one.measured for one in looked])
    for one, codes in zip(looked, beside, strict=True):
        found.add(one.name, one.measured, one.tags, one.focal_px, [*one.codes, *faults(one.measured), *codes])
