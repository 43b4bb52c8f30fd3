"""One pod, here: its folder made, its containers run, its outputs kept."""

from __future__ import annotations

import asyncio
import contextlib
import platform
import re
import sys
from collections import deque
from collections.abc import AsyncGenerator, Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from kai_pipelines.cache.fingerprint import Fingerprints
from kai_pipelines.cache.key import result_key
from kai_pipelines.cache.store import Result, Store
from kai_pipelines.engine.archive import packing
from kai_pipelines.engine.clearing import cleared, discard
from kai_pipelines.engine.collection import collect
from kai_pipelines.engine.command import Commander, is_ours
from kai_pipelines.engine.containers import ContainerOutcome, Containers, read_result, succeeded
from kai_pipelines.engine.daemon import Daemon, ready
from kai_pipelines.engine.executor import Executor, LocalProcesses
from kai_pipelines.engine.facts import ADDRESS, Facts, references
from kai_pipelines.engine.images import PROGRAMS, objection
from kai_pipelines.engine.memory import OFF
from kai_pipelines.engine.node import Node, node_id
from kai_pipelines.engine.part import main_container, parts_of, patched
from kai_pipelines.engine.repository import Repository
from kai_pipelines.engine.scope import fill, has_location, path_scope
from kai_pipelines.engine.view import Isolation, uncovered
from kai_pipelines.engine.volumes import CLAIM, Volumes
from kai_pipelines.engine.workspace import Builder, Workspace, unnamed_outputs
from kai_pipelines.errors import ManifestError, StoreError
from kai_pipelines.manifest.library import Library, Template
from kai_pipelines.manifest.names import NO_CACHE
from kai_pipelines.settings import VERSION

LAST_LINES = 20
PROGRESS_EVERY = 0.5
"""Seconds between two looks at what a step says of its progress."""
LONGEST_RESULT = 256 * 1024
"""Bytes of standard output that become a result (Argo, executor.go CaptureScriptResult)."""
_OF_THE_POD = re.compile(r'"(fieldRef|downwardAPI)"|\(?POD_|status\.podIP')


@dataclass
class Outcome:
    """How a pod ended."""

    phase: str
    message: str = ""
    exit_code: int | None = 0
    """Of the main container; None when it did not end."""
    result: Result = field(default_factory=Result)
    cached: bool = False
    ran: bool = False
    log: Path | None = None
    last_lines: tuple[str, ...] = ()
    containers: tuple[ContainerOutcome, ...] = ()
    """How the main containers ended; of interest where there are several."""


