"""Where values stand, to the character, however they are written."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kai_pipelines.manifest.reading import read
from kai_pipelines.manifest.spots import Way, find, line_and_column


def spot(text: str, way: Way, offset: int | None = None, ordinal: int = 0) -> tuple[int, int]:
    return line_and_column(text, find(text, [(ordinal, way)])[ordinal, way], offset)


def test_values_keys_and_items_have_places() -> None:
    text = "a: 1\nb:\n  - x: 1\n    y: 2\n  - z\n---\nc: {d: 5}\n"

    assert spot(text, ("a",)) == (1, 4)
    assert spot(text, ("b", 0)) == (3, 5)
    assert spot(text, ("b", 0, "y")) == (4, 8)
    assert spot(text, ("b", 1)) == (5, 5)
    assert spot(text, ("c", "d"), ordinal=1) == (7, 8)


def test_what_is_not_there_has_the_place_of_what_should_hold_it() -> None:
    text = "a:\n  b: 1\n"

    assert spot(text, ("a", "c", "d")) == (2, 3)
    assert spot(text, ("x",)) == (1, 1)


WRITTEN = {
    "plain": "a: one X two",
    "plain over lines": "a: one\n  and\n\n  more X",
    "single": "a: 'it''s ''X'''",
    "single over lines": "a: 'one\n  two\n\n  it''s X'",
    "double": 'a: "\\t\\u00fc \\"X\\" \\x41"',
    "double over lines": 'a: "one\n  two \\\n  three\n\n  X"',
    "literal": "a: |\n  one\n    two\n\n  X\n",
    "literal in a list": "b:\n- a: |-\n    one\n    X\n",
    "literal with an indent": "a: |2\n    one\n  X\n",
    "folded": "a: >\n  one\n  two\n\n  three X four\n",
    "json": '{"a": "\\ud83d\\ude00 \\/ X"}',
}


@pytest.mark.parametrize("text", WRITTEN.values(), ids=WRITTEN.keys())
def test_a_character_inside_a_scalar_is_found_where_it_is_written(text: str) -> None:
    (document,) = read(text).documents
    way: Way = ("a",) if "a" in document else ("b", 0, "a")
    value = document["a"] if "a" in document else document["b"][0]["a"]
    index = text.index("X")
    expected = (text.count("\n", 0, index) + 1, index - text.rfind("\n", 0, index))

    assert spot(text, way, value.index("X")) == expected


@given(
    st.lists(
        st.text(st.characters(codec="utf-8", exclude_categories=("C",)), min_size=1, max_size=8), min_size=1, max_size=4
    )
)
def test_every_character_of_a_json_text_is_found(parts: list[str]) -> None:
    value = "".join(parts) + "§"
    text = json.dumps({"a": value}, ensure_ascii=False)

    line, column = spot(text, ("a",), len(value) - 1)

    assert (line, text[column - 1]) == (1, "§")
