"""One pod, here: its folder made, its command run, its outputs kept."""

from __future__ import annotations

import asyncio
import contextlib
import platform
import re
from collections import deque
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from kai_pipelines.cache.fingerprint import Fingerprints
from kai_pipelines.cache.key import result_key
from kai_pipelines.cache.store import Result, Store, remove
from kai_pipelines.engine.admission import container_of
from kai_pipelines.engine.command import is_ours, job_of
from kai_pipelines.engine.executor import TIMED_OUT, Executor
from kai_pipelines.engine.node import Node
from kai_pipelines.engine.repository import Repository
from kai_pipelines.engine.scope import fill, has_location, path_scope
from kai_pipelines.engine.workspace import bind
from kai_pipelines.errors import StoreError
from kai_pipelines.manifest.library import Template
from kai_pipelines.settings import VERSION

LAST_LINES = 20
PROGRESS_EVERY = 0.5
"""Seconds between two looks at what a step says of its progress."""
LONGEST_RESULT = 256 * 1024
"""Bytes of standard output that become a result (Argo, executor.go CaptureScriptResult)."""
NO_CACHE = "kai-pipelines/cache"
"""Annotation on a template's metadata: ``disabled`` runs it each time."""
_TIMEOUT = "Pod was active on the node longer than the specified deadline"


@dataclass
class Outcome:
    """How a pod ended."""

    phase: str
    message: str = ""
    exit_code: int | None = 0
    """None when no process ended."""
    result: Result = field(default_factory=Result)
    cached: bool = False
    ran: bool = False
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
        self.fingerprints = Fingerprints(python_path, store.root / "fingerprints.json")

    def key(self, template: Template, *, wants_result: bool = False) -> str | None:
        """The key of the pod's result; None when it must run each time.

        Only what decides the outputs counts: not resources, where a pod would be scheduled, retries or
        deadlines. A pod without outputs runs for what it does elsewhere (it sends, deletes, notifies), so it
        always runs.
        """
        outputs = template.get("outputs") or {}
        container = container_of(template)
        annotations = (template.get("metadata") or {}).get("annotations") or {}
        if annotations.get(NO_CACHE) == "disabled":
            return None
        if not (outputs.get("parameters") or outputs.get("artifacts") or wants_result):
            return None
        ours = is_ours(container)
        source = self.fingerprints.of(str(container["args"][0])) if ours else None
        if ours and source is None:  # nobody can say whether it has changed
            return None
        filled = fill(container, path_scope(template))
        kept = {name: filled.get(name) for name in ("image", "command", "args", "env", "source", "workingDir")}
        kept["outputs"] = [_declared(one) for kind in ("parameters", "artifacts") for one in outputs.get(kind) or []]
        inputs: dict[str, str | None] = {}
        for one in (template.get("inputs") or {}).get("artifacts") or []:
            present = has_location(one) and self._repository.exists(one)
            inputs[f"{one['name']} at {one.get('path')}"] = self._repository.digest(one) if present else None
        versions = {"kai": VERSION, "python": platform.python_version()}
        return result_key({**kept, "result": wants_result}, inputs, source, versions)

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
        *,
        wants_result: bool = False,
        seconds: float | None = None,
    ) -> Outcome:
        """Run the pod's command and keep what it gives."""
        folder = self._workspace / node.id
        log = self._logs / f"{log_name(node)}.log"
        last: deque[str] = deque(maxlen=LAST_LINES)

        def heard(line: str) -> None:
            last.append(line)
            on_line(line)

        try:
            _prepare(folder, log)
            copies = not is_ours(container_of(template))
            bound = await asyncio.to_thread(bind, template, folder, self._repository, copies=copies)
            job = job_of(node.name, bound, folder, log, self._python_path, wants_result=wants_result, seconds=seconds)
            async with _followed(folder / "progress", on_progress):
                code = await self._executor.run(job, heard)
            outcome = await asyncio.to_thread(self._collect, bound, code, job.result)
            if outcome.phase == "Succeeded" and key is not None:
                self._store.put(key, outcome.result)
        except OSError as error:
            raise StoreError(
                f"{node.name}: cannot keep the step's files: {error.strerror or error}"
                + (f": {error.filename}" if error.filename else ""),
                hint="make room or give permission, and run again: what is finished is kept",
            ) from error
        finally:
            with contextlib.suppress(OSError):
                remove(folder)
        outcome.log, outcome.last_lines, outcome.ran = log, tuple(last), True
        return outcome

    def _collect(self, template: Template, code: int, result: Path | None) -> Outcome:
        if code == TIMED_OUT:
            return Outcome("Failed", _TIMEOUT, 143)
        if code != 0:
            shown = 128 - code if code < 0 else code
            return Outcome("Failed", f"main: Error (exit code {shown})", shown, Result(result=_text_of(result)))
        outputs = template.get("outputs") or {}
        parameters: dict[str, str] = {}
        for one in outputs.get("parameters") or []:
            value = _read_parameter(one)
            if value is None:
                return Outcome("Error", f"output parameter {one['name']} was not written", None)
            parameters[one["name"]] = value
        artifacts: dict[str, str] = {}
        for one in outputs.get("artifacts") or []:
            path = Path(one.get("path", ""))
            if path.exists():
                artifacts[one["name"]] = self._store.adopt(path)
            elif not one.get("optional"):
                return Outcome("Error", f"output artifact {one['name']} was not written", None)
        return Outcome("Succeeded", exit_code=0, result=Result(parameters, artifacts, _text_of(result)))


def _declared(output: Mapping[str, Any]) -> dict[str, Any]:
    """What decides an output's content: not under which key it is stored, nor how it is packed."""
    return {key: output[key] for key in ("name", "path", "optional", "valueFrom") if key in output}


def _prepare(folder: Path, log: Path) -> None:
    remove(folder)
    for name in ("scratch", "outputs"):
        (folder / name).mkdir(parents=True)
    log.parent.mkdir(parents=True, exist_ok=True)
    log.unlink(missing_ok=True)


@contextlib.asynccontextmanager
async def _followed(file: Path, on_progress: Callable[[str], None]) -> AsyncGenerator[None]:
    """While a step runs, pass on what it writes of its progress."""

    async def follow() -> None:
        said = ""
        while True:
            await asyncio.sleep(PROGRESS_EVERY)
            lines = file.read_text(encoding="utf-8", errors="replace").split() if file.exists() else []
            if lines and lines[-1] != said and re.fullmatch(r"\d+/[1-9]\d*", lines[-1]):
                said = lines[-1]
                on_progress(said)

    following = asyncio.create_task(follow())
    try:
        yield
    finally:
        following.cancel()


def log_name(node: Node) -> str:
    """The name of a node's log: its place in the workflow, safe as a file name."""
    return "".join(c if c.isalnum() or c in "._-()" else "_" for c in node.name)[:200]


def _read_parameter(one: Mapping[str, Any]) -> str | None:
    source = one.get("valueFrom") or {}
    path = Path(source.get("path", ""))
    if not path.is_file():
        return str(source["default"]) if "default" in source else None
    # Argo takes one newline off the end (executor.go SaveParameters).
    return path.read_text(encoding="utf-8", errors="replace").removesuffix("\n")


def _text_of(result: Path | None) -> str | None:
    if result is None:
        return None
    with result.open("rb") as file:
        return file.read(LONGEST_RESULT).decode(errors="replace").removesuffix("\n")
