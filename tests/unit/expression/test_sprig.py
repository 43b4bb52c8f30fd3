"""sprig's functions, by the examples of its documentation and by Go's rules on bytes."""

from __future__ import annotations

import hashlib
import re

import pytest

from kai_pipelines.expression import evaluate
from kai_pipelines.expression.faults import EvaluationError
from kai_pipelines.expression.sprig import functions


@pytest.mark.parametrize(
    ("call", "value"),
    [
        ("trim('   hello    ')", "hello"), ("trimAll('$', '$5.00')", "5.00"), ("title('hello world')", "Hello World"),
        ("untitle('Hello World')", "hello world"), ("repeat(3, 'hello')", "hellohellohello"), ("substr(0, 5, 'hello world')", "hello"),
        ("nospace('hello w o r l d')", "helloworld"), ("trunc(5, 'hello world')", "hello"), ("trunc(-5, 'hello world')", "world"),
        ("abbrev(5, 'hello world')", "he..."), ("abbrevboth(5, 10, '1234 5678 9123')", "...5678..."), ("initials('First Try')", "FT"),
        ("contains('cat', 'catch')", True), ("hasPrefix('cat', 'catch')", True), ("quote('a\"b', nil, 1)", '"a\\"b" "1"'),
        ("squote('a', 1)", "'a' '1'"), ("cat('hello', 'beautiful', 'world')", "hello beautiful world"), ("indent(2, 'a\\nb')", "  a\n  b"),
        ("nindent(1, 'a')", "\n a"), ("replace(' ', '-', 'I Am Henry VIII')", "I-Am-Henry-VIII"), ("plural('one', 'many', 2)", "many"),
        ("snakecase('FirstName')", "first_name"), ("snakecase('HTTPServer')", "http_server"), ("snakecase('http2xx')", "http_2xx"),
        ("snakecase('HTTP20xOK')", "http_20x_ok"), ("snakecase('Bld4Floor3rd')", "bld4_floor_3rd"), ("snakecase('GO PATH')", "go_path"),
        ("kebabcase('Duration2m3s')", "duration-2m3s"), ("camelcase('http_server')", "HttpServer"), ("camelcase('_complex__case_')", "_Complex_Case_"),
        ("camelcase('GOLANG_IS_GREAT')", "GolangIsGreat"), ("wrap(5, 'aa bb cc')", "aa bb\ncc"), ("wrapWith(2, '|', 'aaaa')", "aa|aa"),
        ("regexMatch('^[A-Za-z0-9._%+-]+@[a-z.]+$', 'test@acme.com')", True), ("regexFindAll('[2,4,6,8]', '123456789', -1)", ["2", "4", "6", "8"]),
        ("regexFind('[a-zA-Z][1-9]', 'abcd1234')", "d1"), ("regexReplaceAll('a(x*)b', '-ab-axxb-', '${1}W')", "-W-xxW-"),
        ("regexReplaceAllLiteral('a(x*)b', '-ab-axxb-', '${1}')", "-${1}-${1}-"), ("regexSplit('z+', 'pizza', -1)", ["pi", "a"]),
        ("regexQuoteMeta('1.2.3')", "1\\.2\\.3"), ("split('$', 'foo$bar$baz')._0", "foo"), ("splitn('$', 2, 'foo$bar$baz')._1", "bar$baz"),
        ("join('_', ['hello', 1, nil])", "hello_1"), ("sortAlpha(['b', 'a'])", ["a", "b"]), ("add(1, 2, '3')", 6), ("sub(5, '2')", 3),
        ("div(-7, 2)", -3), ("mod(-7, 2)", -1), ("mul(1, 2, 3)", 6), ("max(1, 2, '30')", 30), ("min(1, 2, 3)", 1), ("add1f(1.5)", 2.5),
        ("addf(1.1, 2.2)", 3.3), ("divf(10, 4)", 2.5), ("round(123.555555, 3)", 123.556), ("round(-1.5, 0)", -2.0), ("floor('123.9999')", 123.0),
        ("until(3)", [0, 1, 2]), ("untilStep(3, 6, 2)", [3, 5]), ("seq(5)", "1 2 3 4 5"), ("seq(-3)", "1 0 -1 -2 -3"), ("seq(0, 2, 10)", "0 2 4 6 8 10"),
        ("int('0x1F')", 31), ("int('010')", 8), ("int64('12.7')", 12), ("float64('1.5')", 1.5), ("atoi('x')", 0), ("toDecimal('0777')", 511),
        ("default('foo', '')", "foo"), ("default('foo', 0)", "foo"), ("default('foo', 'bar')", "bar"), ("empty({})", True), ("coalesce(0, 1, 2)", 1),
        ("all(0, 1)", False), ("any(0, 1)", True), ("ternary('a', 'b', true)", "a"), ("fromJson('bad')", None), ("toRawJson({a: '<'})", '{"a":"<"}'),
        ("first([1, 2])", 1), ("rest([1, 2, 3])", [2, 3]), ("last([1, 2])", 2), ("initial([1, 2, 3])", [1, 2]), ("append([1], 2)", [1, 2]),
        ("prepend([1], 0)", [0, 1]), ("reverse([1, 2])", [2, 1]), ("uniq([1, 1, 2])", [1, 2]), ("without([1, 2, 3], 3)", [1, 2]), ("has(4, [1, 4])", True),
        ("compact([1, '', 0, 'a'])", [1, "a"]), ("slice([1, 2, 3], 1, 2)", [2]), ("concat([1], [2])", [1, 2]), ("chunk(2, [1, 2, 3])", [[1, 2], [3]]),
        ("dict('a', 1, 'b')", {"a": 1, "b": ""}), ("get({a: 1}, 'b')", ""), ("set({a: 1}, 'b', 2)", {"a": 1, "b": 2}), ("unset({a: 1}, 'a')", {}),
        ("pick({a: 1, b: 2}, 'a')", {"a": 1}), ("omit({a: 1, b: 2}, 'a')", {"b": 2}), ("pluck('a', {a: 1}, {b: 2}, {a: 3})", [1, 3]),
        ("merge({a: 1, c: {x: 1}}, {a: 2, b: 3, c: {y: 2}})", {"a": 1, "b": 3, "c": {"x": 1, "y": 2}}),
        ("mergeOverwrite({a: 1}, {a: 2})", {"a": 2}), ("dig('a', 'b', 'none', {a: {b: 1}})", 1), ("dig('a', 'c', 'none', {a: {b: 1}})", "none"),
        ("typeOf([1])", "[]interface {}"), ("kindOf({})", "map"), ("typeIs('int', 1)", True), ("deepEqual([1], [1])", True), ("deepEqual([1], [1.0])", False),
        ("base('foo/bar/baz')", "baz"), ("dir('foo/bar/baz')", "foo/bar"), ("clean('foo/bar/../baz')", "foo/baz"), ("ext('foo.tar.gz')", ".gz"), ("isAbs('/a')", True),
        ("b64enc('abc')", "YWJj"), ("b64dec('YWJj')", "abc"), ("b64dec('?')", "illegal base64 data at input byte 0"), ("b32enc('a')", "ME======"),
        ("adler32sum('Wikipedia')", "300286872"), ("duration('95')", "1m35s"), ("durationRound('2h10m5s')", "2h"), ("durationRound('2400h10m5s')", "3mo"),
        ("date('2006-01-02', 0)", "1970-01-01"), ("dateInZone('15:04 -0700', 3600, 'UTC')", "01:00 +0000"), ("unixEpoch(sprig.toDate('2006-01-02', '1970-01-02'))", "86400"),
        ("semverCompare('>=1.2.0', 'v1.3.0')", True), ("semverCompare('^1.2.0', '2.0.0')", False), ("semverCompare('~1.2', '1.2.9')", True),
        ("semverCompare('>1.2.0', '1.3.0-beta')", False), ("semverCompare('1.x || >=3', '2.1.0')", False), ("semver('1.2.3-rc.1+b').Prerelease()", "rc.1"),
        ("urlParse('http://admin:secret@server.com:8080/api?list=false#anchor').host", "server.com:8080"),
        ("urlJoin({scheme: 'https', host: 'h', path: '/a b', query: 'q=1'})", "https://h/a%20b?q=1"),
    ],
)  # fmt: skip
def test_a_sprig_function_gives_what_its_documentation_says(call: str, value: object) -> None:
    assert evaluate(f"sprig.{call}", {}) == value