@dataclass(frozen=True)
class Surroundings:
    """What a workflow says of all its pods, and what was given beside it."""

    spec: Mapping[str, Any] = field(default_factory=dict)
    workflow: str = ""
    namespace: str = "default"
    library: Library = field(default_factory=lambda: Library([]))


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
        surroundings: Surroundings | None = None,
        memory: str = OFF,
    ) -> None:
        self._store = store
        self._repository = repository
        self._executor = executor
        self._workspace = workspace
        self._logs = logs
        self._python_path = python_path
        self._use_cache = use_cache
        self._around = surroundings or Surroundings()
        self._memory = memory
        self.known: Mapping[str, Any] = {}
        """What the tags in the workflow's own volumes and patches can name."""
        self._addresses: set[str] = set()
        """Of the daemons that run."""
        self._isolation: list[Isolation | None] = []
        self.fingerprints = Fingerprints(python_path, store.root / "fingerprints.json")

    # Results that are kept

    def key(self, template: Template, *, wants_result: bool = False) -> str | None:
        """The key of the pod's result; None when it must run each time.

        Only what decides the outputs counts: not resources, where a pod would be scheduled, retries or
        deadlines. A pod without outputs runs for what it does elsewhere (it sends, deletes, notifies), so it
        always runs; so does one that shares a volume with others, or that knows its own name.
        """
        outputs = template.get("outputs") or {}
        annotations = (template.get("metadata") or {}).get("annotations") or {}
        if annotations.get(NO_CACHE) == "disabled" or template.get("daemon"):
            return None
        if not (outputs.get("parameters") or outputs.get("artifacts") or wants_result):
            return None
        try:
            whole = self._patched(template)
            given = self._given(whole)
        except ManifestError:  # the pod itself will say so
            return None
        if given is None:
            return None
        container = main_container(whole)
        ours = is_ours(container)
        source = self.fingerprints.of(str(container["args"][0])) if ours else None
        if ours and source is None:  # nobody can say whether it has changed
            return None
        command = {
            "containers": [_decisive(part.name, part.container) for part in parts_of(fill(whole, path_scope(whole)))],
            "outputs": [_declared(one) for kind in ("parameters", "artifacts") for one in outputs.get(kind) or []],
            "given": given,
            "result": wants_result,
        }
        inputs: dict[str, str | None] = {}
        for one in (template.get("inputs") or {}).get("artifacts") or []:
            if "http" in one:
                return None
            present = has_location(one) and self._repository.exists(one)
            how = packing(one) or ""
            digest = self._repository.digest(one) if present else None
            inputs[f"{one['name']} at {one.get('path')} {how} {one.get('mode', '')}".rstrip()] = digest
        return result_key(command, inputs, source, {"kai": VERSION, "python": platform.python_version()})

    def _given(self, template: Template) -> list[Any] | None:
        """The ConfigMaps, Secrets and volumes that decide what a pod does; None for one that others can change."""
        parts = parts_of(template)
        mounted = {str(m.get("name")) for part in parts for m in part.container.get("volumeMounts") or []}
        declared = Volumes(self._workspace, self._store.root, self._around.library, self._spec()).declared(template)
        volumes = [declared[name] for name in sorted(mounted) if name in declared]
        if any(CLAIM in one or "claim-of-the-run" in one for one in volumes):
            return None
        if _OF_THE_POD.search(str([part.container.get("env") for part in parts]).replace("'", '"') + _text(volumes)):
            return None
        objects = [one for part in parts for one in references(part.container)]
        named = {(kind, name) for kind, name, _ in objects} | set(_objects_of(volumes))
        contents = [[*one, _contents(self._around.library.object(*one))] for one in sorted(named)]
        return [volumes, contents] if volumes or contents else []

    def kept(self, key: str | None) -> Outcome | None:
        """The outcome that is in the store already."""
        result = self._store.get(key) if key is not None and self._use_cache else None
        return Outcome("Succeeded", result=result, cached=True) if result is not None else None

    # Running

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
        """Run the pod's containers and keep what they give."""
        run = _PodRun(self._workspace / node.id, self._logs / f"{log_name(node)}.log", on_line)
        with _telling_of_files(node):
            try:
                run.prepare()
                containers = await self._containers(node, template, run, wants_result=wants_result, seconds=seconds)
                said = "argo/progress" if containers.commander.workspace.views else "progress"
                async with _followed(run.folder / said, on_progress):
                    outcome = await self._finish(run, containers)
                if outcome.phase == "Succeeded" and key is not None:
                    self._store.put(key, outcome.result)
            except ManifestError as error:
                outcome = Outcome("Error", f"{error.message}" + (f" ({error.hint})" if error.hint else ""), None)
            finally:
                await cleared(run.folder)
        return run.told(outcome)

    async def start_daemon(
        self, node: Node, template: Template, on_line: Callable[[str], None], *, seconds: float | None = None
    ) -> Daemon:
        """Start a daemon and wait until it is ready; its `ready` is false when it has ended before."""
        run = _PodRun(self._workspace / node.id, self._logs / f"{log_name(node)}.log", on_line)
        ip = self._free_address()

        async def serve(containers: Containers) -> Outcome:
            with _telling_of_files(node):
                try:
                    return run.told(await self._finish(run, containers))
                finally:
                    self._addresses.discard(ip)
                    await cleared(run.folder)

        with _telling_of_files(node):
            run.prepare()
            containers = await self._containers(node, template, run, wants_result=False, seconds=seconds, ip=ip)
        ended = asyncio.create_task(serve(containers))
        mains = [part for part in containers.commander.workspace.parts if part.role == "main"]
        return Daemon(ended, containers, await ready(containers, mains, ended, self._executor), ip)

    def _free_address(self) -> str:
        """An address of its own for a daemon: two of them may listen on the same port."""
        numbers = range(1, 255) if sys.platform == "linux" else range(1, 2)  # elsewhere there is only one
        free = (f"127.0.0.{number}" for number in numbers)
        ip = next((one for one in free if one not in self._addresses), ADDRESS)
        self._addresses.add(ip)
        return ip

    async def _containers(
        self,
        node: Node,
        template: Template,
        run: _PodRun,
        *,
        wants_result: bool,
        seconds: float | None,
        ip: str = ADDRESS,
    ) -> Containers:
        whole = self._patched(template)
        for part in parts_of(whole):
            if said := objection(part.container):
                raise ManifestError(f"container {part.name}: {said}")
        facts = self._facts(node, whole, ip)
        own = all(is_ours(part.container) for part in parts_of(whole))
        isolation = None if own else self._isolated()
        if isolation is None and not own and isinstance(self._executor, LocalProcesses):
            _refuse_unnamed(whole)
        if own and not (whole.get("inputs") or {}).get("artifacts") and not whole.get("volumes"):
            workspace = self._furnished(whole, run.folder, facts, isolation)  # a few empty folders
        else:
            workspace = await asyncio.to_thread(self._furnished, whole, run.folder, facts, isolation)
        commander = Commander(
            node.name, workspace, facts, self._around.library, self._python_path, run.log, wants_result, self._memory
        )
        retry = (whole.get("containerSet") or {}).get("retryStrategy")
        return Containers(commander, self._executor, run.heard, seconds, retry)

    def _furnished(self, template: Template, folder: Path, facts: Facts, isolation: Isolation | None) -> Workspace:
        volumes = Volumes(self._workspace, self._store.root, self._around.library, self._spec())
        places = [*map(Path, self._python_path), Path(sys.prefix), Path(sys.base_prefix), PROGRAMS]
        programs = uncovered(places) if isolation is not None else ()
        builder = Builder(self._repository, volumes, self._around.library, isolation, programs)
        return builder.make(template, folder, facts)

    def _isolated(self) -> Isolation | None:
        """What views there are here; asked once."""
        if not self._isolation:
            found = None
            if isinstance(self._executor, LocalProcesses):
                probe = self._workspace / "probe"
                found = self._executor.isolation(probe)
                discard(probe)
            self._isolation.append(found)
        return self._isolation[0]

    async def _finish(self, run: _PodRun, containers: Containers) -> Outcome:
        verdict = await containers.run()
        if verdict.stopped:
            return Outcome(verdict.phase, verdict.message, verdict.exit_code, containers=verdict.containers)
        workspace, wanted = containers.commander.workspace, containers.commander.wants_result
        file = run.folder / "result"
        text = await asyncio.to_thread(read_result, file, LONGEST_RESULT) if wanted and file.is_file() else None
        if (workspace.template.get("outputs") or {}).get("artifacts"):
            result, missing = await asyncio.to_thread(collect, workspace, self._store, text)
        else:  # a few short texts
            result, missing = collect(workspace, self._store, text)
        outcome = Outcome("Succeeded", "", verdict.exit_code, result, containers=verdict.containers)
        if verdict.phase:
            return replace(outcome, phase=verdict.phase, message=verdict.message)
        return replace(outcome, phase="Error", message=missing) if missing else outcome

    # What the workflow says of all its pods

    def _spec(self) -> Mapping[str, Any]:
        spec = self._around.spec
        own = {name: spec[name] for name in ("volumes", "volumeClaimTemplates") if name in spec}
        return fill(own, self.known) if own else {}

    def _patched(self, template: Template) -> Template:
        """The template under the workflow's patch and its own, each with its tags replaced."""
        texts = [self._around.spec.get("podSpecPatch"), template.get("podSpecPatch")]
        parameters = (template.get("inputs") or {}).get("parameters") or []
        known = {**self.known, **{f"inputs.parameters.{p['name']}": p.get("value", "") for p in parameters}}
        return patched(template, [str(fill(text, known)) for text in texts if text])

    def _facts(self, node: Node, template: Template, ip: str) -> Facts:
        around, metadata = self._around, template.get("metadata") or {}
        workflow = around.workflow or node.id.rpartition("-")[0] or node.id
        number = node_id(workflow, node.name).rpartition("-")[2]
        pod = workflow if node.name == workflow else f"{workflow}-{node.template_name or 'inline'}-{number}"
        labels = {**(metadata.get("labels") or {}), "workflows.argoproj.io/workflow": workflow}
        annotations = {
            **(metadata.get("annotations") or {}),
            "workflows.argoproj.io/node-id": node.id,
            "workflows.argoproj.io/node-name": node.name,
        }
        account = str(around.spec.get("serviceAccountName") or "default")
        labels, annotations = ({k: str(v) for k, v in one.items()} for one in (labels, annotations))
        return Facts(pod, node.id, node.name, workflow, around.namespace, account, labels, annotations, ip)


