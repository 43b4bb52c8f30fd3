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
from kai_pipelines.engine.executor import Executor, LocalProcesses
from kai_pipelines.engine.node import BAD, Node, to_blame
from kai_pipelines.engine.outputs import land
from kai_pipelines.engine.pod import Pods
from kai_pipelines.engine.program import Program
from kai_pipelines.engine.record import workflow_record, write_record
from kai_pipelines.engine.repository import Repository
from kai_pipelines.engine.request import Failure, Observer, Run, RunRequest, Silent
from kai_pipelines.engine.workflow import Execution
from kai_pipelines.errors import KaiError, UsageError

__all__ = ["Failure", "Node", "Observer", "Run", "RunRequest", "Silent", "run"]


def run(
    request: RunRequest, observer: Observer, *, executor: Executor | None = None, clock: Clock | None = None
) -> Run:
    """Run a manifest to its end; raises only for what is refused before anything starts, or a broken store."""
    program = Program(request)
    _prepare(request.output)
    store = Store(request.store)
    repository = Repository(store)
    runs = executor or LocalProcesses()
    with store.workspace() as workspace:
        pods = Pods(
            store,
            repository,
            runs,
            workspace=workspace,
            logs=request.output / "logs",
            python_path=request.python_path,
            use_cache=request.use_cache,
        )
        try:
            return asyncio.run(_run(request, program, pods, repository, runs, clock or WallClock(), observer))
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
    observer: Observer,
) -> Run:
    execution = Execution(program, pods, repository, executor, clock, observer, request.jobs)
    try:
        root = await execution.run()
        phase, message = verdict(execution, root)
        if phase == "Succeeded":
            land(root, repository, request.output)
    except KaiError as error:
        execution.give_up(error.message)
        with contextlib.suppress(KaiError):  # the first fault is the one to tell
            write_record(workflow_record(request.manifest, execution, None, "Error", error.message), request.output)
        raise
    record = workflow_record(request.manifest, execution, root, phase, message)
    write_record(record, request.output)
    return Run(record, phase, execution.executed, execution.cached, _failure(request, execution, root, phase))


def verdict(execution: Execution, root: Node) -> tuple[str, str]:
    """The workflow's phase and message: the root's, unless the exit handler went wrong (Argo, operator.go operate)."""
    exit_node = execution.tree.by_name.get(f"{execution.program.name}.onExit")
    if exit_node is not None and exit_node.phase in BAD and root.phase not in BAD:
        return exit_node.phase, exit_node.message
    if root.phase in BAD and execution.stop_message:
        return root.phase, execution.stop_message
    return root.phase, root.message


def _failure(request: RunRequest, execution: Execution, root: Node, phase: str) -> Failure | None:
    if phase not in BAD:
        return None
    node = to_blame(execution.tree) or root
    outcome = execution.outcomes.get(node.id)
    if outcome is None:
        return Failure(node.name, node.template_name, node.message, None, None, (), request.rerun_command)
    code, log, lines = outcome.exit_code, outcome.log, outcome.last_lines
    return Failure(node.name, node.template_name, node.message, code, log, lines, request.rerun_command)


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
