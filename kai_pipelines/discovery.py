"""Finding pipelines: by name in the packages of the settings, or in a Python file."""

from __future__ import annotations

import difflib
import importlib
import importlib.util
import pkgutil
import sys
import traceback
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

from kai_pipelines.errors import KaiError, UsageError
from kai_pipelines.manifest.names import template_name
from kai_pipelines.pipeline import Pipeline

AnyPipeline = Pipeline[..., object]


def pipelines_in(module: ModuleType) -> dict[str, AnyPipeline]:
    """The pipelines that a module defines itself, by name."""
    found = [value for value in vars(module).values() if isinstance(value, Pipeline)]
    return {one.name: one for one in found if one.function.__module__ == module.__name__}


def modules_of(packages: tuple[str, ...]) -> Iterator[ModuleType]:
    """Every module of the packages; the folder in which `kai` was started counts as a place for them."""
    _search_first(Path.cwd())
    for name in packages:
        if not _exists(name):
            continue
        package = _imported(name)
        yield package
        for part in pkgutil.iter_modules(getattr(package, "__path__", ()), prefix=f"{name}."):
            yield _imported(part.name)


def known_pipelines(packages: tuple[str, ...]) -> dict[str, AnyPipeline]:
    """All pipelines of the packages, by name, sorted."""
    found: dict[str, AnyPipeline] = {}
    for module in modules_of(packages):
        found.update(pipelines_in(module))
    return dict(sorted(found.items()))


def pipeline_named(name: str, packages: tuple[str, ...]) -> AnyPipeline:
    """One pipeline; the module of its name is tried first, so that nothing else need be imported."""
    wanted = template_name(name)
    _search_first(Path.cwd())
    for package in packages:
        path = f"{package}.{wanted.replace('-', '_')}"
        if _exists(path):
            found = pipelines_in(_imported(path))
            if wanted in found:
                return found[wanted]
    known = known_pipelines(packages)
    if wanted not in known:
        near = difflib.get_close_matches(wanted, known, n=1)
        meant = f"did you mean {near[0]}? " if near else ""
        raise UsageError(
            f"there is no pipeline {name!r}",
            hint=f"{meant}known are: {', '.join(known) or 'none'}; or give file.py, file.py:name or a manifest's path",
        )
    return known[wanted]


def _search_first(folder: Path) -> None:
    if str(folder) not in sys.path:
        sys.path.insert(0, str(folder))


def _imported(name: str) -> ModuleType:
    """The module; a fault that its author can mend is told as such."""
    try:
        return importlib.import_module(name)
    except SyntaxError as error:
        raise UsageError(f"{error.filename}:{error.lineno}: {error.msg}") from error
    except ModuleNotFoundError as error:
        hint = "install it, or the extra of kai-pipelines that brings it"
        raise UsageError(f"cannot import {name}: {error}", hint=hint) from error
    except KaiError:
        raise
    except SystemExit as error:
        raise UsageError(f"{name} ends the program while it is imported: exit code {error.code}") from error
    except Exception as error:
        place = traceback.extract_tb(error.__traceback__)[-1]
        raise UsageError(
            f"cannot import {name}: {type(error).__name__}: {error}", hint=f"see {place.filename}:{place.lineno}"
        ) from error


def _exists(module: str) -> bool:
    try:
        return importlib.util.find_spec(module) is not None
    except ModuleNotFoundError:
        return False


def pipeline_in_file(path: Path, name: str | None) -> AnyPipeline:
    """The pipeline of a Python file, by the name of the object or the only one there is."""
    if not path.is_file():
        raise UsageError(f"there is no file {path}")
    _search_first(path.resolve().parent)  # the steps' processes import the file as a module, and so does this one
    module = _imported(path.stem)
    if getattr(module, "__file__", None) != str(path.resolve()):
        raise UsageError(f"another module is called {path.stem}", hint="rename the file")
    found = pipelines_in(module)
    if name is not None:
        value = getattr(module, name, None)
        if not isinstance(value, Pipeline):
            raise UsageError(f"{path} has no pipeline {name!r}", hint=f"it has {', '.join(found) or 'none'}")
        return value
    if len(found) != 1:
        raise UsageError(
            f"{path} has {len(found)} pipelines", hint=f"say which: {path}:NAME, one of {', '.join(found) or '–'}"
        )
    return next(iter(found.values()))
