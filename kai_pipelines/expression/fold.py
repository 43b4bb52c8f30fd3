"""What expr-lang 1.17.8 rewrites before running, as far as a result can show it (its optimizer package).

`x && true` does not look whether x is a boolean, `x in ['a', 'b']` becomes a lookup that refuses a number,
`5 % 0` fails while compiling, `first(filter(…))` stops at the first hit: a value or an error tells the difference.
"""

from __future__ import annotations

from dataclasses import replace

from kai_pipelines.expression import nodes
from kai_pipelines.expression.checker import Checker
from kai_pipelines.expression.natures import UNKNOWN, Nature, of_type
from kai_pipelines.expression.nodes import Array, Binary, Builtin, Literal, Member, Node, Pointer, Predicate, Unary
from kai_pipelines.expression.operators import arithmetic
from kai_pipelines.expression.values import GoMap, type_name, wrap_int

_FOLDABLE = frozenset(("+", "-", "*", "/", "%", "**", "^"))


def fold(node: Node, checker: Checker) -> Node:
    """The rewritten tree; `checker` knows the natures and learns those of new nodes."""
    return _Folder(checker).visit(node)


class _Folder:
    def __init__(self, checker: Checker) -> None:
        self.checker = checker
        self.kept: list[Node] = []  # natures are found by id, so no node may go away

    def with_nature(self, node: Node, nature: Nature) -> Node:
        self.kept.append(node)
        self.checker.natures[id(node)] = nature
        return node

    def literal(self, origin: Node, value: object) -> Node:
        return self.with_nature(Literal(origin.position, value), of_type(type_name(value)))

    def visit(self, node: Node) -> Node:
        if isinstance(node, Binary):
            return self.chain(node)
        node = self.with_folded_children(node)
        match node:
            case Unary():
                return self.unary(node)
            case Array(items=items) if items and all(_is_scalar(item) for item in items):
                return self.literal(node, [item.value for item in items if isinstance(item, Literal)])
            case Member():
                return self.member(node)
            case Builtin():
                return self.builtin(node)
            case _:
                return node

    def chain(self, node: Binary) -> Node:
        """A chain of operators, from its left end on."""
        first, operators = nodes.spine(node)
        folded = self.visit(first)
        for raw in operators:
            right = self.visit(raw.right)
            current = raw
            if folded is not raw.left or right is not raw.right:
                current = replace(raw, left=folded, right=right)
                self.with_nature(current, self.checker.nature(raw))
            folded = self.membership(raw, current) if raw.operator == "in" else self.binary(current)
        return folded

    def with_folded_children(self, node: Node) -> Node:
        before = list(nodes.children(node))
        after = [self.visit(child) for child in before]
        if all(old is new for old, new in zip(before, after, strict=True)):
            return node
        return self.with_nature(_rebuilt(node, after), self.checker.nature(node))

    def unary(self, node: Unary) -> Node:
        if not isinstance(node.operand, Literal):
            return node
        value = node.operand.value
        if node.operator in ("!", "not"):
            return self.literal(node, not value) if isinstance(value, bool) else node
        if type(value) is int:
            return self.literal(node, wrap_int(-value) if node.operator == "-" else value)
        if type(value) is float:
            return self.literal(node, -value if node.operator == "-" else value)
        return node

    def binary(self, node: Binary) -> Node:
        left, right = node.left, node.right
        if node.operator in ("and", "&&", "or", "||"):
            return self.logical(node, neutral=node.operator in ("and", "&&"))
        if not (isinstance(left, Literal) and isinstance(right, Literal)):
            return self.counted(node)
        a, b = left.value, right.value
        if node.operator == "==" and type(a) is type(b) and isinstance(a, (bool, int, str)):
            return self.literal(node, a == b)
        numeric = type(a) in (int, float) and type(b) in (int, float)
        if node.operator == "%" and (type(a) is float or type(b) is float):
            return node
        if node.operator in _FOLDABLE and (numeric or (node.operator == "+" and type(a) is type(b) is str)):
            try:
                return self.literal(node, arithmetic(node.operator, a, b))
            except ZeroDivisionError as error:
                self.checker.fail(node, str(error))
        return node

    def logical(self, node: Binary, *, neutral: bool) -> Node:
        """`true && x` is x, `x && true` is x, and any false makes it false; the mirror image for `||`."""
        left = node.left.value if isinstance(node.left, Literal) else None
        right = node.right.value if isinstance(node.right, Literal) else None
        if left is neutral:
            return node.right
        if right is neutral:
            return node.left
        if left is (not neutral) or right is (not neutral):
            return self.literal(node, not neutral)
        return node

    def counted(self, node: Binary) -> Node:
        """`count(…) > 0` is `any(…)`."""
        left, right = node.left, node.right
        if isinstance(left, Builtin) and left.name == "count" and len(left.arguments) == 2:
            bound = right.value if isinstance(right, Literal) and type(right.value) is int else None
            if (node.operator, bound) in ((">", 0), (">=", 1)):
                return self.with_nature(replace(left, name="any"), self.checker.nature(node))
        return node

    def membership(self, raw: Binary, node: Binary) -> Node:
        """A search in a literal list of strings, or of integers for an integer, becomes a lookup by type."""
        left = self.checker.nature(raw.left)
        items = raw.right.items if isinstance(raw.right, Array) else ()
        values = [item.value for item in items if isinstance(item, Literal)]
        if values and len(values) == len(items):
            for kind, python, fits in (("int", int, left.kind == "int"), ("string", str, True)):
                if fits and all(type(value) is python for value in values):
                    table = GoMap(f"map[{kind}]struct {{}}", ((value, None) for value in values))
                    right = self.with_nature(Literal(node.right.position, table), UNKNOWN)
                    return self.with_nature(replace(node, right=right), self.checker.nature(raw))
        return self.within_range(node) if left.kind == "int" else node

    def within_range(self, node: Binary) -> Node:
        span = node.right
        if isinstance(span, Binary) and span.operator == ".." and _is_int(span.left) and _is_int(span.right):
            low = self.with_nature(Binary(node.position, ">=", node.left, span.left), of_type("bool"))
            high = self.with_nature(Binary(node.position, "<=", node.left, span.right), of_type("bool"))
            return self.with_nature(Binary(node.position, "and", low, high), of_type("bool"))
        return node

    def member(self, node: Member) -> Node:
        base, key = node.base, node.key
        if isinstance(base, Builtin) and base.name == "filter" and isinstance(key, Literal) and not node.optional:
            name = {0: "find", -1: "findLast"}.get(key.value) if type(key.value) is int else None
            if name is not None:
                return self.with_nature(replace(base, name=name, throws=True), self.checker.nature(node))
        return node

    def builtin(self, node: Builtin) -> Node:
        first = node.arguments[0] if node.arguments else None
        nature = self.checker.nature(node)
        if node.name == "sum" and len(node.arguments) == 1:
            return self.sum(node, first)
        if node.name in ("sum", "reduce") and first is not None:
            return node
        if not isinstance(first, Builtin) or first.name != "filter":
            return node
        if node.name == "map" and first.then is None and not _uses_index(node.arguments[1]):
            body = node.arguments[1]
            assert isinstance(body, Predicate)
            return self.with_nature(replace(first, then=body.body), nature)
        if node.name in ("first", "last") and len(node.arguments) == 1:
            name = "find" if node.name == "first" else "findLast"
            return self.with_nature(replace(first, name=name), nature)
        if node.name == "len" and len(node.arguments) == 1:
            return self.with_nature(replace(first, name="count", then=None), nature)
        return node

    def sum(self, node: Builtin, first: Node | None) -> Node:
        """`sum([a, b, c])` is `a + (b + c)`; `sum(1..n)` needs no list; `sum(map(x, f))` is `sum(x, f)`."""
        if isinstance(first, Array) and len(first.items) >= 2:
            total = first.items[-1]
            for item in reversed(first.items[:-1]):
                total = self.with_nature(Binary(node.position, "+", item, total), UNKNOWN)
            return self.with_nature(replace(total, position=node.position), self.checker.nature(node))
        if isinstance(first, Builtin) and first.name == "map":
            return self.with_nature(replace(node, arguments=first.arguments), self.checker.nature(node))
        if isinstance(first, Binary) and first.operator == "..":
            low, high = _int_value(first.left), _int_value(first.right)
            if low is not None and high is not None and high >= low:
                return self.literal(node, wrap_int((high - low + 1) * (low + high) // 2))
        return node


def _is_scalar(node: Node) -> bool:
    return isinstance(node, Literal) and type(node.value) in (int, float, str, bool)


def _int_value(node: Node) -> int | None:
    return node.value if isinstance(node, Literal) and type(node.value) is int else None


def _is_int(node: Node) -> bool:
    return _int_value(node) is not None


def _uses_index(node: Node) -> bool:
    return any(isinstance(part, Pointer) and part.name == "index" for part in nodes.walk(node))


def _rebuilt(node: Node, children: list[Node]) -> Node:
    """The same node over other children, which come in the order of `nodes.children`."""
    match node:
        case nodes.Unary():
            return replace(node, operand=children[0])
        case nodes.Chain():
            return replace(node, node=children[0])
        case nodes.Predicate():
            return replace(node, body=children[0])
        case nodes.Binary():
            return replace(node, left=children[0], right=children[1])
        case nodes.Member():
            return replace(node, base=children[0], key=children[1])
        case nodes.SliceOf():
            start = children[1] if node.start is not None else None
            end = children[-1] if node.end is not None else None
            return replace(node, base=children[0], start=start, end=end)
        case nodes.Call():
            return replace(node, callee=children[0], arguments=tuple(children[1:]))
        case nodes.Builtin():
            return replace(node, arguments=tuple(children))
        case nodes.Sequence():
            return replace(node, nodes=tuple(children))
        case nodes.Array():
            return replace(node, items=tuple(children))
        case nodes.Let():
            return replace(node, value=children[0], body=children[1])
        case nodes.Conditional():
            return replace(node, condition=children[0], yes=children[1], no=children[2])
        case nodes.Map():
            return replace(node, pairs=tuple(zip(children[::2], children[1::2], strict=True)))
        case _:
            return node
