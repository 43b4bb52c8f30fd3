"""`when` as Argo's shouldExecute evaluates it: govaluate's grammar, with bare words as strings.

Operators of one precedence are parsed from the right and mirrored afterwards, as govaluate does
(stagePlanner.go); the type of an operand is looked at only when its operator runs.
"""

from __future__ import annotations

from dataclasses import replace

from kai_pipelines.expression.faults import CompileError, EvaluationError, ResultTypeError
from kai_pipelines.expression.printing import go_string
from kai_pipelines.expression.regex import PatternError, compile_pattern
from kai_pipelines.expression.when_operators import OPERATORS, on_one
from kai_pipelines.expression.when_tokens import (
    ACCESSOR,
    BOOLEAN,
    CLAUSE,
    CLAUSE_CLOSE,
    COMPARATOR,
    FOLLOWERS,
    LOGICALOP,
    MAY_END,
    MODIFIER,
    NAMES,
    NUMERIC,
    PATTERN,
    PREFIX,
    SEPARATOR,
    START,
    STRING,
    TERNARY,
    TIME,
    VARIABLE,
    Token,
    tokenize,
)

MAX_LENGTH = 1 << 18


def should_execute(when: str) -> bool:
    """Whether the condition holds: see `kai_pipelines.expression.should_execute`."""
    if when == "":
        return True
    if len(when) > MAX_LENGTH:
        raise CompileError(f"the when is longer than {MAX_LENGTH} characters", text=when[:200], position=0)
    try:
        plan = parse(when)
        value = None if plan is None else plan.evaluate()
    except RecursionError:
        raise CompileError("the when is nested too deeply", text=when[:200], position=0) from None
    except (TypeError, ValueError, PatternError) as error:
        raise EvaluationError(f"when {_shown(when)}: {error}", text=when, position=0) from error
    except EvaluationError as error:
        raise type(error)(f"when {_shown(when)}: {error.message}", text=when, position=0) from error
    if not isinstance(value, bool):
        raise ResultTypeError(f"when {_shown(when)} gives {go_string(value)}, not true or false", text=when, position=0)
    return value


def parse(when: str) -> Stage | None:
    """The plan of a `when`; raises CompileError."""
    tokens = tokenize(when)
    _check(tokens, when)
    tokens = _with_patterns(tokens, when)  # a quoted pattern is one when the words become strings, a bare one not yet
    tokens = [replace(token, kind=STRING) if token.kind == VARIABLE else token for token in tokens]
    _check(tokens, when)
    stage = _Planner(_with_patterns(tokens, when), when).plan(_LEVELS)
    if stage is not None:
        _reorder(stage)
    return stage


def _shown(text: str) -> str:
    return repr(text if len(text) <= 120 else text[:117] + "...")


def _check(tokens: list[Token], text: str) -> None:
    """Parentheses in balance, and each token allowed after the one before."""
    if sum(token.kind == CLAUSE for token in tokens) != sum(token.kind == CLAUSE_CLOSE for token in tokens):
        raise CompileError(f"the parentheses of when {_shown(text)} do not match", text=text, position=0)
    kind = START
    for token in tokens:
        if token.kind not in FOLLOWERS[kind]:
            what = f"a {NAMES[token.kind]} ({token.value}) cannot follow a {NAMES[kind]}"
            raise CompileError(
                f"when {_shown(text)}: {what} at character {token.position + 1}",
                text=text, position=token.position, hint="put quotes around the values",
            )  # fmt: skip
        kind = token.kind
    if kind not in MAY_END:
        raise CompileError(f"when {_shown(text)} ends too early", text=text, position=len(text))


def _with_patterns(tokens: list[Token], text: str) -> list[Token]:
    """The string after `=~` or `!~` as a pattern."""
    result = list(tokens)
    for index, token in enumerate(tokens):
        following = result[index + 1] if index + 1 < len(result) else token
        if token.kind == COMPARATOR and token.value in ("=~", "!~") and following.kind == STRING:
            try:
                pattern = compile_pattern(str(following.value))
            except PatternError as error:
                raise CompileError(f"when {_shown(text)}: {error}", text=text, position=following.position) from None
            result[index + 1] = replace(following, kind=PATTERN, value=pattern)
    return result


# The plan

_PRECEDENCE = {
    "noop": 0, "literal": 1, "access": 2, "prefix": 3, "**": 4, "+": 5, "-": 5, "&": 6, "|": 6, "^": 6, "<<": 7,
    ">>": 7, "*": 8, "/": 8, "%": 8, "==": 9, "!=": 9, ">": 9, "<": 9, ">=": 9, "<=": 9, "=~": 9, "!~": 9, "in": 9,
    "?": 10, ":": 10, "??": 10, "&&": 11, "||": 12, ",": 13,
}  # fmt: skip
"""What counts as one precedence when mirroring."""

