"""A container as a process of this machine: its command, its environment, its deadline."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from kai_pipelines.engine.admission import OWN_IMAGE, container_of, image_name
from kai_pipelines.engine.executor import Job
from kai_pipelines.manifest.library import Template

_RUNTIME = "kai_pipelines.runtime"
_PASSED_ON = ("PATH", "LANG", "LC_ALL", "TZ", "TMPDIR", "HOME", "USER", "LD_LIBRARY_PATH", "CUDA_VISIBLE_DEVICES")
"""What a step inherits: where programs and libraries are, and no more, so that results depend on little."""
_PREFIXES = ("NUMBA_", "OMP_", "OPENBLAS_", "MKL_", "KAI_STEP_")
_REFERENCE = re.compile(r"\$\$|\$\(([^)$]+)\)")


def is_ours(container: Mapping[str, Any]) -> bool:
    """Whether a container runs one of our steps."""
    return _RUNTIME in (container.get("command") or []) and bool(container.get("args"))


def job_of(
    name: str,
    template: Template,
    folder: Path,
    log: Path,
    python_path: Sequence[str],
    *,
    wants_result: bool,
    seconds: float | None,
) -> Job:
    """The job of a template whose paths are bound to `folder`."""
    container = container_of(template)
    variables = {one["name"]: str(one.get("value", "")) for one in container.get("env") or []}
    environment = _inherited() | variables
    paths = [*python_path, *filter(None, [variables.get("PYTHONPATH")])]
    environment |= {
        "PYTHONPATH": os.pathsep.join(paths),
        "PYTHONUNBUFFERED": "1",
        "KAI_SCRATCH": str(folder / "scratch"),
        "ARGO_PROGRESS_FILE": str(folder / "progress"),
    }
    command = _command(container, variables, folder)
    result = folder / "result" if wants_result else None
    return Job(name, command, environment, folder / "scratch", log, _outputs(template), result, seconds)


def _outputs(template: Template) -> dict[str, Path]:
    outputs = template.get("outputs") or {}
    places = {one["name"]: (one.get("valueFrom") or {}).get("path") for one in outputs.get("parameters") or []}
    places |= {one["name"]: one.get("path") for one in outputs.get("artifacts") or []}
    return {name: Path(path) for name, path in places.items() if path}


def _inherited() -> dict[str, str]:
    found = os.environ
    return {name: found[name] for name in found if name in _PASSED_ON or name.startswith(_PREFIXES)}


def _command(container: Mapping[str, Any], variables: Mapping[str, str], folder: Path) -> list[str]:
    words = [*(container.get("command") or []), *(container.get("args") or [])]
    command = [expanded(str(word), variables) for word in words]
    if "source" in container:
        script = folder / "script"
        script.write_text(str(container["source"]), encoding="utf-8")
        command.append(str(script))
    if command[0] in {"python", "python3"} and image_name(str(container.get("image"))) in {OWN_IMAGE, "python"}:
        command[0] = sys.executable
    return command


def expanded(word: str, variables: Mapping[str, str]) -> str:
    """``$(NAME)`` replaced as Kubernetes does in commands; ``$$`` is a dollar, unknown names stay."""

    def value(match: re.Match[str]) -> str:
        name = match[1]
        return "$" if name is None else variables.get(name, match[0])

    return _REFERENCE.sub(value, word)
