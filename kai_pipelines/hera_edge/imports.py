"""Which files are Hera's: known by what they import, without executing anything."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path


def imports_hera(path: Path) -> bool:
    """Whether a file imports hera, itself or through modules that lie beside it."""
    return _imports_hera(path, set())


def _imports_hera(path: Path, seen: set[Path]) -> bool:
    seen.add(path)
    names = set(_imported(path))
    if any(name.partition(".")[0] == "hera" for name in names):
        return True
    beside = (file for name in names for file in _files(path.parent, name))
    return any(file not in seen and file.is_file() and _imports_hera(file, seen) for file in beside)


def _imported(path: Path) -> Iterator[str]:
    """The modules that a file names; a relative one begins with its dots."""
    try:
        tree = ast.parse(path.read_bytes())
    except (OSError, SyntaxError, ValueError, RecursionError, MemoryError):
        return  # who loads the file will say what is wrong with it
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            module = "." * node.level + (node.module or "")
            yield module
            yield from (f"{module}.{alias.name}" if node.module else f"{module}{alias.name}" for alias in node.names)


def _files(folder: Path, name: str) -> Iterator[Path]:
    """Where a module would be if it lies beside the file."""
    dots = len(name) - len(name.lstrip("."))
    for _ in range(dots - 1):
        folder = folder.parent
    parts = name.lstrip(".").split(".")
    for count in range(1, len(parts) + 1):
        place = folder.joinpath(*parts[:count])
        yield place.with_suffix(".py")
        yield place / "__init__.py"


def has_main_guard(path: Path) -> bool:
    """Whether a file does something only when it is run: ``if __name__ == "__main__"``."""
    try:
        tree = ast.parse(path.read_bytes())
    except (OSError, SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    tests = [ast.unparse(node.test) for node in tree.body if isinstance(node, ast.If)]
    return any("__name__" in test and "__main__" in test for test in tests)
