"""What other steps wrote as JSON, read back as values."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, TypeVar

from pydantic import BaseModel, ValidationError

from kai_pipelines import Fatal, Quality
from steps.reconstruction.metrics import StepWarning


class AssessedPhoto(BaseModel):
    """One photograph as `assess_photos` measured it; what could not be measured is None."""

    name: str
    width: int | None = None
    height: int | None = None
    megapixels: float | None = None
    sharpness: float | None = None
    brightness: float | None = None
    clipped_fraction: float | None = None
    contrast: float | None = None
    focal_px_exif: float | None = None
    used: bool = True
    issues: list[str] = []


class AssessmentDocument(BaseModel):
    """The document behind `PhotoAssessment`."""

    photos: list[AssessedPhoto] = []
    issues: list[StepWarning] = []
    requested: str = "auto"
    chosen: Quality | Literal[""] = ""
    reason: str = ""
    best: Quality | None = None
    """What the photographs alone are good for; None where an older document does not tell it from `chosen`."""
    best_reason: str | None = None


class MatchedPhoto(BaseModel):
    """One photograph as `align_photos` saw it."""

    name: str
    features: int = 0
    registered: bool = False


class MatchedPair(BaseModel):
    """Two photographs, by position in the list of photos, and their geometrically verified matches."""

    a: int
    b: int
    inliers: int


class MatchDocument(BaseModel):
    """The document behind `MatchGraph`; what an older `align_photos` did not tell is empty."""

    photos: list[MatchedPhoto] = []
    pairs: list[MatchedPair] = []
    components: list[list[str]] = []
    """Groups of photographs that verified pairs join, the largest first."""
    inliers: dict[str, int] = {}
    """By name: features that some verified pair confirms."""
    parallax_deg: dict[str, float] = {}
    """By name: the median angle under which its points were seen."""
    median_parallax_deg: float | None = None
    thickness: float | None = None
    """Smallest by largest spread of the sparse points."""
    gaps: list[StepWarning] = []
    """Where coverage is weak, in words."""
    unregistered: dict[str, str] = {}
    """By name: why it was not placed."""


class Prediction(BaseModel):
    """What one quality was expected to cost."""

    cpu_seconds: float | None = None
    peak_memory_bytes: int | None = None


class CheckedMeasure(BaseModel):
    """One measurement and the finest quality that it carries."""

    name: str
    carries: str
    words: str = ""


class ChoiceDocument(BaseModel):
    """The document behind `QualityChoice`."""

    quality: str = ""
    reason: str = ""
    best: str = ""
    checks: list[CheckedMeasure] = []
    predictions: dict[str, Prediction] = {}
    within: float | None = None
    """Factor within which predicted CPU seconds have been right."""


def photo_names(assessment: AssessmentDocument, matches: MatchDocument) -> list[str]:
    """All photographs that either document knows, by name."""
    return sorted({photo.name for photo in assessment.photos} | {photo.name for photo in matches.photos})


Document = TypeVar("Document", bound=BaseModel)


def read_document(path: Path, kind: type[Document]) -> Document:
    """Read and validate one JSON document."""
    try:
        return kind.model_validate_json(path.read_bytes())
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"]) or "the document"
        raise Fatal(
            f"{path.name} is not a {kind.__name__}: {place}: {first['msg']}",
            code="unreadable-document",
            files=[path.name],
            hint="It was written by another version of an earlier step; run the pipeline again with --no-cache.",
        ) from error
