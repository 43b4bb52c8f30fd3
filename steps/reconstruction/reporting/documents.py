"""What other steps wrote as JSON, read back as values."""

from __future__ import annotations

from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from kai_pipelines import Fatal
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
    chosen: str = ""
    reason: str = ""


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
    """The document behind `MatchGraph`."""

    photos: list[MatchedPhoto] = []
    pairs: list[MatchedPair] = []


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
