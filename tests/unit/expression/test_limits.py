"""Hostile expressions end soon, in little memory, with an ExpressionError; and the package loads fast."""

from __future__ import annotations

import contextlib
import subprocess
import sys
import time
import tracemalloc

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kai_pipelines.errors import ExpressionError
from kai_pipelines.expression import evaluate, parse_depends, should_execute, substitute_text

HOSTILE = {
    "parentheses": "(" * 50_000 + "1" + ")" * 50_000,
    "brackets": "[" * 50_000,
    "negations": "!" * 50_000 + "true",
    "ternaries": "true ? 1 : " * 5_000 + "1",
    "a huge number": "9" * 200_000,
    "a huge repeat": "repeat('a', 1000000000)",
    "doubling": "let a = repeat('a', 900000); let b = a + a + a + a; let c = b + b + b + b; let d = c + c + c + c; d",
    "a huge range": "1..100000000",
    "nested loops": "let r = 1..900; any(r, any(r, any(r, # == 0)))",
    "replacing nothing by much": "let a = repeat('a', 900000); replace(a, '', a)",
    "joining": "let a = repeat('a', 90000); join(map(1..90000, a), a)",
    "quadratic uniq": "uniq(1..100000)",
    "deep lists": "flatten(fromJSON(repeat('[', 5000) + repeat(']', 5000)))",
    "a list from sprig": "sprig.until(100000000)",
    "a text from sprig": "sprig.repeat(100000000, 'ab')",
    "a huge pattern": "'a' matches '((a{1000}){1000}){1000}'",
    "a slow pattern": "repeat('a', 50000) matches '(a|b|ab|ba|aba|bab)*(x?){40}c'",
    "many nodes": "+".join(["1"] * 20_000),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_expression_ends_in_an_error(name: str) -> None:
    started = time.process_time()
    with pytest.raises(ExpressionError):
        evaluate(HOSTILE[name], {})
    assert time.process_time() - started < 6


@pytest.mark.parametrize("name", ["doubling", "replacing nothing by much", "joining", "a huge range", "a huge pattern"])
def test_a_hostile_expression_stays_small(name: str) -> None:
    tracemalloc.start()
    try:
        with pytest.raises(ExpressionError):
            evaluate(HOSTILE[name], {})
        assert tracemalloc.get_traced_memory()[1] < 200 << 20
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    "when",
    [
        "(" * 20_000 + "true" + ")" * 20_000,
        "!(" * 5_000,
        "'" + "a" * 20_000 + "' =~ '(a+)+b'",
        " || ".join(["a == b"] * 5_000),
    ],
)
def test_a_hostile_when_ends(when: str) -> None:
    with contextlib.suppress(ExpressionError):
        assert should_execute(when) is False


def test_a_long_depends_ends() -> None:
    with pytest.raises(ExpressionError):
        parse_depends("(" * 20_000 + "a")


def test_many_tags_are_replaced_in_linear_time() -> None:
    assert substitute_text("{{a}}" * 20_000, {"a": "b"}) == "b" * 20_000


def test_importing_the_package_loads_none_of_its_modules() -> None:
    probe = "import sys; import kai_pipelines; before = set(sys.modules); import kai_pipelines.expression; print(sorted(set(sys.modules) - before))"
    loaded = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True).stdout
    assert not [
        name
        for name in ("evaluation", "sprig", "regex", "substitution", "dataclasses")
        if f"expression.{name}'" in loaded
    ]


@settings(max_examples=200, deadline=None)
@given(st.text("ab1.'\"()[]{}!&|=<>?:,#+-*/%;\\ \n`$é", max_size=30))
def test_any_text_is_evaluated_or_refused(text: str) -> None:
    with contextlib.suppress(ExpressionError):
        evaluate(text, {"a": {"b": [1, "x"]}, "b": "text"})


_NUMBERS = st.integers(-50, 50)
_TREES = st.recursive(
    _NUMBERS.map(str),
    lambda inner: st.tuples(inner, st.sampled_from(["+", "-", "*"]), inner).map(lambda t: f"({' '.join(t)})"),
    max_leaves=12,
)


@settings(max_examples=100, deadline=None)
@given(_TREES)
def test_arithmetic_on_small_integers_is_pythons(tree: str) -> None:
    namespace: dict[str, object] = {}
    exec(compile(f"value = {tree}", "tree", "exec"), {}, namespace)
    assert evaluate(tree, {}) == namespace["value"]
