"""`kai check`: every mistake of pipelines and manifests, before anything runs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import click

from kai_pipelines.errors import UsageError

if TYPE_CHECKING:
    from kai_pipelines.check.diagnostic import Diagnostic


def _as_text(diagnostics: Sequence[Diagnostic]) -> str:
    from kai_pipelines.cli.diagnostics.texts import render

    return render(diagnostics)


def _as_json(diagnostics: Sequence[Diagnostic]) -> str:
    from kai_pipelines.cli.diagnostics.documents import render_json

    return render_json(diagnostics)


def _as_github(diagnostics: Sequence[Diagnostic]) -> str:
    from kai_pipelines.cli.diagnostics.github import render

    return render(diagnostics)


def _as_sarif(diagnostics: Sequence[Diagnostic]) -> str:
    from kai_pipelines.cli.diagnostics.documents import render_sarif

    return render_sarif(diagnostics)


FORMATS: dict[str, Callable[[Sequence[Diagnostic]], str]] = {
    "text": _as_text,
    "json": _as_json,
    "github": _as_github,
    "sarif": _as_sarif,
}


@click.command()
@click.argument("targets", metavar="TARGET…", nargs=-1)
@click.option("--format", "form", type=click.Choice(list(FORMATS)), default="text", show_default=True)
@click.option("--ignore", multiple=True, metavar="NAME", help="A rule not to apply, by name or code.")
@click.option("--strict", is_flag=True, help="Exit 1 for warnings, too.")
def command(targets: tuple[str, ...], form: str, ignore: tuple[str, ...], strict: bool) -> int:
    """Find the mistakes in TARGET…: pipelines' names, file.py[:object], manifests, folders, or - for standard input."""
    from kai_pipelines.check.diagnostic import diagnose
    from kai_pipelines.cli.sources import sources_of

    if not targets:
        raise UsageError("name something to check", hint="a pipeline, a file, a folder, or - for standard input")
    sources = [source for target in targets for source in sources_of(target)]
    diagnostics = diagnose(sources, ignore=ignore)
    shown = FORMATS[form](diagnostics)
    if shown:
        click.echo(shown)
    failing = [one for one in diagnostics if strict or one.severity == "error"]
    return 1 if failing else 0
