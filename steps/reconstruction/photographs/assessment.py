"""Go through a folder of photographs: decode, measure, judge, and put the usable ones where later steps look."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from steps.reconstruction.metrics import StepWarning
from steps.reconstruction.photographs.judging import FAULTS, Measured, faults
from steps.reconstruction.photographs.listing import Listing
from steps.reconstruction.photographs.measuring import measure
from steps.reconstruction.photographs.reading import Undecodable, exif_focal_px, read_photo, write_photo


@dataclass
class SetAssessment:
    """What was found, photograph by photograph."""

    measured: list[Measured] = field(default_factory=list)
    photos: list[dict[str, Any]] = field(default_factory=list)
    """The rows of the document."""
    broken: dict[str, str] = field(default_factory=dict)
    """Name → why it cannot be decoded."""
    duplicates: dict[str, str] = field(default_factory=dict)
    """Name → the photograph that it repeats."""
    listing: Listing = field(default_factory=lambda: Listing((), (), ()))

    @property
    def issues(self) -> list[StepWarning]:
        """What a person should know about the set, the gravest first."""
        found = [
            StepWarning(
                code="unreadable-photo",
                message=f"{len(self.broken)} files are left out: "
                + "; ".join(f"{name}: {reason}" for name, reason in self.broken.items()),
                files=list(self.broken),
            ),
            StepWarning(
                code="unsupported-photo",
                message="Photographs of kinds that are not read here are left out; export them as JPEG or TIFF.",
                files=list(self.listing.unsupported),
            ),
            StepWarning(
                code="duplicate-photo",
                message="Exact copies are left out: "
                + "; ".join(f"{name} is {first}" for name, first in self.duplicates.items()),
                files=list(self.duplicates),
            ),
            *(self._fault(code, words) for code, words in FAULTS.items()),
            StepWarning(code="ignored-files", message="These are no photographs.", files=list(self.listing.ignored)),
        ]
        return [issue for issue in found if issue.files]

    def _fault(self, code: str, words: str) -> StepWarning:
        names = [row["name"] for row in self.photos if code in row["issues"]]
        return StepWarning(
            code=code, message=f"{len(names)} of {len(self.measured)} photographs are {words}.", files=names
        )

    def document(self) -> dict[str, Any]:
        """The rows and issues as JSON."""
        return {"photos": self.photos, "issues": [issue.model_dump() for issue in self.issues]}


def assess(folder: Path, listing: Listing, usable: Path, report: Callable[[int, int, str], None]) -> SetAssessment:
    """Assess the listed photographs of `folder` and write the usable ones to `usable` under the same names."""
    found = SetAssessment(listing=listing)
    first_with: dict[str, str] = {}
    for number, name in enumerate(listing.photos, 1):
        digest = hashlib.sha256((folder / name).read_bytes()).hexdigest()
        if digest in first_with:
            found.duplicates[name] = first_with[digest]
            found.photos.append(_row(name, used=False, issues=["duplicate-photo"]))
        else:
            first_with[digest] = name
            _assess_one(folder, name, usable, found)
        report(number, len(listing.photos), name)
    return found


def _assess_one(folder: Path, name: str, usable: Path, found: SetAssessment) -> None:
    try:
        photo = read_photo(folder / name)
    except Undecodable as fault:
        found.broken[name] = str(fault)
        found.photos.append(_row(name, used=False, issues=["unreadable-photo"]))
        return
    height, width = photo.rgb.shape[:2]
    judged = Measured(width, height, measure(photo.rgb))
    write_photo(photo, folder / name, usable / name)
    found.measured.append(judged)
    found.photos.append(_row(name, judged, exif_focal_px(usable / name), issues=faults(judged)))


def _row(
    name: str, judged: Measured | None = None, focal: float | None = None, *, used: bool = True, issues: list[str]
) -> dict[str, Any]:
    figures = judged and judged.figures
    return {
        "name": name,
        "width": judged and judged.width,
        "height": judged and judged.height,
        "megapixels": judged and round(judged.width * judged.height / 1e6, 3),
        "sharpness": figures and round(figures.sharpness, 4),
        "brightness": figures and round(figures.brightness, 4),
        "clipped_fraction": figures and round(figures.clipped, 4),
        "contrast": figures and round(figures.contrast, 4),
        "focal_px_exif": focal and round(focal, 2),
        "used": used,
        "issues": issues,
    }