@dataclass
class _PodRun:
    """One run of a pod: its folder, its log, and the last that it said."""

    folder: Path
    log: Path
    on_line: Callable[[str], None]
    last: deque[str] = field(default_factory=lambda: deque(maxlen=LAST_LINES))

    def heard(self, line: str) -> None:
        """A line of any of its containers."""
        self.last.append(line)
        self.on_line(line)

    def prepare(self) -> None:
        """An empty folder, and no log of a run before."""
        discard(self.folder)
        self.folder.mkdir(parents=True)
        self.log.parent.mkdir(parents=True, exist_ok=True)
        self.log.unlink(missing_ok=True)

    def told(self, outcome: Outcome) -> Outcome:
        """The outcome with what there is to read of it."""
        return replace(outcome, log=self.log, last_lines=tuple(self.last), ran=True)


def _refuse_unnamed(template: Template) -> None:
    """Where paths are replaced, an output can be found only if the command is told where to put it."""
    if paths := unnamed_outputs(template):
        raise ManifestError(
            f"its output {', '.join(paths)} is written by a program that is not told where: "
            "that needs mount namespaces, which this machine does not allow"
        )


@contextlib.contextmanager
def _telling_of_files(node: Node) -> Generator[None]:
    """Say of a full disk or a forbidden file what it is."""
    try:
        yield
    except OSError as error:
        raise StoreError(
            f"{node.name}: cannot keep the step's files: {error.strerror or error}"
            + (f": {error.filename}" if error.filename else ""),
            hint="make room or give permission, and run again: what is finished is kept",
        ) from error


