"""What a pod leaves: its output parameters read, its output artifacts taken into the store (Argo, executor.go)."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from kai_pipelines.cache.store import Result, Store
from kai_pipelines.engine.scope import text_of
from kai_pipelines.engine.view import View
from kai_pipelines.engine.workspace import Workspace

_WAIT = "wait: Error (exit code 64): "
"""How a pod's message begins whose outputs could not be saved: Argo's container for that has ended so."""


def collect(workspace: Workspace, store: Store, result: str | None) -> tuple[Result, str]:
    """A pod's outputs, as far as they are there; and Argo's message about the first that is not."""
    outputs = workspace.template.get("outputs") or {}
    parameters: dict[str, str] = {}
    fault = ""
    for one in outputs.get("parameters") or []:
        if not (one.get("valueFrom") or {}).get("path"):
            if one.get("value") is not None:  # the template says it itself
                parameters[one["name"]] = text_of(one["value"])
            continue
        value, said = _parameter(one, workspace)
        if value is None:
            fault = said
            break
        parameters[one["name"]] = value
    artifacts, missing = _artifacts(outputs.get("artifacts") or [], workspace, store)
    fault = fault or "".join(f"{said}; " for said in missing)
    return Result(parameters, artifacts, result), f"{_WAIT}{fault}" if fault else ""


def _parameter(one: Mapping[str, Any], workspace: Workspace) -> tuple[str | None, str]:
    source = one["valueFrom"]
    path = str(source["path"])
    try:
        # Argo takes one newline off the end (executor.go SaveParameters).
        return workspace.where(path).read_bytes().decode(errors="replace").removesuffix("\n"), ""
    except OSError as error:
        if "default" in source:
            return str(source["default"]).removesuffix("\n"), ""
        folder = "/mainctrfs" if workspace.in_volume(path) else "/var/run/argo/outputs/parameters"
        return None, f"open {folder}/{path.lstrip('/')}: {(error.strerror or str(error)).lower()}"


def _artifacts(
    declared: list[dict[str, Any]], workspace: Workspace, store: Store
) -> tuple[dict[str, str], list[str]]:
    found: dict[str, str] = {}
    missing: list[str] = []
    paths = [str(one.get("path", "")) for one in declared]
    for one, path in zip(declared, paths, strict=True):
        if not path:
            continue
        place = workspace.where(path)
        if place.exists():
            others = [other for other in paths if other is not path]
            found[one["name"]] = store.adopt(_taken(place, path, one["name"], others, workspace))
        elif not one.get("optional"):
            missing.append(_absent(path, workspace))
    return found, missing


def _absent(path: str, workspace: Workspace) -> str:
    if workspace.in_volume(path):
        return f"{path} no such file or directory"
    return f"open /var/run/argo/outputs/artifacts/{path.strip('/')}.tgz: no such file or directory"


def _taken(place: Path, path: str, name: str, others: list[str], workspace: Workspace) -> Path:
    """The output as something that may be moved away: a copy where it is to stay, or is part of another."""
    view = workspace.views.get("main")
    ours = place.resolve().is_relative_to(workspace.folder.resolve())
    shared = any(PurePosixPath(path) in [PurePosixPath(o), *PurePosixPath(o).parents] for o in others)
    if view is not None and place.is_dir():
        _retarget(place, path, view)
    if ours and not workspace.in_volume(path) and not shared:
        return place
    copy = workspace.folder / "collected" / name / (PurePosixPath(path).name or "root")
    copy.parent.mkdir(parents=True)
    if place.is_dir():
        shutil.copytree(place, copy, ignore_dangling_symlinks=True)
    else:
        shutil.copyfile(place, copy)
    return copy


def _retarget(folder: Path, path: str, view: View) -> None:
    """Let links in an output lead where they led for the container that made them."""
    for link in folder.rglob("*"):
        if link.is_symlink():
            inside = PurePosixPath(path, link.relative_to(folder).parent.as_posix())
            target = view.where(str(inside / link.readlink()))
            link.unlink()
            link.symlink_to(target)
