"""KAI605 and KAI606: Python code in scripts, read as Python reads it."""

from __future__ import annotations

import builtins
import re
from collections.abc import Iterator
from functools import lru_cache
from pathlib import PurePosixPath

from kai_pipelines.check.codes import found
from kai_pipelines.check.finding import Finding, Place
from kai_pipelines.check.model import Model, Template, items, mapping, text
from kai_pipelines.check.scope import suggestion

_TAG = re.compile(r"\{\{.*?\}\}", re.DOTALL)
_ALWAYS_BOUND = frozenset((*dir(builtins), "__file__", "__name__", "__doc__", "__builtins__", "__spec__", "__loader__",
                           "__package__", "__annotations__", "__class__", "__path__", "__dict__", "__module__",
                           "__qualname__", "__debug__", "WindowsError"))  # fmt: skip
_BINDS_UNSEEN = re.compile(r"\b(?:exec|globals|locals|vars|eval|setattr|__import__)\s*\(|\bimport \*|\bNameError\b")
_PYTHON = re.compile(r"(?:pypy|python)(?:3(?:\.[0-9]+)?)?")
_LONGEST = 200_000


def check(model: Model) -> Iterator[Finding]:
    """All faults of the family."""
    for template in model.templates:
        for place, source in _sources(template):
            if len(source) <= _LONGEST:
                yield from _judge(template, place, source)


def is_python(template: Template) -> bool:
    """Whether the script of a template is Python."""
    return _runs_python(template.effective("script"))


def _runs_python(container: object) -> bool:
    command = items(mapping(container).get("command"))
    name = PurePosixPath(text(command[0])).name if command else ""
    if name == "env" and len(command) > 1:
        name = text(command[1])
    return _PYTHON.fullmatch(name) is not None


def _sources(template: Template) -> Iterator[tuple[Place, str]]:
    script = mapping(template.body.get("script"))
    if is_python(template) and isinstance(script.get("source"), str):
        yield (*template.place, "script", "source"), script["source"]
    container = mapping(template.body.get("container"))
    command, args = items(container.get("command")), items(container.get("args"))
    if _runs_python(container) and command[-1] == "-c" and args and isinstance(args[0], str):
        yield (*template.place, "container", "args", 0), args[0]
    elif _runs_python(container) and len(args) > 1 and args[0] == "-c" and isinstance(args[1], str):
        yield (*template.place, "container", "args", 1), args[1]


def _judge(template: Template, place: Place, source: str) -> Iterator[Finding]:
    import ast
    import warnings

    index = template.document.index
    code = _TAG.sub(lambda tag: "0".ljust(len(tag[0])), source)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            tree = ast.parse(code)
        except SyntaxError as error:
            if code == source:
                offset = _offset(source, error.lineno or 1, (error.offset or 1) - 1)
                yield found("bad-script", index, place, f"not valid Python: {error.msg}", offset=offset)
            return
        except (ValueError, RecursionError, MemoryError):
            return
        if _BINDS_UNSEEN.search(code):
            return
        unbound = _unbound(code)
    if not unbound:
        return
    told = set[str]()
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and node.id in unbound and node.id not in told and isinstance(node.ctx, ast.Load):
            told.add(node.id)
            message = f"the script uses {node.id!r} and never binds it"
            offset = _offset(source, node.lineno, _characters(source, node.lineno, node.col_offset))
            yield found("unbound-name", index, place, message, hint=_hint(node.id, unbound), offset=offset)


def _hint(name: str, unbound: frozenset[str]) -> str:
    near = suggestion(name, [one for one in _ALWAYS_BOUND if not one.startswith("_")])
    if near.startswith("did you mean") and len(name) > 3:
        return near
    return "only the script itself runs in the pod: import it, define it there, or pass it as a parameter"


@lru_cache(maxsize=256)
def _unbound(code: str) -> frozenset[str]:
    """Global names that are read and never bound."""
    import symtable

    try:
        top = symtable.symtable(code, "script", "exec")
    except (SyntaxError, ValueError, RecursionError):
        return frozenset()
    bound = set(_ALWAYS_BOUND)
    read = set[str]()
    tables = [top]
    for table in tables:
        tables.extend(table.get_children())
        for symbol in table.get_symbols():
            is_global = table is top or symbol.is_global()
            if not is_global:
                continue
            if symbol.is_assigned() or symbol.is_imported() or symbol.is_namespace():
                bound.add(symbol.get_name())
            if symbol.is_referenced():
                read.add(symbol.get_name())
    return frozenset(read - bound)


def _offset(source: str, line: int, column: int) -> int:
    """The index of a line and column (both in characters, the line from 1)."""
    start = 0
    for _ in range(line - 1):
        start = source.find("\n", start) + 1
    return start + max(column, 0)


def _characters(source: str, line: int, octets: int) -> int:
    """A column that ast counts in bytes as one in characters."""
    written = source.split("\n", line)[line - 1]
    return len(written.encode()[:octets].decode("utf-8", "replace"))
