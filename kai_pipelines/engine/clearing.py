"""Pods' folders removed: small ones at once, others in a thread."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import os
import shutil
from pathlib import Path

_FEW = 8
"""Entries of a folder that are removed at once."""
_PASSES = 8
"""How often a folder is gone through that its containers have closed."""
_SMALL = 1 << 24
"""Bytes of a file that is removed at once."""


async def cleared(folder: Path) -> None:
    """Remove a pod's folder; in a thread where there may be much in it."""
    if not _removed(str(folder), left=_FEW):
        await asyncio.to_thread(discard, folder)


def _removed(folder: str, left: int) -> bool:
    """Remove a folder with no more than so many files and folders; False, with some of it gone, where there are more."""
    try:
        with os.scandir(folder) as entries:
            inner = list(itertools.islice(entries, left + 1))
        if len(inner) > left:
            return False
        for one in inner:
            if one.is_dir(follow_symlinks=False):
                if not _removed(one.path, left):
                    return False
            elif one.stat(follow_symlinks=False).st_size > _SMALL:
                return False
            else:
                Path(one.path).unlink()
        Path(folder).rmdir()
    except OSError:
        return False
    return True


def discard(folder: Path) -> None:
    """Remove a pod's folder, with what only its containers could read."""

    def open_up(_: object, path: str, __: object) -> None:
        with contextlib.suppress(OSError):
            Path(path).parent.chmod(0o700)
            Path(path).chmod(0o700)

    for _ in range(_PASSES):  # what is inside a closed folder shows when that has been opened
        if not folder.exists():
            return
        shutil.rmtree(folder, onerror=open_up)
    shutil.rmtree(folder, ignore_errors=True)
