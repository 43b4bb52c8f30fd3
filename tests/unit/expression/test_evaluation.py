"""Expressions: operators, names, predicates and number semantics, as expr-lang documents them."""

from __future__ import annotations

import math

import pytest

from kai_pipelines.errors import ExpressionError
from kai_pipelines.expression import evaluate
from kai_pipelines.expression.environment import expanded
from kai_pipelines.expression.evaluation import run
from kai_pipelines.expression.faults import CompileError, EvaluationError
from kai_pipelines.expression.values import type_name

ENV: dict[str, object] = {
    "inputs.parameters.quality": "low",
    "inputs.parameters.my-param": "dash",
    "tasks.low.status": "Succeeded",
    "tasks.high": {"status": "Skipped"},
    "item": {"name": "a", "sizes": [3, 1, 2]},
    "n": 7,
    "x": 2.5,
    "nothing": None,
}


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("inputs.parameters.quality == 'low'", True),
        ("inputs.parameters['my-param']", "dash"),
        ("tasks.low.status == 'Succeeded' ? 'a' : 'b'", "a"),
        ("tasks['high'].outputs?.parameters?.mesh ?? 'none'", "none"),
        ("tasks.high?.outputs?.parameters.mesh", None),
        ("nothing ?? nothing ?? 1", 1),
        ("1 < n < 10", True),
        ("2 ** 3 ** 2", 512.0),
        ("-2 ** 2", -4.0),
        ("7 / 2", 3.5),
        ("-7 % 3", -1),
        ("n + x", 9.5),
        ("'a' + \"b\" + `c``d`", "abc`d"),
        ("'b' in ['a', 'b'] and 'name' in item", True),
        ("'ab' not in ['a', 'b']", True),
        ("'low.png' matches '^l.*[.]png$' && 'abc' contains 'bc' && 'abc' startsWith 'a' && 'abc' endsWith 'c'", True),
        ("item.sizes[1:]", [1, 2]),
        ("item.sizes[-1]", 2),
        ("item.sizes[:-1][0]", 3),
        ("1..4", [1, 2, 3, 4]),
        ("4..1", []),
        ("map(item.sizes, # * 2)", [6, 2, 4]),
        ("filter(item.sizes, {# > 1})", [3, 2]),
        ("map(item.sizes, #index)", [0, 1, 2]),
        ("reduce(item.sizes, #acc + #, 10)", 16),
        ("item.sizes | sort() | map(string(#)) | join('-')", "1-2-3"),
        ("let total = sum(item.sizes); total * total", 36),
        ("if n > 5 { 'big' } else { 'small' }", "big"),
        ("groupBy([1, 2, 3], # % 2 == 0)[true]", [2]),
        ("0x1F + 0b11 + 0o17 + 1_000", 1049),
        ("'\\u00e9\\x41\\u{1F600}'", "éA😀"),
        ("// nothing\n 1 /* two */ + 1", 2),
        ("$env.n", 7),
        ("[1, 2] == [1.0, 2.0]", True),
        ("{a: 1, 'b': 2, (\"c\"): 3}", {"a": 1, "b": 2, "c": 3}),
    ],
)
def test_an_expression_has_its_value(expression: str, value: object) -> None:
    assert evaluate(expression, ENV) == value


def test_a_number_is_no_condition() -> None:
    with pytest.raises(CompileError, match="non-bool"):
        evaluate("n ?: 0", ENV)


def test_division_by_zero_is_infinite_but_a_rest_by_zero_is_refused_while_compiling() -> None:
    assert evaluate("1 / 0", {}) == math.inf
    with pytest.raises(CompileError, match="divide by zero"):
        evaluate("1 % 0", {})
    with pytest.raises(EvaluationError, match="divide by zero"):
        evaluate("1 % len(x)", {"x": []})


def test_integers_wrap_at_64_bits() -> None:
    assert evaluate("9223372036854775807 + n", {"n": 1}) == -(2**63)
    assert evaluate("asInt(1e21)", {}) == -(2**63)