def test_digests_are_hexadecimal() -> None:
    assert evaluate("sprig.sha256sum('a')", {}) == hashlib.sha256(b"a").hexdigest()
    assert evaluate("sprig.sha1sum('a')", {}) == hashlib.sha1(b"a", usedforsecurity=False).hexdigest()


def test_random_values_have_their_shape() -> None:
    assert re.fullmatch("[0-9a-f-]{36}", str(evaluate("sprig.uuidv4()", {})))
    assert re.fullmatch("[0-9]{7}", str(evaluate("sprig.randNumeric(7)", {})))


@pytest.mark.parametrize("name", ["genPrivateKey", "htpasswd", "getHostByName", "encryptAES"])
def test_a_function_that_is_not_offered_is_refused_by_name(name: str) -> None:
    with pytest.raises(EvaluationError, match=f"sprig.{name} is not available"):
        evaluate(f"sprig.{name}('a')", {})


@pytest.mark.parametrize("name", ["env", "expandenv", "nosuch"])
def test_what_argo_takes_out_of_sprig_is_nil(name: str) -> None:
    assert evaluate(f"sprig.{name}", {}) is None


@pytest.mark.parametrize(
    "call",
    [
        "upper(1)",
        "repeat('a', 2)",
        "trunc(2.0, 'a')",
        "add1()",
        "get([], 'a')",
        "div(1, 0)",
        "first('a')",
        "fail('no')",
    ],
)
def test_arguments_of_another_type_are_refused_when_called(call: str) -> None:
    with pytest.raises(EvaluationError):
        evaluate(f"sprig.{call}", {})


def test_every_function_of_sprig_that_argo_offers_is_there() -> None:
    assert len(functions()) >= 200
