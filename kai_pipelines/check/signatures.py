"""What a step of ours takes, read from its source: nothing is imported.

A container that runs ``python -m kai_pipelines.runtime MODULE:FUNCTION`` reads its arguments with the annotations of
that function; when its file can be found, constants can be judged before they get there.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from kai_pipelines.check.model import Template, items, mapping, text

if TYPE_CHECKING:
    import ast

_ADDRESS = re.compile(r"[\w.]+:[A-Za-z_]\w*")
_FLAG = re.compile(r"--([A-Za-z_]\w*)=\{\{\s*inputs\.parameters\.([-\w]+)\s*\}\}")
_KINDS = {"int": "int", "float": "number", "bool": "bool"}

Use = tuple[str, str, tuple[str, ...]]


def step_annotations(template: Template) -> Iterator[tuple[str, Use]]:
    """For each input parameter of a step of ours: what its annotation needs (`uses.Use`)."""
    container = mapping(template.body.get("container"))
    command, args = items(container.get("command")), items(container.get("args"))
    if "kai_pipelines.runtime" not in command or not args or not _ADDRESS.fullmatch(text(args[0])):
        return
    module, _, function = text(args[0]).partition(":")
    annotations = _annotations(module, function)
    for flag in args[1:]:
        match = _FLAG.fullmatch(text(flag))
        if match is not None and match[1] in annotations:
            kind, choices = annotations[match[1]]
            why = f"{args[0]} annotates {match[1]} with {kind if not choices else ' | '.join(choices)}"
            yield match[2], (kind, why, choices)


@lru_cache(maxsize=256)
def _annotations(module: str, function: str) -> dict[str, tuple[str, tuple[str, ...]]]:
    import ast

    path = _file_of(module)
    if path is None:
        return {}
    try:
        tree = ast.parse(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, SyntaxError, RecursionError):
        return {}
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and node.name == function:
            every = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
            known = ((one.arg, _needed(one.annotation)) for one in every)
            return {name: needed for name, needed in known if needed is not None}
    return {}


def _needed(annotation: ast.expr | None) -> tuple[str, tuple[str, ...]] | None:
    import ast

    match annotation:
        case ast.Name(id=name) if name in _KINDS:
            return _KINDS[name], ()
        case ast.Subscript(value=ast.Name(id="Literal"), slice=inner):
            values = inner.elts if isinstance(inner, ast.Tuple) else [inner]
            if all(isinstance(one, ast.Constant) and isinstance(one.value, str) for one in values):
                return "choice", tuple(str(one.value) for one in values if isinstance(one, ast.Constant))
        case _:
            pass
    return None


def _file_of(module: str) -> Path | None:
    relative = Path(*module.split("."))
    for root in ("", *sys.path):
        for candidate in (Path(root) / relative.with_suffix(".py"), Path(root) / relative / "__init__.py"):
            if candidate.is_file():
                return candidate
    return None
