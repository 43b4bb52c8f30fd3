"""The fingerprint of a step's own source: its function and everything of the project that it uses.

Read from the files, nothing is imported: a function's syntax tree, the names it uses in its module, and
through imports those of other modules of the same project. Comments, positions and docstrings do not
count. Installed packages other than the step's own do not count either; a change there goes with a change of the
pinned versions.

A fingerprint is remembered together with the files it was made from, as they were; while none of them
changes, nothing is parsed again.
"""

from __future__ import annotations

import ast
import hashlib
import json
import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from typing import Any

from kai_pipelines.cache.store import read_json, write_atomically

_LIBRARY = __name__.partition(".")[0]


class Module:
    """The syntax tree of one file, by top-level name."""

    def __init__(self, name: str, path: Path) -> None:
        self.name = name
        self.path = path
        self.tree = ast.parse(path.read_text(encoding="utf-8"))
        _drop_docstrings(self.tree)
        self._texts: dict[str, str] = {}

    def text(self, name: str) -> str:
        """What defines a top-level name, without what does not matter."""
        if name not in self._texts:
            self._texts[name] = "\n".join(ast.dump(one) for one in self.definitions.get(name, []))
        return self._texts[name]

    @cached_property
    def definitions(self) -> dict[str, list[ast.stmt]]:
        """Top-level name → the statements that define it."""
        found: dict[str, list[ast.stmt]] = {}
        for statement in self._statements(self.tree.body):
            for name in _bound(statement):
                found.setdefault(name, []).append(statement)
        return found

    def _statements(self, body: Sequence[ast.stmt]) -> list[ast.stmt]:
        flat: list[ast.stmt] = []
        for statement in body:
            inner = [part for field in ("body", "orelse", "finalbody") for part in getattr(statement, field, [])]
            if isinstance(statement, ast.If | ast.Try | ast.With):
                flat += self._statements(inner)
            else:
                flat.append(statement)
        return flat

    @property
    def package(self) -> str:
        """The package that relative imports start from."""
        return self.name if self.path.name == "__init__.py" else self.name.rpartition(".")[0]


def _parsed(name: str, path: Path) -> Module | None:
    try:
        return Module(name, path)
    except (SyntaxError, ValueError, OSError):  # the step itself will say so
        return None


