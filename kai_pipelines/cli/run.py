"""`kai run`: a pipeline or manifest, on this machine."""

from __future__ import annotations

import json
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from kai_pipelines.cli.arguments import encoded, options_of, pairs, with_options
from kai_pipelines.cli.target import Target
from kai_pipelines.cli.validity import valid
from kai_pipelines.errors import UsageError
from kai_pipelines.settings import ARGO_VERSIONS, Settings

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kai_pipelines.engine import Degradation, Failure, Run, RunRequest


@click.command(context_settings={"ignore_unknown_options": True})
@click.argument("target")
@click.argument("named", nargs=-1, type=click.UNPROCESSED, metavar="[--NAME[=VALUE]]...")
@click.option("-p", "--parameter", "parameters", multiple=True, metavar="NAME=VALUE", help="A parameter.")
@click.option("-a", "--artifact", "artifacts", multiple=True, metavar="NAME=PATH", help="A file or folder.")
@click.option("-o", "--output", type=click.Path(path_type=Path), help="Where outputs land (runs/NAME).")
@click.option(
    "--with",
    "beside",
    multiple=True,
    type=click.Path(path_type=Path, exists=True),
    help="A file or folder with templates, ConfigMaps and Secrets that TARGET refers to; may be repeated.",
)
@click.option("--argo", type=click.Choice(ARGO_VERSIONS), default="4.1", help="Whose rules hold where versions differ.")
@click.option("--jobs", type=click.IntRange(min=1), help="Steps side by side (the number of cores).")
@click.option("--no-cache", is_flag=True, help="Run every step, whatever is kept.")
@click.option("--json", "as_json", is_flag=True, help="Print the finished Workflow as one JSON document.")
@click.option("--quiet", is_flag=True, help="Say nothing but errors.")
def command(
    target: str,
    named: tuple[str, ...],
    parameters: tuple[str, ...],
    artifacts: tuple[str, ...],
    output: Path | None,
    beside: tuple[Path, ...],
    argo: str,
    jobs: int | None,
    no_cache: bool,
    as_json: bool,
    quiet: bool,
) -> int:
    """Run TARGET here: a pipeline's name, file.py[:object], or a manifest.

    A parameter of TARGET is also an option: --quality=low is -p quality=low, and --largest is -p largest=true.

    Outputs land in the output folder, the record of the run beside them as workflow.json. What is
    finished is kept: the same command again runs only what changed.
    """
    if target.startswith("-") and target != "-":
        raise UsageError(f"there is no option {target}", hint="TARGET comes first: kai run TARGET --NAME=VALUE")
    found = valid(target, Settings.from_environment(), beside)
    return execute(
        found,
        with_options(found, pairs("-p", parameters), named, options_of(command)),
        pairs("-a", artifacts),
        output=output,
        jobs=jobs,
        cache=not no_cache,
        as_json=as_json,
        quiet=quiet,
        argo=argo,
    )[0]


def execute(
    target: Target,
    parameters: dict[str, str],
    artifacts: dict[str, str],
    *,
    output: Path | None,
    jobs: int | None = None,
    cache: bool = True,
    as_json: bool = False,
    quiet: bool = False,
    argo: str = "4.1",
) -> tuple[int, Run]:
    """Run a target and tell how it went; the exit code and the run."""
    from kai_pipelines.local import request

    _check_kinds(target, artifacts)
    made = request(
        target.manifest,
        encoded(target, parameters),
        artifacts,
        output=output,
        jobs=jobs,
        cache=cache,
        siblings=target.siblings,
        rerun_command=shlex.join(["kai", *sys.argv[1:]]),
        argo_version=argo,
    )
    return told(made, as_json=as_json, quiet=quiet)


