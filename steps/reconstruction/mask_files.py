"""Where the mask of a photograph lies: COLMAP's own convention, from `assess_photos` on."""

from __future__ import annotations

from pathlib import Path


def mask_file(folder: Path, name: str) -> Path:
    """The mask of the photograph `name`, if it has one."""
    return folder / f"{name}.png"
