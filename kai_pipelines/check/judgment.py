"""Judging one expression: its grammar, the names in it, and the types of what it joins."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from kai_pipelines.check.scope import Scope, suggestion
from kai_pipelines.expression.faults import CompileError

if TYPE_CHECKING:
    from kai_pipelines.check.paths import Path
    from kai_pipelines.expression.nodes import Binary, Node

_WORD = re.compile(r"[A-Za-z0-9_]+")
_COMPARES = ("==", "!=")


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong in an expression, and at which of its characters."""

    rule: str
    """The name of a code: ``bad-expression``, ``unknown-name``, ``mismatched-types`` or ``never-equal``."""
    message: str
    offset: int
    hint: str = ""


def judge(expression: str, scope: Scope, *, boolean: bool = False) -> list[Fault]:
    """All faults of an expression that Argo evaluates with the variables of a scope."""
    if not expression.strip():
        return [Fault("bad-expression", "the expression is empty", 0)]
    try:
        tree, found = _parsed(expression)
    except CompileError as error:
        hint = error.hint or _grammar_hint(expression)
        return [Fault("bad-expression", plain(error.message), error.position or 0, hint)]
    unknown = _unknown(expression, found, scope)
    return unknown or _types(expression, tree, scope, boolean=boolean)


@lru_cache(maxsize=512)
def _parsed(expression: str) -> tuple[Node, list[Path]]:
    from kai_pipelines.check.paths import paths
    from kai_pipelines.expression.environment import argo_functions
    from kai_pipelines.expression.parser import parse

    tree = parse(expression, frozenset(("sprig", *argo_functions())).__contains__)
    return tree, paths(tree)


def parsed(expression: str) -> tuple[Node, list[Path]] | None:
    """The tree and the variables of an expression; None when it does not parse."""
    try:
        return _parsed(expression)
    except CompileError:
        return None


def _grammar_hint(expression: str) -> str:
    if "{{" in expression:
        return "no {{ }} inside an expression: variables stand there by name"
    if re.search(r"(?<![=!<>])=(?!=)", expression):
        return "equality is =="
    return ""


def _unknown(expression: str, found: list[Path], scope: Scope) -> list[Fault]:
    from kai_pipelines.expression.environment import argo_functions
    from kai_pipelines.expression.grammar import FUNCTIONS, PREDICATES

    faults: list[Fault] = []
    for path in found:
        root = path.parts[0]
        if root in ("$env", *argo_functions()) or root in FUNCTIONS or root in PREDICATES:
            continue
        if root == "sprig":
            faults += _sprig(path)
            continue
        if path.called and len(path.parts) == 1:
            hint = suggestion(root, [*FUNCTIONS, *PREDICATES, *argo_functions()])
            faults.append(Fault("unknown-name", f"there is no function {root!r}", path.positions[0], hint))
            continue
        unknown = scope.unknown(path.parts)
        if unknown is None or (path.guarded and unknown.part == len(path.parts) - 1 > 1):
            continue
        offset = path.positions[unknown.part]
        dashed = _dashed(expression, path, unknown.part)
        faults.append(Fault("unknown-name", unknown.message, offset, dashed or unknown.hint))
        if dashed:
            break
    return faults


def _dashed(expression: str, path: Path, part: int) -> str:
    """What to do when a name with a dash is written after a dot, where it is a subtraction."""
    start = path.positions[part]
    word = _WORD.match(expression, start)
    if part == 0 or word is None or expression[word.end() : word.end() + 1] != "-":
        return ""
    whole = re.compile(r"[A-Za-z0-9_-]+").match(expression, start)
    assert whole is not None
    return f"a name with a dash goes in brackets: {'.'.join(path.parts[:part])}['{whole[0]}']"


def _sprig(path: Path) -> list[Fault]:
    if len(path.parts) < 2:
        return []
    from kai_pipelines.expression.sprig import functions

    known = functions()
    if path.parts[1] in known:
        return []
    hint = suggestion(path.parts[1], known) if len(path.parts[1]) > 2 else ""
    message = f"sprig has no function {path.parts[1]!r} here"
    return [Fault("unknown-name", message, path.positions[1], hint)]


def _types(expression: str, tree: Node, scope: Scope, *, boolean: bool) -> list[Fault]:
    from kai_pipelines.check.paths import TypedChecker

    env = _environment(expression, scope)
    try:
        TypedChecker(expression, env, lambda path: False).visit(tree)
    except CompileError as error:
        return [Fault("bad-expression", plain(error.message), error.position or 0)]
    except RecursionError:
        return [Fault("bad-expression", "the expression is nested too deeply", 0)]
    checker = TypedChecker(expression, env, scope.is_text)
    try:
        nature = checker.visit(tree)
    except CompileError as error:
        return [_misfit(error, tree)]
    if boolean and not nature.unknown and nature.kind != "bool":
        return [Fault("mismatched-types", f"the expression gives {nature}, not true or false", 0)]
    return []


def _environment(expression: str, scope: Scope) -> dict[str, object]:
    from kai_pipelines.expression.environment import argo_functions

    env: dict[str, object] = {root: {} for root in scope.roots}
    env.update(argo_functions())
    if "sprig" in expression:
        from kai_pipelines.expression.sprig import functions

        env["sprig"] = functions()
    return env


def _misfit(error: CompileError, tree: Node) -> Fault:
    """Types that do not fit: some fail when they meet, some comparisons are merely never true."""
    position = error.position or 0
    message = plain(error.message)
    operator = next((part.operator for part in _binaries(tree) if part.position == position), "")
    hint = "variables are text: asInt(…) or asFloat(…) makes a number, quotes make text"
    if operator in _COMPARES or operator == "in":
        truth = "always true" if operator == "!=" else "never true"
        return Fault("never-equal", f"text is compared with another type, which is {truth}", position, hint)
    return Fault("mismatched-types", message, position, hint)


def _binaries(tree: Node) -> list[Binary]:
    from kai_pipelines.expression.nodes import Binary, walk

    return [node for node in walk(tree) if isinstance(node, Binary)]


def plain(message: str) -> str:
    """A message of the expression package without its own position, which is told another way."""
    message = re.sub(r" \(character \d+\)$| at character \d+( of .*)?$", "", message, flags=re.DOTALL)
    return message.replace("unexpected the end", "unexpected end")
