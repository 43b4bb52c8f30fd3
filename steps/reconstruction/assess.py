"""Look at the photographs before anything is computed from them."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Literal, NamedTuple

from kai_pipelines import Fatal, ImageSet, Quality, Resources, progress, step
from steps.reconstruction.artifacts import PhotoAssessment
from steps.reconstruction.metrics import Measurement, StepMetrics, measured
from steps.reconstruction.photographs import FEWEST_PHOTOS
from steps.reconstruction.retrying import COMPUTING

if TYPE_CHECKING:
    from steps.reconstruction.photographs.findings import SetAssessment
    from steps.reconstruction.photographs.listing import Listing

_NAMED = 50
"""So many files are named beside a message; the assessment names all. Steps get metrics as one argument."""
_MORE = "Take 20 or more photographs around the subject, each overlapping its neighbors by two thirds."


class Assessment(NamedTuple):
    """What `assess_photos` returns; `photos` are the usable ones, upright and in 8-bit RGB.

    `masks` has an 8-bit PNG, 0 or 255 on the subject, for each masked photograph: its path and ``.png`` after it.
    """

    quality: Quality
    photos: ImageSet
    masks: ImageSet
    assessment: PhotoAssessment
    metrics: StepMetrics


@step(resources=Resources(cpu=2, memory="3Gi"), timeout="2h", retry=COMPUTING)
def assess_photos(
    photos: ImageSet, requested: Quality | Literal["auto"] = "auto", masks: ImageSet | None = None
) -> Assessment:
    """Measure every photograph, leave out broken ones, and choose the quality where `auto` is requested.

    Nothing that EXIF tells about persons and places is in what comes out; where GPS was known, the assessment has
    local meters. Without `masks`, photographs of one thing on a plain black or white background get masks here.
    """
    from steps.reconstruction.photographs.assessment import Places, assess
    from steps.reconstruction.photographs.judging import choose_quality
    from steps.reconstruction.photographs.listing import common_folder, list_photos
    from steps.reconstruction.photographs.masks import match_masks

    with measured("assess_photos") as m:
        _refuse_other_than_folder(photos, "photographs")
        _refuse_other_than_folder(masks, "masks")
        listing = list_photos(photos.path)
        _refuse_unreadable_names(listing)
        _refuse_without_photos(listing)
        folder = photos.path / common_folder(listing)  # so that a photograph's name is its own, not its folder's
        listing = list_photos(folder)
        given = None if masks is None else match_masks(masks.path, listing.photos)
        usable, masked = ImageSet.new("photos"), ImageSet.new("masks")
        assessed = assess(listing, Places(folder, usable.path, masked.path, given), progress)
        _refuse_unfitting_masks(assessed)
        _refuse_too_few(assessed)
        _refuse_hopeless(assessed)
        best, reason = choose_quality(assessed.measured)
        alone = {"best": best.value, "best_reason": reason}
        chosen = best if requested == "auto" else Quality(requested)
        if requested != "auto":
            reason = f"{chosen.value} was requested; auto would take {best.value}. {reason}"
        document = PhotoAssessment.new("assessment")
        facts = assessed.document() | alone | {"requested": str(requested), "chosen": chosen.value, "reason": reason}
        document.path.write_text(json.dumps(facts, indent=1), encoding="utf-8")
        _record(m, assessed, chosen)
    return Assessment(chosen, usable, masked, document, m.metrics)


def _refuse_other_than_folder(given: ImageSet | None, holds: str) -> None:
    if given is not None and not given.path.is_dir():
        raise Fatal(
            f"{given.path.name} is not a folder.",
            code="not-a-folder",
            files=[str(given.path)],
            hint=f"Name the folder that holds the {holds}, not one of them.",
        )


def _refuse_without_photos(listing: Listing) -> None:
    if listing.photos:
        return
    if listing.unsupported:
        raise Fatal(
            f"The folder has {len(listing.unsupported)} photographs, all of kinds that are not read here.",
            code="unsupported-photos",
            files=listing.unsupported[:_NAMED],
            hint="Export them as JPEG or TIFF.",
        )
    unreadable = [f"{name} ({reason})" for name, reason in listing.unreadable.items()]
    raise Fatal(
        "There is no photograph in the folder or below it.",
        code="no-photos",
        files=[*unreadable, *listing.ignored][:20],
        hint="Give a folder with at least 3 photographs: jpg, png, tif, bmp, webp, heic or avif.",
    )


def _refuse_unreadable_names(listing: Listing) -> None:
    """Names in an old encoding cannot be written to a report, a model or JSON."""
    names = [*listing.photos, *listing.unsupported, *listing.ignored, *listing.unreadable]
    wrong = [name for name in names if not _is_unicode(name)]
    if wrong:
        raise Fatal(
            f"{len(wrong)} files have names that are not UTF-8.",
            code="unreadable-names",
            files=[os.fsencode(name).decode("utf-8", "backslashreplace") for name in wrong][:_NAMED],
            hint="Rename them; such names come from old archives.",
        )


def _is_unicode(name: str) -> bool:
    try:
        name.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def _refuse_unfitting_masks(assessed: SetAssessment) -> None:
    wrong = assessed.masks_wrong.get("mask-size", {})
    if wrong:
        raise Fatal(
            f"{len(wrong)} masks have another shape than their photographs.",
            code="mask-size",
            files=[f"{name} ({words} pixels)" for name, words in wrong.items()][:_NAMED],
            hint="Give each mask the width and height of its photograph, or smaller in the same proportion.",
        )


def _refuse_too_few(assessed: SetAssessment) -> None:
    usable = len(assessed.measured) - len(assessed.mirrored) - len(assessed.same_view)
    if usable >= FEWEST_PHOTOS:
        return
    repeated = {
        **assessed.copies,
        **{name: (of, "mirrored") for name, of in assessed.mirrored.items()},
        **{name: (of, "the same view") for name, of in assessed.same_view.items()},
    }
    copies = [f"{name} ({how}: {of})" for name, (of, how) in repeated.items()]
    if usable + len(copies) >= FEWEST_PHOTOS:
        raise Fatal(
            f"All but {usable} of {usable + len(copies)} photographs are copies.",
            code="copies",
            files=copies[:_NAMED],
            hint=f"Copies show no depth. {_MORE}",
        )
    broken = [f"{name} ({reason})" for name, reason in assessed.broken.items()]
    masked = [f"{name} (its mask is black all over)" for name in assessed.left_out_by_mask]
    masked += [f"{name} (it lies among the masks, too)" for name in assessed.masks_among_photos]
    listing = assessed.listing
    advice = [
        *(["Copy or export what is broken again, and see that it may be read."] if broken else []),
        *(["White is the subject in a mask, black is left out."] if masked else []),
        _MORE,
    ]
    raise Fatal(
        f"Of {len(listing.photos) + len(listing.unreadable)} photographs {usable} can be used; {FEWEST_PHOTOS} are the least.",
        code="too-few-photos",
        files=([*broken, *copies, *masked, *listing.unsupported] or list(listing.photos))[:_NAMED],
        hint=" ".join(advice),
    )


def _refuse_hopeless(assessed: SetAssessment) -> None:
    """Photographs in which so little is left that nothing can be found again in another one."""
    from steps.reconstruction.photographs.judging import hopeless

    names = [str(row["name"]) for row in assessed.photos][:_NAMED]
    lost = hopeless(assessed.measured)
    if lost == "dark":
        raise Fatal(
            "The photographs are black but for traces.",
            code="dark-photos",
            files=names,
            hint="Take them again with more light or a longer exposure; brightening these brings nothing back.",
        )
    if lost == "blurred":
        raise Fatal(
            "The photographs are so blurred, or so plain, that hardly anything in them can be found again in another one.",
            code="blurred-photos",
            files=names,
            hint="Take them again: hold still or use a tripod, focus on the subject, more light; plain things need a pattern.",
        )


def _record(m: Measurement, assessed: SetAssessment, chosen: Quality) -> None:
    m.value(
        photos=len(assessed.measured), quality=chosen.value, cameras=assessed.groups, with_gps=assessed.positioned,
        masks=assessed.masks_from, masked_photos=assessed.masks,
    )  # fmt: skip
    for issue in assessed.issues:
        if issue.code != "ignored-files":  # told in the assessment; nothing to worry about
            m.warn(issue.code, issue.message, issue.files[:_NAMED])
