"""The artifact repository of a run: keys like those of object storage, contents in the store.

A key names a file or a folder; a prefix of several keys reads as a folder that holds them.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from kai_pipelines.cache.store import Store, remove
from kai_pipelines.errors import ManifestError, UsageError


class Repository:
    """Artifacts of one run, by key."""

    def __init__(self, store: Store, digests: Mapping[str, str] | None = None) -> None:
        self._store = store
        self._digests: dict[str, str] = dict(digests or {})
        self._outside: dict[str, Path] = {}

    def bring(self, key: str, path: Path) -> None:
        """A file or folder of the user's, which stays where it is."""
        try:
            self._digests[key] = self._store.digest_outside(path)
        except OSError as error:
            raise UsageError(f"{error.filename or path} cannot be read: {error.strerror or error}") from error
        self._outside[key] = path

    def add(self, key: str, digest: str) -> None:
        """An object of the store under a key."""
        self._digests[key] = digest

    def digest(self, artifact: Mapping[str, Any]) -> str | None:
        """What an artifact's content is, without looking at it twice; None when there is none."""
        if "raw" in artifact:
            return self._store.add_text(str(artifact["raw"].get("data", "")))
        key = _key(artifact)
        if key in self._digests:
            return self._digests[key]
        parts = self._below(key)
        return ";".join(f"{name}={self._digests[part]}" for name, part in parts.items()) or None

    def contents(self) -> dict[str, str]:
        """What every key stands for, but for the user's own files."""
        return {key: digest for key, digest in self._digests.items() if key not in self._outside}

    def digests(self, artifacts: Iterable[Mapping[str, Any]]) -> dict[str, str]:
        """The keys of artifacts, with what their contents are."""
        found: dict[str, str] = {}
        for artifact in artifacts:
            key = _key(artifact)
            places = [key] if key in self._digests else list(self._below(key).values())
            found |= {place: self._digests[place] for place in places}
        return found

    def keys_below(self, artifact: Mapping[str, Any]) -> list[str]:
        """The keys that begin with an artifact's own."""
        key = _key(artifact)
        return sorted(one for one in self._digests if key in {".", one} or one.startswith(key.rstrip("/") + "/"))

    def place(self, artifact: Mapping[str, Any], path: Path, *, copies: bool) -> None:
        """Make an artifact's content appear at `path`: as a link, or as a copy that may be changed."""
        for name, source in self._parts(artifact).items():
            place = path / name
            place.parent.mkdir(parents=True, exist_ok=True)
            if copies:
                _copy(source, place)
            else:
                place.symlink_to(source)

    def copy_out(self, artifact: Mapping[str, Any], path: Path) -> None:
        """Copy an artifact's content to `path`, which gets its name when it is whole; what is there stays if equal."""
        digest = self.digest(artifact)
        if path.exists() and not path.is_symlink() and self._store.digest_outside(path) == digest:
            return
        part = path.with_name(f".{path.name}.part")
        remove(part)
        try:
            for name, source in self._parts(artifact).items():
                (part / name).parent.mkdir(parents=True, exist_ok=True)
                _copy(source, part / name)
            remove(path)
            part.replace(path)
        except OSError:
            remove(part)
            raise
        self._store.digest_outside(path)  # the next run knows it without reading

    def _parts(self, artifact: Mapping[str, Any]) -> dict[str, Path]:
        """Where the content is, by its place in the artifact; one that is whole has the place ``""``."""
        key = _key(artifact)
        if "raw" in artifact:
            return {"": self._store.path(str(self.digest(artifact)))}
        if key in self._digests:
            return {"": self._location(key)}
        parts = {name: self._location(part) for name, part in self._below(key).items()}
        if not parts:
            raise ManifestError(f"artifact {artifact.get('name')}: there is nothing under the key {key}")
        return parts

    def exists(self, artifact: Mapping[str, Any]) -> bool:
        """Whether there is any content."""
        return "raw" in artifact or _key(artifact) in self._digests or bool(self._below(_key(artifact)))

    def _location(self, key: str) -> Path:
        return self._outside.get(key) or self._store.path(self._digests[key])

    def _below(self, key: str) -> dict[str, str]:
        prefix = key.rstrip("/") + "/"
        return {one.removeprefix(prefix): one for one in sorted(self._digests) if one.startswith(prefix)}


def _copy(source: Path, target: Path) -> None:
    if source.is_dir():
        shutil.copytree(source, target)
    else:
        shutil.copyfile(source, target)


def _key(artifact: Mapping[str, Any]) -> str:
    return os.path.normpath(str((artifact.get("s3") or {}).get("key", "")))
