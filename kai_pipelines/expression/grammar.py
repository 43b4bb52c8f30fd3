"""The words of expr-lang 1.17.8: operators with their precedence, and the names of its built-ins (builtin/builtin.go)."""

from __future__ import annotations

from kai_pipelines.expression.signatures import OVERLOADS, VALIDATORS

MAX_NODES = 10_000
"""As expr-lang's own DefaultMaxNodes."""
MAX_DEPTH = 200
"""Levels of nesting; Go has no such limit, Python's stack does."""

BINARY: dict[str, int] = {
    "|": 0, "or": 10, "||": 10, "and": 15, "&&": 15, "==": 20, "!=": 20, "<": 20, ">": 20, ">=": 20, "<=": 20,
    "in": 20, "matches": 20, "contains": 20, "startsWith": 20, "endsWith": 20, "..": 25, "+": 30, "-": 30,
    "*": 60, "/": 60, "%": 60, "**": 100, "^": 100, "??": 500,
}  # fmt: skip
UNARY: dict[str, int] = {"not": 50, "!": 50, "-": 90, "+": 90}
COMPARISONS = frozenset(("<", ">", ">=", "<="))
NEGATABLE = frozenset(("contains", "matches", "startsWith", "endsWith", "in"))
CONSTANTS: dict[str, object] = {"true": True, "false": False, "nil": None}

PREDICATES: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(("all", "none", "any", "one", "filter", "map"), ("value", "predicate")),
    **dict.fromkeys(("find", "findIndex", "findLast", "findLastIndex", "groupBy"), ("value", "predicate")),
    **dict.fromkeys(("count", "sum"), ("value", "predicate?")),
    **dict.fromkeys(("sortBy", "reduce"), ("value", "predicate", "value?")),
}
"""The built-ins that take a predicate, and what they take in order; `?` marks what may be left out."""
FUNCTIONS = frozenset((*OVERLOADS, *VALIDATORS, "get"))
"""The other built-ins: those with a signature, and `get`, whose result the checker finds out itself."""
