"""The variables that an expression names, each with its path and position, and the types that are known of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from kai_pipelines.expression.checker import Checker
from kai_pipelines.expression.natures import STRING, UNKNOWN, Nature
from kai_pipelines.expression.nodes import Binary, Call, Chain, Let, Literal, Member, Name, Node, walk


@dataclass(frozen=True, slots=True)
class Path:
    """One variable as it is written: `tasks['a'].outputs.result` is ("tasks", "a", "outputs", "result")."""

    parts: tuple[str, ...]
    positions: tuple[int, ...]
    """Where in the expression each part is written."""
    guarded: bool
    """Whether it may be absent: left of `??`, or after `?.`."""
    called: bool = False
    """Whether it is called like a function."""


def paths(tree: Node) -> list[Path]:
    """The longest path at every variable, in order."""
    nodes = list(walk(tree))
    inner = {id(_base(node)) for node in nodes if isinstance(node, Member)}
    inner |= {id(node.node) for node in nodes if isinstance(node, Chain) and id(node) in inner}
    local = {node.name for node in nodes if isinstance(node, Let)}
    coalesced = {
        id(part) for node in nodes if isinstance(node, Binary) and node.operator == "??" for part in walk(node.left)
    }
    called = {id(node.callee) for node in nodes if isinstance(node, Call)}
    found: list[Path] = []
    for node in nodes:
        if isinstance(node, Name | Member) and id(node) not in inner:
            path = _path(node, id(node) in coalesced, id(node) in called)
            if path is not None and path.parts[0] not in local:
                found.append(path)
    return sorted(found, key=lambda path: path.positions)


def _base(node: Member) -> Node:
    return node.base


def _path(node: Node, guarded: bool, called: bool) -> Path | None:
    """The path up to the first step that is computed or optional."""
    steps: list[Member] = []
    current = node
    while isinstance(current, Member | Chain):
        if isinstance(current, Member):
            steps.append(current)
            current = current.base
        else:
            current = current.node
    if not isinstance(current, Name):
        return None
    parts, positions = [current.name], [current.position]
    for step in reversed(steps):
        if step.optional:
            guarded = True
            break
        if not (isinstance(step.key, Literal) and isinstance(step.key.value, str)):
            called = False
            break
        parts.append(step.key.value)
        positions.append(step.key.position)
    return Path(tuple(parts), tuple(positions), guarded, called)


class TypedChecker(Checker):
    """Checks the types of an expression with what is known of the variables: most of them are text."""

    def __init__(self, text: str, env: Mapping[str, object], is_text: Callable[[Sequence[str]], bool]) -> None:
        super().__init__(text, env)
        self.is_text = is_text

    def check(self, node: Node) -> Nature:
        """Text where the variable is known to be; otherwise as expr-lang sees it."""
        if isinstance(node, Name) and node.name not in self.variables and self.is_text((node.name,)):
            return STRING
        if isinstance(node, Name) and node.name not in self.variables and self.env.get(node.name) == {}:
            return UNKNOWN
        if isinstance(node, Member):
            path = _path(node, guarded=False, called=False)
            if path is not None and not path.guarded and self.is_text(path.parts) and _is_whole(node, path):
                return STRING
            if isinstance(node.base, Name) and node.base.name in self.env and node.base.name not in self.variables:
                self.visit(node.key)
                return UNKNOWN if node.base.name != "sprig" else super().check(node)
        return super().check(node)


def _is_whole(node: Member, path: Path) -> bool:
    """Whether the path reaches to the end of the node."""
    return isinstance(node.key, Literal) and node.key.value == path.parts[-1] and len(path.parts) == _size(node)


def _size(node: Node) -> int:
    size = 1
    while isinstance(node, Member | Chain):
        size += isinstance(node, Member)
        node = node.base if isinstance(node, Member) else node.node
    return size
