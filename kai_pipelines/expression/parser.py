"""Tokens to a syntax tree: a Pratt parser for the grammar of expr-lang 1.17.8 (its parser/parser.go)."""

from __future__ import annotations

from collections.abc import Callable
from typing import NoReturn

from kai_pipelines.expression import numbers
from kai_pipelines.expression.faults import CompileError
from kai_pipelines.expression.grammar import (
    BINARY,
    COMPARISONS,
    CONSTANTS,
    FUNCTIONS,
    MAX_DEPTH,
    MAX_NODES,
    NEGATABLE,
    PREDICATES,
    UNARY,
)
from kai_pipelines.expression.lexer import (
    BRACKET,
    BYTES,
    EOF,
    IDENTIFIER,
    NUMBER,
    OPERATOR,
    STRING,
    Token,
    is_alphabetic,
    tokenize,
)
from kai_pipelines.expression.nodes import (
    Array,
    Binary,
    Builtin,
    Call,
    Chain,
    Conditional,
    Let,
    Literal,
    Map,
    Member,
    Name,
    Node,
    Pointer,
    Predicate,
    Sequence,
    SliceOf,
    Unary,
)


def parse(text: str, overridden: Callable[[str], bool] = lambda name: False) -> Node:
    """The tree of an expression; `overridden` tells which built-ins the environment replaces. Raises CompileError."""
    parser = _Parser(text, overridden)
    try:
        return parser.parse()
    except RecursionError:
        raise CompileError("the expression is nested too deeply", text=text, position=0) from None


