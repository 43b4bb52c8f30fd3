"""Compiled functions, and a place where their machine code may be kept."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any, TypeVar, cast

import numba

Function = TypeVar("Function", bound=Callable[..., object])


def kernel(function: Function) -> Function:
    """Compile `function` on its first call, without the interpreter lock so that threads run it side by side.

    Sums may be reordered (that is what lets them run in vector registers), but infinities and
    not-a-number keep their meaning.
    """
    return _compiled(function)


def inner(function: Function) -> Function:
    """Compile a function that only kernels call, often. It must neither make arrays nor return one.

    It becomes part of its caller, and borrows the arrays it is given: passing and counting references
    to the arrays in a tuple costs more than matching a patch.
    """
    return _compiled(function, _nrt=False, forceinline=True)


def _compiled(function: Function, **options: bool) -> Function:
    toolkit: Any = numba
    config, fast = toolkit.config, {"reassoc", "nsz", "arcp", "contract"}
    before, config.CACHE_DIR = config.CACHE_DIR, str(cache_folder())
    try:
        compile_later = toolkit.njit(cache=True, nogil=True, fastmath=fast, error_model="numpy", **options)
        return cast(Function, compile_later(function))
    finally:
        config.CACHE_DIR = before


@cache
def cache_folder() -> Path:
    """Where machine code is kept: NUMBA_CACHE_DIR, the user's cache, or a temporary folder if that is read-only.

    numba would keep it beside the source, which a pod cannot write, and would notice a change in a
    function's own file only; a kernel is made from all files of this package, so their digest names the folder.
    """
    sources = sorted(Path(__file__).parent.glob("*.py"))
    digest = sha256(b"".join(path.read_bytes() for path in sources)).hexdigest()[:16]
    user = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "kai-pipelines" / "numba"
    for base in (Path(os.environ.get("NUMBA_CACHE_DIR") or user), user):
        try:
            (base / digest).mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=base / digest):
                return base / digest
        except OSError:
            continue
    return Path(tempfile.gettempdir()) / f"kai-numba-{os.getuid()}" / digest
