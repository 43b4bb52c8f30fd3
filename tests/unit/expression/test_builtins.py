"""The built-in functions, Argo's four, and the Go text and JSON they speak."""

from __future__ import annotations

import pytest

from kai_pipelines.expression import builtins, evaluate, grammar
from kai_pipelines.expression.faults import CompileError, EvaluationError

JSON = '{"a": [1, {"b": "x"}, {"b": "y"}], "length": 3, "s": "t"}'


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("len('é日')", 2), ("type(1..2)", "array"), ("type(nil)", "nil"), ("type(now())", "time.Time"),
        ("abs(-2.5)", 2.5), ("ceil(1.2)", 2.0), ("floor(-1.2)", -2.0), ("round(2.5)", 3.0), ("round(-2.5)", -3.0),
        ("int('42') + int(3.9)", 45), ("float('1e3')", 1000.0), ("string(1e21)", "1e+21"), ("string(123456789.0)", "1.23456789e+08"),
        ("string([1, 'a', nil, {b: 2.5}])", "[1 a <nil> map[b:2.5]]"),
        ("trim('  a ')", "a"), ("trim('__a_', '_')", "a"), ("trimPrefix('v1', 'v')", "1"), ("trimSuffix('a.b', '.b')", "a"),
        ("upper('aß')", "Aß"), ("lower('ÀB')", "àb"), ("split('a,b,c', ',', 2)", ["a", "b,c"]),
        ("splitAfter('a,b', ',')", ["a,", "b"]), ("replace('aaa', 'a', 'b', 2)", "bba"), ("replace('ab', '', '-')", "-a-b-"),
        ("repeat('ab', 2)", "abab"), ("join(['a', 'b'])", "ab"), ("indexOf('é=1', '=')", 2), ("lastIndexOf('a.b.c', '.')", 3),
        ("max(1, [5, 2], 3.5)", 5), ("min([])", None), ("mean([1, 2, 3, 4])", 2.5), ("median(3, 1, 2, 10)", 2.5),
        ("toJSON({a: [1, '<']})", '{\n  "a": [\n    1,\n    "\\u003c"\n  ]\n}'), ("toJson({b: 1e21, a: 1.50})", '{"a":1.5,"b":1e+21}'),
        ("fromJSON('[1, null]')", [1.0, None]), ("toBase64('é')", "w6k="), ("fromBase64('aGk=')", "hi"),
        ("first([])", None), ("last([1, 2])", 2), ("get({a: 1}, 'b')", None), ("get([1], 5)", None), ("take([1, 2, 3], 2)", [1, 2]),
        ("sort(keys({b: 1, a: 2}))", ["a", "b"]), ("toPairs({a: 1})", [["a", 1]]), ("fromPairs([['a', 1]]).a", 1),
        ("reverse([1, 2])", [2, 1]), ("uniq([1, 1.0, 2])", [1, 2]), ("concat([1], [], [2])", [1, 2]), ("flatten([1, [2, [3]]])", [1, 2, 3]),
        ("sort(['b', 'a'], 'desc')", ["b", "a"]), ("sortBy([{n: 2}, {n: 1}], .n)", [{"n": 1}, {"n": 2}]),
        ("bitand(6, 3) + bitor(4, 1) + bitxor(5, 1)", 11), ("bitshl(1, 62)", 1 << 62), ("bitushr(-1, 63)", 1), ("bitnot(0)", -1),
        ("findIndex([1, 2, 3], # == 2)", 1), ("findLast([1, 2, 3], # < 3)", 2), ("count([1, 2], # > 1)", 1), ("one([1, 2], # > 1)", True),
        ("none([1], # > 1) and all([], false)", True), ("sum([1, 2.5])", 3.5),
        ("date('2024-03-05 10:20:30').Format('Mon Jan _2 3:04PM')", "Tue Mar  5 10:20AM"),
        ("date('2024-03-05') - date('2024-03-04') == duration('24h')", True),
        ("string(duration('90m') + duration('1500ms'))", "1h30m1.5s"), ("date('2024-02-28').AddDate(0, 0, 2).Day()", 1),
        ("(date('2024-01-31') + duration('36h')).Weekday().String()", "Thursday"),
        ("date('05/03/24', '02/01/06').Month().String()", "March"),
        ("asInt('7') + asFloat('0.5')", 7.5),
    ],
)  # fmt: skip
def test_a_built_in_gives_what_go_gives(expression: str, value: object) -> None:
    assert evaluate(expression, {}) == value


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("$.a[0]", 1.0), ("$['a'][1].b", "x"), ("$.a[-1].b", "y"), ("$.a[1:].b", ["x", "y"]), ("$.a[0,2]", [1.0, {"b": "y"}]),
        ("$..b", ["x", "y"]), ("$.a.length", 3), ("$.length", 3.0), ("$.s.length", 1), ("$['s','length']", ["t", 3.0]),
        ("$.a[?(@.b == 'y')]", [{"b": "y"}]), ("$.a[?(@.b =~ '^x')].b", ["x"]), ("$.a[(@.length-1)].b", "y"), ("$.a[*].b", ["x", "y"]),
        ("$.a[?(@.b == 'x' || @.b == 'y')]", [{"b": "x"}, {"b": "y"}]), ("$.a[::2]", [1.0, {"b": "y"}]),
    ],
)  # fmt: skip
def test_jsonpath_finds(path: str, value: object) -> None:
    assert evaluate("jsonpath(document, path)", {"document": JSON, "path": path}) == value


@pytest.mark.parametrize("path", ["$.zz", "$.a[9]", "a", "", "$.s[0]", "$.a['b']", "$[", "$.a[0,'b']", "$.a[1:2:0]"])
def test_jsonpath_that_does_not_fit_is_refused(path: str) -> None:
    with pytest.raises(EvaluationError):
        evaluate("jsonpath(document, path)", {"document": JSON, "path": path})


@pytest.mark.parametrize(
    "expression", ["len(1)", "upper('a', 'b')", "trim()", "split('a')", "sort(1)", "map('a', #)", "now(1)", "get(1)"]
)
def test_wrong_arguments_are_refused_before_running(expression: str) -> None:
    with pytest.raises(CompileError):
        evaluate(expression, {})


def test_every_function_with_a_signature_does_something() -> None:
    assert builtins.FUNCTIONS.keys() == grammar.FUNCTIONS
