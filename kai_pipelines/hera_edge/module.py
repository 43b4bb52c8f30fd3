"""A file executed as the module that a step's process can import, too."""

from __future__ import annotations

import contextlib
import importlib
import importlib.util
import sys
import traceback
from collections.abc import Generator
from pathlib import Path
from types import ModuleType

from kai_pipelines.errors import KaiError, UsageError
from kai_pipelines.hera_edge.offline import ServerNeeded

APART = "hera_file_"
"""What the module of a file is called that cannot have its own name."""


def executed(path: Path) -> ModuleType:
    """Import a file; a mistake in it is told with its line."""
    if not path.is_file():
        raise UsageError(f"there is no file {path}")
    name = _module_name(path)
    with _told(path, name):
        if parent := name.rpartition(".")[0]:
            importlib.import_module(parent)
        return _run(path, name)


def executed_as_program(path: Path) -> ModuleType:
    """Execute a file as ``python FILE`` does."""
    before = sys.modules["__main__"]
    try:
        with _told(path, ""):
            return _run(path, "__main__")
    finally:
        sys.modules["__main__"] = before


def _run(path: Path, name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None and spec.loader is not None, "a .py file has a loader"
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # dataclasses and pydantic look there for the types of a class
    words, sys.argv = sys.argv, [str(path)]
    try:
        with contextlib.suppress(ServerNeeded):  # noted; what was defined so far counts
            spec.loader.exec_module(module)
    finally:
        sys.argv = words
    return module


@contextlib.contextmanager
def _told(path: Path, name: str) -> Generator[None]:
    try:
        yield
    except (KaiError, KeyboardInterrupt):
        raise
    except BaseException as error:
        sys.modules.pop(name, None)
        raise fault(error, path, f"cannot load {path.name}") from error


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
    return f"{APART}{path.stem}"


def _is_free(name: str, root: Path) -> bool:
    """Whether nothing else is called so."""
    if not name.isidentifier() or name in sys.stdlib_module_names:
        return False
    loaded = sys.modules.get(name)
    if loaded is None:
        return True
    places = [*getattr(loaded, "__path__", ()), getattr(loaded, "__file__", None) or ""]
    return any(Path(place) in {root / name, root / f"{name}.py"} for place in places if place)


def fault(error: BaseException, path: Path, what: str) -> UsageError:
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
