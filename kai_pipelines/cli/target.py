"""TARGET: a pipeline's name, ``file.py[:object]``, or manifests (a file, a folder, ``-``)."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from kai_pipelines.errors import UsageError
from kai_pipelines.manifest.document import WORKFLOW_KINDS, load, load_all
from kai_pipelines.manifest.limits import MAX_BYTES
from kai_pipelines.settings import Settings

if TYPE_CHECKING:
    from kai_pipelines.discovery import AnyPipeline


@dataclass(frozen=True)
class Target:
    """One pipeline or manifest to work on."""

    given: AnyPipeline | dict[str, object]
    siblings: tuple[dict[str, object], ...] = ()
    """Other manifests given with it, for templates it refers to."""
    made_by: Literal["us", "hera", "hand"] = "hand"

    @property
    def pipeline(self) -> AnyPipeline | None:
        """The Python pipeline, if it is one."""
        return None if isinstance(self.given, dict) else self.given

    @cached_property
    def manifest(self) -> dict[str, object]:
        """The manifest; a pipeline is compiled when somebody asks."""
        return self.given if isinstance(self.given, dict) else self.given.to_dict()


def resolve(text: str, settings: Settings, beside: Sequence[Path] = ()) -> Target:
    """What TARGET names; `beside` are files and folders with other manifests that it may refer to.

    What a manifest of a file refers to and does not find in them is looked for beside the file.
    """
    target = _named(text, settings)
    given = tuple(document for path in beside for document in _documents(path))
    target = replace(target, siblings=(*target.siblings, *given))
    file = Path(_file_of(text) or text)
    if isinstance(target.given, dict) and file.is_file():
        from kai_pipelines.manifest.neighbors import neighbors

        near = neighbors(file, [target.given, *target.siblings])
        target = replace(target, siblings=(*target.siblings, *near))
    return target


def _named(text: str, settings: Settings) -> Target:
    if file := _file_of(text):
        return _in_python(Path(file), text.removeprefix(f"{file}:") if text != file else "")
    if not text:
        raise UsageError("TARGET is empty", hint="give a pipeline's name, a file, a folder, or - for standard input")
    if text == "-":
        if sys.stdin is None:
            raise UsageError("there is no standard input to read")
        return _manifests(load_all(sys.stdin.buffer.read(MAX_BYTES + 1), source="standard input"), "standard input")
    if Path(text).suffix in {".yaml", ".yml", ".json"} or Path(text).is_dir():
        if not Path(text).exists():
            raise UsageError(f"there is no file {text}")
        return _manifests(load(Path(text)), text)
    from kai_pipelines.discovery import pipeline_named

    return Target(pipeline_named(text, settings.pipelines), made_by="us")


def _file_of(text: str) -> str:
    """The Python file of ``flow.py`` or ``flow.py:object``; empty for what names none."""
    path, _, name = text.partition(".py:")
    return text if text.endswith(".py") else f"{path}.py" if name else ""


def _documents(path: Path) -> list[dict[str, object]]:
    """The manifests of a file or folder, or of a Hera file."""
    if path.suffix != ".py":
        return load(path)
    from kai_pipelines.hera_edge.file import load as load_hera

    return list(load_hera(path).workflows.values())


def _in_python(file: Path, name: str) -> Target:
    """A pipeline of ours, or a workflow of Hera's."""
    from kai_pipelines.hera_edge.imports import imports_hera

    if file.is_file() and imports_hera(file):
        from kai_pipelines.cli.hera_target import in_hera_file

        return in_hera_file(file, name)
    from kai_pipelines.discovery import pipeline_in_file

    return Target(pipeline_in_file(file, name or None), made_by="us")


def workflow_name(manifest: dict[str, object]) -> str:
    """The name of a manifest; of one whose name a server makes up, what it begins with."""
    metadata = manifest.get("metadata")
    found = (metadata.get("name") or metadata.get("generateName")) if isinstance(metadata, dict) else None
    return str(found or "workflow").rstrip("-")


def with_siblings(
    chosen: dict[str, object], documents: Iterable[dict[str, object]], made_by: Literal["hera", "hand"] = "hand"
) -> Target:
    """One of several manifests that were found together."""
    return Target(chosen, tuple(document for document in documents if document is not chosen), made_by)


def _manifests(documents: list[dict[str, object]], source: str) -> Target:
    workflows = [document for document in documents if document.get("kind") in WORKFLOW_KINDS]
    if not workflows:
        raise UsageError(f"{source} holds none of {', '.join(WORKFLOW_KINDS)}")
    runnable = [w for w in workflows if w.get("kind") == "Workflow"] or workflows
    if len(runnable) > 1:
        raise UsageError(f"{source} holds {len(runnable)} workflows that could be meant", hint="give one file")
    return with_siblings(runnable[0], documents)
