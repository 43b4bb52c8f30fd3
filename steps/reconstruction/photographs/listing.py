"""What lies in a folder of photographs."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass, field
from pathlib import Path

READABLE = frozenset({
    ".jpg", ".jpeg", ".jpe", ".jfif", ".mpo", ".png", ".tif", ".tiff", ".bmp", ".webp", ".heic", ".heif", ".hif", ".avif",
})  # fmt: skip
UNREADABLE = frozenset({
    ".jxl", ".jp2", ".gif", ".psd", ".dng", ".cr2", ".cr3", ".crw", ".nef", ".nrw", ".arw", ".srf", ".sr2", ".orf", ".rw2",
    ".raf", ".pef", ".srw", ".x3f", ".3fr", ".iiq", ".rwl", ".raw", ".kdc", ".dcr", ".mrw", ".erf",
})  # fmt: skip
"""Photographs, but of a kind that nothing here decodes."""
_OF_THE_SYSTEM = frozenset({
    "__macosx", "thumbs.db", "desktop.ini", "@eadir", "$recycle.bin", "system volume information", "lost+found",
})  # fmt: skip
_LONGEST_NAME = 255 - len(".jpg.png")
"""Bytes: some photographs are handed on with one more suffix, masks with another, and file systems take 255."""
_NO_FILE = {
    stat.S_ISFIFO: "it is a named pipe, not a file",
    stat.S_ISSOCK: "it is a socket, not a file",
    stat.S_ISCHR: "it is a device, not a file",
    stat.S_ISBLK: "it is a device, not a file",
}


@dataclass(frozen=True, slots=True)
class Listing:
    """File names as POSIX paths below the folder, sorted."""

    photos: tuple[str, ...]
    unsupported: tuple[str, ...] = ()
    ignored: tuple[str, ...] = ()
    """Files that are no photographs by their names; hidden ones are not even listed."""
    unreadable: dict[str, str] = field(default_factory=dict)
    """Named like photographs, but nothing that can be opened → why."""


def list_photos(folder: Path) -> Listing:
    """Sort the files of a folder and its subfolders by their suffixes, whatever the case; a folder is looked at once."""
    found = _Found(folder)
    found.look_into("")
    return Listing(
        tuple(sorted(found.photos)),
        tuple(sorted(found.unsupported)),
        tuple(sorted(found.ignored)),
        dict(sorted(found.unreadable.items())),
    )


def common_folder(listing: Listing) -> str:
    """The folder below which all photographs lie, as a POSIX path; empty when that is the listed folder itself."""
    folders = [name.rpartition("/")[0] for name in (*listing.photos, *listing.unsupported, *listing.unreadable)]
    return os.path.commonpath(folders) if folders and all(folders) else ""


class _Found:
    """What was found so far; links to folders are followed, but never in a circle."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._seen: set[tuple[int, int]] = set()
        self.photos: list[str] = []
        self.unsupported: list[str] = []
        self.ignored: list[str] = []
        self.unreadable: dict[str, str] = {}

    def look_into(self, top: str) -> None:
        waiting = [top]
        while waiting:
            inside = waiting.pop()
            if not self._is_new(inside):
                continue
            try:
                with os.scandir(self._folder / inside) as entries:
                    names = sorted(entry.name for entry in entries)
            except OSError as error:
                self.unreadable[inside or "."] = f"the folder cannot be opened ({error.strerror})"
                continue
            if not names and _suffix(inside) in READABLE:
                self.unreadable[inside] = "it is an empty folder"
            here = [f"{inside}/{name}" if inside else name for name in names if not _hidden(name)]
            waiting += [name for name in here if self._is_folder_or_noted(name)]

    def _is_new(self, inside: str) -> bool:
        """Whether the folder was not looked at under another name; one that cannot be looked at counts as new."""
        try:
            status = (self._folder / inside).stat()
        except OSError:
            return True
        place = (status.st_dev, status.st_ino)
        if place in self._seen:
            return False
        self._seen.add(place)
        return True

    def _is_folder_or_noted(self, name: str) -> bool:
        """True for a folder; anything else is sorted where it belongs."""
        try:
            mode = (self._folder / name).stat().st_mode
        except OSError as error:
            self._note(name, f"it is a link that leads nowhere ({error.strerror})")
            return False
        if stat.S_ISDIR(mode):
            return True
        self._note(name, next((why for test, why in _NO_FILE.items() if test(mode)), ""))
        return False

    def _note(self, name: str, fault: str) -> None:
        suffix = _suffix(name)
        if len(os.fsencode(Path(name).name)) > _LONGEST_NAME:
            fault = fault or f"its name has more than {_LONGEST_NAME} bytes; give it a shorter one"
        if suffix in READABLE and fault:
            self.unreadable[name] = fault
        elif suffix in READABLE:
            self.photos.append(name)
        elif suffix in UNREADABLE:
            self.unsupported.append(name)
        else:
            self.ignored.append(name)


def _suffix(name: str) -> str:
    return Path(name).suffix.lower()


def _hidden(name: str) -> bool:
    return name.startswith(".") or name.lower() in _OF_THE_SYSTEM
