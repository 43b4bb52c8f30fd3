"""`kai compile`: pipelines as Argo manifests."""

from __future__ import annotations

import difflib
from pathlib import Path
from typing import get_args

import click

from kai_pipelines.cli.target import Target, resolve, workflow_name
from kai_pipelines.compiler.workflow import Kind
from kai_pipelines.discovery import known_pipelines
from kai_pipelines.errors import KaiError, UsageError
from kai_pipelines.manifest.document import dump
from kai_pipelines.settings import Settings


@click.command()
@click.argument("targets", metavar="TARGET…", nargs=-1)
@click.option("--all", "everything", is_flag=True, help="Every known pipeline.")
@click.option("-o", "--output", help="A folder, or - for standard output (with --all: manifests/).")
@click.option("--kind", type=click.Choice(get_args(Kind)), help="WorkflowTemplate, if not said.")
@click.option("--check", is_flag=True, help="Write nothing; exit 1 when a file on disk differs.")
def command(targets: tuple[str, ...], everything: bool, output: str | None, kind: Kind | None, check: bool) -> int:
    """Write pipelines as Argo manifests."""
    if bool(targets) == everything:
        raise UsageError("name pipelines to compile, or give --all")
    settings = Settings.from_environment()
    texts = _compiled(targets, settings, kind)
    where = output or (str(settings.manifests) if everything or check else "-")
    if check:
        return _check(Path(where), texts, complete=everything)
    if where == "-":
        click.echo("---\n".join(texts.values()), nl=False)
        return 0
    _write(Path(where), texts)
    return 0


def _compiled(targets: tuple[str, ...], settings: Settings, kind: Kind | None) -> dict[str, str]:
    """File name → YAML, for the targets or, with none, for all pipelines."""
    if not targets:
        return {
            f"{one.name}.yaml": one.to_yaml(kind=kind or "WorkflowTemplate")
            for one in known_pipelines(settings.pipelines).values()
        }
    texts: dict[str, str] = {}
    for target in targets:
        found = resolve(target, settings)
        if found.pipeline is not None:
            texts[f"{found.pipeline.name}.yaml"] = found.pipeline.to_yaml(kind=kind or "WorkflowTemplate")
        elif found.made_by == "hera":
            texts |= _hera(found, target, kind)
        else:
            raise UsageError(f"{target} is a manifest already")
    return texts


def _hera(found: Target, target: str, kind: Kind | None) -> dict[str, str]:
    """What Hera makes of a file: one object by name, or all of the file's."""
    if kind not in {None, found.manifest.get("kind")}:
        raise UsageError(
            f"{target} is a {found.manifest.get('kind')} of Hera's", hint="--kind is for our own pipelines"
        )
    documents = [found.manifest, *(found.siblings if target.endswith(".py") else ())]
    return {f"{workflow_name(document)}.yaml": dump(document) for document in documents}


def _write(folder: Path, texts: dict[str, str]) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in texts.items():
            part = folder / f".{name}.part"
            part.write_text(text, encoding="utf-8")
            part.replace(folder / name)
            click.echo(str(folder / name), err=True)
    except OSError as error:
        raise KaiError(f"cannot write to {folder}: {error.strerror}") from error


def _check(folder: Path, texts: dict[str, str], *, complete: bool) -> int:
    """Print how files differ from what would be written; with `complete` no other manifest may be there."""
    stale = 0
    for name, text in texts.items():
        path = folder / name
        found = path.read_text(encoding="utf-8") if path.is_file() else ""
        if found != text:
            stale += 1
            lines = difflib.unified_diff(
                found.splitlines(), text.splitlines(), str(path), "as compiled now", lineterm="", n=1
            )
            click.echo("\n".join(lines))
    if complete and folder.is_dir():
        for path in sorted(folder.glob("*.yaml")):
            if path.name not in texts:
                stale += 1
                click.echo(f"{path}: no pipeline makes this file")
    if stale:
        click.echo(f"{stale} of {len(texts)} manifests in {folder} are stale; run `kai compile --all`", err=True)
    return 1 if stale else 0
