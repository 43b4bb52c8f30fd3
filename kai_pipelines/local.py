"""Runs on this machine: from a target and its arguments to the engine's request."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from kai_pipelines.engine import Run, RunRequest, Silent, run
from kai_pipelines.engine.again import resumed, retried
from kai_pipelines.engine.control import is_alive, tell
from kai_pipelines.engine.state import load, request_of
from kai_pipelines.errors import RunError, UsageError
from kai_pipelines.settings import Settings

if TYPE_CHECKING:
    from kai_pipelines.authoring.definition import PipelineDefinition
    from kai_pipelines.simulation import Simulation
    from kai_pipelines.simulation.script import Ending


def request(
    manifest: Mapping[str, Any],
    parameters: Mapping[str, str],
    artifacts: Mapping[str, str | Path],
    *,
    output: str | Path | None = None,
    jobs: int | None = None,
    cache: bool = True,
    siblings: Sequence[Mapping[str, Any]] = (),
    rerun_command: str = "",
    argo_version: str = "4.1",
) -> RunRequest:
    """The engine's request, with this machine's defaults for what is not said."""
    metadata, settings = manifest.get("metadata", {}), Settings.from_environment()
    name = metadata.get("name") or metadata.get("generateName", "workflow-").rstrip("-")
    return RunRequest(
        manifest=manifest,
        parameters=dict(parameters),
        artifacts={key: Path(path).absolute() for key, path in artifacts.items()},
        output=Path(output or Path("runs") / name).absolute(),
        jobs=jobs or os.cpu_count() or 1,
        use_cache=cache,
        store=settings.store,
        object_storage=settings.artifacts,
        isolate=settings.isolate,
        memory=settings.memory,
        siblings=tuple(siblings),
        rerun_command=rerun_command,
        argo_version=argo_version,
        python_path=tuple(dict.fromkeys(path for path in [*sys.path, str(Path.cwd())] if path and Path(path).is_dir())),
    )


def retry_request(
    path: Path, *, restart_successful: bool = False, selector: str = "", jobs: int | None = None
) -> RunRequest:
    """The request that runs again what failed in the run of an output folder."""
    return _going_on(
        path, lambda record: retried(record, restart_successful=restart_successful, selector=selector), jobs
    )


def resume_request(
    path: Path,
    *,
    selector: str = "",
    parameters: Mapping[str, str] | None = None,
    message: str = "",
    jobs: int | None = None,
) -> RunRequest:
    """The request that goes on with a suspended or interrupted run, its suspended nodes resumed."""
    return _going_on(
        path, lambda record: resumed(record, selector=selector, parameters=parameters, message=message), jobs
    )


def stop(path: Path, *, terminate: bool = False, jobs: int | None = None) -> RunRequest | None:
    """Stop a run: one that goes on is told so, and None is given; else the request that ends its record."""
    folder, record, _ = load(path)
    word: Literal["Stop", "Terminate"] = "Terminate" if terminate else "Stop"
    if is_alive(folder):
        tell(folder, word)
        return None
    if record["status"].get("phase") != "Running":
        raise UsageError(f"the run in {folder} has ended: {record['status'].get('phase')}")
    return _going_on(path, lambda record: record, jobs, shutdown=word)


def _going_on(
    path: Path,
    change: Callable[[dict[str, Any]], dict[str, Any]],
    jobs: int | None,
    shutdown: Literal["Stop", "Terminate"] | None = None,
) -> RunRequest:
    settings = Settings.from_environment()
    folder, record, state = load(path)
    if is_alive(folder):
        raise UsageError(f"the run in {folder} goes on", hint="wait for it, or stop it with kai stop")
    return request_of(
        folder.absolute(),
        change(record),
        state,
        jobs=jobs or os.cpu_count() or 1,
        store=settings.store,
        object_storage=settings.artifacts,
        isolate=settings.isolate,
        memory=settings.memory,
        shutdown=shutdown,
    )


def run_here(
    pipeline: PipelineDefinition[..., Any],
    arguments: Mapping[str, Any],
    *,
    output: str | Path | None,
    jobs: int | None,
    cache: bool,
) -> Run:
    """Compile a pipeline and run it; raises RunError when it does not succeed."""
    from kai_pipelines.compiler import compile_pipeline

    parameters, artifacts = _divided(pipeline, arguments)
    made = run(
        request(
            compile_pipeline(pipeline),
            pipeline.encode_parameters(parameters),
            artifacts,
            output=output,
            jobs=jobs,
            cache=cache,
        ),
        Silent(),
    )
    if made.failure is not None:
        raise RunError(
            f"{pipeline.name} {made.phase}: {made.failure.node}: {made.failure.message}", hint=f"see {made.failure.log}"
        )
    return made


def simulate_here(
    pipeline: PipelineDefinition[..., Any],
    arguments: Mapping[str, Any],
    *,
    fail: Mapping[str, Ending | Sequence[Ending]],
    results: Mapping[str, object],
    durations: Mapping[str, str | float],
) -> Simulation:
    """Compile a pipeline and go through it in virtual time."""
    from kai_pipelines.authoring.values import encode
    from kai_pipelines.compiler import compile_pipeline
    from kai_pipelines.simulation import Rehearsal
    from kai_pipelines.simulation.script import script_of

    parameters, _ = _divided(pipeline, arguments)
    rehearsal = Rehearsal(compile_pipeline(pipeline), pipeline.encode_parameters(parameters))
    script = script_of(
        rehearsal.names,
        fail=[(step, [one] if isinstance(one, int | str) else one) for step, one in fail.items()],
        results=[(name, [encode(one, type(one)) for one in _in_turn(value)]) for name, value in results.items()],
        durations=[(step, str(length)) for step, length in durations.items()],
        flags=("fail", "results", "durations"),
    )
    return rehearsal.simulate(script)


def _in_turn(value: object) -> tuple[object, ...]:
    """A tuple gives one value for each run of a step."""
    return value if isinstance(value, tuple) else (value,)


def _divided(
    pipeline: PipelineDefinition[..., Any], arguments: Mapping[str, Any]
) -> tuple[dict[str, Any], dict[str, str]]:
    """A pipeline's parameters as values, and its artifacts as paths."""
    ports = pipeline.signature.inputs
    if unknown := [name for name in arguments if name not in ports]:
        raise UsageError(f"{pipeline.name} has no input {', '.join(unknown)}", hint=f"it has {', '.join(ports)}")
    artifacts = {name: value for name, value in arguments.items() if ports[name].is_artifact and value is not None}
    parameters = {name: value for name, value in arguments.items() if not ports[name].is_artifact}
    return parameters, {name: os.fspath(value) for name, value in artifacts.items()}
