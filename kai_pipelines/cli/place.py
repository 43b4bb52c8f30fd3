"""RUN: the record of a run on this machine, or the name of a workflow on a cluster."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from kai_pipelines.errors import ManifestError, UsageError

RECORD = "workflow.json"


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
    return text


def read_record(path: Path) -> Record:
    """The record in a file."""
    from kai_pipelines.manifest.document import load

    documents = load(path)
    if len(documents) != 1 or documents[0].get("kind") != "Workflow":
        raise ManifestError(f"{path} is not the record of one workflow")
    return Record(path, documents[0])
