"""Archives as Argo makes and opens them: a gzipped tar by default, a zip, or none."""

from __future__ import annotations

import gzip
import shutil
import tarfile
import tempfile
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from kai_pipelines.cache.store import remove
from kai_pipelines.errors import ManifestError

Packing = Literal["none", "tar", "zip"]


def packing(artifact: Mapping[str, Any]) -> Packing | None:
    """How an artifact says that it is packed; None when it does not say."""
    archive = artifact.get("archive")
    if not isinstance(archive, Mapping):
        return None
    kinds: tuple[Packing, ...] = ("none", "tar", "zip")
    return next((kind for kind in kinds if archive.get(kind) is not None), None)


def is_tarball(path: Path) -> bool:
    """Whether a file is a gzipped tar."""
    if not path.is_file():
        return False
    with path.open("rb") as file:
        if file.read(2) != b"\x1f\x8b":
            return False
    try:
        with tarfile.open(path, "r:gz") as archive:
            return archive.next() is not None
    except (OSError, EOFError, tarfile.TarError, gzip.BadGzipFile):
        return False


def unpack(path: Path, kind: Literal["tar", "zip"], place: Path) -> None:
    """Put what is in an archive at `place`: a single file or folder as itself, several as a folder (Argo, untar)."""
    place.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=place.parent, prefix=".kai-") as name:
        folder = Path(name, "content")
        folder.mkdir()
        try:
            (_untar if kind == "tar" else _unzip)(path, folder)
        except (tarfile.TarError, zipfile.BadZipFile, EOFError, gzip.BadGzipFile) as error:
            raise ManifestError(f"{path.name} is no {kind} archive that can be opened: {error}") from error
        inner = list(folder.iterdir())
        remove(place)
        (inner[0] if len(inner) == 1 else folder).replace(place)


def _untar(path: Path, folder: Path) -> None:
    with tarfile.open(path, "r:gz") as archive:
        archive.extractall(folder, filter="data")


def _unzip(path: Path, folder: Path) -> None:
    with zipfile.ZipFile(path) as archive:
        archive.extractall(folder)


def pack(source: Path, kind: Packing, place: Path) -> None:
    """Write a file or folder as it is kept in object storage; the same content gives the same bytes."""
    if kind == "none":
        if source.is_dir():
            shutil.copytree(source, place)
        else:
            shutil.copyfile(source, place)
        return
    if kind == "zip":
        with zipfile.ZipFile(place, "w", zipfile.ZIP_DEFLATED) as archive:
            for file in sorted([source, *source.rglob("*")]):
                archive.write(file, _name_in(file, source))
        return
    with place.open("wb") as raw, gzip.GzipFile("", "wb", fileobj=raw, mtime=0) as packed:
        with tarfile.open(fileobj=packed, mode="w") as tar:
            tar.add(source, source.name, filter=_anonymous)


def _name_in(file: Path, source: Path) -> str:
    return str(Path(source.name, file.relative_to(source)))


def _anonymous(entry: tarfile.TarInfo) -> tarfile.TarInfo:
    entry.uid = entry.gid = 0
    entry.uname = entry.gname = ""
    entry.mtime = 0
    return entry
