"""RUN: the record of a run on this machine, or the name of a workflow on a cluster."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

from kai_pipelines.errors import ManifestError, UsageError
from kai_pipelines.manifest.names import is_object_name

RECORD = "workflow.json"
_FIRST_RECORD = 5.0
"""Seconds to wait for the record of a run that goes on."""


@dataclass(frozen=True)
class Record:
    """A run on this machine: the folder that `kai run -o` wrote, and its record."""

    path: Path
    workflow: dict[str, object]

    @property
    def folder(self) -> Path:
        """Where outputs and logs are."""
        return self.path.parent


def located(text: str) -> Record | str:
    """What RUN names: a file or folder that is there is a record, everything else a workflow's name."""
    path = Path(text)
    if path.is_dir():
        if not (path / RECORD).is_file():
            _await_first_record(path)
        if not (path / RECORD).is_file():
            raise UsageError(
                f"{path} holds no {RECORD}", hint="give the folder that `kai run -o` wrote, or a workflow's name"
            )
        return read_record(path / RECORD)
    if path.is_file():
        return read_record(path)
    if path.suffix in {".json", ".yaml", ".yml"} or len(path.parts) > 1:
        raise UsageError(
            f"there is no record {text}", hint="give a file or folder of `kai run -o`, or a workflow's name"
        )
    if not is_object_name(text):
        raise UsageError(f"{text!r} is neither a record that is here nor a name that a workflow can have")
    return text


def _await_first_record(folder: Path) -> None:
    """A run that has just begun writes its record a second later."""
    from kai_pipelines.engine.control import is_alive

    deadline = time.monotonic() + _FIRST_RECORD
    while not (folder / RECORD).is_file() and is_alive(folder) and time.monotonic() < deadline:
        time.sleep(0.1)


def read_record(path: Path) -> Record:
    """The record in a file."""
    from kai_pipelines.manifest.document import load

    documents = load(path)
    if len(documents) != 1 or documents[0].get("kind") != "Workflow":
        raise ManifestError(f"{path} is not the record of one workflow")
    return Record(path, documents[0])
