"""`kai new`: a pipeline, a step and a test to start from."""

from __future__ import annotations

import keyword
from pathlib import Path

import click

from kai_pipelines.errors import UsageError

_PACKAGE = '''"""Joins the package of this name that comes with the library."""

from pkgutil import extend_path

__path__ = extend_path(__path__, __name__)
'''

_STEP = '''"""Count the photographs of a folder."""

from __future__ import annotations

from kai_pipelines import Fatal, ImageSet, step


@step
def count_photos(photos: ImageSet) -> int:
    """The number of files."""
    count = sum(path.is_file() for path in photos.path.rglob("*"))
    if count == 0:
        raise Fatal(f"{photos.path.name} is empty", code="no-photos", hint="give a folder with photographs")
    return count
'''

_PIPELINE = '''"""A first pipeline; `kai run NAME -a photos=FOLDER` runs it here."""

from __future__ import annotations

from kai_pipelines import ImageSet, pipeline
from steps.NAME.count_photos import count_photos


@pipeline(title="TITLE")
def NAME(photos: ImageSet) -> int:
    """How many photographs there are."""
    return count_photos(photos)
'''

_TEST = """from __future__ import annotations

from pathlib import Path

from kai_pipelines import ImageSet
from steps.NAME.count_photos import count_photos


def test_every_file_is_counted(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").touch()
    (tmp_path / "more").mkdir()
    (tmp_path / "more" / "b.jpg").touch()

    assert count_photos(ImageSet(tmp_path)) == 2
"""


@click.command()
@click.argument("name")
def command(name: str) -> int:
    """Write a pipeline called NAME, a step and a test into the folders pipelines, steps and tests here."""
    python_name = name.replace("-", "_")
    if not python_name.isidentifier() or keyword.iskeyword(python_name):
        raise UsageError(f"{name!r} is no name for a Python function", hint="use letters, digits and _")
    files = {
        Path("pipelines") / f"{python_name}.py": _PIPELINE,
        Path("steps") / python_name / "__init__.py": "",
        Path("steps") / python_name / "count_photos.py": _STEP,
        Path("tests") / f"test_{python_name}.py": _TEST,
    }
    if taken := [str(path) for path in files if path.exists()]:
        raise UsageError(f"{', '.join(taken)} is there already", hint="choose another name")
    shared = {Path("pipelines") / "__init__.py": _PACKAGE, Path("steps") / "__init__.py": _PACKAGE}
    files = {path: text for path, text in shared.items() if not path.exists()} | files
    title = python_name.replace("_", " ").capitalize()
    for path, text in files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text.replace("NAME", python_name).replace("TITLE", title), encoding="utf-8")
        click.echo(str(path))
    return 0
