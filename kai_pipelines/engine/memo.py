"""Memoized outputs: what a template with `memoize` gave for a key, kept between runs (Argo, controller/cache).

On a cluster the cache is a ConfigMap; here it is a JSON file of that name beside the store's results.
"""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from kai_pipelines.cache.store import read_json, write_atomically
from kai_pipelines.engine.node import time_text
from kai_pipelines.errors import ManifestError
from kai_pipelines.manifest.duration import parse_duration

_KEY = re.compile(r"[a-zA-Z0-9][-a-zA-Z0-9]*")


@dataclass(frozen=True)
class Entry:
    """The outputs of a node, and the contents that its artifacts' keys stand for."""

    outputs: dict[str, Any]
    digests: dict[str, str]
    kept_at: float


class Memo(Protocol):
    """Keeps entries by the name of a cache and a key."""

    def load(self, cache: str, key: str) -> Entry | None:
        """What was kept; None when there is nothing."""
        ...

    def save(self, cache: str, key: str, node: str, entry: Entry) -> None:
        """Keep an entry of a node, in place of what was kept before."""
        ...


class MemoryMemo(Memo):
    """Keeps them for one run only."""

    def __init__(self) -> None:
        self._entries: dict[tuple[str, str], Entry] = {}

    def load(self, cache: str, key: str) -> Entry | None:
        """What was kept."""
        return self._entries.get((cache, key))

    def save(self, cache: str, key: str, node: str, entry: Entry) -> None:
        """Keep an entry."""
        self._entries[cache, key] = entry


class FileMemo(Memo):
    """Keeps them in a folder, a file for each cache."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def load(self, cache: str, key: str) -> Entry | None:
        """What was kept."""
        found = read_json(self._path(cache)).get(key)
        if not isinstance(found, dict):
            return None
        return Entry(found["outputs"], found["digests"], float(found["keptAt"]))

    def save(self, cache: str, key: str, node: str, entry: Entry) -> None:
        """Keep an entry."""
        path = self._path(cache)
        path.parent.mkdir(parents=True, exist_ok=True)
        kept = {
            "nodeID": node,
            "outputs": entry.outputs,
            "digests": entry.digests,
            "keptAt": entry.kept_at,
            "creationTimestamp": time_text(entry.kept_at),
        }
        write_atomically(path, json.dumps({**read_json(path), key: kept}, ensure_ascii=False))

    def _path(self, cache: str) -> Path:
        return self._folder / f"{re.sub(r'[^-.a-zA-Z0-9]', '_', cache)}.json"


def cache_and_key(memoize: Mapping[str, Any]) -> tuple[str, str]:
    """The name of the cache and the key; raises ManifestError for one that Argo refuses."""
    key = str(memoize.get("key") or "")
    name = ((memoize.get("cache") or {}).get("configMap") or {}).get("name")
    if not name:
        raise ManifestError("cache could not be found or created")
    if not _KEY.fullmatch(key):
        raise ManifestError(f"invalid cache key {key!r}", hint="a memoize key has letters, digits and dashes only")
    return str(name), key


def is_fresh(entry: Entry, memoize: Mapping[str, Any], now: float) -> bool:
    """Whether an entry is younger than the template's `maxAge`."""
    if not memoize.get("maxAge"):
        return True
    try:
        oldest = parse_duration(str(memoize["maxAge"]))
    except ManifestError as error:
        raise ManifestError(f"invalid maxAge: {error.message}", hint=error.hint) from error
    return now - entry.kept_at <= oldest


def copied(outputs: Mapping[str, Any]) -> dict[str, Any]:
    """Outputs of one node, for another."""
    return copy.deepcopy(dict(outputs))
