"""One pod, here: its files bound, its command run, its outputs kept."""

from __future__ import annotations

import copy
import os
import sys
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

from kai_pipelines.cache.fingerprint import Fingerprints
from kai_pipelines.cache.key import result_key
from kai_pipelines.cache.store import Result, Store, remove
from kai_pipelines.engine.executor import TIMED_OUT, Executor, Job
from kai_pipelines.engine.node import Node
from kai_pipelines.engine.program import OWN_IMAGE, Template, image_name
from kai_pipelines.engine.repository import Repository
from kai_pipelines.engine.scope import fill, has_location, path_scope
from kai_pipelines.errors import StoreError
from kai_pipelines.settings import VERSION

LAST_LINES = 20
_RUNTIME = "kai_pipelines.runtime"
_PASSED_ON = (
    "PATH",
    "LANG",
    "LC_ALL",
    "TZ",
    "TMPDIR",
    "HOME",
    "USER",
    "LD_LIBRARY_PATH",
    "NUMBA_CACHE_DIR",
    "SYSTEMROOT",
)


@dataclass
class Outcome:
    """How a pod ended."""

    phase: str
    message: str = ""
    exit_code: int = 0
    result: Result = field(default_factory=Result)
    cached: bool = False
    log: Path | None = None
    last_lines: tuple[str, ...] = ()


