"""The artifact repository of a run: keys like those of object storage, contents in the store.

A key names a file or a folder; a prefix of several keys reads as a folder that holds them. Object storage itself
is a folder: `bucket/key` below it, the default repository's keys below `default/`. What a manifest keeps under a
key of its own is written there as the cluster would write it, and what it reads from there is looked for there.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path, PurePosixPath
from typing import Any, Literal

from kai_pipelines.cache.store import Store, digest_of, remove
from kai_pipelines.engine.archive import Packing, is_tarball, pack, packing, unpack
from kai_pipelines.engine.fetching import fetch
from kai_pipelines.errors import ManifestError, StoreError, UsageError

Artifact = Mapping[str, Any]

BUCKETS: Mapping[str, tuple[str, str]] = {
    "s3": ("bucket", "key"),
    "gcs": ("bucket", "key"),
    "oss": ("bucket", "key"),
    "azure": ("container", "blob"),
}
"""Storages that are a folder here: what they call a bucket and a key."""
_DEFAULT = "default"


class Repository:
    """Artifacts of one run, by key; `root` is the folder that stands for object storage."""

    def __init__(self, store: Store, digests: Mapping[str, str] | None = None, root: Path | None = None) -> None:
        self._store = store
        self._root = root or store.root / "repository"
        self._digests: dict[str, str] = dict(digests or {})
        self._outside: dict[str, Path] = {}
        self._as_is = {key for key in self._digests if not key.endswith((".tgz", ".zip"))}
        """Keys under which the content itself lies, not an archive of it."""

    def bring(self, key: str, path: Path) -> None:
        """A file or folder of the user's, which stays where it is."""
        try:
            self._digests[key] = self._store.digest_outside(path)
        except OSError as error:
            raise UsageError(f"{error.filename or path} cannot be read: {error.strerror or error}") from error
        self._outside[key] = path
        self._as_is.add(key)

    def add(self, key: str, digest: str, *, as_is: bool = False) -> None:
        """An object of the store under a key."""
        self._digests[key] = digest
        if as_is:
            self._as_is.add(key)

    def keep(self, artifact: Artifact, digest: str, folder: str) -> dict[str, Any]:
        """Keep an output artifact; where it is, as its node says it. `folder` is for one without a key of its own."""
        how: Packing = packing(artifact) or "tar"
        kind = next((one for one in BUCKETS if artifact.get(one)), "s3")
        field = BUCKETS[kind][1]
        location = dict(artifact.get(kind) or {})
        declared = bool(location.get(field))
        location.setdefault(field, f"{folder}/{_file_name(artifact, how)}")
        address = _address({kind: location})
        self.add(address, digest, as_is=how == "none")
        if declared:
            self._write(address, digest, how, str(artifact.get("path") or artifact["name"]))
        return {kind: location}

    def digest(self, artifact: Artifact) -> str | None:
        """What an artifact's content is, without looking at it twice; None when there is none."""
        if "raw" in artifact:
            return self._store.add_text(str(artifact["raw"].get("data", "")))
        if "http" in artifact:
            return self._fetched(artifact)
        key = _address(artifact)
        if key in self._digests:
            return self._digests[key]
        parts = self._below(key)
        if parts:
            return ";".join(f"{name}={self._digests[part]}" for name, part in parts.items())
        place = self._inner(key) or self._in_folder(key)
        if place is None:
            return None
        return self._store.digest_outside(place) if place.is_relative_to(self._root) else digest_of(place)

    def contents(self) -> dict[str, str]:
        """What every key stands for, but for the user's own files."""
        return {key: digest for key, digest in self._digests.items() if key not in self._outside}

    def digests(self, artifacts: Iterable[Artifact]) -> dict[str, str]:
        """The keys of artifacts, with what their contents are."""
        found: dict[str, str] = {}
        for artifact in artifacts:
            key = _address(artifact)
            places = [key] if key in self._digests else list(self._below(key).values())
            found |= {place: self._digests[place] for place in places}
        return found

    def keys_below(self, artifact: Artifact) -> list[str]:
        """The keys that begin with an artifact's own, without their bucket; raises ManifestError for no bucket."""
        key = _address(artifact)
        found = {one for one in self._digests if key in {".", one} or one.startswith(key.rstrip("/") + "/")}
        bucket, place = f"//{_bucket(artifact)}/" if _bucket(artifact) else "", self._in_folder(key)
        if place is not None and place.is_dir():
            found |= {f"{key}/{file.relative_to(place).as_posix()}" for file in place.rglob("*") if file.is_file()}
        elif bucket and not found and not (self._root / str(_bucket(artifact))).is_dir():
            raise ManifestError(self.absence(artifact))
        return sorted(os.path.normpath(one).removeprefix(bucket) for one in found)

    def place(self, artifact: Artifact, path: Path, *, copies: bool) -> None:
        """Make an artifact's content appear at `path`: as a link, or as a copy that may be changed."""
        for name, source in self._parts(artifact).items():
            place = path / name
            place.parent.mkdir(parents=True, exist_ok=True)
            kind = self._packed(artifact, source)
            if kind is not None:
                unpack(source, kind, place)
            elif copies or "mode" in artifact:
                _copy(source, place)
            else:
                place.symlink_to(source)
        if artifact.get("mode") is not None:
            _change_mode(path, int(artifact["mode"]), recurse=bool(artifact.get("recurseMode")))

    def folder(self, artifact: Artifact) -> Path | None:
        """The folder that is an artifact's whole content as it stands, if it is one."""
        parts = self._parts(artifact)
        source = parts.get("")
        return source.resolve() if source is not None and source.is_dir() else None

    def copy_out(self, artifact: Artifact, path: Path) -> None:
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

    def exists(self, artifact: Artifact) -> bool:
        """Whether there is any content."""
        if "raw" in artifact or "http" in artifact:
            return True
        key = _address(artifact)
        return bool(key in self._digests or self._below(key) or self._inner(key) or self._in_folder(key))

    def absence(self, artifact: Artifact) -> str:
        """Why there is nothing, and what to do about it."""
        place = self._folder_of(_address(artifact))
        return f"there is nothing at {place}: put the file or folder there, or give the artifact with -a"

    # Where things are

    def _parts(self, artifact: Artifact) -> dict[str, Path]:
        """Where the content is, by its place in the artifact; one that is whole has the place ``""``."""
        if "raw" in artifact or "http" in artifact:
            return {"": self._store.path(str(self.digest(artifact)))}
        key = _address(artifact)
        if key in self._digests:
            return {"": self._location(key)}
        parts = {name: self._location(part) for name, part in self._below(key).items()}
        if parts:
            return parts
        place = self._inner(key) or self._in_folder(key)
        if place is None:
            raise ManifestError(f"artifact {artifact.get('name')}: {self.absence(artifact)}")
        return {"": place}

    def _location(self, key: str) -> Path:
        return self._outside.get(key) or self._store.path(self._digests[key])

    def _below(self, key: str) -> dict[str, str]:
        prefix = key.rstrip("/") + "/"
        return {one.removeprefix(prefix): one for one in sorted(self._digests) if one.startswith(prefix)}

    def _inner(self, key: str) -> Path | None:
        """A file or folder inside a folder that was kept as it is; what was packed has no inside."""
        for around in PurePosixPath(key).parents:
            if str(around) in self._as_is and str(around) in self._digests:
                place = self._location(str(around)) / PurePosixPath(key).relative_to(around)
                return place if place.exists() else None
        return None

    def _folder_of(self, key: str) -> Path:
        return self._root / (key.removeprefix("//") if key.startswith("//") else f"{_DEFAULT}/{key.lstrip('/')}")

    def _in_folder(self, key: str) -> Path | None:
        place = self._folder_of(key)
        inside = place.resolve().is_relative_to(self._root.resolve())
        return place if inside and place.exists() and place != self._root / _DEFAULT else None

    def _packed(self, artifact: Artifact, source: Path) -> Literal["tar", "zip"] | None:
        """Whether what lies at a place is an archive to open (Argo, unarchiveArtifact)."""
        how = packing(artifact)
        inside = "raw" not in artifact and "http" not in artifact and self._is_identity(_address(artifact))
        if how == "none" or inside or source.is_dir():
            return None
        return how if how is not None else "tar" if is_tarball(source) else None

    def _is_identity(self, key: str) -> bool:
        """Whether it was packed by the engine, which keeps the content only and so has nothing to open."""
        kept = [*(one for one in [key] if one in self._digests), *self._below(key).values()]
        return bool(kept) and not any(one in self._as_is for one in kept)

    def _write(self, key: str, digest: str, how: Packing, path: str) -> None:
        place = self._folder_of(key)
        if not place.resolve().is_relative_to(self._root.resolve()):
            raise ManifestError(f"the key {key} leads out of the repository")
        try:
            place.parent.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryDirectory(dir=place.parent, prefix=".kai-") as folder:
                named = Path(folder, PurePosixPath(path).name or "root")
                named.symlink_to(self._store.path(digest))
                made = Path(folder, "made")
                pack(named if how == "none" else _real(named, Path(folder, "content")), how, made)
                remove(place)
                made.replace(place)
        except OSError as error:
            raise StoreError(
                f"the artifact cannot be kept at {place}: {error.strerror or error}",
                hint="make room or give permission, or set KAI_ARTIFACTS to another folder",
            ) from error

    def _fetched(self, artifact: Artifact) -> str:
        url = str(artifact["http"].get("url", ""))
        if url not in self._digests:
            with tempfile.TemporaryDirectory(dir=self._store.runs, prefix="fetched-") as folder:
                file = Path(folder, "content")
                fetch(artifact["http"], file)
                self._digests[url] = self._store.adopt(file)
        return self._digests[url]


