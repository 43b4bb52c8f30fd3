"""TARGET: a pipeline's name, ``file.py[:object]``, or manifests (a file, a folder, ``-``)."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

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

    @property
    def pipeline(self) -> AnyPipeline | None:
        """The Python pipeline, if it is one."""
        return None if isinstance(self.given, dict) else self.given

    @cached_property
    def manifest(self) -> dict[str, object]:
        """The manifest; a pipeline is compiled when somebody asks."""
        return self.given if isinstance(self.given, dict) else self.given.to_dict()


def resolve(text: str, settings: Settings) -> Target:
    """What TARGET names."""
    path, _, name = text.partition(".py:")
    if text.endswith(".py") or name:
        from kai_pipelines.discovery import pipeline_in_file

        file = Path(text if text.endswith(".py") else path + ".py")
        return Target(pipeline_in_file(file, name or None))
    if text == "-":
        return _manifests(load_all(sys.stdin.buffer.read(MAX_BYTES + 1), source="standard input"), "standard input")
    if Path(text).suffix in {".yaml", ".yml", ".json"} or Path(text).is_dir():
        if not Path(text).exists():
            raise UsageError(f"there is no file {text}")
        return _manifests(load(Path(text)), text)
    from kai_pipelines.discovery import pipeline_named

    return Target(pipeline_named(text, settings.pipelines))


def _manifests(documents: list[dict[str, object]], source: str) -> Target:
    workflows = [document for document in documents if document.get("kind") in WORKFLOW_KINDS]
    if not workflows:
        raise UsageError(f"{source} holds none of {', '.join(WORKFLOW_KINDS)}")
    runnable = [w for w in workflows if w.get("kind") == "Workflow"] or workflows
    if len(runnable) > 1:
        raise UsageError(f"{source} holds {len(runnable)} workflows that could be meant", hint="give one file")
    others = tuple(document for document in documents if document is not runnable[0])
    return Target(runnable[0], others)