def told(request: RunRequest, *, as_json: bool = False, quiet: bool = False) -> tuple[int, Run]:
    """Run a request and tell how it went; the exit code and the run."""
    from kai_pipelines.cli.progress import watching
    from kai_pipelines.engine import run

    with watching(quiet=quiet) as observer:
        finished = run(request, observer)
    if as_json:
        click.echo(json.dumps(finished.workflow, indent=2, ensure_ascii=False))
    if finished.suspended:
        _say_what_waits(finished, request.output)
    elif finished.failure is not None and _was_stopped(finished):
        click.echo(f"\nstopped; what is finished is kept. Go on with:\n    {request.rerun_command}", err=True)
    elif finished.failure is not None:
        if not quiet:
            _warn(finished)
        _explain(finished.failure, finished.degraded)
    elif not quiet:
        counts = f"{finished.executed} executed, {finished.cached} from the store"
        click.echo(f"{finished.phase}: {counts}; outputs in {request.output}", err=True)
        for one in finished.degraded:
            click.echo(f"degraded: {one}", err=True)
        _warn(finished)
        if not as_json:
            _show_parameters(finished)
    return (0 if finished.phase == "Succeeded" else 1), finished


def _say_what_waits(run: Run, output: Path) -> None:
    """Tell which nodes wait for a person, what they expect, and how to go on."""
    nodes = (run.workflow["status"].get("nodes") or {}).values()
    waiting = [node for node in nodes if node["type"] == "Suspend" and node["phase"] == "Running"]
    names = ", ".join(node["displayName"] for node in waiting) or "the workflow itself"
    expected = [
        f" -p {one['name']}=…"
        for node in waiting
        for one in (node.get("outputs") or {}).get("parameters") or []
        if "supplied" in (one.get("valueFrom") or {})
    ]
    click.echo(
        f"\nsuspended: {names} waits to be resumed. Go on with:\n    kai resume {output}{''.join(expected)}", err=True
    )


def _check_kinds(target: Target, artifacts: dict[str, str]) -> None:
    """Refuse a file where the pipeline takes a folder, and the other way round, before any step runs."""
    from kai_pipelines.authoring.artifact import File, Folder

    ports = target.pipeline.signature.inputs if target.pipeline is not None else {}
    for name, text in artifacts.items():
        if not text:
            raise UsageError(f"-a {name}= names no file or folder", hint=f"give -a {name}=PATH; . is this folder")
        port = ports.get(name)
        if port is None or not port.is_artifact:
            continue  # the engine refuses names that it does not know
        if Path(text).is_file() and (port.many or issubclass(port.type, Folder)):
            raise UsageError(f"artifact {name}: {text} is a file", hint=f"give a folder: -a {name}={Path(text).parent}")
        if Path(text).is_dir() and not port.many and issubclass(port.type, File):
            raise UsageError(f"artifact {name}: {text} is a folder", hint="give a file")


def _show_parameters(run: Run) -> None:
    """Print the output parameters; files are in the output folder."""
    for name, value in run.parameters.items():
        click.echo(f"{name}: {value}")


def _warn(run: Run) -> None:
    from kai_pipelines.engine.warned import lines_of

    for line in lines_of(run.workflow):
        click.echo(line, err=True)


def _was_stopped(run: Run) -> bool:
    """Whether a person or the system ended the run, in Argo's words."""
    return str(run.workflow["status"].get("message", "")).startswith("Stopped with strategy")


def _explain(failure: Failure, degraded: Sequence[Degradation]) -> None:
    """What, why and what to do first, as the step says it; then where, and how to go on."""
    from kai_pipelines.engine.request import error_in

    error = error_in(failure.log_lines)
    click.echo("", err=True)
    for line in error:
        click.echo(line, err=True)
    click.echo(f"failed: {failure.node}: {failure.message}", err=True)
    for attempt in (attempt for one in degraded if not one.instead for attempt in one.attempts):
        click.echo(f"  {attempt}", err=True)
    if error:
        click.echo(f"  all that it said is in {failure.log}", err=True)
    elif failure.log_lines:
        click.echo(f"  the last lines of {failure.log}:", err=True)
        for line in failure.log_lines:
            click.echo(f"    {line}", err=True)
    if failure.rerun_command:
        click.echo(f"  run again from here with:\n    {failure.rerun_command}", err=True)
