"""What lies in a folder of photographs."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

READABLE = frozenset({".jpg", ".jpeg", ".png", ".tif", ".tiff", ".bmp", ".webp"})
UNREADABLE = frozenset(
    {".heic", ".heif", ".avif", ".jxl", ".gif", ".dng", ".cr2", ".cr3", ".nef", ".arw", ".orf", ".rw2", ".raf", ".pef"}
)
"""Photographs, but of a kind that nothing here decodes."""


@dataclass(frozen=True, slots=True)
class Listing:
    """File names as POSIX paths below the folder, sorted."""

    photos: tuple[str, ...]
    unsupported: tuple[str, ...]
    ignored: tuple[str, ...]
    """Files that are no photographs by their names; hidden ones are not even listed."""


def list_photos(folder: Path) -> Listing:
    """Sort the files of a folder and its subfolders by their suffixes, whatever the case."""
    photos: list[str] = []
    unsupported: list[str] = []
    ignored: list[str] = []
    for parent, folders, files in os.walk(folder, followlinks=False):
        folders[:] = [name for name in folders if not _hidden(name)]
        for name in files:
            if _hidden(name):
                continue
            suffix = Path(name).suffix.lower()
            kind = photos if suffix in READABLE else unsupported if suffix in UNREADABLE else ignored
            kind.append((Path(parent) / name).relative_to(folder).as_posix())
    return Listing(tuple(sorted(photos)), tuple(sorted(unsupported)), tuple(sorted(ignored)))


def common_folder(listing: Listing) -> str:
    """The folder below which all photographs lie, as a POSIX path; empty when that is the listed folder itself."""
    folders = [name.rpartition("/")[0] for name in (*listing.photos, *listing.unsupported)]
    return os.path.commonpath(folders) if folders and all(folders) else ""


def _hidden(name: str) -> bool:
    return name.startswith(".") or name in {"__MACOSX", "Thumbs.db", "desktop.ini"}
