"""Which workflow of a Hera file is meant."""

from __future__ import annotations

import difflib
from pathlib import Path

import click

from kai_pipelines.cli.target import Target, with_siblings, workflow_name
from kai_pipelines.discovery import pipeline_in_file, pipelines_in
from kai_pipelines.errors import UsageError
from kai_pipelines.hera_edge.file import HeraFile, load

Manifest = dict[str, object]


def in_hera_file(file: Path, name: str) -> Target:
    """The workflow of a file: the one of that name, or without a name the only one that can be meant."""
    loaded = load(file, name)
    for note in loaded.notes:
        click.echo(f"note: {note}", err=True)
    return _named(file, loaded, name) if name else _only_one(file, loaded)


def _named(file: Path, loaded: HeraFile, name: str) -> Target:
    """By variable or by the workflow's own name; a variable may also hold a pipeline, or a function that makes one."""
    value, pipelines, workflows = getattr(loaded.module, name, None), pipelines_in(loaded.module), loaded.workflows
    for pipeline in pipelines.values():
        if pipeline is value:
            return Target(pipeline, made_by="us")
    chosen = workflows.get(name) or next((one for one in workflows.values() if workflow_name(one) == name), None)
    if chosen is None and value is not None:
        raise UsageError(f"{file}: {name} is a {type(value).__name__}, not a workflow")
    if chosen is None:
        known = [*workflows, *pipelines]
        near = difflib.get_close_matches(name, known, n=1)
        hint = (f"did you mean {near[0]}? " if near else "") + f"it has {', '.join(known) or 'none'}"
        raise UsageError(f"{file} has no workflow {name!r}", hint=hint)
    return with_siblings(chosen, workflows.values(), "hera")


def _only_one(file: Path, loaded: HeraFile) -> Target:
    workflows, pipelines = loaded.workflows, pipelines_in(loaded.module)
    if pipelines and not workflows:
        return Target(pipeline_in_file(file, None), made_by="us")
    if not workflows:
        raise UsageError(f"{file} defines no Hera workflow", hint="a variable of the module must hold it")
    runnable = _most_runnable(workflows)
    choices = [*runnable, *pipelines]
    if len(choices) > 1:
        names = ", ".join(f"{file}:{one}" for one in choices)
        raise UsageError(f"{file} defines {len(choices)} workflows", hint=f"say which: {names}")
    return with_siblings(next(iter(runnable.values())), workflows.values(), "hera")


def _most_runnable(workflows: dict[str, Manifest]) -> dict[str, Manifest]:
    """Those that are meant when nobody says which: a Workflow before a schedule, a schedule before a template."""
    for kind in ("Workflow", "CronWorkflow"):
        if found := {name: one for name, one in workflows.items() if one.get("kind") == kind}:
            return found
    return workflows