def _real(named: Path, folder: Path) -> Path:
    """A copy with a name of its own: an archive is to hold the content, not a link to it."""
    folder.mkdir()
    place = folder / named.name
    _copy(named, place)
    return place


def _copy(source: Path, target: Path) -> None:
    if source.is_dir():
        shutil.copytree(source, target, dirs_exist_ok=True)
    else:
        shutil.copyfile(source, target)
        if os.access(source, os.X_OK):
            target.chmod(0o755)


def _change_mode(path: Path, mode: int, *, recurse: bool) -> None:
    for one in [path, *(path.rglob("*") if recurse and path.is_dir() else [])]:
        if not one.is_symlink():
            one.chmod(mode)


def _file_name(artifact: Artifact, how: Packing) -> str:
    """The last part of the key that Argo gives an output (executor.go stageArchiveFile)."""
    if how == "none":
        return PurePosixPath(str(artifact.get("path", ""))).name or str(artifact["name"])
    return f"{artifact['name']}.{'tgz' if how == 'tar' else 'zip'}"


def _bucket(artifact: Artifact) -> str | None:
    for kind, (bucket, _) in BUCKETS.items():
        if artifact.get(kind):
            found = artifact[kind].get(bucket)
            return str(found) if found else None
    return None


def _address(artifact: Artifact) -> str:
    """An artifact's key, with its bucket in front when it names one."""
    for kind, (_, field) in BUCKETS.items():
        if artifact.get(kind):
            bucket = _bucket(artifact)
            key = "/".join(filter(None, [str(artifact[kind].get(field, "")), str(artifact.get("subPath") or "")]))
            plain = os.path.normpath(key or ".")
            return f"//{bucket}/{plain.lstrip('/')}" if bucket else plain
    return "."
