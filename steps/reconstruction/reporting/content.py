"""What the page shows, as plain values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from steps.reconstruction.reporting.documents import AssessedPhoto, AssessmentDocument, MatchDocument
from steps.reconstruction.reporting.figures import Summary
from steps.reconstruction.reporting.scene import Scene


@dataclass(frozen=True)
class Still:
    """A picture of the model."""

    title: str
    uri: str
    width: int
    height: int


@dataclass(frozen=True)
class Comparison:
    """A photograph, freed of its lens distortion, and the model seen by the same camera."""

    name: str
    photograph: Still
    model: Still


@dataclass(frozen=True)
class Content:
    """Everything the page is made from; nothing else decides what is in it."""

    summary: Summary
    assessment: AssessmentDocument
    matches: MatchDocument
    scene: Scene
    thumbnails: Mapping[str, str]
    """Data URIs by file name; photographs that cannot be read are absent."""
    hero: Still | None
    stills: Sequence[Still]
    comparisons: Sequence[Comparison]
    viewer: Mapping[str, Any] | None
    """The packed model and its cameras for the page's script; None: no interactive view."""


def listed_photos(content: Content) -> list[AssessedPhoto]:
    """All photographs: those assessed, and any that only the match graph knows, by name."""
    known = {photo.name: photo for photo in content.assessment.photos}
    for photo in content.matches.photos:
        known.setdefault(photo.name, AssessedPhoto(name=photo.name))
    return [known[name] for name in sorted(known)]


def short_names(names: Sequence[str]) -> dict[str, str]:
    """Names without the folder, suffix and beginning that all of them share: templeR0007.png → 0007."""
    stems = {name: name.rsplit(".", 1)[0] for name in names}
    common = _common_beginning(list(stems.values())) if len(stems) > 1 else ""
    cut = len(common)
    while cut and common[cut - 1].isdigit():  # keep numbers whole
        cut -= 1
    return {name: stem[cut:] or stem for name, stem in stems.items()}


def _common_beginning(texts: Sequence[str]) -> str:
    low, high = min(texts), max(texts)
    length = next((i for i, (a, b) in enumerate(zip(low, high, strict=False)) if a != b), min(len(low), len(high)))
    return low[:length]
