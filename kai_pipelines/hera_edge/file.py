"""A Python file that defines Hera workflows: found out, loaded, and read as manifests."""

from __future__ import annotations

import ast
import contextlib
import copy
import importlib
import importlib.util
import json
import sys
import traceback
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from kai_pipelines.errors import KaiError, UsageError
from kai_pipelines.hera_edge.offline import ServerNeeded, unsent

if TYPE_CHECKING:
    from hera.workflows import Workflow

Manifest = dict[str, Any]
_APART = "hera_file_"
"""What the module of a file is called that cannot have its own name."""
EXTRA = "install it with: pip install 'kai-pipelines[hera]'"


@dataclass(frozen=True)
class HeraFile:
    """What a file defines."""

    module: ModuleType
    workflows: dict[str, Manifest]
    """By the name of the variable, in the file's order."""
    notes: tuple[str, ...]
    """What the file wanted to send to a server, and was not."""


def imports_hera(path: Path) -> bool:
    """Whether a file, or a module beside it that it imports, imports hera. Nothing is executed."""
    return _imports_hera(path, set())


def _imports_hera(path: Path, seen: set[Path]) -> bool:
    seen.add(path)
    try:
        tree = ast.parse(path.read_bytes())
    except (OSError, SyntaxError, ValueError, RecursionError):
        return False  # who loads the file will say what is wrong with it
    names = {name for node in ast.walk(tree) for name in _imported_names(node)}
    if any(name.partition(".")[0] == "hera" for name in names):
        return True
    beside = (path.parent / f"{name.lstrip('.').partition('.')[0]}.py" for name in names)
    return any(file not in seen and file.is_file() and _imports_hera(file, seen) for file in beside)


def _imported_names(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom):
        return [node.module] if node.module else [alias.name for alias in node.names]
    return []


def load(path: Path) -> HeraFile:
    """Execute a file and read the workflows it defines; what it prints goes to standard error.

    The settings of Hera that it changes (`global_config`) hold for this file only, and nothing is sent.
    """
    path = path.resolve()
    with contextlib.redirect_stdout(sys.stderr), _own_settings(path), unsent(path) as notes:
        module = _executed(path)
        return HeraFile(module, _manifests(module, path), tuple(notes))


def built(value: object, name: str, path: Path) -> Manifest:
    """The manifest of one object of a file: a Hera workflow, or a function without arguments that returns one."""
    from hera.workflows import Workflow

    with contextlib.redirect_stdout(sys.stderr), unsent(path.resolve()):
        if callable(value) and not isinstance(value, type):
            try:
                value = value()
            except Exception as error:
                raise _fault(error, path, f"{name}() does not return a workflow") from error
        if not isinstance(value, Workflow):
            raise UsageError(f"{path.name}: {name} is a {type(value).__name__}, not a workflow")
        return _manifest(value, name, path)


def _manifests(module: ModuleType, path: Path) -> dict[str, Manifest]:
    from hera.workflows import Workflow

    found: dict[str, Workflow] = {}
    for name, value in vars(module).items():
        if isinstance(value, Workflow) and not any(value is other for other in found.values()):
            found[name] = value
    return {name: _manifest(value, name, path) for name, value in found.items()}


def _manifest(workflow: Workflow, name: str, path: Path) -> Manifest:
    try:
        text = workflow.build().model_dump_json(exclude_none=True, by_alias=True, warnings="none")
    except Exception as error:  # whatever Hera, or a hook of the file, cannot build
        raise _fault(error, path, f"Hera cannot build the workflow {name}") from error
    if f'"{_APART}' in text:
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


_CHANGED_IN_PLACE = frozenset({"_defaults", "_pre_build_hooks", "_experimental_features"})


def _executed(path: Path) -> ModuleType:
    if not path.is_file():
        raise UsageError(f"there is no file {path}")
    name = _module_name(path)
    try:
        if parent := name.rpartition(".")[0]:
            importlib.import_module(parent)
        spec = importlib.util.spec_from_file_location(name, path)
        assert spec is not None and spec.loader is not None, "a .py file has a loader"
        module = importlib.util.module_from_spec(spec)
        sys.modules[name] = module  # dataclasses and pydantic look there for the types of a class
        with contextlib.suppress(ServerNeeded):  # noted; what was defined so far counts
            spec.loader.exec_module(module)
        return module
    except KaiError:
        raise
    except BaseException as error:
        sys.modules.pop(name, None)
        if isinstance(error, KeyboardInterrupt):
            raise
        raise _fault(error, path, f"cannot load {path.name}") from error


def _module_name(path: Path) -> str:
    """The name under which a step's process can import the file, too: with the packages it lies in.

    A file that is called like a module of Python or of an installed package gets a name of its own.
    """
    root, parts = path.parent, [path.stem]
    while (root / "__init__.py").is_file():
        root, parts = root.parent, [root.name, *parts]
    if parts[-1] == "__init__":
        parts.pop()
    if _is_free(parts[0], root):
        if str(root) not in sys.path:
            sys.path.insert(0, str(root))
        return ".".join(parts)
    if str(path.parent) not in sys.path:
        sys.path.append(str(path.parent))
    return f"{_APART}{path.stem}"


def _is_free(name: str, root: Path) -> bool:
    """Whether nothing else is called so."""
    if not name.isidentifier() or name in sys.stdlib_module_names:
        return False
    loaded = sys.modules.get(name)
    if loaded is None:
        return True
    places = [*getattr(loaded, "__path__", ()), getattr(loaded, "__file__", None) or ""]
    return any(Path(place) in {root / name, root / f"{name}.py"} for place in places if place)


def _fault(error: BaseException, path: Path, what: str) -> UsageError:
    """A mistake of the file's, told as its author needs it."""
    if isinstance(error, SyntaxError):
        return UsageError(f"{error.filename}:{error.lineno}: {error.msg}")
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if frame.filename == str(path)]
    place = f"{path.name}:{own[-1].lineno}: " if own else f"{path.name}: "
    said = " ".join(str(error).split()) or type(error).__name__
    hint = None
    if isinstance(error, ModuleNotFoundError):
        hint = f"install {error.name} where kai is installed: the file imports it"
    return UsageError(f"{place}{what}: {type(error).__name__}: {said[:500]}", hint=hint)
