"""TARGET: a pipeline's name, ``file.py[:object]``, or manifests (a file, a folder, ``-``)."""

from __future__ import annotations

import difflib
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from kai_pipelines.errors import UsageError
from kai_pipelines.manifest.document import WORKFLOW_KINDS, load, load_all
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
    given = tuple(document for path in beside for document in load(path))
    target = replace(target, siblings=(*target.siblings, *given))
    if isinstance(target.given, dict) and Path(text).is_file():
        from kai_pipelines.manifest.neighbors import neighbors

        near = neighbors(Path(text), [target.given, *target.siblings])
        target = replace(target, siblings=(*target.siblings, *near))
    return target


def _named(text: str, settings: Settings) -> Target:
    path, _, name = text.partition(".py:")
    if text.endswith(".py") or name:
        return _in_python(Path(text if text.endswith(".py") else path + ".py"), name)
    if text == "-":
        return _manifests(load_all(sys.stdin.read(), source="standard input"), "standard input")
    if Path(text).suffix in {".yaml", ".yml", ".json"} or Path(text).is_dir():
        if not Path(text).exists():
            raise UsageError(f"there is no file {text}")
        return _manifests(load(Path(text)), text)
    from kai_pipelines.discovery import pipeline_named

    return Target(pipeline_named(text, settings.pipelines), made_by="us")


def _in_python(file: Path, name: str) -> Target:
    """A pipeline of ours, or a workflow of Hera's."""
    from kai_pipelines.hera_edge.file import imports_hera

    if file.is_file() and imports_hera(file):
        return _hera(file, name)
    from kai_pipelines.discovery import pipeline_in_file

    return Target(pipeline_in_file(file, name or None), made_by="us")


def _hera(file: Path, name: str) -> Target:
    import click

    from kai_pipelines.discovery import pipelines_in
    from kai_pipelines.hera_edge.file import built, load

    loaded = load(file)
    for note in loaded.notes:
        click.echo(f"note: {note}", err=True)
    workflows, pipelines = loaded.workflows, pipelines_in(loaded.module)
    if name:
        value = getattr(loaded.module, name, None)
        if (pipeline := next((one for one in pipelines.values() if one is value), None)) is not None:
            return Target(pipeline, made_by="us")
        chosen = workflows.get(name) or next((one for one in workflows.values() if workflow_name(one) == name), None)
        if chosen is None and value is None:
            raise UsageError(f"{file} has no workflow {name!r}", hint=_meant(name, [*workflows, *pipelines]))
        return _with_siblings(chosen or built(value, name, file), workflows.values(), "hera")
    if pipelines and not workflows:
        from kai_pipelines.discovery import pipeline_in_file

        return Target(pipeline_in_file(file, None), made_by="us")
    if not workflows:
        raise UsageError(f"{file} defines no Hera workflow", hint="a variable of the module must hold it")
    runnable = _most_runnable(list(workflows.values()))
    names = [one for one, manifest in workflows.items() if any(manifest is other for other in runnable)]
    if len([*names, *pipelines]) > 1:
        choices = ", ".join(f"{file}:{one}" for one in [*names, *pipelines])
        raise UsageError(f"{file} defines {len([*names, *pipelines])} workflows", hint=f"say which: {choices}")
    return _with_siblings(runnable[0], workflows.values(), "hera")


def _meant(name: str, known: list[str]) -> str:
    near = difflib.get_close_matches(name, known, n=1)
    return (f"did you mean {near[0]}? " if near else "") + f"it has {', '.join(known) or 'none'}"


def workflow_name(manifest: dict[str, object]) -> str:
    """The name of a manifest; of one whose name a server makes up, what it begins with."""
    metadata = manifest.get("metadata")
    found = (metadata.get("name") or metadata.get("generateName")) if isinstance(metadata, dict) else None
    return str(found or "workflow").rstrip("-")


def _most_runnable(workflows: list[dict[str, object]]) -> list[dict[str, object]]:
    """Those that are meant when nobody says which: a Workflow before a schedule, a schedule before a template."""
    for kind in ("Workflow", "CronWorkflow"):
        if found := [one for one in workflows if one.get("kind") == kind]:
            return found
    return workflows


def _with_siblings(
    chosen: dict[str, object], documents: Iterable[dict[str, object]], made_by: Literal["hera", "hand"] = "hand"
) -> Target:
    return Target(chosen, tuple(document for document in documents if document is not chosen), made_by)


def _manifests(documents: list[dict[str, object]], source: str) -> Target:
    workflows = [document for document in documents if document.get("kind") in WORKFLOW_KINDS]
    if not workflows:
        raise UsageError(f"{source} holds none of {', '.join(WORKFLOW_KINDS)}")
    runnable = [w for w in workflows if w.get("kind") == "Workflow"] or workflows
    if len(runnable) > 1:
        raise UsageError(f"{source} holds {len(runnable)} workflows that could be meant", hint="give one file")
    return _with_siblings(runnable[0], documents)
