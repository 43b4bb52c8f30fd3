"""What `kai stop`, `retry`, `resume`, `status --watch` and `logs --follow` do with a run on this machine."""

from __future__ import annotations

import time
from pathlib import Path

import click

from kai_pipelines.cli.place import Record, read_record
from kai_pipelines.cli.watch import tell_changes
from kai_pipelines.errors import UsageError

_EVERY = 0.3
"""Seconds between two looks at a run that goes on."""


def stop(record: Record, *, terminate: bool) -> int:
    """Stop a run that goes on in another terminal, or end one that waits."""
    from kai_pipelines import local
    from kai_pipelines.engine import Silent, run

    request = local.stop(record.path, terminate=terminate)
    if request is None:
        click.echo(f"the run in {record.folder} is told to stop{' at once' if terminate else ''}", err=True)
        return 0
    ended = run(request, Silent())
    click.echo(f"the run in {record.folder} has ended: {ended.phase}", err=True)
    return 0


def retry(record: Record, *, successful: bool, nodes: str, parameters: dict[str, str]) -> int:
    """Run what failed again."""
    from kai_pipelines.cli.run import told
    from kai_pipelines.local import retry_request

    if parameters:
        raise UsageError(
            "a run on this machine is tried again with the values it had",
            hint="for other values use `kai run -p …`: what they do not change is taken from the store",
        )
    return told(retry_request(record.path, restart_successful=successful, selector=nodes))[0]


def resume(record: Record, *, nodes: str, parameters: dict[str, str], message: str) -> int:
    """Let a suspended or interrupted run go on."""
    from kai_pipelines.cli.run import told
    from kai_pipelines.local import resume_request

    return told(resume_request(record.path, selector=nodes, parameters=parameters, message=message))[0]


def watch(record: Record) -> tuple[dict[str, object], int]:
    """Tell what changes while the run goes on; its record then, and the exit code that its phase means."""
    said: dict[str, str] = {}
    while True:
        over = not goes_on(record.folder)
        tell_changes(record.workflow, said)
        if over:
            status = record.workflow.get("status")
            phase = status.get("phase") if isinstance(status, dict) else None
            return record.workflow, 0 if phase == "Succeeded" else 1
        time.sleep(_EVERY)
        record = read_record(record.path)


def follow(folder: Path, step: str) -> int:
    """Print the log files of a run as they grow, until it has ended."""
    read: dict[Path, int] = {}
    while True:
        over = not goes_on(folder)
        for file in sorted((folder / "logs").glob("*.log")):
            label = file.stem.partition(".")[2] or file.stem
            if step and step not in label.replace("[", ".").split("."):
                continue
            data = file.read_bytes()[read.get(file, 0) :]
            whole = data if over else data[: data.rfind(b"\n") + 1]
            read[file] = read.get(file, 0) + len(whole)
            for line in whole.decode(errors="replace").splitlines():
                click.echo(f"{label}: {line}")
        if over:
            return 0
        time.sleep(_EVERY)


def goes_on(folder: Path) -> bool:
    """Whether a run in this folder has not ended."""
    from kai_pipelines.engine.control import is_alive

    return is_alive(folder)
