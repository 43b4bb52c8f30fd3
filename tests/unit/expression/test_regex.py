"""Go's regular expressions: what they accept and match, with Python's `re` as the reference where both agree."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kai_pipelines.expression.faults import LimitError
from kai_pipelines.expression.regex import PatternError, compile_pattern, quote_meta


@pytest.mark.parametrize(
    "pattern",
    [
        "*a",
        "a**",
        "a{1001}",
        "(a{100}){11}",
        "(?=a)",
        "(?<!a)b",
        r"\1",
        "[b-a]",
        "[[:foo:]]",
        r"\Z",
        "(",
        "a)",
        "[a",
        "a{2,1}",
        "\\",
        "(?i",
        r"[\d-\w]+(",
        r"\pX",
        r"\x{110000}",
        "a|*",
    ],
)
def test_what_go_refuses_is_refused(pattern: str) -> None:
    with pytest.raises(PatternError):
        compile_pattern(pattern)


@pytest.mark.parametrize(
    ("pattern", "text", "found"),
    [
        ("(?i)straße|k", "K", "K"), (r"\pL+", "1éa2", "éa"), (r"\p{Greek}+", "aαβ", "αβ"), (r"\PL", "ab1", "1"), ("a{,2}", "a{,2}", "a{,2}"),
        ("(?s)a.b", "a\nb", "a\nb"), ("(?m)^b$", "a\nb\nc", "b"), ("a$", "a\n", None), (r"\Qa.b\E+", "a.bb", "a.bb"), ("[]a]+", "]a", "]a"),
        ("[^[:^digit:]]+", "a12", "12"), ("(?U)a+", "aaa", "a"), ("(?U)a+?", "aaa", "aaa"), ("x*", "aaa", ""), (r"\bfoo\B", "foobar", "foo"),
        (r"\101\x41\x{1F600}", "AA😀", "AA😀"), ("a|ab", "ab", "a"), (r"[\w-]+", "a-b c", "a-b"), ("(?:a|b){2,3}?", "abab", "ab"), (r"\C", "a", None),
    ],
)  # fmt: skip
def test_a_pattern_finds(pattern: str, text: str, found: str | None) -> None:
    if pattern == r"\C":
        with pytest.raises(PatternError):
            compile_pattern(pattern)
        return
    match = compile_pattern(pattern).search(text)
    assert (None if match is None else text[match[0] : match[1]]) == found


def test_replacements_name_groups_as_go_does() -> None:
    pattern = compile_pattern("a(?P<x>b)(c)?")
    assert pattern.replace_all("abc ab", "[$1|${x}|$2|$$|$1x|$x!]") == "[b|b|c|$||b!] [b|b||$||b!]"
    assert pattern.replace_all("ab", "$1", literal=True) == "$1"


def test_an_empty_match_next_to_a_match_does_not_count() -> None:
    assert [found[:2] for found in compile_pattern("a*").find_all("baac")] == [(0, 0), (1, 3), (4, 4)]


def test_quoted_text_matches_itself() -> None:
    text = "a.b*[c]{1}\\(d)^$|?+"
    assert compile_pattern(quote_meta(text)).search(text) == (0, len(text))


_ATOMS = st.sampled_from(
    [
        "a",
        "b",
        ".",
        "a*",
        "b+?",
        "(a|b)",
        "(?:ab)?",
        "[ab]",
        "^",
        "|",
        "c",
        r"\b",
        "b{1,2}",
        "(a*?)",
        "[^a]",
        r"\w",
        "(b)*",
    ]
)


@settings(max_examples=300, deadline=None)
@given(st.lists(_ATOMS, min_size=1, max_size=6).map("".join), st.text("abc", max_size=8))
def test_it_agrees_with_backtracking(pattern: str, text: str) -> None:
    reference = re.compile(pattern)
    expected = reference.search(text)
    found = compile_pattern(pattern).search(text)
    assert (None if found is None else found[:2]) == (None if expected is None else expected.span())


@settings(max_examples=200, deadline=None)
@given(st.text(r"ab()[]{}|*+?^$\.-:<>P12,Qidsw", max_size=12), st.text("ab12 -", max_size=10))
def test_any_pattern_is_compiled_or_refused(pattern: str, text: str) -> None:
    try:
        compiled = compile_pattern(pattern)
    except PatternError:
        return
    for start, end, *_ in compiled.find_all(text):
        assert 0 <= start <= end <= len(text)


def test_patterns_that_ruin_backtracking_take_linear_time() -> None:
    assert compile_pattern("(a+)+$").search("a" * 20_000 + "b") is None
    assert compile_pattern("(a|a)*b").search("a" * 20_000) is None


def test_a_search_that_takes_too_long_is_given_up() -> None:
    with pytest.raises(LimitError):
        compile_pattern("(x?){300}y{300}").search("x" * 20_000)
