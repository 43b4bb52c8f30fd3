"""The local engine: interprets an Argo manifest on this machine, and leaves the record a cluster would.

What belongs here: Argo's semantics of templates, tasks, retries and loops, and running commands as
processes. What never will: how a manifest was made (no authoring, no compiler), a cluster, or a screen.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
from pathlib import Path

from kai_pipelines.cache.store import Store
from kai_pipelines.engine.clock import Clock, WallClock
from kai_pipelines.engine.control import alive, listening
from kai_pipelines.engine.degradation import ANNOTATION, Degradation
from kai_pipelines.engine.executor import Executor, LocalProcesses
from kai_pipelines.engine.machine_locks import FileLocks
from kai_pipelines.engine.memo import FileMemo
from kai_pipelines.engine.memory import check_rule
from kai_pipelines.engine.node import BAD, Node, to_blame
from kai_pipelines.engine.outputs import land
from kai_pipelines.engine.pod import Pods, Surroundings
from kai_pipelines.engine.program import Program
from kai_pipelines.engine.record import workflow_record, write_record
from kai_pipelines.engine.recorder import Recorder
from kai_pipelines.engine.repository import Repository
from kai_pipelines.engine.request import Failure, Observer, Run, RunRequest, Silent
from kai_pipelines.engine.state import keep
from kai_pipelines.engine.workflow import Execution
from kai_pipelines.errors import KaiError, UsageError

__all__ = ["Degradation", "Failure", "Node", "Observer", "Run", "RunRequest", "Silent", "run"]


def run(
    request: RunRequest, observer: Observer, *, executor: Executor | None = None, clock: Clock | None = None
) -> Run:
    """Run a manifest to its end; raises only for what is refused before anything starts, or a broken store."""
    program = Program(request)
    check_rule(request.memory)
    _keep_apart(request)
    _prepare(request.output)
    store = Store(request.store)
    repository = Repository(store, request.digests, request.object_storage)
    runs = executor or LocalProcesses(isolate=request.isolate)
    with alive(request.output), store.workspace() as workspace:
        pods = Pods(
            store,
            repository,
            runs,
            workspace=workspace,
            logs=request.output / "logs",
            python_path=request.python_path,
            use_cache=request.use_cache,
            surroundings=Surroundings(
                program.spec,
                program.name,
                str(program.metadata.get("namespace") or "default"),
                program.library,
            ),
            memory=request.memory,
        )
        memo = FileMemo(request.store / "memo")
        try:
            return asyncio.run(
                _run(request, program, pods, repository, runs, clock or WallClock(), Recorder(observer), memo)
            )
        finally:
            if isinstance(runs, LocalProcesses):
                runs.close()
            store.remember()
            pods.fingerprints.remember()


async def _run(
    request: RunRequest,
    program: Program,
    pods: Pods,
    repository: Repository,
    executor: Executor,
    clock: Clock,
    recorder: Recorder,
    memo: FileMemo,
) -> Run:
    machine_locks = FileLocks(request.store / "locks", clock)
    execution = Execution(
        program, pods, repository, executor, clock, recorder, request.jobs, memo, request.status, machine_locks
    )
    pods.known = execution.globals
    if request.shutdown is not None:
        execution.begin_stopped(request.shutdown)

    def record(phase: str, message: str) -> dict[str, object]:
        written = workflow_record(request.manifest, execution, phase, message)
        write_record(written, request.output)
        keep(request, repository.contents())
        return written

    try:
        async with listening(request.output, execution), recorder.writing(lambda: record("Running", execution.waiting)):
            await execution.run()
        phase, message = verdict(execution)
        outputs = execution.root.outputs if execution.root is not None else {}
        if phase == "Succeeded":
            land([*(outputs.get("artifacts") or []), *execution.outputs["artifacts"]], repository, request.output)
    except KaiError as error:
        execution.give_up(error.message)
        with contextlib.suppress(KaiError):  # the first fault is the one to tell
            record("Error", error.message)
        raise
    parameters = {one["name"]: str(one.get("value", "")) for one in outputs.get("parameters") or []}
    failure = _failure(request, execution, phase, message)
    degraded = tuple(execution.degraded())
    notes = {**(program.metadata.get("annotations") or {})}
    notes.pop(ANNOTATION, None)  # of the run before, where this one goes on with it
    if degraded and phase == "Succeeded":
        notes[ANNOTATION] = " | ".join(map(str, degraded))
    if notes or program.metadata.get("annotations"):
        program.metadata["annotations"] = notes
    return Run(record(phase, message), phase, execution.executed, execution.cached, failure, parameters, degraded)


def verdict(execution: Execution) -> tuple[str, str]:
    """The workflow's phase and message: the root's, unless the exit handler went wrong (Argo, operator.go operate)."""
    if execution.fault is not None:
        return execution.fault
    root = execution.root
    if execution.left or root is None:
        return "Running", ""
    exit_node = execution.tree.by_name.get(f"{execution.program.name}.onExit")
    if exit_node is not None and exit_node.phase in BAD and root.phase not in BAD:
        return exit_node.phase, exit_node.message
    if root.phase in BAD and execution.shutdown.by_person:
        return root.phase, execution.shutdown.message
    return root.phase if root.phase in BAD else "Succeeded", root.message


def _failure(request: RunRequest, execution: Execution, phase: str, message: str) -> Failure | None:
    if phase not in BAD:
        return None
    node = to_blame(execution.tree) or execution.root
    if node is None:
        return Failure(execution.program.name, "", message, None, None, (), request.rerun_command)
    outcome = execution.outcomes.get(node.id)
    text = node.message or message
    if outcome is None:
        return Failure(node.name, node.template_name, text, None, None, (), request.rerun_command)
    code, log, lines = outcome.exit_code, outcome.log, outcome.last_lines
    return Failure(node.name, node.template_name, text, code, log, lines, request.rerun_command)


def _keep_apart(request: RunRequest) -> None:
    """Refuse an output folder that is an input or lies in one: inputs are never changed."""
    output = request.output.resolve()
    for name, path in request.artifacts.items():
        if path.is_dir() and path.resolve() in {output, *output.parents}:
            raise UsageError(
                f"the output folder {request.output} lies in the artifact {name}, which is not to be changed",
                hint="give another one with -o",
            )


def _prepare(folder: Path) -> None:
    if folder.exists() and not folder.is_dir():
        raise UsageError(f"the output folder {folder} cannot be written: it is a file", hint="give another one with -o")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe = folder / f".kai-{os.getpid()}"
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise UsageError(
            f"the output folder {folder} cannot be written: {error.strerror}", hint="give another one with -o"
        ) from error
