"""What was found in a folder of photographs: rows, issues and facts, as the assessment tells them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from steps.reconstruction.metrics import StepWarning
from steps.reconstruction.photographs.exif import CameraTags, Place
from steps.reconstruction.photographs.judging import FAULTS, Measured
from steps.reconstruction.photographs.listing import Listing
from steps.reconstruction.photographs.positions import local_meters

_TOLD = 10
"""So many reasons stand in a message; the assessment has all."""


@dataclass
class SetAssessment:
    """What was found, photograph by photograph."""

    listing: Listing
    measured: list[Measured] = field(default_factory=list)
    photos: list[dict[str, Any]] = field(default_factory=list)
    """The rows of the usable photographs."""
    broken: dict[str, str] = field(default_factory=dict)
    """Name → why it cannot be used."""
    copies: dict[str, tuple[str, str]] = field(default_factory=dict)
    """Name → the photograph that it repeats, and how."""
    mirrored: dict[str, str] = field(default_factory=dict)
    """Name → the photograph that it mirrors; both are usable."""
    same_view: dict[str, str] = field(default_factory=dict)
    """Name → the photograph that has just the same in its frame; both are usable."""
    masks_among_photos: list[str] = field(default_factory=list)
    masks_from: str = "none"
    """``given``, ``made`` or ``none``."""
    masks: int = 0
    background: str = ""
    """``black`` or ``white`` where masks were made."""
    without_mask: list[str] = field(default_factory=list)
    masks_wrong: dict[str, dict[str, str]] = field(default_factory=dict)
    """Code → photograph → words on its mask."""
    masks_left_over: tuple[str, ...] = ()
    left_out_by_mask: list[str] = field(default_factory=list)
    _groups: dict[tuple[str, int, int, float | None, float | None], list[str]] = field(default_factory=dict)
    _places: dict[str, Place] = field(default_factory=dict)

    def add(
        self, name: str, measured: Measured, tags: CameraTags, focal_px: float | None, issues: Iterable[str]
    ) -> None:
        """Note a usable photograph."""
        self.measured.append(measured)
        self.photos.append(_row(name, measured, focal_px, issues=list(dict.fromkeys(issues))))
        focal_mm = tags.focal_mm and round(tags.focal_mm, 1)
        group = (tags.camera, measured.width, measured.height, focal_mm, tags.focal_35mm)
        self._groups.setdefault(group, []).append(name)
        if tags.place is not None:
            self._places[name] = tags.place

    @property
    def issues(self) -> list[StepWarning]:
        """What a person should know about the set, the gravest first."""
        exact = {name: of for name, (of, how) in self.copies.items() if how == "the same file"}
        near = {name: of for name, (of, _) in self.copies.items() if name not in exact}
        found = [
            _warning(code="unreadable-photo", what=f"{len(self.broken)} files are left out", reasons=self.broken),
            StepWarning(
                code="unsupported-photo",
                message="Photographs of kinds that are not read here are left out; export them as JPEG or TIFF.",
                files=list(self.listing.unsupported),
            ),
            _warning(code="duplicate-photo", what="Exact copies are left out", reasons=exact),
            _warning(
                code="near-duplicate",
                what="The same pictures, resized, cropped or turned, are left out",
                reasons=near,
            ),
            _warning(
                code="same-view",
                what="Pictures of just the same view, taken again or compressed again, get a camera and show no depth",
                reasons=self.same_view,
            ),
            *self._about_masks(),
            *(self._fault(code, words) for code, words in FAULTS.items()),
            StepWarning(code="ignored-files", message="These are no photographs.", files=list(self.listing.ignored)),
        ]
        return [issue for issue in found if issue.files]

    def _about_masks(self) -> list[StepWarning]:
        unreadable, empty, inverted = (
            self.masks_wrong.get(code, {}) for code in ("mask-unreadable", "mask-empty", "mask-inverted")
        )
        return [
            _warning(
                code="mask-unreadable",
                what=f"{len(unreadable)} masks cannot be decoded, and their photographs are used whole",
                reasons=unreadable,
            ),
            _warning(
                code="mask-empty",
                what=f"{len(empty)} masks are black all over; nothing of their photographs is wanted, and they are left out",
                reasons=empty,
            ),
            _warning(
                code="mask-inverted",
                what=f"{len(inverted)} masks are white all around and black in the middle. White is the subject",
                reasons=inverted,
            ),
            StepWarning(
                code="mask-missing",
                message=f"{len(self.without_mask)} photographs have no mask and are used whole.",
                files=self.without_mask,
            ),
            StepWarning(
                code="masks-without-photo",
                message="Masks that belong to no photograph by their names are not used.",
                files=list(self.masks_left_over),
            ),
            StepWarning(
                code="masks-among-photos",
                message="Masks among the photographs are left out there.",
                files=self.masks_among_photos,
            ),
        ]

    def _fault(self, code: str, words: str) -> StepWarning:
        names = [row["name"] for row in self.photos if code in row["issues"]]
        return StepWarning(
            code=code, message=f"{len(names)} of {len(self.measured)} photographs are {words}.", files=names
        )

    def document(self) -> dict[str, Any]:
        """The rows, issues, groups, masks and positions as JSON; no latitude and no longitude."""
        left_out = {
            **dict.fromkeys(self.broken, "unreadable-photo"),
            **{
                name: "duplicate-photo" if how == "the same file" else "near-duplicate"
                for name, (_, how) in self.copies.items()
            },
            **dict.fromkeys(self.left_out_by_mask, "mask-empty"),
            **dict.fromkeys(self.masks_among_photos, "masks-among-photos"),
        }
        unused = [_row(name, used=False, issues=[code]) for name, code in left_out.items()]
        return {
            "photos": sorted([*self.photos, *unused], key=lambda row: str(row["name"])),
            "issues": [issue.model_dump() for issue in self.issues],
            "groups": [
                {
                    "camera": camera, "width": width, "height": height,
                    "focal_mm": focal_mm, "focal_35mm": focal_35mm, "photos": names,
                }
                for (camera, width, height, focal_mm, focal_35mm), names in self._groups.items()
            ],
            "masks": {"from": self.masks_from, "photos": self.masks, "background": self.background or None},
            "positions_m": local_meters(self._places),
        }  # fmt: skip

    @property
    def groups(self) -> int:
        """Cameras, sizes and focal lengths that differ."""
        return len(self._groups)

    @property
    def positioned(self) -> int:
        """Photographs that say where they were taken."""
        return len(self._places)


def _warning(*, code: str, what: str, reasons: Mapping[str, str]) -> StepWarning:
    """A warning that names files, with the reasons for the first ones."""
    told = [f"{name}: {reason}" for name, reason in list(reasons.items())[:_TOLD] if reason]
    more = f"; and {len(reasons) - _TOLD} more" if len(reasons) > _TOLD and told else ""
    end = f": {'; '.join(told)}{more}" if told else "."
    return StepWarning(code=code, message=f"{what}{end}", files=list(reasons))


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
