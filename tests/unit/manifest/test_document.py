"""Manifests as YAML: what is written is read the same by every reader, and is for people too."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from kai_pipelines.errors import ManifestError
from kai_pipelines.manifest.document import canonical, dump, load, load_all
from tests.journey import HOSTILE, texts

# What Go's reader (sigs.k8s.io/yaml, go-yaml 2: YAML 1.1 with some of 1.2) takes for something else than text.
LOOKS_TYPED = [
    "y", "Y", "n", "N", "yes", "Yes", "no", "NO", "on", "On", "off", "OFF", "true", "True", "false", "FALSE",
    "null", "Null", "NULL", "~", "", "1", "-1", "+1", "0", "007", "0o17", "0x1F", "0b11", "1_000", "1.5", "-.5", ".5",
    "1.", "1e3", "1E3", "1e+3", ".inf", "-.Inf", ".nan", ".NaN", "12:30", "12:30:45", "2001-01-01", "2001-01-01T00:00:00Z",
    "=", "<<", "-", "?", ":", "*", "&", "!", "%", "@", "`", "{}", "[]", "a: b", "a #b", "# a", "- a", "'", '"', "|", ">",
]  # fmt: skip

manifests = st.dictionaries(
    st.text(max_size=8),
    st.recursive(
        st.none() | st.booleans() | st.integers() | texts | st.sampled_from(LOOKS_TYPED),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
        max_leaves=8,
    ),
    max_size=4,
)


def scalar_of(document: str) -> yaml.ScalarNode:
    node = yaml.compose(document)
    assert isinstance(node, yaml.MappingNode)
    value = node.value[0][1]
    assert isinstance(value, yaml.ScalarNode)
    return value


@given(manifests)
def test_what_is_written_is_read_back_equal(manifest: dict[str, Any]) -> None:
    assert load_all(dump(manifest)) == [manifest]
    assert yaml.safe_load(dump(manifest)) == manifest


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_is_read_back_equal(text: str) -> None:
    assert yaml.safe_load(dump({"value": text})) == {"value": text}


@pytest.mark.parametrize("text", LOOKS_TYPED)
def test_text_that_a_reader_might_take_for_something_else_is_quoted(text: str) -> None:
    scalar = scalar_of(dump({"value": text}))

    assert scalar.style in ("'", '"')
    assert scalar.value == text


# go-yaml 2.4, resolve.go: what `resolve` makes of a plain scalar, apart from the words.
GO_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
GO_INTEGER = re.compile(r"[-+]?(0[xX][0-9a-fA-F]+|0[bB][01]+|0[oO]?[0-7]+|[0-9]+)")


@given(st.text(st.sampled_from("0123456789+-._eExXobBaAfFnNyYtTrRuUsS:~lL"), min_size=1, max_size=6))
def test_text_that_go_takes_for_a_number_is_quoted(text: str) -> None:
    scalar = scalar_of(dump({"value": text}))

    plain = text.replace("_", "")
    assert scalar.value == text
    if GO_FLOAT.fullmatch(plain) or GO_INTEGER.fullmatch(plain):
        assert scalar.style in ("'", '"')


def test_text_of_several_lines_is_a_block() -> None:
    assert dump({"description": "Photographs to a mesh.\n\nNothing more."}) == (
        "description: |-\n  Photographs to a mesh.\n\n  Nothing more.\n"
    )


def test_keys_keep_their_order_and_equal_parts_are_written_twice() -> None:
    part = {"b": 1, "a": [1, 2]}

    assert dump({"z": part, "c": part}) == "z:\n  b: 1\n  a:\n  - 1\n  - 2\nc:\n  b: 1\n  a:\n  - 1\n  - 2\n"


def test_long_lines_are_not_folded_and_unicode_is_readable() -> None:
    text = "größe ☂ " * 60 + "end"

    assert dump({"value": text}) == f"value: {text}\n"


def test_several_documents_are_read_and_empty_ones_left_out() -> None:
    assert load_all("---\na: 1\n---\n---\nb: 2\n") == [{"a": 1}, {"b": 2}]


def test_json_is_read_too() -> None:
    assert load_all('{"kind": "Workflow", "spec": {"a": [1, null]}}') == [
        {"kind": "Workflow", "spec": {"a": [1, None]}}
    ]


def test_a_fault_is_told_with_its_place() -> None:
    with pytest.raises(ManifestError, match=r"^flow\.yaml:2:4: not valid YAML"):
        load_all("a: 1\nb: }\n", source="flow.yaml")


def test_a_document_that_is_no_mapping_is_refused() -> None:
    with pytest.raises(ManifestError, match=r"flow\.yaml:1:1: a manifest is a mapping, this is a list"):
        load_all("- 1\n", source="flow.yaml")


def test_a_folder_is_read_in_the_order_of_its_file_names(tmp_path: Path) -> None:
    (tmp_path / "b.yaml").write_text("b: 1\n")
    (tmp_path / "a.json").write_text('{"a": 1}')
    (tmp_path / "notes.txt").write_text("- not a manifest\n")

    assert load(tmp_path) == [{"a": 1}, {"b": 1}]


def test_a_file_that_is_missing_or_no_text_is_told_by_name(tmp_path: Path) -> None:
    (tmp_path / "binary.yaml").write_bytes(b"\xff\xfe\x00")

    for name in ("absent.yaml", "binary.yaml"):
        with pytest.raises(ManifestError, match=f"cannot read .*{name}"):
            load(tmp_path / name)


@given(manifests)
def test_canonical_text_does_not_depend_on_the_order_of_keys(manifest: dict[str, Any]) -> None:
    assert canonical(dict(reversed(manifest.items()))) == canonical(manifest)
