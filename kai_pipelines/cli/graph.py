"""`kai graph`: the graph of a pipeline or manifest, before it runs or after."""

from __future__ import annotations

from pathlib import Path

import click

from kai_pipelines.cli.target import resolve
from kai_pipelines.drawing import to_html, to_mermaid, to_svg
from kai_pipelines.drawing.templates import with_others
from kai_pipelines.errors import KaiError
from kai_pipelines.settings import Settings

_ENDINGS = {".svg": "svg", ".html": "html"}
FORMATS = {"mermaid": to_mermaid, "svg": to_svg, "html": to_html}


@click.command()
@click.argument("target")
@click.option("--format", "form", type=click.Choice(list(FORMATS)), help="mermaid, or what -o ends in.")
@click.option("-o", "--output", type=click.Path(path_type=Path), help="A file instead of standard output.")
@click.option("--with", "beside", multiple=True, metavar="PATH", type=click.Path(path_type=Path, exists=True),
              help="Manifests that it refers to.")  # fmt: skip
def command(target: str, form: str | None, output: Path | None, beside: tuple[Path, ...]) -> int:
    """Draw TARGET: its steps, branches and what waits for what; a workflow.json shows how it went."""
    found = resolve(target, Settings.from_environment(), beside)
    form = form or _ENDINGS.get(output.suffix if output else "", "mermaid")
    text = FORMATS[form](with_others(found.manifest, found.siblings))
    if output is None:
        click.echo(text)
        return 0
    try:
        output.write_text(text, encoding="utf-8")
    except OSError as error:
        raise KaiError(f"cannot write {output}: {error.strerror}") from error
    click.echo(str(output), err=True)
    return 0
