"""The variables that an expression mentions, as Argo looks for them before it evaluates (expression_template.go)."""

from __future__ import annotations

from kai_pipelines.expression.nodes import Binary, Literal, Member, Name, Node, walk
from kai_pipelines.expression.parser import parse


def identifiers(expression: str) -> list[str]:
    """Names and dotted paths, each once; paths guarded by `??` or `?.` only count with their first name."""
    tree = parse(expression)
    guarded = _guarded(tree)
    found: dict[str, None] = {}
    for node in walk(tree):
        if id(node) in guarded:
            continue
        if isinstance(node, Name):
            found[node.name] = None
        elif isinstance(node, Member):
            path = member_path(node)
            if path is not None:
                found[path] = None
    return list(found)


def member_path(node: Member) -> str | None:
    """`a.b['c']` as "a.b.c"; None when a key is computed or a step optional."""
    parts: list[str] = []
    current: Node = node
    while isinstance(current, Member):
        key = current.key
        if current.optional or not isinstance(key, Literal) or not isinstance(key.value, str):
            return None
        parts.append(key.value)
        current = current.base
    if not isinstance(current, Name):
        return None
    return ".".join([current.name, *reversed(parts)])


def _guarded(tree: Node) -> set[int]:
    found: set[int] = set()
    for node in walk(tree):
        if isinstance(node, Binary) and node.operator == "??":
            found.update(id(part) for part in walk(node.left) if isinstance(part, Member))
        elif isinstance(node, Member) and node.optional and isinstance(node.base, Member):
            found.add(id(node.base))
    return found
