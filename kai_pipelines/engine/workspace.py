"""A pod's own files: its inputs and volumes put where the manifest says, and its outputs found again.

Pods that run side by side use the same absolute paths. Where this machine allows it, each container has a view of
its own and its files are at the manifest's very paths. Elsewhere, and for our own steps, which are told their
paths, each path gets a place in the pod's folder: tags of paths are replaced, and so are the paths themselves where a
command or script names them.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath
from typing import Any

from kai_pipelines.engine.facts import Facts, expanded, variables_of
from kai_pipelines.engine.images import is_own
from kai_pipelines.engine.part import MAIN, Part, parts_of
from kai_pipelines.engine.repository import Repository
from kai_pipelines.engine.scope import fill, has_location, path_scope
from kai_pipelines.engine.view import Isolation, Mount, View
from kai_pipelines.engine.volumes import OWN, Volumes
from kai_pipelines.errors import ManifestError
from kai_pipelines.manifest.library import Library, Template

_FIELDS = ("command", "args", "source", "env", "workingDir")
"""Where a container may name a path."""
_PUTS = ("inputs", "outputs")
"""Fields of a template whose paths get a place."""
_PLAIN = re.compile(r"^[\w/.@+=~ -]+$")
"""Paths that can be named in a mount's options."""


@dataclass(frozen=True)
class Workspace:
    """The folder of one pod, furnished."""

    folder: Path
    template: Template
    """With its tags of paths replaced."""
    parts: Sequence[Part]
    views: Mapping[str, View] = field(default_factory=dict)
    """By container; empty where paths are replaced instead."""
    shared: Sequence[str] = ()
    """Where volumes are mounted in the main container: what lies there stays."""

    def where(self, path: str) -> Path:
        """The file of this machine that an output of the main container is."""
        view = self.views.get(MAIN)
        return view.where(path) if view is not None else Path(path)

    def in_volume(self, path: str) -> bool:
        """Whether a path of the main container lies in a volume."""
        return any(_within(path, mount) for mount in self.shared)


@dataclass(frozen=True)
class Builder:
    """Makes workspaces."""

    repository: Repository
    volumes: Volumes
    library: Library
    isolation: Isolation | None
    programs: Sequence[Mount] = ()
    """What every view shows besides: where this machine's programs and modules are that it would hide."""

    def make(self, template: Template, folder: Path, facts: Facts) -> Workspace:
        """The workspace of a pod; raises ManifestError when something that it needs is not there."""
        own = all(is_own(part.container) for part in parts_of(template))
        if self.isolation is None or own:
            return self._replaced(template, folder, facts, own=own)
        return self._viewed(template, folder, facts, self.isolation)

    # Views

    def _viewed(self, template: Template, folder: Path, facts: Facts, isolation: Isolation) -> Workspace:
        filled: Template = fill(template, path_scope(template))
        parts = parts_of(filled)
        mounts = {part.name: self._mounts(part.container, filled, folder, facts) for part in parts}
        mirrors = {part.name for part in parts if part.role != "main" and part.container.get("mirrorVolumeMounts")}
        shared = [mount.target for mount in mounts.get(MAIN, [])]
        files = [*self._files(filled, folder, mounts.get(MAIN, []), isolation), self._staging(filled, folder)]
        for name in {MAIN, *mirrors} & mounts.keys():
            mounts[name] = [*mounts[name], *files]
        views = {
            part.name: View(
                folder / "containers" / part.name,
                isolation,
                [*self.programs, *mounts[part.name]],
                str(part.container.get("workingDir") or "/"),
            )
            for part in parts
        }
        for view in views.values():
            view.prepare()
        return Workspace(folder, filled, parts, views, shared)

    def _mounts(self, container: Mapping[str, Any], template: Template, folder: Path, facts: Facts) -> list[Mount]:
        found = []
        for one in container.get("volumeMounts") or []:
            place, fixed = self.volumes.folder(str(one.get("name")), template, folder, facts)
            place = _below(place, self._sub_path(one, container, facts), fixed=fixed)
            kind = "read-only" if fixed or one.get("readOnly") else "read-write"
            found.append(
                Mount(place, str(one.get("mountPath", "")), "read-only" if kind == "read-only" else "read-write")
            )
        return found

    def _sub_path(self, mount: Mapping[str, Any], container: Mapping[str, Any], facts: Facts) -> str:
        if mount.get("subPathExpr"):
            return expanded(str(mount["subPathExpr"]), variables_of(container, facts, self.library))
        return str(mount.get("subPath") or "")

    def _files(self, template: Template, folder: Path, volumes: Sequence[Mount], isolation: Isolation) -> list[Mount]:
        """The input artifacts, each at its path."""
        outputs = _output_paths(template)
        found = []
        for one in (template.get("inputs") or {}).get("artifacts") or []:
            path = str(one.get("path") or "")
            if not path or not self._present(one):
                continue
            over = View(folder, isolation, volumes)
            if any(_within(path, mount.target) for mount in volumes):
                self.repository.place(one, over.where(path), copies=True)
                continue
            place = folder / "inputs" / one["name"] / (PurePosixPath(path).name or "root")
            whole = self.repository.folder(one) if isolation.overlay and "mode" not in one else None
            if whole is not None and _PLAIN.match(f"{whole}{folder}") and not any(_within(o, path) for o in outputs):
                found.append(Mount(whole, path, "copy-on-write", place))
                continue
            self.repository.place(one, place, copies=True)
            found.append(Mount(place, path))
        return found

    def _present(self, artifact: Mapping[str, Any]) -> bool:
        if not has_location(artifact):
            return False
        if self.repository.exists(artifact):
            return True
        if artifact.get("optional"):
            return False
        raise ManifestError(f"artifact {artifact['name']} failed to load: {self.repository.absence(artifact)}")

    @staticmethod
    def _staging(template: Template, folder: Path) -> Mount:
        """What Argo itself puts into a pod: the script, and where progress is written."""
        place = folder / "argo"
        (place / "staging").mkdir(parents=True, exist_ok=True)
        script = template.get("script")
        if script is not None:
            file = place / "staging" / "script"
            file.write_text(str(script.get("source", "")), encoding="utf-8", errors="surrogateescape")
            file.chmod(0o755)
        return Mount(place, "/argo")

    # Replaced paths

    def _replaced(self, template: Template, folder: Path, facts: Facts, *, own: bool) -> Workspace:
        bound = {**template, **{name: copy.deepcopy(template[name]) for name in _PUTS if name in template}}
        moved: dict[str, str] = {}
        own_volumes = {
            name for name, one in self.volumes.declared(template).items() if any(kind in one for kind in OWN)
        }
        for part in parts_of(bound):
            container = part.container
            if own:  # our image's own temporary folders are this machine's
                container = {
                    **container,
                    "volumeMounts": [
                        one for one in container.get("volumeMounts") or [] if one.get("name") not in own_volumes
                    ],
                }
            for mount in self._mounts(container, template, folder, facts):
                moved[mount.target.rstrip("/")] = str(mount.source)
        shared = list(moved)
        for one in (bound.get("inputs") or {}).get("artifacts") or []:
            path = str(one.get("path", ""))
            place = _inside(path, moved, shared) or (
                folder / "inputs" / one["name"] / PurePosixPath(one.get("path") or one["name"]).name
            )
            if self._present(one):
                self.repository.place(one, place, copies=not own)
            moved[path] = one["path"] = str(place)
        outputs = bound.get("outputs") or {}
        for one in outputs.get("artifacts") or []:
            _move(one, folder / "outputs" / one["name"], moved, shared)
        for one in outputs.get("parameters") or []:
            _move(one.get("valueFrom") or {}, folder / f"parameters.{one['name']}", moved, shared)
        filled: Template = fill(bound, path_scope(bound))
        parts = [replace(part, container=_renamed(part.container, moved)) for part in parts_of(filled)]
        places = [moved[path] for path in shared]
        return Workspace(folder, filled, parts, {}, places)


