"""A distance that somebody measured, as it is typed on a command line."""

from __future__ import annotations

import re

from pydantic import BaseModel, ConfigDict, Field, field_validator

_SPOT = re.compile(r"(?P<name>.+)@(?P<x>-?\d+(\.\d+)?),(?P<y>-?\d+(\.\d+)?)")

End = str | list[str]
"""Where a distance begins or ends; see `KnownDistance`."""


class KnownDistance(BaseModel):
    """`meters` between two ends.

    An end is a photograph (``IMG_1.jpg``: where its camera stood), a pixel of one (``IMG_1.jpg@812,340``: the point
    of the subject that is seen there) or a list of pixels of several photographs that all show the same point, which
    is more exact. The center of the top-left pixel of the upright photograph is 0,0.
    """

    model_config = ConfigDict(extra="forbid")

    meters: float = Field(gt=0, allow_inf_nan=False)
    between: tuple[End, End]

    @field_validator("between")
    @classmethod
    def _several_are_pixels(cls, between: tuple[End, End]) -> tuple[End, End]:
        for end in between:
            if isinstance(end, list) and (not end or any(spot(text) is None for text in end)):
                raise ValueError(f"{end} is no list of pixels such as ['IMG_1.jpg@812,340', 'IMG_2.jpg@640,355']")
        return between


def spot(text: str) -> tuple[str, float, float] | None:
    """The photograph, column and row of ``NAME@x,y``; None for the name of a photograph alone."""
    found = _SPOT.fullmatch(text)
    return (found["name"], float(found["x"]), float(found["y"])) if found else None
