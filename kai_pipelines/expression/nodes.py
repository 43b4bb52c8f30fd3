"""The syntax tree of an expression: small frozen dataclasses, each with its position in the text."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True, slots=True, eq=False)
class Literal:
    """nil, a boolean, an integer, a float, a string or bytes; after folding also a list."""

    position: int
    value: object


@dataclass(frozen=True, slots=True, eq=False)
class Name:
    """A variable, or a function that is not a built-in."""

    position: int
    name: str


@dataclass(frozen=True, slots=True, eq=False)
class Pointer:
    """`#`, `#index` or `#acc` inside a predicate."""

    position: int
    name: str


@dataclass(frozen=True, slots=True, eq=False)
class Unary:
    """`!x`, `not x`, `-x`, `+x`."""

    position: int
    operator: str
    operand: Node


@dataclass(frozen=True, slots=True, eq=False)
class Binary:
    """Every operator between two operands."""

    position: int
    operator: str
    left: Node
    right: Node


@dataclass(frozen=True, slots=True, eq=False)
class Chain:
    """The reach of a `?.`: a nil inside makes the whole chain nil."""

    position: int
    node: Node


@dataclass(frozen=True, slots=True, eq=False)
class Member:
    """`base.name`, `base[index]`; optional with `?.`."""

    position: int
    base: Node
    key: Node
    optional: bool
    method: bool


@dataclass(frozen=True, slots=True, eq=False)
class SliceOf:
    """`base[start:end]`."""

    position: int
    base: Node
    start: Node | None
    end: Node | None


@dataclass(frozen=True, slots=True, eq=False)
class Call:
    """A call of a variable or a method."""

    position: int
    callee: Node
    arguments: tuple[Node, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Builtin:
    """A call of a built-in; `then` is what a folded `map(filter(…), then)` does with what it finds."""

    position: int
    name: str
    arguments: tuple[Node, ...]
    then: Node | None = None
    throws: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Predicate:
    """The body that a built-in runs for each element."""

    position: int
    body: Node


@dataclass(frozen=True, slots=True, eq=False)
class Let:
    """`let name = value; body`."""

    position: int
    name: str
    value: Node
    body: Node


@dataclass(frozen=True, slots=True, eq=False)
class Sequence:
    """`a; b; c`."""

    position: int
    nodes: tuple[Node, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Conditional:
    """`condition ? yes : no` and `if condition { yes } else { no }`."""

    position: int
    condition: Node
    yes: Node
    no: Node


@dataclass(frozen=True, slots=True, eq=False)
class Array:
    """`[a, b]`."""

    position: int
    items: tuple[Node, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Map:
    """`{key: value}`."""

    position: int
    pairs: tuple[tuple[Node, Node], ...]


Node: TypeAlias = (
    Literal
    | Name
    | Pointer
    | Unary
    | Binary
    | Chain
    | Member
    | SliceOf
    | Call
    | Builtin
    | Predicate
    | Let
    | Sequence
    | Conditional
    | Array
    | Map
)


def children(node: Node) -> Iterator[Node]:
    """The direct children of a node, left to right."""
    match node:
        case Unary(operand=one) | Chain(node=one) | Predicate(body=one):
            yield one
        case Binary(left=left, right=right):
            yield left
            yield right
        case Member(base=base, key=key):
            yield base
            yield key
        case SliceOf(base=base, start=start, end=end):
            yield from (part for part in (base, start, end) if part is not None)
        case Call(callee=callee, arguments=arguments):
            yield callee
            yield from arguments
        case Builtin(arguments=several) | Sequence(nodes=several) | Array(items=several):
            yield from several
        case Let(value=value, body=body):
            yield value
            yield body
        case Conditional(condition=condition, yes=yes, no=no):
            yield from (condition, yes, no)
        case Map(pairs=pairs):
            for key, value in pairs:
                yield key
                yield value
        case _:
            return


def spine(node: Binary) -> tuple[Node, list[Binary]]:
    """The operand at the far left of `a + b + c …` and the operators from left to right.

    Chains of operators may be thousands long: who walks them this way does not recurse into them.
    """
    operators: list[Binary] = []
    current: Node = node
    while isinstance(current, Binary):
        operators.append(current)
        current = current.left
    operators.reverse()
    return current, operators


def walk(root: Node) -> Iterator[Node]:
    """Every node below and including `root`, children first, as expr-lang walks."""
    stack: list[tuple[Node, bool]] = [(root, False)]
    while stack:
        node, done = stack.pop()
        if done:
            yield node
            continue
        stack.append((node, True))
        stack.extend((child, False) for child in reversed(list(children(node))))
