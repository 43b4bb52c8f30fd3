"""With which literals conditions compare the values of a workflow."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from kai_pipelines.errors import ExpressionError
from kai_pipelines.expression import tags
from kai_pipelines.expression.nodes import (
    Array,
    Binary,
    Builtin,
    Call,
    Chain,
    Conditional,
    Literal,
    Member,
    Name,
    Node,
    walk,
)
from kai_pipelines.expression.parser import parse
from kai_pipelines.expression.when_tokens import BOOLEAN, COMPARATOR, NUMERIC, STRING, VARIABLE, Token, tokenize

_ORDER = frozenset({"<", "<=", ">", ">="})
_COMPARES = frozenset({"==", "!=", "in", "not in", "startsWith", "endsWith", "contains", "matches"}) | _ORDER
_MIRRORED = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}
_CASTS = frozenset(
    {"asInt", "asFloat", "int", "float", "string", "lower", "upper", "trim", "toString", "fromJSON", "fromJson", "abs"}
)
_SOME_NUMBERS = ("1", "1000000")
"""For values that are compared with others that nobody knows."""
_MARK = "kaivalue"


@dataclass(frozen=True, slots=True)
class Clue:
    """A text that a value, or a member of it when it is JSON, is compared with."""

    member: tuple[str, ...]
    text: str


def clues_in_when(when: str) -> list[tuple[str, Clue]]:
    """The references of a `when` with what each is compared with."""
    try:
        found = tags(when)
    except ExpressionError:
        return []
    clues: list[tuple[str, Clue]] = []
    names: list[str] = []
    plain, at = "", 0
    for tag in found:
        plain += when[at : tag.position]
        at = tag.position + len(tag.text) + 4
        if tag.is_expression:
            clues += clues_in_expression(tag.content)
            clues += [(one, Clue((), text)) for one in _bare(tag.content) for text in ("true", "false")]
            plain += "true"
        else:
            plain += f"{_MARK}{len(names)}"
            names.append(tag.content)
    plain += when[at:]
    if plain.strip() in {f"{_MARK}0", f"'{_MARK}0'", f'"{_MARK}0"'}:
        return [*clues, (names[0], Clue((), "true")), (names[0], Clue((), "false"))]
    return [*clues, *_in_tokens(plain, names)]


def _bare(expression: str) -> list[str]:
    """The reference that is the whole expression, for a condition that is a value itself."""
    try:
        found = reference_of(parse(expression))
    except ExpressionError:
        return []
    return [found[0]] if found is not None and not found[1] else []


def _in_tokens(plain: str, names: list[str]) -> Iterator[tuple[str, Clue]]:
    try:
        tokens = tokenize(plain)
    except ExpressionError:
        return
    for left, operator, right in zip(tokens, tokens[1:], tokens[2:], strict=False):
        if operator.kind != COMPARATOR:
            continue
        sign = str(operator.value)
        for one, other, compared in ((left, right, sign), (right, left, _MIRRORED.get(sign, sign))):
            name = _marked(one, names)
            if name is None or other.kind not in {NUMERIC, BOOLEAN, STRING, VARIABLE}:
                continue
            if _marked(other, names) is None:
                yield from ((name, Clue((), text)) for text in _either_side(compared, other.value))
            elif sign in _ORDER:
                yield from ((name, Clue((), text)) for text in _SOME_NUMBERS)


def _marked(token: Token, names: list[str]) -> str | None:
    text = str(token.value)
    number = text.removeprefix(_MARK)
    return names[int(number)] if text.startswith(_MARK) and number.isdigit() and int(number) < len(names) else None


def clues_in_expression(expression: str) -> list[tuple[str, Clue]]:
    """The references of an expression with what each is compared with."""
    try:
        tree = parse(expression)
    except ExpressionError:
        return []
    clues: list[tuple[str, Clue]] = []
    for node in walk(tree):
        if isinstance(node, Binary) and node.operator in _COMPARES:
            clues += _compared(node.left, node.operator, node.right)
            clues += _compared(node.right, _MIRRORED.get(node.operator, node.operator), node.left)
        elif isinstance(node, Conditional):
            found = reference_of(node.condition)
            clues += [(found[0], Clue(found[1], text)) for text in ("true", "false")] if found is not None else []
    return clues


def _compared(value: Node, operator: str, other: Node) -> Iterator[tuple[str, Clue]]:
    found = reference_of(value)
    if found is None:
        return
    name, member = found
    if operator in _ORDER and reference_of(other) is not None:
        yield from ((name, Clue(member, text)) for text in _SOME_NUMBERS)
    for literal in _literals(other):
        yield from ((name, Clue(member, text)) for text in _either_side(operator, literal))


def _literals(node: Node) -> list[object]:
    if isinstance(node, Array):
        return [item.value for item in node.items if isinstance(item, Literal)]
    if isinstance(node, Literal):
        return list(node.value) if isinstance(node.value, list) else [node.value]
    return []


def _either_side(operator: str, literal: object) -> list[str]:
    """Texts for which the comparison comes out both ways, as far as one literal says."""
    if operator in _ORDER and isinstance(literal, int | float) and not isinstance(literal, bool):
        above, below = _number(literal + 1), _number(literal - 1)
        return [above, below] if operator in {">", ">="} else [below, above]
    if operator == "matches" or literal is None:
        return []
    return [_text(literal)]


def _text(literal: object) -> str:
    if isinstance(literal, bool):
        return "true" if literal else "false"
    return _number(literal) if isinstance(literal, int | float) else str(literal)


def _number(value: int | float) -> str:
    return str(int(value)) if value == int(value) else str(value)


def references_in(expression: str) -> list[str]:
    """The references that an expression can have as its own value, unchanged."""
    try:
        tree = parse(expression)
    except ExpressionError:
        return []
    found: list[str] = []
    ahead = [tree]
    while ahead:
        node = ahead.pop(0)
        if isinstance(node, Conditional):
            ahead += [node.yes, node.no]
        elif isinstance(node, Binary) and node.operator in {"??", "||"}:
            ahead += [node.left, node.right]
        else:
            one = reference_of(node)
            found += [one[0]] if one is not None and not one[1] else []
    return found


def reference_of(node: Node) -> tuple[str, tuple[str, ...]] | None:
    """``fromJSON(tasks.a.outputs.result).size`` → (``tasks.a.outputs.result``, (``size``,)); casts do not count."""
    if isinstance(node, Chain):
        return reference_of(node.node)
    if isinstance(node, Builtin | Call):
        return _called(node)
    names: list[str] = []
    while isinstance(node, Member):
        if not isinstance(node.key, Literal) or not isinstance(node.key.value, str):
            return None
        names.append(node.key.value)
        node = node.base.node if isinstance(node.base, Chain) else node.base
    names.reverse()
    if isinstance(node, Builtin | Call):
        found = _called(node)
        return None if found is None else (found[0], (*found[1], *names))
    if not isinstance(node, Name):
        return None
    path = [node.name, *names]
    return _divided(path)


def _divided(path: list[str]) -> tuple[str, tuple[str, ...]] | None:
    """The part of a path that names a value, and the rest."""
    if path[0] == "item":
        return ".".join(path), ()
    lengths = {"inputs": 3, "workflow": 4, "tasks": 4, "steps": 4}
    length = lengths.get(path[0])
    if length is None:
        return None
    if path[0] in {"tasks", "steps"} and path[3:4] == ["parameters"]:
        length = 5
    return (".".join(path[:length]), tuple(path[length:])) if len(path) >= length else None


def _called(node: Builtin | Call) -> tuple[str, tuple[str, ...]] | None:
    name = node.name if isinstance(node, Builtin) else node.callee.name if isinstance(node.callee, Name) else ""
    if name in _CASTS and len(node.arguments) == 1:
        return reference_of(node.arguments[0])
    if name == "jsonpath" and len(node.arguments) == 2 and isinstance(node.arguments[1], Literal):
        found, path = reference_of(node.arguments[0]), str(node.arguments[1].value)
        if found is not None and path.startswith("$.") and all(part.isidentifier() for part in path[2:].split(".")):
            return found[0], (*found[1], *path[2:].split("."))
    return None
