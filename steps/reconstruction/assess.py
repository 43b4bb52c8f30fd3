"""Look at the photographs before anything is computed from them."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Literal, NamedTuple

from kai_pipelines import Fatal, ImageSet, Quality, Resources, Retry, progress, step
from steps.reconstruction.artifacts import PhotoAssessment
from steps.reconstruction.metrics import Measurement, StepMetrics, measured
from steps.reconstruction.photographs import FEWEST_PHOTOS

if TYPE_CHECKING:
    from steps.reconstruction.photographs.assessment import SetAssessment
    from steps.reconstruction.photographs.listing import Listing


class Assessment(NamedTuple):
    """What `assess_photos` returns; `photos` are the usable ones, upright and in 8-bit RGB."""

    quality: Quality
    photos: ImageSet
    assessment: PhotoAssessment
    metrics: StepMetrics


@step(resources=Resources(cpu=1, memory="2Gi"), timeout="1h", retry=Retry(limit=2, backoff="10s", factor=2))
def assess_photos(photos: ImageSet, requested: Quality | Literal["auto"] = "auto") -> Assessment:
    """Measure every photograph, leave out broken ones, and choose the quality where `auto` is requested."""
    from steps.reconstruction.photographs.assessment import assess
    from steps.reconstruction.photographs.judging import choose_quality
    from steps.reconstruction.photographs.listing import common_folder, list_photos

    with measured("assess_photos") as m:
        if not photos.path.is_dir():
            raise Fatal(
                f"{photos.path.name} is not a folder.",
                code="not-a-folder",
                files=[str(photos.path)],
                hint="Name the folder that holds the photographs, not one of them.",
            )
        listing = list_photos(photos.path)
        _refuse_unreadable_names(listing)
        _refuse_without_photos(listing)
        folder = photos.path / common_folder(listing)  # so that a photograph's name is its own, not its folder's
        listing = list_photos(folder)
        usable = ImageSet.new("photos")
        assessed = assess(folder, listing, usable.path, progress)
        _refuse_too_few(assessed, listing)
        best, reason = choose_quality(assessed.measured)
        alone = {"best": best.value, "best_reason": reason}
        chosen = best if requested == "auto" else Quality(requested)
        if requested != "auto":
            reason = f"{chosen.value} was requested; auto would take {best.value}. {reason}"
        document = PhotoAssessment.new("assessment")
        facts = assessed.document() | alone | {"requested": str(requested), "chosen": chosen.value, "reason": reason}
        document.path.write_text(json.dumps(facts, indent=1), encoding="utf-8")
        _record(m, assessed, chosen)
    return Assessment(chosen, usable, document, m.metrics)


def _refuse_without_photos(listing: Listing) -> None:
    if listing.photos:
        return
    if listing.unsupported:
        raise Fatal(
            f"The folder has {len(listing.unsupported)} photographs, all of kinds that are not read here.",
            code="unsupported-photos",
            files=listing.unsupported,
            hint="Export them as JPEG or TIFF.",
        )
    raise Fatal(
        "There is no photograph in the folder or below it.",
        code="no-photos",
        files=listing.ignored[:20],
        hint="Give a folder with at least 3 photographs: jpg, png, tif, bmp or webp.",
    )


def _refuse_unreadable_names(listing: Listing) -> None:
    """Names in an old encoding cannot be written to a report, a model or JSON."""
    names = [*listing.photos, *listing.unsupported, *listing.ignored]
    wrong = [name for name in names if not _is_unicode(name)]
    if wrong:
        raise Fatal(
            f"{len(wrong)} files have names that are not UTF-8.",
            code="unreadable-names",
            files=[os.fsencode(name).decode("utf-8", "backslashreplace") for name in wrong],
            hint="Rename them; such names come from old archives.",
        )


def _is_unicode(name: str) -> bool:
    try:
        name.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def _refuse_too_few(assessed: SetAssessment, listing: Listing) -> None:
    if len(assessed.measured) >= FEWEST_PHOTOS:
        return
    broken = [f"{name} ({reason})" for name, reason in assessed.broken.items()]
    raise Fatal(
        f"Of {len(listing.photos)} photographs {len(assessed.measured)} can be used; {FEWEST_PHOTOS} are the least.",
        code="too-few-photos",
        files=[*broken, *assessed.duplicates, *listing.unsupported] or listing.photos,
        hint="Take 20 or more photographs around the subject, each overlapping its neighbors by two thirds.",
    )


def _record(m: Measurement, assessed: SetAssessment, chosen: Quality) -> None:
    m.value(photos=len(assessed.measured), quality=chosen.value)
    for issue in assessed.issues:
        if issue.code != "ignored-files":  # told in the assessment; nothing to worry about
            m.warn(issue.code, issue.message, issue.files)
