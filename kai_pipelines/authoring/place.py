"""Where in the author's source a call was made."""

from __future__ import annotations

import sys
from typing import NamedTuple

_LIBRARY = __name__.partition(".")[0]


class Place(NamedTuple):
    """A file and a line of the author's."""

    path: str
    line: int


def here() -> Place:
    """The nearest caller outside this library."""
    frame = sys._getframe(1)
    while frame.f_back is not None and frame.f_globals.get("__name__", "").partition(".")[0] == _LIBRARY:
        frame = frame.f_back
    return Place(frame.f_code.co_filename, frame.f_lineno)