def _below(place: Path, sub_path: str, *, fixed: bool) -> Path:
    if not sub_path:
        return place
    inner = place / sub_path.lstrip("/")
    if not inner.resolve().is_relative_to(place.resolve()):
        raise ManifestError(f"the subPath {sub_path} leads out of its volume")
    if not inner.exists() and not fixed:
        inner.mkdir(parents=True)
    return inner


def _within(path: str, folder: str) -> bool:
    pure, around = PurePosixPath(path), PurePosixPath(folder)
    return pure == around or around in pure.parents


def _output_paths(template: Mapping[str, Any]) -> list[str]:
    outputs = template.get("outputs") or {}
    paths = [one.get("path") for one in outputs.get("artifacts") or []]
    paths += [(one.get("valueFrom") or {}).get("path") for one in outputs.get("parameters") or []]
    return [str(path) for path in paths if path]


def _inside(path: str, moved: Mapping[str, str], shared: Sequence[str]) -> Path | None:
    """The place of a path that lies in a volume."""
    for mount in sorted(shared, key=len, reverse=True):
        if path and _within(path, mount):
            return Path(moved[mount], PurePosixPath(path).relative_to(mount))
    return None


def _move(holder: dict[str, Any], folder: Path, moved: dict[str, str], shared: Sequence[str]) -> None:
    if "path" not in holder:
        return
    path = str(holder["path"])
    # One output may be the file of another, or of an input that is passed through.
    place = moved.get(path) or str(_inside(path, moved, shared) or folder / PurePosixPath(path).name)
    Path(place).parent.mkdir(parents=True, exist_ok=True)
    moved[path] = holder["path"] = place


def _renamed(container: Mapping[str, Any], moved: Mapping[str, str]) -> dict[str, Any]:
    """The container with the new places where it names the manifest's paths."""
    absolute = sorted((path for path in moved if path.startswith("/")), key=len, reverse=True)
    result = dict(container)
    if not absolute:
        return result
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

    for name in _FIELDS:
        if name in result:
            result[name] = renamed(result[name])
    return result


def unnamed_outputs(template: Template) -> list[str]:
    """Output paths that no command, script or variable of the pod names, in words or by a tag.

    Where paths are replaced such an output cannot be kept apart from that of another pod.
    """
    words = [
        str(part.container.get(name, "")) for part in parts_of(fill(template, path_scope(template))) for name in _FIELDS
    ]
    return [
        path for path in _output_paths(template) if path.startswith("/") and not any(path in word for word in words)
    ]
