"""A pod's view of the file system: which of its paths are which files of this machine."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any, Literal

Kind = Literal["read-write", "read-only", "copy-on-write"]


@dataclass(frozen=True)
class Isolation:
    """What this machine allows, as the launcher found out; its own words."""

    found: dict[str, Any]

    @property
    def overlay(self) -> bool:
        """Whether folders can be given without copying them, and still be changed."""
        return self.found.get("kind") == "overlay"


@dataclass(frozen=True)
class Mount:
    """A file or folder at a path of a view."""

    source: Path
    target: str
    kind: Kind = "read-write"
    own: Path | None = None
    """Where changes go of what is copied on write."""


@dataclass(frozen=True)
class View:
    """The file system of one container, in a folder of its own."""

    folder: Path
    isolation: Isolation
    mounts: Sequence[Mount] = field(default_factory=tuple)
    directory: str = "/"

    def prepare(self) -> None:
        """Make the folders that it is made of."""
        for name in ("root", "upper", "work", "tmp"):
            (self.folder / name).mkdir(parents=True, exist_ok=True)
        (self.folder / "tmp").chmod(0o1777)
        for mount in self.mounts:
            if mount.own is not None:
                for name in ("upper", "work"):
                    (mount.own / name).mkdir(parents=True, exist_ok=True)

    def request(self) -> dict[str, Any]:
        """As the launcher takes it."""
        mounts = [
            {
                "source": str(mount.source.resolve()),
                "target": mount.target,
                "kind": mount.kind,
                "own": str(mount.own.resolve()) if mount.own else "",
            }
            for mount in sorted(self.mounts, key=lambda mount: len(mount.target))
        ]
        return {**self.isolation.found, "folder": str(self.folder.resolve()), "mounts": mounts, "cwd": self.directory}

    def where(self, path: str) -> Path:
        """The file of this machine that a container left at a path; links lead where they led in the view."""
        for _ in range(40):
            place, link = self._walk(path)
            if link is None:
                return place
            path = link
        return self._plain(path)

    def _walk(self, path: str) -> tuple[Path, str | None]:
        """The place of a path, or the path that its first link leads to."""
        parts = PurePosixPath(path).parts
        for end in range(2, len(parts) + 1):
            before = str(PurePosixPath(*parts[:end]))
            place = self._plain(before)
            if place.is_symlink():
                target = PurePosixPath(before).parent / place.readlink()
                return place, str(PurePosixPath(target, *parts[end:]))
        return self._plain(path), None

    def _plain(self, path: str) -> Path:
        pure = _clean(path)
        for mount in sorted(self.mounts, key=lambda mount: -len(mount.target)):
            target = _clean(mount.target)
            if pure == target or target in pure.parents:
                rest = pure.relative_to(target)
                changed = mount.own / "upper" / rest if mount.own is not None else None
                return changed if changed is not None and changed.exists() else mount.source / rest
        if PurePosixPath("/tmp") in [pure, *pure.parents]:
            return self.folder / "tmp" / pure.relative_to("/tmp")
        written = self.folder / ("upper" if self.isolation.overlay else "root") / pure.relative_to("/")
        if written.exists() or written.is_symlink():
            return written
        here = Path(pure)
        if here.is_file():  # of the machine: the container only names it, and did not change it
            return here
        if here.is_dir():  # what a container wrote into a folder of the machine; the rest of it is not its own
            written.mkdir(parents=True, exist_ok=True)
        return written


def uncovered(places: Iterable[Path]) -> list[Mount]:
    """Folders of this machine's /tmp that a view, whose /tmp is its own, must show all the same."""
    temporary, found = Path("/tmp"), list[Path]()
    for place in sorted({place.resolve() for place in places}):
        if temporary in place.parents and not any(outer in place.parents for outer in found) and place.is_dir():
            found.append(place)
    return [Mount(place, str(place), "read-only") for place in found]


def _clean(path: str) -> PurePosixPath:
    parts: list[str] = []
    for part in PurePosixPath(path).parts[1 if path.startswith("/") else 0 :]:
        if part == "..":
            parts = parts[:-1]
        else:
            parts.append(part)
    return PurePosixPath("/", *parts)