_LEVEL_SYMBOLS: tuple[tuple[int, frozenset[str]], ...] = (
    (MODIFIER, frozenset(("**",))),
    (MODIFIER, frozenset(("*", "/", "%"))),
    (MODIFIER, frozenset(("+", "-"))),
    (MODIFIER, frozenset((">>", "<<"))),
    (MODIFIER, frozenset(("^", "&", "|"))),
    (COMPARATOR, frozenset(("==", "!=", ">", ">=", "<", "<=", "=~", "!~", "in"))),
    (LOGICALOP, frozenset(("&&",))),
    (LOGICALOP, frozenset(("||",))),
    (TERNARY, frozenset(("?", ":", "??"))),
    (SEPARATOR, frozenset((",",))),
)
_LEVELS = len(_LEVEL_SYMBOLS)


class Stage:
    """A node of the plan: an operator with its operands, a literal, or parentheses around the right operand."""

    __slots__ = ("left", "right", "symbol", "unary", "value")

    def __init__(
        self, symbol: str, left: Stage | None = None, right: Stage | None = None, *, value: object = None,
        unary: bool = False,
    ) -> None:  # fmt: skip
        self.symbol = symbol
        self.left = left
        self.right = right
        self.value = value
        self.unary = unary

    @property
    def precedence(self) -> int:
        """The precedence for mirroring."""
        return _PRECEDENCE["prefix"] if self.unary else _PRECEDENCE[self.symbol]

    def swap(self, other: Stage) -> None:
        """Exchange everything but the operands."""
        self.symbol, other.symbol = other.symbol, self.symbol
        self.value, other.value = other.value, self.value
        self.unary, other.unary = other.unary, self.unary

    def evaluate(self) -> object:
        """The value; raises TypeError where an operand has a wrong type."""
        if self.symbol == "literal":
            return self.value
        if self.symbol == "access":
            raise TypeError(f"no parameter {self.value!r} found: put quotes around it")
        left = None if self.left is None else self.left.evaluate()
        known, value = _short_circuit(self.symbol, left)
        if known:
            return value
        right = None if self.right is None or value is _SKIP else self.right.evaluate()
        if self.symbol == "noop":
            return right
        return on_one(self.symbol, right) if self.unary else OPERATORS[self.symbol](self.symbol, left, right)


_SKIP = object()


def _short_circuit(symbol: str, left: object) -> tuple[bool, object]:
    """Whether the left operand decides, and the value; (False, _SKIP) when the right one is not looked at."""
    if symbol == "&&" and left is False:
        return True, False
    if symbol == "||" and left is True:
        return True, True
    if symbol in ("??", ":") and left is not None:
        return True, left
    return False, _SKIP if symbol == "?" and left is False else None


class _Planner:
    """Recursive descent as govaluate's, one level after the other."""

    def __init__(self, tokens: list[Token], text: str) -> None:
        self.tokens = tokens
        self.text = text
        self.at = 0

    def plan(self, levels: int) -> Stage | None:
        """The operand here and what the first `levels` levels of operators make of it."""
        if self.at >= len(self.tokens):
            return None
        left = self.operand()
        for level in range(levels):
            kind, symbols = _LEVEL_SYMBOLS[level]
            if self.at >= len(self.tokens):
                self.at -= 1  # govaluate steps back here too, and looks at the last token again
                continue
            token = self.tokens[self.at]
            if token.kind == kind and token.value in symbols:
                self.at += 1
                left = Stage(str(token.value), left, self.plan(level + 1))
        return left

    def operand(self) -> Stage | None:
        token = self.tokens[self.at]
        if token.kind == CLAUSE_CLOSE:
            return None
        self.at += 1
        if token.kind == ACCESSOR:
            return self.accessor(token)
        if token.kind == CLAUSE:
            inner = self.plan(_LEVELS)
            self.at += 1
            return Stage("noop", None, inner)
        if token.kind == PREFIX:
            if self.at >= len(self.tokens):
                raise CompileError(f"when {_shown(self.text)} ends too early", text=self.text, position=token.position)
            return Stage(str(token.value), None, self.operand(), unary=True)
        if token.kind in (NUMERIC, STRING, PATTERN, BOOLEAN, TIME):
            return Stage("literal", value=token.value)
        raise CompileError(
            f"when {_shown(self.text)}: a value is missing before {token.value}",
            text=self.text,
            position=token.position,
        )

    def accessor(self, token: Token) -> Stage:
        right = None
        if self.at < len(self.tokens) and self.tokens[self.at].kind == CLAUSE:
            right = self.plan(_LEVELS)
        return Stage("access", None, right, value=token.value)


def _reorder(root: Stage) -> None:
    """Mirror runs of one precedence, which were planned from the right."""
    run: list[Stage] = []
    precedence = root.precedence
    following: Stage | None = root
    while following is not None:
        current = following
        following = current.right
        if current.left is not None:
            _reorder(current.left)
        if current.precedence == precedence:
            run.append(current)
            continue
        if len(run) > 1:
            _mirror(run)
        run, precedence = [current], current.precedence
    if len(run) > 1:
        _mirror(run)


def _mirror(stages: list[Stage]) -> None:
    for stage in stages:
        stage.left, stage.right = stage.right, stage.left
    root, last = stages[0], stages[-1]
    last.left, root.right = root.right, last.left
    size = len(stages)
    for index in range((size - 2) // 2 + 1):
        front, inverse = stages[index + 1], stages[size - index - 1]
        front.right, inverse.right = inverse.right, front.right
    for index in range(size // 2):
        stages[index].swap(stages[size - index - 1])
