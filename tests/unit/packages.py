"""Packages of pipelines that a test writes for itself, in a folder that goes away."""

from __future__ import annotations

import sys
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from pathlib import Path

GREETING = '''
"""A pipeline."""
from kai_pipelines import pipeline, step

@step
def greet(name: str = "world") -> str:
    """Say hello.

    At length.
    """
    return "hello " + name

@step
def mourn(status: str) -> None:
    """Say how it ended."""

@pipeline(title="A greeting", on_exit=mourn)
def greeting(name: str = "world") -> str:
    """Hello to someone."""
    return greet(name)
'''

TWO = '''
"""Two pipelines, and one that is only imported."""
from kai_pipelines import Quality, ImageSet, pipeline
from my_flows.greeting import greet, greeting

@pipeline
def first(name: str) -> str:
    """The first."""
    return greet(name)

@pipeline
def second_one(photos: ImageSet | None = None, quality: Quality = Quality.LOW) -> str:
    """The second."""
    return greeting("you")
'''


def write_package(folder: Path, name: str, files: Mapping[str, str]) -> None:
    """A package with the given modules."""
    (folder / name).mkdir()
    (folder / name / "__init__.py").touch()
    for module, text in files.items():
        (folder / name / f"{module}.py").write_text(text, encoding="utf-8")


@contextmanager
def clean_imports() -> Generator[None]:
    """Whatever is imported meanwhile is forgotten afterwards, and so are new places to import from."""
    modules, path = set(sys.modules), list(sys.path)
    try:
        yield
    finally:
        for name in set(sys.modules) - modules:
            del sys.modules[name]
        sys.path[:] = path
