"""A pod's own folder: its inputs put there, and the manifest's paths bound to places inside it.

Pods that run side by side use the same absolute paths; each one gets its own here. Tags of paths are
replaced, and so are the paths themselves where a command or script names them.
"""

from __future__ import annotations

import copy
import re
from pathlib import Path, PurePosixPath
from typing import Any

from kai_pipelines.engine.admission import container_of
from kai_pipelines.engine.repository import Repository
from kai_pipelines.engine.scope import fill, has_location, path_scope
from kai_pipelines.manifest.library import Template

_FIELDS = ("command", "args", "source", "env", "workingDir")
"""Where a container may name a path."""


def bind(template: Template, folder: Path, repository: Repository, *, copies: bool) -> Template:
    """The template with each path inside `folder`, and its inputs there.

    With `copies`, inputs are copied, because the command may change or remove them; without, they are links
    into the store.
    """
    bound = copy.deepcopy(template)
    moved: dict[str, str] = {}
    for one in (bound.get("inputs") or {}).get("artifacts") or []:
        place = folder / "inputs" / one["name"] / PurePosixPath(one.get("path", one["name"])).name
        if has_location(one) and repository.exists(one):
            repository.place(one, place, copies=copies)
        moved[str(one.get("path", ""))] = one["path"] = str(place)
    outputs = bound.get("outputs") or {}
    for one in outputs.get("artifacts") or []:
        _move(one, folder / "outputs" / one["name"], moved)
    for one in outputs.get("parameters") or []:
        _move(one.get("valueFrom") or {}, folder / "parameters" / one["name"], moved)
    filled: Template = fill(bound, path_scope(bound))
    _rename(container_of(filled), moved)
    return filled


def _move(holder: dict[str, Any], folder: Path, moved: dict[str, str]) -> None:
    if "path" not in holder:
        return
    # One output may be the file of another, or of an input that is passed through.
    place = moved.get(str(holder["path"])) or str(folder / PurePosixPath(holder["path"]).name)
    Path(place).parent.mkdir(parents=True, exist_ok=True)
    moved[str(holder["path"])] = holder["path"] = place


def _rename(container: dict[str, Any], moved: dict[str, str]) -> None:
    """Put the new places where the command names the manifest's paths."""
    absolute = sorted((path for path in moved if path.startswith("/")), key=len, reverse=True)
    if not absolute:
        return
    # A path ends where no more of a file name follows; what is below it moves along.
    pattern = re.compile(rf"(?<![\w./-])({'|'.join(map(re.escape, absolute))})(?![\w-]|\.\w)")

    def renamed(value: Any) -> Any:
        if isinstance(value, str):
            return pattern.sub(lambda match: moved[match[1]], value)
        if isinstance(value, list):
            return [renamed(part) for part in value]
        if isinstance(value, dict):
            return {key: renamed(part) for key, part in value.items()}
        return value

    for field in _FIELDS:
        if field in container:
            container[field] = renamed(container[field])
