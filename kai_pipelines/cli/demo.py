"""`kai demo`: photographs that it renders itself, a textured model, and a report to look at."""

from __future__ import annotations

from pathlib import Path

import click

from kai_pipelines.authoring.quality import Quality
from kai_pipelines.cli.run import execute
from kai_pipelines.cli.target import resolve
from kai_pipelines.settings import Settings


@click.command()
@click.option("-o", "--output", type=click.Path(path_type=Path), default=Path("demo-output"), show_default=True)
@click.option(
    "--quality", type=click.Choice([str(each) for each in Quality]), default=str(Quality.LOW), show_default=True
)
def command(output: Path, quality: str) -> int:
    """Render photographs of a synthetic scene and reconstruct them: no network, no GPU, nothing to bring."""
    target = resolve("demo", Settings.from_environment())
    code, _ = execute(target, {"quality": quality}, {}, output=output)
    if code == 0:
        click.echo(f"report: {output / 'report.html'}")
        click.echo(f"model:  {output / 'model.glb'}")
    return code
