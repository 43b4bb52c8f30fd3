"""A container as a process of this machine: its command, its environment, its deadline."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kai_pipelines.engine.executor import RUNTIME, Job
from kai_pipelines.engine.facts import Facts, expanded, variables_of
from kai_pipelines.engine.images import OWN_IMAGE, image_of, name_of, words_of
from kai_pipelines.engine.memory import OFF, memory_limit
from kai_pipelines.engine.part import MAIN, Part
from kai_pipelines.engine.workspace import Workspace
from kai_pipelines.errors import ManifestError
from kai_pipelines.manifest.library import Library

_PASSED_ON = ("PATH", "LANG", "LC_ALL", "TZ", "TMPDIR", "HOME", "USER", "LD_LIBRARY_PATH", "CUDA_VISIBLE_DEVICES")
"""What a step inherits: where programs and libraries are, and no more, so that results depend on little."""
_PREFIXES = ("NUMBA_", "OMP_", "OPENBLAS_", "MKL_", "KAI_STEP_")
_PYTHONS = frozenset({"python", "python3"})
_HARMLESS = frozenset({"PYTHONPATH", "PYTHONUNBUFFERED", "PYTHONDONTWRITEBYTECODE"})
"""Variables that mean the same to a running Python as to one that starts."""


def is_ours(container: Mapping[str, Any]) -> bool:
    """Whether a container runs one of our steps."""
    return RUNTIME in (container.get("command") or []) and bool(container.get("args"))


@dataclass(frozen=True)
class Commander:
    """Makes the jobs of one pod's containers."""

    name: str
    """The node's."""
    workspace: Workspace
    facts: Facts
    library: Library
    python_path: Sequence[str]
    log: Path
    wants_result: bool
    memory: str = OFF
    """The rule by which a container's memory is limited; see `memory_limit`."""

    def job(self, part: Part, *, remaining: Callable[[], float | None], stop: asyncio.Event | None = None) -> Job:
        """The job of one container, as things are now."""
        container, folder = part.container, self.workspace.folder
        view = self.workspace.views.get(part.name)
        scratch = folder / f"scratch.{part.name}"
        scratch.mkdir(parents=True, exist_ok=True)
        variables = variables_of(container, self.facts, self.library)
        gives = part.name == MAIN
        return Job(
            name=self.name if gives else f"{self.name}.{part.name}",
            command=self._command(container, variables, viewed=view is not None),
            environment=self._environment(part, variables, scratch),
            folder=self._directory(container, scratch),
            log=self.log if part.role == "main" and gives else self.log.with_suffix(f".{part.name}.log"),
            outputs=self._outputs() if gives else {},
            result=folder / "result" if gives and self.wants_result else None,
            deadline=remaining(),
            container=part.name,
            role=part.role,
            view=view,
            warm=view is None and _is_warm(container, variables),
            stop=stop,
            memory=memory_limit(self.memory, container),
            termination=folder / f"{part.name}.termination",
        )

    def _directory(self, container: Mapping[str, Any], scratch: Path) -> Path:
        wanted = container.get("workingDir")
        return Path(wanted) if wanted and Path(wanted).is_dir() else scratch

    def _outputs(self) -> dict[str, Path]:
        outputs = self.workspace.template.get("outputs") or {}
        places = {one["name"]: (one.get("valueFrom") or {}).get("path") for one in outputs.get("parameters") or []}
        places |= {one["name"]: one.get("path") for one in outputs.get("artifacts") or []}
        return {name: self.workspace.where(path) for name, path in places.items() if path}

    def _environment(self, part: Part, variables: Mapping[str, str], scratch: Path) -> dict[str, str]:
        folder, viewed = self.workspace.folder, part.name in self.workspace.views
        inherited = _inherited()
        if viewed:
            inherited.pop("TMPDIR", None)
        image = image_of(part.container)
        first, last = ([str(path) for path in paths] for paths in (image.path, image.fallback))
        if name_of(part.container) in {OWN_IMAGE, "python"}:
            first.append(str(Path(sys.executable).parent))
        inherited["PATH"] = os.pathsep.join([*first, inherited.get("PATH", os.defpath), *last])
        paths = [*self.python_path, *filter(None, [variables.get("PYTHONPATH")])]
        environment = {**inherited, **variables}
        environment |= {
            "PYTHONPATH": os.pathsep.join(paths),
            "PYTHONUNBUFFERED": "1",
            "ARGO_CONTAINER_NAME": part.name,
            "ARGO_NODE_ID": self.facts.node_id,
            "POD_IP": self.facts.ip,
            "ARGO_WORKFLOW_NAME": self.facts.workflow,
            "ARGO_PROGRESS_FILE": "/argo/progress" if viewed else str(folder / "progress"),
        }
        return environment if viewed else {**environment, "KAI_SCRATCH": str(scratch)}

    def _command(self, container: Mapping[str, Any], variables: Mapping[str, str], *, viewed: bool) -> list[str]:
        command = [expanded(word, variables) for word in words_of(container)]
        if "source" in container:
            command.append("/argo/staging/script" if viewed else str(self._script(container)))
        if not command:
            raise ManifestError(f"no command is given, and what the image {container.get('image')} starts is not known")
        if command[0] in _PYTHONS and name_of(container) in {OWN_IMAGE, "python"}:
            command[0] = sys.executable
        return command

    def _script(self, container: Mapping[str, Any]) -> Path:
        script = self.workspace.folder / "script"
        script.write_text(str(container["source"]), encoding="utf-8", errors="surrogateescape")
        return script


def _inherited() -> dict[str, str]:
    found = os.environ
    return {name: found[name] for name in found if name in _PASSED_ON or name.startswith(_PREFIXES)}


def _is_warm(container: Mapping[str, Any], variables: Mapping[str, str]) -> bool:
    """Whether a running Python that has the runtime loaded would do exactly as a new one."""
    command = [str(word) for word in container.get("command") or []]
    plain = len(command) == 3 and command[0] in _PYTHONS and command[1:] == ["-m", RUNTIME]
    special = [name for name in variables if name.startswith(("PYTHON", "LD_", "MALLOC_")) and name not in _HARMLESS]
    return plain and not special and is_ours(container) and "workingDir" not in container