class Pods:
    """Runs pods of one workflow."""

    def __init__(
        self,
        store: Store,
        repository: Repository,
        executor: Executor,
        *,
        workspace: Path,
        logs: Path,
        python_path: Sequence[str],
        use_cache: bool,
    ) -> None:
        self._store = store
        self._repository = repository
        self._executor = executor
        self._workspace = workspace
        self._logs = logs
        self._python_path = python_path
        self._use_cache = use_cache
        self._fingerprints = Fingerprints(python_path)

    def key(self, template: Template) -> str | None:
        """The key of the pod's result; None when it must run each time.

        A pod without outputs that is not a step of ours runs for what it does elsewhere, so it always runs.
        """
        outputs = template.get("outputs") or {}
        command = container_of(template)
        ours = is_ours(command)
        if not ours and not outputs.get("parameters") and not outputs.get("artifacts"):
            return None
        source = self._fingerprints.of(str(command["args"][0])) if ours else None
        if ours and (source is None or not (outputs.get("parameters") or outputs.get("artifacts"))):
            return None
        filled = fill(command, path_scope(template))
        kept = {name: filled.get(name) for name in ("image", "command", "args", "env", "source", "workingDir")}
        inputs = {
            one["name"]: self._repository.digest(one) if self._present(one) else None
            for one in (template.get("inputs") or {}).get("artifacts") or []
        }
        declared = {kind: [one["name"] for one in outputs.get(kind) or []] for kind in ("parameters", "artifacts")}
        return result_key({**kept, "outputs": declared}, inputs, source, {"kai": VERSION})

    def _present(self, artifact: Mapping[str, Any]) -> bool:
        return has_location(artifact) and self._repository.exists(artifact)

    def kept(self, key: str | None) -> Outcome | None:
        """The outcome that is in the store already."""
        result = self._store.get(key) if key is not None and self._use_cache else None
        return Outcome("Succeeded", result=result, cached=True) if result is not None else None

    async def run(
        self,
        node: Node,
        template: Template,
        key: str | None,
        on_line: Callable[[str], None],
        on_progress: Callable[[str], None],
    ) -> Outcome:
        """Run the pod's command and keep what it gives."""
        folder = self._workspace / node.id
        remove(folder)
        (folder / "scratch").mkdir(parents=True)
        bound = self._bind(template, folder)
        log = self._logs / f"{log_name(node)}.log"
        log.parent.mkdir(parents=True, exist_ok=True)
        log.unlink(missing_ok=True)
        progress, last = folder / "progress", deque[str](maxlen=LAST_LINES)
        wants_stdout = "source" in container_of(template)

        def heard(line: str) -> None:
            last.append(line)
            if progress.exists():
                on_progress(progress.read_text(encoding="utf-8").strip())
            on_line(line)

        job = self._job(bound, folder, log, progress)
        code = await self._executor.run(job, heard)
        outcome = self._collect(bound, code, log, wants_stdout)
        outcome.log, outcome.last_lines = log, tuple(last)
        if outcome.phase == "Succeeded" and key is not None:
            self._store.put(key, outcome.result)
        remove(folder)
        return outcome

    def _bind(self, template: Template, folder: Path) -> Template:
        """The template with each path inside the pod's own folder, and its inputs there."""
        bound = copy.deepcopy(template)
        for one in (bound.get("inputs") or {}).get("artifacts") or []:
            place = folder / "inputs" / one["name"] / PurePosixPath(one["path"]).name
            if self._present(one):
                self._repository.place(one, place)
            one["path"] = str(place)
        outputs = bound.get("outputs") or {}
        for one in outputs.get("artifacts") or []:
            if "path" in one:
                one["path"] = str(folder / "outputs" / one["name"] / PurePosixPath(one["path"]).name)
        for one in outputs.get("parameters") or []:
            if "path" in (one.get("valueFrom") or {}):
                one["valueFrom"]["path"] = str(folder / "outputs" / one["name"])
        (folder / "outputs").mkdir()
        for one in outputs.get("artifacts") or []:
            (folder / "outputs" / one["name"]).mkdir(exist_ok=True)
        filled: Template = fill(bound, path_scope(bound))
        return filled

    def _job(self, template: Template, folder: Path, log: Path, progress: Path) -> Job:
        container = container_of(template)
        command = [str(part) for part in [*container.get("command", []), *container.get("args", [])]]
        if "source" in container:
            script = folder / "script"
            script.write_text(container["source"], encoding="utf-8")
            command.append(str(script))
        if command[0] in {"python", "python3"} and image_name(container["image"]) in {OWN_IMAGE, "python"}:
            command[0] = sys.executable
        environment = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
        environment |= {"PYTHONPATH": os.pathsep.join(self._python_path), "PYTHONUNBUFFERED": "1"}
        environment |= {
            one["name"]: str(one.get("value", "")) for one in container.get("env") or [] if not is_ours(container)
        }
        environment |= {"KAI_SCRATCH": str(folder / "scratch"), "ARGO_PROGRESS_FILE": str(progress)}
        seconds = template.get("activeDeadlineSeconds")
        return Job(command, environment, folder, log, float(seconds) if seconds is not None else None)

    def _collect(self, template: Template, code: int, log: Path, wants_stdout: bool) -> Outcome:
        if code == TIMED_OUT:
            return Outcome("Failed", "Pod was active on the node longer than the specified deadline", 143)
        if code != 0:
            shown = 128 - code if code < 0 else code
            return Outcome("Failed", f"main: Error (exit code {shown})", shown)
        outputs = template.get("outputs") or {}
        try:
            parameters = {one["name"]: _read_parameter(one) for one in outputs.get("parameters") or []}
            artifacts = {}
            for one in outputs.get("artifacts") or []:
                path = Path(one.get("path", ""))
                if path.exists():
                    artifacts[one["name"]] = self._store.adopt(path)
                elif not one.get("optional"):
                    return Outcome("Error", f"output artifact {one['name']} was not written", code)
        except FileNotFoundError as error:
            return Outcome("Error", f"output parameter was not written: {Path(str(error.filename)).name}", code)
        except OSError as error:
            raise StoreError(
                f"cannot keep the outputs of {template['name']}: {error}", hint="free some space"
            ) from error
        text = log.read_text(encoding="utf-8", errors="replace").removesuffix("\n") if wants_stdout else None
        return Outcome("Succeeded", exit_code=0, result=Result(parameters, artifacts, text))


def container_of(template: Template) -> dict[str, Any]:
    """The container or script of a template."""
    found: dict[str, Any] = template.get("container") or template["script"]
    return found


def is_ours(container: Mapping[str, Any]) -> bool:
    """Whether a container runs one of our steps."""
    return _RUNTIME in container.get("command", []) and bool(container.get("args"))


def log_name(node: Node) -> str:
    """The name of a node's log: its place in the workflow, safe as a file name."""
    return "".join(c if c.isalnum() or c in "._-()" else "_" for c in node.name)[:200]


def _read_parameter(one: Mapping[str, Any]) -> str:
    source = one.get("valueFrom") or {}
    path = Path(source.get("path", ""))
    if not path.is_file() and "default" in source:
        return str(source["default"])
    # Argo takes one newline off the end (executor.go SaveParameters).
    return path.read_text(encoding="utf-8", errors="surrogateescape").removesuffix("\n")