class _Parser:
    def __init__(self, text: str, overridden: Callable[[str], bool]) -> None:
        self.text = text
        self.overridden = overridden
        self.tokens = tokenize(text)
        self.index = 0
        self.current = self.tokens[0]
        self.predicate_depth = 0
        self.depth = 0
        self.count = 0

    def parse(self) -> Node:
        node = self.sequence()
        if self.current.kind != EOF:
            self.unexpected()
        return node

    # Tokens

    def next(self) -> Token:
        """Step over the current token and return it."""
        token = self.current
        if self.index + 1 >= len(self.tokens):
            self.fail("unexpected end of expression")
        self.index += 1
        self.current = self.tokens[self.index]
        return token

    def is_op(self, value: str) -> bool:
        return self.current.kind == OPERATOR and self.current.value == value

    def is_bracket(self, value: str) -> bool:
        return self.current.kind == BRACKET and self.current.value == value

    def expect(self, kind: str, value: str | None = None) -> Token:
        if self.current.kind != kind or (value is not None and self.current.value != value):
            self.unexpected(value or kind.lower())
        return self.next()

    def unexpected(self, expected: str | None = None) -> NoReturn:
        token = self.current
        found = "the end of the expression" if token.kind == EOF else f"{token.value!r}"
        wanted = f", expected {expected!r}" if expected else ""
        self.fail(f"unexpected {found}{wanted}")

    def fail(self, message: str, position: int | None = None) -> NoReturn:
        where = self.current.position if position is None else position
        raise CompileError(f"{message} at character {where + 1} of {_shown(self.text)}", text=self.text, position=where)

    def new(self, node: Node) -> Node:
        self.count += 1
        if self.count > MAX_NODES:
            self.fail(f"the expression has more than {MAX_NODES} nodes")
        return node

    # Expressions

    def sequence(self) -> Node:
        nodes = [self.expression(0)]
        while self.is_op(";"):
            self.next()
            if self.current.kind == EOF:
                break
            nodes.append(self.expression(0))
        return nodes[0] if len(nodes) == 1 else self.new(Sequence(nodes[0].position, tuple(nodes)))

    def expression(self, precedence: int) -> Node:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            self.fail(f"nested more than {MAX_DEPTH} levels deep")
        node = self.expression_inside(precedence)
        self.depth -= 1
        return node

    def expression_inside(self, precedence: int) -> Node:
        if precedence == 0 and self.is_op("let"):
            return self.declaration()
        if precedence == 0 and self.is_op("if"):
            return self.conditional_if()
        left = self.primary()
        previous = ""
        while self.current.kind == OPERATOR:
            token = self.current
            negation = self.negation(precedence)
            if negation == "stop":
                break
            if negation == "negate":
                token = self.current
            found = BINARY.get(token.value)
            if found is None or found < precedence:
                break
            left = self.infix(left, token, previous, found, negate=negation == "negate")
            previous = token.value
        return self.conditional(left) if precedence == 0 else left

    def negation(self, precedence: int) -> str:
        """Look at a `not` before `in`, `contains`…: "negate" steps over it, "stop" leaves it, "" is no `not`."""
        if not self.is_op("not"):
            return ""
        follower = self.tokens[min(self.index + 1, len(self.tokens) - 1)]
        if follower.value not in NEGATABLE:
            self.next()
            self.unexpected()
        if BINARY[follower.value] < precedence:
            return "stop"
        self.next()
        return "negate"

    def infix(self, left: Node, token: Token, previous: str, precedence: int, *, negate: bool) -> Node:
        operator = token.value
        self.next()
        if operator == "|":
            return self.call(self.expect(IDENTIFIER), (left,), may_override=True)
        if previous == "??" and operator != "??":
            self.fail(f"operator {operator!r} cannot be mixed with ??; put parentheses around either", token.position)
        if operator in COMPARISONS:
            return self.comparison(left, token, precedence)
        right = self.expression(precedence if operator in ("**", "^") else precedence + 1)
        node = self.new(Binary(token.position, operator, left, right))
        return self.new(Unary(token.position, "not", node)) if negate else node

    def comparison(self, left: Node, token: Token, precedence: int) -> Node:
        """`a < b < c` means `a < b && b < c`."""
        root: Node | None = None
        while True:
            right = self.expression(precedence + 1)
            compared = self.new(Binary(token.position, token.value, left, right))
            root = compared if root is None else self.new(Binary(token.position, "&&", root, compared))
            left, token = right, self.current
            if token.kind != OPERATOR or token.value not in COMPARISONS:
                return root
            self.next()

    def declaration(self) -> Node:
        self.next()
        name = self.expect(IDENTIFIER)
        self.expect(OPERATOR, "=")
        value = self.expression(0)
        self.expect(OPERATOR, ";")
        return self.new(Let(name.position, name.value, value, self.sequence()))

    def conditional_if(self) -> Node:
        position = self.next().position
        condition = self.expression(0)
        yes = self.block()
        self.expect(OPERATOR, "else")
        no = self.nested_if() if self.is_op("if") else self.block()
        return Conditional(position, condition, yes, no)

    def nested_if(self) -> Node:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            self.fail(f"nested more than {MAX_DEPTH} levels deep")
        node = self.conditional_if()
        self.depth -= 1
        return node

    def block(self) -> Node:
        self.expect(BRACKET, "{")
        node = self.sequence()
        self.expect(BRACKET, "}")
        return node

    def conditional(self, node: Node) -> Node:
        while self.is_op("?"):
            position = self.next().position
            if self.is_op(":"):
                self.next()
                yes = node
            else:
                yes = self.expression(0)
                self.expect(OPERATOR, ":")
            node = self.new(Conditional(position, node, yes, self.expression(0)))
        return node

    def primary(self) -> Node:
        token = self.current
        if token.kind == OPERATOR and token.value in UNARY:
            self.next()
            operand = self.expression(UNARY[token.value])
            return self.postfix(self.new(Unary(token.position, token.value, operand)))
        if token.is_(BRACKET, "("):
            self.next()
            node = self.sequence()
            self.expect(BRACKET, ")")
            return self.postfix(node)
        if self.predicate_depth and (token.is_(OPERATOR, "#") or token.is_(OPERATOR, ".")):
            return self.postfix(self.pointer(token))
        if token.is_(OPERATOR, "::"):
            self.next()
            return self.postfix(self.call(self.expect(IDENTIFIER), (), may_override=False))
        return self.secondary(token)

    def pointer(self, token: Token) -> Node:
        name = ""
        if token.value == "#":
            self.next()
            if self.current.kind == IDENTIFIER:
                name = self.next().value
        return self.new(Pointer(token.position, name))

    def secondary(self, token: Token) -> Node:
        if token.kind == IDENTIFIER:
            self.next()
            if token.value in CONSTANTS:
                return self.new(Literal(token.position, CONSTANTS[token.value]))
            if self.is_bracket("("):
                return self.postfix(self.call(token, (), may_override=True))
            return self.postfix(self.new(Name(token.position, token.value)))
        if token.kind == NUMBER:
            self.next()
            return self.new(Literal(token.position, self.number(token)))
        if token.kind in (STRING, BYTES):
            self.next()
            value = token.value.encode("utf-8", "surrogateescape") if token.kind == BYTES else token.value
            return self.postfix(self.new(Literal(token.position, value)))
        if token.is_(BRACKET, "["):
            return self.postfix(self.array(token))
        if token.is_(BRACKET, "{"):
            return self.postfix(self.map(token))
        self.unexpected()

    def number(self, token: Token) -> int | float:
        text = token.value.replace("_", "")
        lowered = text.lower()
        try:
            if lowered.startswith("0x"):
                return numbers.parse_int(text, 0)
            if "." in lowered or "e" in lowered:
                return numbers.parse_float(text)
            return numbers.parse_int(text, 0 if lowered[:2] in ("0b", "0o") else 10)
        except ValueError as error:
            self.fail(f"invalid number {token.value!r}: {error}", token.position)

    # Calls

    def call(self, token: Token, arguments: tuple[Node, ...], *, may_override: bool) -> Node:
        overridden = may_override and self.overridden(token.value)
        if not overridden and token.value in PREDICATES:
            return self.new(Builtin(token.position, token.value, self.predicate_arguments(token.value, arguments)))
        if not overridden and token.value in FUNCTIONS:
            return self.new(Builtin(token.position, token.value, self.arguments(arguments)))
        callee = self.new(Name(token.position, token.value))
        return self.new(Call(token.position, callee, self.arguments(arguments)))

    def predicate_arguments(self, name: str, given: tuple[Node, ...]) -> tuple[Node, ...]:
        self.expect(BRACKET, "(")
        arguments = list(given)
        takes = PREDICATES[name][len(given) :]
        for index, what in enumerate(takes):
            if self.is_bracket(")"):
                if what.endswith("?"):
                    break
                self.fail(f"{name} expects at least {len(takes)} arguments")
            if index > 0:
                self.expect(OPERATOR, ",")
            arguments.append(self.predicate() if what.startswith("predicate") else self.expression(0))
        if self.is_op(","):
            self.next()
        self.expect(BRACKET, ")")
        return tuple(arguments)

    def predicate(self) -> Node:
        start = self.current.position
        braces = self.is_bracket("{")
        if braces:
            self.next()
        self.predicate_depth += 1
        body = self.sequence() if braces else self.expression(0)
        self.predicate_depth -= 1
        if braces:
            self.expect(BRACKET, "}")
        elif self.is_op(";"):
            self.fail("wrap the predicate in braces { and }")
        return self.new(Predicate(start, body))

    def arguments(self, given: tuple[Node, ...]) -> tuple[Node, ...]:
        self.expect(BRACKET, "(")
        return given + tuple(self.items(")"))

    def items(self, closing: str) -> list[Node]:
        """Expressions separated by commas up to the closing bracket; a comma may end them."""
        found: list[Node] = []
        while not self.is_bracket(closing):
            if found:
                self.expect(OPERATOR, ",")
                if self.is_bracket(closing):
                    break
            found.append(self.expression(0))
        self.expect(BRACKET, closing)
        return found

    def array(self, token: Token) -> Node:
        self.next()
        return self.new(Array(token.position, tuple(self.items("]"))))

    def map(self, token: Token) -> Node:
        self.next()
        pairs: list[tuple[Node, Node]] = []
        while not self.is_bracket("}"):
            if pairs:
                self.expect(OPERATOR, ",")
                if self.is_bracket("}"):
                    break
            key = self.map_key()
            self.expect(OPERATOR, ":")
            pairs.append((key, self.expression(0)))
            self.count += 1
        self.expect(BRACKET, "}")
        return self.new(Map(token.position, tuple(pairs)))

    def map_key(self) -> Node:
        token = self.current
        if token.kind in (NUMBER, STRING, IDENTIFIER):
            self.next()
            return self.new(Literal(token.position, token.value))
        if self.is_bracket("("):
            return self.expression(0)
        self.fail("a map key must be a quoted string, a number, a name, or an expression in parentheses")

    # What follows a value: .name ?.name [index] [from:to] (call)

    def postfix(self, node: Node) -> Node:
        while self.current.kind in (OPERATOR, BRACKET):
            token = self.current
            optional = token.value == "?."
            if optional and self.tokens[self.index + 1].is_(BRACKET, "["):
                self.next()
                token = self.current
            if token.value in (".", "?."):
                node = self.member(node, optional=optional)
            elif token.value == "[":
                node = self.index_or_slice(node, token, optional=optional)
            else:
                break
        return node

    def member(self, node: Node, *, optional: bool) -> Node:
        self.next()
        token = self.next()
        named = token.kind == IDENTIFIER or (token.kind == OPERATOR and is_alphabetic(token.value[0]))
        if not named:
            self.fail("expected a name", token.position)
        chained = isinstance(node, Chain)
        base = node.node if isinstance(node, Chain) else node
        key = self.new(Literal(token.position, token.value))
        method = self.is_bracket("(")
        result = self.new(Member(token.position, base, key, optional, method))
        if method:
            result = self.new(Call(token.position, result, self.arguments(())))
        return self.new(Chain(token.position, result)) if chained or optional else result

    def index_or_slice(self, node: Node, token: Token, *, optional: bool) -> Node:
        self.next()
        start: Node | None = None if self.is_op(":") else self.expression(0)
        if self.is_op(":"):
            self.next()
            end = None if self.is_bracket("]") else self.expression(0)
            result = self.new(SliceOf(token.position, node, start, end))
        else:
            assert start is not None
            result = self.new(Member(token.position, node, start, optional, method=False))
            if optional:
                result = self.new(Chain(token.position, result))
        self.expect(BRACKET, "]")
        return result


def _shown(text: str) -> str:
    return repr(text if len(text) <= 120 else text[:117] + "...")
