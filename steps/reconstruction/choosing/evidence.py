"""What is known of a set of photographs after matching, read from the documents of the steps before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean, median

from pydantic import BaseModel

from kai_pipelines import Quality


class AssessedRow(BaseModel):
    """One photograph of the assessment, as far as it matters here."""

    name: str
    width: int | None = None
    height: int | None = None
    used: bool = True


class Assessed(BaseModel):
    """The assessment, as far as it matters here."""

    photos: list[AssessedRow] = []
    chosen: Quality = Quality.MEDIUM
    best: Quality | None = None
    """What the photographs alone are good for; None where an older document does not tell it from `chosen`."""
    reason: str = ""
    best_reason: str | None = None


class MatchedRow(BaseModel):
    """One photograph of the match graph."""

    name: str
    features: int = 0
    registered: bool = False


class Gap(BaseModel):
    """Where coverage is weak."""

    code: str
    files: list[str] = []


class Matched(BaseModel):
    """The match graph, as far as it matters here; what an older document does not tell is empty or None."""

    photos: list[MatchedRow] = []
    pairs: list[dict[str, int]] = []
    components: list[list[str]] = []
    inliers: dict[str, int] = {}
    median_parallax_deg: float | None = None
    thickness: float | None = None
    gaps: list[Gap] = []


@dataclass(frozen=True, slots=True)
class Evidence:
    """The measurements that decide."""

    carried: Quality
    """What the photographs alone are good for."""
    why: str
    photos: int
    placed: int
    longer_side: float
    """Of the placed photographs, pixels, on average; as are the other sizes."""
    shorter_side: float
    pairs: int
    features: float
    """Per photograph."""
    inliers: float | None
    """Per placed photograph: features that another photograph confirms; the median."""
    parallax: float | None
    thickness: float | None
    weak_links: int
    """Photographs that hang on few matches, or on one other."""

    @property
    def megapixels(self) -> float:
        """Of one photograph."""
        return self.longer_side * self.shorter_side / 1e6


def gather(assessed: Assessed, matched: Matched) -> Evidence:
    """The evidence of two documents."""
    placed = [row for row in matched.photos if row.registered]
    names = {row.name for row in placed}
    sizes = [(row.width, row.height) for row in assessed.photos if row.name in names and row.width and row.height]
    sizes = sizes or [(row.width, row.height) for row in assessed.photos if row.width and row.height] or [(1, 1)]
    weak = {name for gap in matched.gaps if gap.code in {"weak-link", "bridge-photo"} for name in gap.files}
    return Evidence(
        carried=assessed.best or assessed.chosen,
        why=assessed.reason if assessed.best_reason is None else assessed.best_reason,
        photos=len(matched.photos),
        placed=len(placed),
        longer_side=fmean(max(width or 0, height or 0) for width, height in sizes),
        shorter_side=fmean(min(width or 0, height or 0) for width, height in sizes),
        pairs=len(matched.pairs),
        features=fmean([row.features for row in matched.photos] or [0]),
        inliers=_median([matched.inliers[name] for name in names if name in matched.inliers]),
        parallax=matched.median_parallax_deg,
        thickness=matched.thickness,
        weak_links=len(weak & names),
    )


def _median(values: Sequence[int]) -> float | None:
    return float(median(values)) if values else None