class Fingerprints:
    """Fingerprints of steps whose modules lie in some folders; `memory` is a file that keeps them between runs."""

    def __init__(self, python_path: Sequence[str], memory: Path | None = None) -> None:
        self._folders = [Path(folder) for folder in python_path]
        self._place = os.pathsep.join(python_path)
        self._memory = memory
        self._remembered: dict[str, Any] = read_json(memory) if memory is not None else {}
        self._learned: dict[str, Any] = {}
        self._paths: dict[str, Path | None] = {}
        self._modules: dict[str, Module | None] = {}
        self._own = ""
        """The top-level package of the current step: it counts even where it is installed."""
        self._known: dict[str, str | None] = {}
        self._read: dict[str, list[int]] = {}
        """Every file and folder that the current fingerprint depends on, as it is."""

    def of(self, address: str) -> str | None:
        """The fingerprint of ``module:function``; None when its source cannot be found."""
        if address not in self._known:
            kept = self._remembered.get(f"{address} {self._place}")
            if kept is not None and all(_stamp(Path(path)) == stamp for path, stamp in kept["read"].items()):
                self._known[address] = kept["fingerprint"]
            else:
                self._known[address] = self._learn(address)
        return self._known[address]

    def remember(self) -> None:
        """Keep what was learned for the next run."""
        if self._memory is not None and self._learned:
            with suppress(OSError):  # without it the next run parses again, that is all
                write_atomically(self._memory, json.dumps({**self._remembered, **self._learned}))

    def _learn(self, address: str) -> str | None:
        self._read = {}
        fingerprint = self._compute(address)
        if fingerprint is not None:
            self._learned[f"{address} {self._place}"] = {"fingerprint": fingerprint, "read": self._read}
        return fingerprint

    def _compute(self, address: str) -> str | None:
        name, _, function = address.partition(":")
        self._own = name.partition(".")[0]
        module = self.module(name)
        if module is None or function not in module.definitions:
            return None
        parts: dict[str, str] = {}
        self._collect(module, function, parts)
        digest = hashlib.sha256()
        for key in sorted(parts):
            digest.update(f"{key}\0{parts[key]}\0".encode())
        return digest.hexdigest()

    def module(self, name: str) -> Module | None:
        """A module of the project: found in the folders, and neither a foreign package nor this library."""
        if name not in self._paths:
            self._paths[name] = self._find(name)
        path = self._paths[name]
        if path is None or ("site-packages" in path.parts and name.partition(".")[0] != self._own):
            return None
        if name not in self._modules:
            self._modules[name] = _parsed(name, path)
        found = self._modules[name]
        if found is not None:
            self._read.setdefault(str(found.path), _stamp(found.path))
        return found

    def _find(self, name: str) -> Path | None:
        top = name.partition(".")[0]
        if not name or top == _LIBRARY or top in sys.stdlib_module_names:
            return None
        relative = Path(*name.split("."))
        for folder in self._folders:
            for path in (folder / relative.with_suffix(".py"), folder / relative / "__init__.py"):
                if path.is_file():
                    return path
        return None

    def _collect(self, module: Module, name: str, parts: dict[str, str]) -> None:
        key = f"{module.name}:{name}"
        if key in parts:
            return
        self._data_beside(module, parts)
        parts[key] = module.text(name)
        for statement in module.definitions.get(name, []):
            self._follow(module, statement, parts)

    def _data_beside(self, module: Module, parts: dict[str, str]) -> None:
        """Templates, styles and tables in the module's folder: the code may read them."""
        folder, key = module.path.parent, f"{module.package}/"
        if key in parts or not (folder / "__init__.py").is_file():
            return
        files = [path for path in folder.iterdir() if path.is_file() and path.suffix not in {".py", ".pyc"}]
        self._read.update({str(path): _stamp(path) for path in (folder, *files)})
        parts[key] = "".join(hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(files))

    def _follow(self, module: Module, statement: ast.stmt, parts: dict[str, str]) -> None:
        """Everything that a statement uses: names of its module, and what it imports from the project."""
        for node in ast.walk(statement):
            if isinstance(node, ast.Name) and node.id in module.definitions:
                self._collect(module, node.id, parts)
            elif isinstance(node, ast.ImportFrom):
                self._follow_from(module, node, parts)
            elif isinstance(node, ast.Import):
                for alias in node.names:
                    self._whole(alias.name, parts)
            elif isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value in module.definitions:
                self._collect(module, node.value, parts)  # an annotation in quotes

    def _follow_from(self, module: Module, node: ast.ImportFrom, parts: dict[str, str]) -> None:
        origin = node.module or ""
        if node.level:
            base = module.package.split(".")
            origin = ".".join([*base[: len(base) - node.level + 1], *([node.module] if node.module else [])])
        source = self.module(origin)
        for alias in node.names:
            if source is not None and alias.name in source.definitions:
                self._collect(source, alias.name, parts)
            elif self.module(f"{origin}.{alias.name}") is not None:
                self._whole(f"{origin}.{alias.name}", parts)

    def _whole(self, name: str, parts: dict[str, str]) -> None:
        """A module that is used as a whole: any of its names may be."""
        module = self.module(name)
        if module is None or f"{name}:*" in parts:
            return
        parts[f"{name}:*"] = ""
        for defined in module.definitions:
            self._collect(module, defined, parts)


def _bound(statement: ast.stmt) -> list[str]:
    """The names that a top-level statement gives a meaning."""
    if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return [statement.name]
    if isinstance(statement, ast.Import | ast.ImportFrom):
        return [(alias.asname or alias.name).partition(".")[0] for alias in statement.names]
    targets = getattr(statement, "targets", None) or [getattr(statement, "target", None)]
    names = [
        node.id for target in targets if target is not None for node in ast.walk(target) if isinstance(node, ast.Name)
    ]
    return names


def _drop_docstrings(tree: ast.Module) -> None:
    """Remove the docstrings of a syntax tree."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.Module | ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) or not node.body:
            continue
        first = node.body[0]
        if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and isinstance(first.value.value, str):
            node.body = node.body[1:] or [ast.Pass()]


def _stamp(path: Path) -> list[int]:
    """What changes when a file or folder does; empty when it is gone."""
    try:
        status = path.stat()
    except OSError:
        return []
    return [status.st_size, status.st_mtime_ns, status.st_ino]
