"""A Python file that defines Hera workflows: loaded without a server, and read as manifests."""

from __future__ import annotations

import contextlib
import copy
import inspect
import json
import sys
from collections.abc import Callable, Generator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from kai_pipelines.errors import UsageError
from kai_pipelines.hera_edge.imports import has_main_guard
from kai_pipelines.hera_edge.module import APART, executed, executed_as_program, fault
from kai_pipelines.hera_edge.offline import Unsent, unsent

if TYPE_CHECKING:
    from hera.workflows import Workflow

Manifest = dict[str, Any]
EXTRA = "install it with: pip install 'kai-pipelines[hera]'"
_CHANGED_IN_PLACE = frozenset({"_defaults", "_pre_build_hooks", "_experimental_features"})
"""Fields of Hera's settings that a file changes without replacing them."""


@dataclass(frozen=True)
class HeraFile:
    """What a file defines."""

    module: ModuleType
    workflows: dict[str, Manifest]
    """By the name of the variable, in the file's order; without variables, by the names under which they were sent."""
    notes: tuple[str, ...]
    """What the file wanted to send to a server, and was not."""


def load(path: Path, function: str = "") -> HeraFile:
    """Execute a file and read the workflows it defines; what it prints goes to standard error.

    A file that defines none is executed once more as a program, if it does something only then. Workflows that it
    sends to a server and keeps in no variable count, too. With `function`, the workflow that this function of the
    file returns is one. The settings of Hera that the file changes (`global_config`) hold for it only.
    """
    path = path.resolve()
    with contextlib.redirect_stdout(sys.stderr), _own_settings(path), unsent(path) as held_back:
        module = executed(path)
        workflows = _defined(module, path, held_back)
        if not workflows and not function and has_main_guard(path):
            module = executed_as_program(path)
            workflows = _defined(module, path, held_back)
        made = getattr(module, function, None) if function and function not in workflows else None
        if inspect.isfunction(made):
            workflows[function] = _made(made, function, path)
        return HeraFile(module, workflows, tuple(held_back.notes))


def _defined(module: ModuleType, path: Path, held_back: Unsent) -> dict[str, Manifest]:
    from hera.workflows import Workflow

    found: dict[str, Workflow] = {}
    for name, value in vars(module).items():
        if isinstance(value, Workflow) and not any(value is other for other in found.values()):
            found[name] = value
    if not found:
        return {_name(one): one for one in held_back.objects}
    return {name: _manifest(value, name, path) for name, value in found.items()}


def _name(manifest: Manifest) -> str:
    metadata = manifest.get("metadata") or {}
    return str(metadata.get("name") or metadata.get("generateName") or "workflow").rstrip("-")


def _made(function: Callable[[], object], name: str, path: Path) -> Manifest:
    from hera.workflows import Workflow

    try:
        value = function()
    except Exception as error:
        raise fault(error, path, f"{name}() does not return a workflow") from error
    if not isinstance(value, Workflow):
        raise UsageError(f"{path.name}: {name}() returns a {type(value).__name__}, not a workflow")
    return _manifest(value, name, path)


def _manifest(workflow: Workflow, name: str, path: Path) -> Manifest:
    try:
        text = workflow.build().model_dump_json(exclude_none=True, by_alias=True, warnings="none")
    except Exception as error:  # whatever Hera, or a hook of the file, cannot build
        raise fault(error, path, f"Hera cannot build the workflow {name}") from error
    if f'"{APART}' in text:
        raise UsageError(
            f"{path.name} is called like another module, so that the Hera runner cannot import it", hint="rename it"
        )
    manifest: Manifest = json.loads(text)
    return manifest


@contextlib.contextmanager
def _own_settings(path: Path) -> Generator[None]:
    """What the file changes of Hera's global settings is undone."""
    try:
        from hera.shared import global_config
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] != "hera":
            raise
        raise UsageError(f"{path.name} is a Hera workflow, and Hera is not installed here", hint=EXTRA) from error
    kept = {
        name: copy.deepcopy(value) if name in _CHANGED_IN_PLACE else value
        for name, value in vars(global_config).items()
    }
    try:
        yield
    finally:
        vars(global_config).clear()
        vars(global_config).update(kept)
