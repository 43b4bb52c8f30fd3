"""Reading as Go reads, every fault with its place, and nothing that takes a machine down."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kai_pipelines.manifest.limits import MAX_BYTES, MAX_DEPTH
from kai_pipelines.manifest.reading import Fault, read


def kinds(data: str | bytes) -> list[str]:
    return [fault.kind for fault in read(data).faults]


# What go-yaml 2.4 (resolve.go) makes of plain scalars.
@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1", 1), ("-1", -1), ("+1", 1), ("0", 0), ("007", 7), ("0o17", 15), ("017", 15), ("0x1F", 31), ("0b11", 3),
        ("1_000", 1000), ("1.5", 1.5), ("1e3", 1000), ("1.0", 1), (".5", 0.5), ("08", 8), ("1:30", "1:30"),
        ("2001-01-01", "2001-01-01"), ("2001-01-01T00:00:00Z", "2001-01-01T00:00:00Z"), ("~", None), ("null", None),
        ("true", True), ("False", False), ("tRue", "tRue"), ("-", "-"), ("=", "="), ("1e", "1e"), ("0x", "0x"),
        ("18446744073709551615", 18446744073709551615), ("18446744073709551616", 18446744073709551616),
    ],
)  # fmt: skip
def test_plain_scalars_are_what_go_makes_of_them(text: str, value: object) -> None:
    if text == "-":
        text = "'-'"
    assert read(f"a: {text}").documents == [{"a": value}]


@pytest.mark.parametrize("word", ["y", "N", "yes", "no", "on", "Off"])
def test_bare_words_that_are_booleans_are_told_and_read_as_such(word: str) -> None:
    reading = read(f"a: {word}")

    assert reading.documents == [{"a": word.lower() in ("y", "yes", "on")}]
    assert kinds(f"a: {word}") == ["ambiguous"]
    assert kinds(f"a: '{word}'") == []


def test_keys_are_texts_as_in_json() -> None:
    assert read("1: a\ntrue: b\n1.5: c").documents == [{"1": "a", "true": "b", "1.5": "c"}]
    assert kinds("on: a") == ["ambiguous"]
    assert kinds("~: a") == ["bad-key"]
    assert kinds("? [a]\n: b") == ["bad-key"]


def test_anchors_and_merges_work() -> None:
    text = "base: &b {x: 1, w: 2}\nother: {<<: *b, w: 3}\nlist: [*b, *b]\nmany: {<<: [{x: 1}, {x: 2, z: 3}]}"

    assert read(text).documents == [
        {
            "base": {"x": 1, "w": 2},
            "other": {"x": 1, "w": 3},
            "list": [{"x": 1, "w": 2}] * 2,
            "many": {"x": 1, "z": 3},
        }
    ]


def test_a_key_that_is_there_twice_names_both_lines() -> None:
    (fault,) = read("a: 1\nb:\n  c: 2\n  c: 3\n").faults

    assert (fault.kind, fault.line, fault.column) == ("duplicate-key", 4, 3)
    assert "line 3" in fault.message
    (fault,) = read('{"a": {"b": 1,\n "b": 2}}').faults
    assert (fault.kind, fault.line, fault.column) == ("duplicate-key", 2, 2)


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        ("a:\n\tb: 1", "not-yaml"),
        ("a: }", "not-yaml"),
        ("a: *b", "not-yaml"),
        ("a: &a [*a]", "not-yaml"),
        ("a: {{x}}", "bad-key"),
        (b"a\x00b", "not-text"),
        (bytes(range(256)), "not-text"),
        (b"a: \xff", "not-text"),
        ("a: \x07", "not-text"),
        ("- 1", "not-a-manifest"),
        ("text", "not-a-manifest"),
        ("a: .nan", "not-finite"),
        ('{"a": NaN}', "not-finite"),
        ("a: !!python/object/apply:os.system [ls]", "unknown-tag"),
        ("a: !!int x", "not-yaml"),
        ("x" * (MAX_BYTES + 1), "too-large"),
        ("a: " + "[" * 100_000, "too-deep"),
        ('{"a":' * 100_000, "too-deep"),
        ("\n".join(" " * level + "a:" for level in range(MAX_DEPTH + 1)), "too-deep"),
    ],
)
def test_every_fault_is_one_of_a_few_kinds(data: str | bytes, kind: str) -> None:
    assert kinds(data) == [kind]


def test_aliases_that_multiply_are_refused_before_they_are_followed() -> None:
    lines = ["a: &a [x, x, x, x, x, x, x, x, x]"]
    for earlier, later in zip("abcdefgh", "bcdefghi", strict=True):
        lines.append(f"{later}: &{later} [{', '.join([f'*{earlier}'] * 9)}]")

    assert kinds("\n".join(lines)) == ["too-many-values"]


def test_other_encodings_with_a_mark_are_read() -> None:
    for encoding in ("utf-8-sig", "utf-16"):
        assert read("a: ü".encode(encoding)).documents == [{"a": "ü"}]
    assert read(b"a: 1\r\nb: 2\r\n").documents == [{"a": 1, "b": 2}]


def test_json_has_its_own_escapes() -> None:
    assert read('{"a": "\\ud83d\\ude00 \\/ \\u00fc", "b": 1e3, "c": "\t"}').faults == []
    assert read('{"a": "\\ud83d\\ude00 \\/ \\u00fc", "b": 1e3}').documents == [{"a": "😀 / ü", "b": 1000}]


def test_documents_are_numbered_as_they_stand() -> None:
    reading = read("---\n---\na: 1\n---\n- x\n---\nb: 2\n")

    assert reading.documents == [{"a": 1}, {"b": 2}]
    assert reading.ordinals == [1, 3]
    assert reading.faults == [Fault("not-a-manifest", "a manifest is a mapping, this is a list", 5, 1)]


@given(st.binary(max_size=200) | st.text(alphabet="{}[]:-*&!|>'\"#?,ab \n\t\\%@<", max_size=60))
def test_any_bytes_give_documents_or_faults(data: bytes | str) -> None:
    reading = read(data)

    assert all(isinstance(document, dict) for document in reading.documents)
    assert all(fault.line >= 1 and fault.column >= 1 for fault in reading.faults)
