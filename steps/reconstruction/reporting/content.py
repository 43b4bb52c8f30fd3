"""What the page shows, as plain values."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from string import digits
from typing import Any

from steps.reconstruction.documents import AssessedPhoto, AssessmentDocument, MatchDocument
from steps.reconstruction.reporting.figures import Summary
from steps.reconstruction.scene import Scene


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
    psnr_db: float | None = None
    """Where the photograph was held out of the texture: how near the model came."""
    coverage: float | None = None
    """Then: the share of the frame in which there is a model."""


@dataclass(frozen=True)
class Content:
    """Everything the page is made from; nothing else decides what is in it."""

    summary: Summary
    assessment: AssessmentDocument
    matches: MatchDocument
    scene: Scene
    thumbnails: Mapping[str, str]
    """Data URIs by file name; photographs that cannot be read are absent."""
    miniatures: Mapping[str, str]
    """The same, tiny, of the photographs that a warning names."""
    masked: Sequence[Still]
    """Some photographs with what their masks leave out tinted."""
    masks: int
    """So many photographs have a mask."""
    hero: Still | None
    stills: Sequence[Still]
    unseen_sides: Sequence[str]
    """Sides that no photograph looks at, and that are not shown for that."""
    examined: Sequence[Comparison]
    """Photographs that the texture did without, beside the model."""
    comparisons: Sequence[Comparison]
    """Photographs that are in the texture, beside the model."""
    viewer: Mapping[str, Any] | None
    """The packed model and its cameras for the page's script; None: no interactive view."""


def listed_photos(content: Content) -> list[AssessedPhoto]:
    """All photographs: those assessed, and any that only the match graph knows, by name."""
    known = {photo.name: photo for photo in content.assessment.photos}
    for photo in content.matches.photos:
        known.setdefault(photo.name, AssessedPhoto(name=photo.name))
    return [known[name] for name in sorted(known)]


def short_names(names: Sequence[str]) -> dict[str, str]:
    """Names without folder, suffix and the word before the number that most share: templeR0007.png, 0007."""
    stems = {name: PurePosixPath(name).stem for name in names}
    words = Counter(stem.rstrip(digits) for stem in stems.values())
    word, shared = words.most_common(1)[0] if words else ("", 0)
    if shared * 2 <= len(names):
        return stems
    return {name: stem.removeprefix(word) or stem for name, stem in stems.items()}
