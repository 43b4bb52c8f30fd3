"""Manifests as YAML or JSON text, in and out.

A manifest is the plain dict that Argo reads. Writing is deterministic and for people: keys in the order
they were made, text of several lines as block scalars, no anchors, no line folding.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path

import yaml

from kai_pipelines.errors import ManifestError
from kai_pipelines.manifest.limits import MAX_BYTES
from kai_pipelines.manifest.reading import Fault, read

Manifest = Mapping[str, object]

WORKFLOW_KINDS = ("Workflow", "WorkflowTemplate", "CronWorkflow", "ClusterWorkflowTemplate")
"""The kinds of object that hold templates and an entrypoint."""
SUFFIXES = frozenset((".yaml", ".yml", ".json"))
"""Of the files that are manifests."""


class _Dumper(yaml.CSafeDumper):
    """Argo's YAML: block scalars for several lines, and no aliases."""

    def ignore_aliases(self, data: object) -> bool:
        return True


# What Go's YAML 1.1 reader takes for a number (it drops every underscore) or a boolean although PyYAML would leave it
# bare.
_LOOKS_TYPED = re.compile(r"[-+._]*[0-9][0-9a-f_.:xo+-]*|y|n|yes|no|on|off", re.IGNORECASE)


def _text(dumper: _Dumper, data: str) -> yaml.ScalarNode:
    style = None
    if "\n" in data and not any(line != line.rstrip() for line in data.split("\n")):
        style = "|"
    elif _LOOKS_TYPED.fullmatch(data):
        style = "'"
    return dumper.represent_scalar("tag:yaml.org,2002:str", data, style=style)


_Dumper.add_representer(str, _text)


def dump(manifest: Manifest) -> str:
    """The manifest as YAML."""
    text = yaml.dump(manifest, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=1_000_000)
    return text if text.endswith("\n") else f"{text}\n"  # a last text of several lines has none


def load_all(text: str | bytes, *, source: str = "manifest") -> list[dict[str, object]]:
    """Every document of a YAML or JSON text; `source` names it in errors."""
    reading = read(text)
    for fault in reading.faults:
        if fault.is_error:
            raise ManifestError(_told(fault, source), hint=fault.hint or None)
    return list(reading.documents)


def _told(fault: Fault, source: str) -> str:
    if fault.kind == "not-text":
        return f"cannot read {source}: {fault.message} (line {fault.line}, column {fault.column})"
    return f"{source}:{fault.line}:{fault.column}: {fault.message}"


def load(path: Path) -> list[dict[str, object]]:
    """Every document of a file, or of the .yaml, .yml and .json files of a folder."""
    if path.is_dir():
        return [document for file in files_of(path) for document in load(file)]
    return load_all(bytes_of(path), source=str(path))


def files_of(folder: Path) -> list[Path]:
    """The manifests that lie in a folder itself, by name."""
    try:
        return sorted(file for file in folder.iterdir() if file.suffix in SUFFIXES)
    except OSError as error:
        raise ManifestError(f"cannot read {folder}: {error.strerror}") from error


def bytes_of(path: Path) -> bytes:
    """The content of a file, as far as it may be read: one byte more than the most tells that it is too large."""
    try:
        with path.open("rb") as file:
            return file.read(MAX_BYTES + 1)
    except OSError as error:
        raise ManifestError(f"cannot read {path}: {error.strerror}") from error


def canonical(value: object) -> str:
    """JSON with sorted keys and no spaces: equal values have equal text."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