def test_an_and_does_not_look_at_what_follows_a_false() -> None:
    assert evaluate("false && v.a.b", {"v": {"x": None}}) is False
    with pytest.raises(EvaluationError):
        evaluate("true && v.a.b", {"v": {"x": None}})


def test_a_literal_true_is_folded_away_before_the_other_side_is_asked_for_a_boolean() -> None:
    assert evaluate("v.a && true", {"v": {"a": "text"}}) == "text"
    with pytest.raises(EvaluationError, match="not bool"):
        evaluate("v.a && v.a", {"v": {"a": "text"}})


def test_a_search_in_literal_strings_refuses_a_number_where_a_search_in_a_list_does_not() -> None:
    assert evaluate("v.n in v.list", {"v": {"n": 1, "list": ["a"]}}) is False
    with pytest.raises(EvaluationError, match="not assignable to type string"):
        evaluate("v.n in ['a']", {"v": {"n": 1}})


@pytest.mark.parametrize(
    ("expression", "position"),
    [
        ("1 +", 3),
        ("a ?? b || c", 7),
        ("nosuch", 0),
        ("1 + 'a'", 2),
        ("upper(1)", 6),
        ("'open", 0),
        ("foo(", 4),
        ("1 @ 2", 2),
    ],
)
def test_a_compile_error_says_where(expression: str, position: int) -> None:
    with pytest.raises(CompileError) as caught:
        evaluate(expression, {"a": "x", "b": None, "c": True})
    assert (caught.value.text, caught.value.position) == (expression, position)


@pytest.mark.parametrize(
    "expression", ["v.a.b", "v.list[3]", "asInt('x')", "v.f()", "v.a > 1", "fromJSON('{')", "repeat(v.s, -1)", "!v.s"]
)
def test_a_fault_of_values_appears_when_running(expression: str) -> None:
    with pytest.raises(EvaluationError):
        evaluate(expression, {"v": {"list": [], "s": "s"}})


@pytest.mark.parametrize(
    ("expression", "go_type"),
    [
        ("1", "int"), ("1.0", "float64"), ("[1]", "[]interface {}"), ("1..2", "[]int"), ("split('a', ',')", "[]string"),
        ("v.s[0]", "uint8"), ("duration('1s')", "time.Duration"), ("date('2024-01-01').Unix()", "int64"),
        ("sprig.add(1, 2)", "int64"), ("sprig.until(2)", "[]int"), ("toPairs({a: 1})", "[][2]interface {}"),
        ("asInt", "func(interface {}) interface {}"), ("sprig.semver('1.2.3').Minor()", "uint64"), ("nil", "nil"),
    ],
)  # fmt: skip
def test_values_keep_their_go_types(expression: str, go_type: str) -> None:
    assert type_name(run(expression, expanded({"v": {"s": "text"}}, expression))) == go_type


def test_dotted_keys_nest_and_the_more_specific_key_stays() -> None:
    env: dict[str, object] = {"a.b.c": 1, "a.b.d": 2, "a.b": "hidden", "a.e": 3}
    assert evaluate("[a.b.c, a.b.d, a.e]", env) == [1, 2, 3]


def test_a_name_of_the_environment_hides_a_built_in_unless_asked_for_with_colons() -> None:
    with pytest.raises(CompileError, match="not callable"):
        evaluate("len('abc')", {"len": "mine"})
    assert evaluate("::len('abc')", {"len": "mine"}) == 3


def test_variables_cannot_be_declared_twice() -> None:
    with pytest.raises(CompileError, match="redeclare"):
        evaluate("let a = 1; let a = 2; a", {})


def test_the_given_environment_is_left_as_it_was() -> None:
    env: dict[str, object] = {"m": {"a": 1}, "l": [3, 1]}
    evaluate("[sprig.set(m, 'b', 2), sort(l), sprig.append(l, 2)]", env)
    assert env == {"m": {"a": 1}, "l": [3, 1]}


def test_every_error_is_an_expression_error_with_the_text() -> None:
    with pytest.raises(ExpressionError) as caught:
        evaluate("sprig.genCA('a', 1)", {})
    assert "sprig.genCA" in str(caught.value)
    assert caught.value.text == "sprig.genCA('a', 1)"