def _decisive(name: str, container: Mapping[str, Any]) -> dict[str, Any]:
    """What of a container decides what it does."""
    fields = ("image", "command", "args", "env", "envFrom", "source", "workingDir", "volumeMounts", "dependencies")
    return {"name": name, **{one: container[one] for one in fields if one in container}}


def _declared(output: Mapping[str, Any]) -> dict[str, Any]:
    """What decides an output's content: not under which key it is stored, nor how it is packed."""
    return {key: output[key] for key in ("name", "path", "optional", "valueFrom") if key in output}


def _text(value: object) -> str:
    return str(value).replace("'", '"')


def _contents(document: Mapping[str, Any] | None) -> Any:
    return {name: (document or {}).get(name) for name in ("data", "binaryData", "stringData")}


def _objects_of(volumes: Sequence[Mapping[str, Any]]) -> list[tuple[str, str]]:
    found = []
    for volume in volumes:
        for source in [volume, *((volume.get("projected") or {}).get("sources") or [])]:
            if one := source.get("configMap"):
                found.append(("ConfigMap", str(one.get("name", ""))))
            if one := source.get("secret"):
                found.append(("Secret", str(one.get("secretName") or one.get("name") or "")))
    return found


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


__all__ = ["Daemon", "Outcome", "Pods", "Surroundings", "discard", "log_name", "succeeded"]
