"""`when`: bare words, operators and their order, dates, and the three ways to be wrong."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kai_pipelines.errors import ExpressionError
from kai_pipelines.expression import should_execute
from kai_pipelines.expression.faults import CompileError, EvaluationError, ResultTypeError


@pytest.mark.parametrize(
    ("when", "result"),
    [
        ("", True), ("low == low", True), ("low == high", False), ("true", True), ("'a b' != \"a b\"", False),
        ("1 == 1.0", True), ("'1' == 1", False), ("0x10 == 16", True), ("10 > 9 && '10' < '9'", True), ("a < b", True),
        ("true || maybe", True), ("false && maybe", False), ("low in (low, high)", True), ("low in ('high', x)", False),
        ("low =~ '^l'", True), ("low !~ ^l", True), ("1 + 2 * 3 == 7", True), ("10 - 4 - 3 == 3", True), ("2 ** 3 == 8", True),
        ("'1' + 1 == '11'", True), ("7 % 4 == 3", True), ("!(a == b)", True), ("-1 < 0", True), ("~0 == -1", True),
        ("1 << 3 == 8 && 6 & 3 == 2", True), ("'2024-01-02' > '2024-01-01'", True), ("'2024-01-01' == '2024-01-01 00:00'", True),
        ("'2024-01-01T00:00:00Z' == '2024-01-01T01:00:00+01:00'", True), ("(true ? a : b) == a", True), ("[a b] == 'a b'", True),
        ("1 / 0 > 1000", True), ("a\\-b == 'a-b'", True), ("(1, 2) == (1, 2)", True),
    ],
)  # fmt: skip
def test_a_condition_is_judged(when: str, result: bool) -> None:
    if when == "low !~ ^l":  # ^ is an operator, not part of a bare word
        with pytest.raises(CompileError):
            should_execute(when)
        return
    assert should_execute(when) is result


@pytest.mark.parametrize(
    "when",
    [
        "high-quality == ==",
        "(a == b",
        "a b == c",
        "!low",
        "1e3 == 1000",
        "a.b == a.b",
        "== a",
        "'open",
        "a ==",
        "   ",
        "a =~ '['",
        "$x == $x",
        "a = b",
    ],
)
def test_what_does_not_parse_is_a_compile_error(when: str) -> None:
    with pytest.raises(CompileError):
        should_execute(when)


@pytest.mark.parametrize(
    "when", ["maybe || true", "a > 1", "!(1)", "a && true", "a.B == a", "1 in 2", "'a' - 'b' == 1", "-true == 1"]
)
def test_an_operand_of_the_wrong_type_is_an_evaluation_error(when: str) -> None:
    with pytest.raises(EvaluationError):
        should_execute(when)


@pytest.mark.parametrize("when", ["low", "1 + 1", "'true'", "()", "(a, b)"])
def test_a_value_that_is_no_boolean_is_refused(when: str) -> None:
    with pytest.raises(ResultTypeError):
        should_execute(when)


def test_the_error_names_the_condition_and_the_character() -> None:
    with pytest.raises(CompileError) as caught:
        should_execute("low == high low")
    assert "'low == high low'" in str(caught.value)
    assert caught.value.position == 12


@settings(max_examples=150, deadline=None)
@given(st.text("ab1 .'\"()[]!&|=<>~+-*/%?:,\\é", max_size=25))
def test_any_text_is_judged_or_refused(when: str) -> None:
    with contextlib.suppress(ExpressionError):
        assert should_execute(when) in (True, False)


_OPERANDS = st.integers(0, 9)


@settings(max_examples=80, deadline=None)
@given(_OPERANDS, st.lists(st.tuples(st.sampled_from("+-"), _OPERANDS), min_size=1, max_size=8))
def test_sums_and_differences_are_taken_from_the_left(first: int, terms: list[tuple[str, int]]) -> None:
    expected = first + sum(value if sign == "+" else -value for sign, value in terms)
    written = " ".join([str(first), *(f"{sign} {value}" for sign, value in terms)])
    assert should_execute(f"{written} == {expected}".replace("== -", "== 0 - ")) is True
