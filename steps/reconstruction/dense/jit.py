"""Compiled functions, and a place where their machine code may be kept."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar, cast

Function = TypeVar("Function", bound=Callable[..., object])

CACHE = "NUMBA_CACHE_DIR"


def _cache_folder() -> Path:
    """A folder of the user's, or a temporary one where that cannot be written."""
    kept = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "kai-pipelines" / "numba"
    try:
        kept.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=kept):
            return kept
    except OSError:
        return Path(tempfile.gettempdir()) / f"kai-numba-{os.getuid()}"


# numba keeps machine code beside the source unless told otherwise, and a pod's source tree is read-only.
os.environ.setdefault(CACHE, str(_cache_folder()))

import numba  # noqa: E402

numba.config.reload_config()


def kernel(function: Function) -> Function:
    """Compile `function` on its first call, without the interpreter lock so that threads run it side by side.

    Sums may be reordered (that is what lets them run in vector registers), but infinities and
    not-a-number keep their meaning.
    """
    return _compiled(function)


def inner(function: Function) -> Function:
    """Compile a function that only kernels call, often. It must neither make arrays nor return one.

    It borrows the arrays it is given: counting references to the arrays in a tuple costs more than matching a patch.
    """
    return _compiled(function, _nrt=False, forceinline=True)


def _compiled(function: Function, **options: bool) -> Function:
    fast = {"reassoc", "nsz", "arcp", "contract"}
    compiled = numba.njit(cache=True, nogil=True, fastmath=fast, error_model="numpy", **options)
    return cast(Function, compiled(function))
