"""What a manifest refers to in other objects, and the files near it that hold them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from kai_pipelines.errors import ManifestError
from kai_pipelines.manifest.document import load

Reference = tuple[str, str]
"""An object's kind and name."""

_MOST_FILES = 1000
"""How many files are looked at; a folder with more is no folder of manifests."""
_LARGEST = 1 << 20
"""Bytes; larger files are left alone."""
_BY_FIELD = {
    "configMapKeyRef": ("ConfigMap", "name"),
    "configMapRef": ("ConfigMap", "name"),
    "configMap": ("ConfigMap", "name"),
    "secretKeyRef": ("Secret", "name"),
    "secretRef": ("Secret", "name"),
    "secret": ("Secret", "secretName"),
}


def references(value: Any) -> set[Reference]:
    """The objects that a manifest names and that are not templates of its own."""
    return set(_references(value))


def _references(value: Any) -> Iterator[Reference]:
    if isinstance(value, list):
        for one in value:
            yield from _references(one)
    if not isinstance(value, Mapping):
        return
    for field, part in value.items():
        if field in {"templateRef", "workflowTemplateRef"} and isinstance(part, Mapping):
            yield ("ClusterWorkflowTemplate" if part.get("clusterScope") else "WorkflowTemplate"), str(part.get("name"))
        elif field in _BY_FIELD and isinstance(part, Mapping):
            kind, name = _BY_FIELD[field]
            yield kind, str(part.get(name))
        yield from _references(part)


def neighbors(file: Path, given: Sequence[Mapping[str, object]]) -> list[dict[str, object]]:
    """The objects that `given` refers to and lacks, from the files beside `file` and in the folders next to it.

    Files that cannot be read are nobody's business here.
    """
    found: list[dict[str, object]] = []
    wanted = _missing([*given])
    if not wanted:
        return found
    texts = {path: path.read_bytes() for path in _files(file)}
    while wanted:
        names = {name.encode() for _, name in wanted}
        near = (one for path, text in texts.items() if any(name in text for name in names) for one in _read(path))
        new = [one for one in near if _identity(one) in wanted and one not in found]
        found += new
        wanted = _missing([*given, *found]) if new else set()
    return found


def _missing(documents: Sequence[Mapping[str, object]]) -> set[Reference]:
    there = {_identity(one) for one in documents}
    return {one for document in documents for one in references(document)} - there


def _identity(document: Mapping[str, object]) -> Reference:
    metadata = document.get("metadata")
    name = metadata.get("name") if isinstance(metadata, Mapping) else None
    return str(document.get("kind")), str(name)


def _files(file: Path) -> Iterator[Path]:
    folder = file.resolve().parent
    folders = [folder, *sorted(one for one in folder.iterdir() if one.is_dir() and not one.name.startswith("."))]
    paths = (path for one in folders for path in _manifests(one))
    return islice((path for path in paths if path != file.resolve()), _MOST_FILES)


def _manifests(folder: Path) -> Iterator[Path]:
    try:
        paths = sorted(folder.iterdir())
    except OSError:
        return
    for path in paths:
        if path.suffix in {".yaml", ".yml", ".json"} and path.is_file() and path.stat().st_size <= _LARGEST:
            yield path


def _read(path: Path) -> list[dict[str, object]]:
    try:
        return load(path)
    except ManifestError:
        return []
