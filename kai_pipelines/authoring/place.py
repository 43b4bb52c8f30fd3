"""Where in the author's source a call was made, and errors that say so."""

from __future__ import annotations

import inspect
from typing import NamedTuple

from kai_pipelines.errors import AuthoringError

_LIBRARY = __name__.partition(".")[0]


class Place(NamedTuple):
    """A file and a line of the author's."""

    path: str
    line: int


def here() -> Place:
    """The nearest caller outside this library."""
    frame = inspect.currentframe()
    assert frame is not None
    while frame.f_back is not None and frame.f_globals.get("__name__", "").partition(".")[0] == _LIBRARY:
        frame = frame.f_back
    return Place(frame.f_code.co_filename, frame.f_lineno)


def fault(message: str, hint: str | None = None) -> AuthoringError:
    """An authoring error at the author's line."""
    place = here()
    return AuthoringError(message, hint=hint, path=place.path, line=place.line)
