"""What is known of a set of photographs after matching, read from the documents of the steps before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean, median

from kai_pipelines import Quality
from steps.reconstruction.documents import AssessmentDocument, MatchDocument


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


def gather(assessed: AssessmentDocument, matched: MatchDocument) -> Evidence:
    """The evidence of two documents."""
    placed = [row for row in matched.photos if row.registered]
    names = {row.name for row in placed}
    sizes = [(row.width, row.height) for row in assessed.photos if row.name in names and row.width and row.height]
    sizes = sizes or [(row.width, row.height) for row in assessed.photos if row.width and row.height] or [(1, 1)]
    weak = {name for gap in matched.gaps if gap.code in {"weak-link", "bridge-photo"} for name in gap.files}
    return Evidence(
        carried=assessed.best or assessed.chosen or Quality.MEDIUM,
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
