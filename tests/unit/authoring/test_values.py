"""Parameter values as text: what a step gets is what was given, whatever Argo and Kubernetes do in between."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Sequence
from enum import IntEnum, StrEnum
from types import GenericAlias
from typing import Annotated, Any, Literal

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from pydantic import BaseModel, Field

from kai_pipelines import Quality
from kai_pipelines.authoring.values import choices, decode, element, encode, is_text
from kai_pipelines.expression import gojson
from tests import journey


class Level(IntEnum):
    ONE = 1
    TWO = 2


class Finish(StrEnum):
    MATTE = "matte"
    BRACES = "{{braces}}"


class Shot(BaseModel):
    name: str
    exposure: float = 1.0
    tags: list[str] = []


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | journey.texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(journey.texts, inner, max_size=3),
    max_leaves=6,
)
shots = st.builds(
    Shot, name=journey.texts, exposure=st.floats(allow_nan=False), tags=st.lists(journey.texts, max_size=2)
)

CASES: list[tuple[Any, st.SearchStrategy[Any]]] = [
    (str, journey.texts),
    (str | None, st.none() | journey.texts),
    (int, st.integers()),
    (float, st.floats(allow_nan=False)),
    (bool, st.booleans()),
    (Quality, st.sampled_from(Quality)),
    (Finish, st.sampled_from(Finish)),
    (Level, st.sampled_from(Level)),
    (Literal["auto", "{{x}}"], st.sampled_from(["auto", "{{x}}"])),
    (Literal["auto", 1], st.sampled_from(["auto", 1])),
    (Quality | None, st.sampled_from([None, *Quality])),
    (list[str], st.lists(journey.texts, max_size=4)),
    (Sequence[str], st.lists(journey.texts, max_size=4)),
    (list[str | None], st.lists(st.none() | journey.texts, max_size=4)),
    (list[int], st.lists(st.integers(), max_size=4)),
    (list[Quality], st.lists(st.sampled_from(Quality), max_size=4)),
    (list[list[str]], st.lists(st.lists(journey.texts, max_size=2), max_size=3)),
    (dict[str, str], st.dictionaries(journey.texts, journey.texts, max_size=3)),
    (dict[str, Any], st.dictionaries(journey.texts, json_values, max_size=3)),
    (Shot, shots),
    (list[Shot], st.lists(shots, max_size=3)),
    (list[Shot | None], st.lists(st.none() | shots, max_size=3)),
]

anything = st.sampled_from(CASES).flatmap(lambda case: st.tuples(st.just(case[0]), case[1]))


def list_of(annotation: Any) -> GenericAlias:
    return GenericAlias(list, (annotation,))


def same(one: object, other: object) -> bool:
    return type(one) is type(other) and one == other


@given(anything)
def test_what_is_encoded_is_decoded_to_the_same_value(case: tuple[Any, Any]) -> None:
    annotation, value = case

    assert same(decode(encode(value, annotation), annotation), value)


@pytest.mark.parametrize("text", journey.HOSTILE)
def test_hostile_text_is_decoded_to_itself(text: str) -> None:
    assert decode(encode(text, str), str) == text
    assert decode(encode(text, str | None), str | None) == text
    assert decode(encode([text], list[str]), list[str]) == [text]


@given(anything)
def test_no_encoded_value_holds_anything_that_argo_or_kubernetes_would_replace(case: tuple[Any, Any]) -> None:
    annotation, value = case

    text = encode(value, annotation)

    assert "{{" not in text
    assert journey.replaced({"value": "--x={{inputs.parameters.x}}"}, {"inputs.parameters.x": text}) == {
        "value": f"--x={text}"
    }
    assert journey.expanded(text, {"HOME": "/tmp", "": "empty"}) == text


@given(
    st.sampled_from(CASES).flatmap(lambda case: st.tuples(st.just(case[0]), st.lists(case[1], min_size=1, max_size=4)))
)
@example((str, ['{"b":1,"a":2.0}', "[2.0]"]))
@example((dict[str, Any], [{"b": 2**53 + 1}]))
@example((dict[str, Any], [{"a": "{{workflow.name}}", "b": 2**53 + 1}]))
@example((int | None, [None, 1]))
@example((Literal["auto", 1], ["auto", 1]))
def test_values_that_argo_fans_in_arrive_as_the_list_of_them(case: tuple[Any, list[Any]]) -> None:
    annotation, values = case

    aggregated = journey.fanned_in([encode(value, annotation) for value in values])

    assert "{{" not in aggregated
    assert decode(aggregated, list_of(annotation)) == values


@given(anything)
def test_a_list_with_an_encoded_element_is_a_json_list_for_go(case: tuple[Any, Any]) -> None:
    annotation, value = case

    listed = f"[{element(encode(value, annotation), annotation)}]"

    assert len(gojson.unmarshal(listed)) == 1  # type: ignore[arg-type]
    assert decode(listed, list_of(annotation)) == [value]


@given(anything)
def test_go_can_read_and_write_an_encoded_list_without_harm(case: tuple[Any, Any]) -> None:
    annotation, value = case

    rewritten = gojson.marshal(gojson.unmarshal(encode([value], list_of(annotation))))

    assert "{{" not in rewritten
    assert decode(rewritten, list_of(annotation)) == [value]


def test_ordinary_values_stay_readable() -> None:
    assert encode("auto", str) == "auto"
    assert encode(Quality.LOW, Quality) == "low"
    assert encode("5 $ per hour", str) == "5 $ per hour"
    assert encode("ünï ☂ 🍄", str) == "ünï ☂ 🍄"
    assert encode("two\nlines", str) == "two\nlines"
    assert encode(480, int) == "480"
    assert encode(0.30000000000000004, float) == "0.30000000000000004"
    assert encode(True, bool) == "true"
    assert encode(["a", "b c"], list[str]) == '["a", "b c"]'
    assert encode([1, 2], list[int]) == "[1, 2]"
    assert encode({"a": "b"}, dict[str, str]) == '{"a": "b"}'


@pytest.mark.parametrize(
    ("annotation", "typed", "value"),
    [
        (int, "5", 5),
        (float, "5", 5.0),
        (bool, "true", True),
        (bool, "yes", True),
        (bool, "False", False),
        (str, '"quoted"', '"quoted"'),
        (str | None, "bare words", "bare words"),
        (str | None, "null", None),
        (int | Literal["auto"], "auto", "auto"),
        (int | Literal["auto"], "3", 3),
        (list[str], '["a", "b"]', ["a", "b"]),
        (list[int], "[1,2]", [1, 2]),
        (list[str | None], '["a", null]', ["a", None]),
        (Quality | Literal["auto"], "high", Quality.HIGH),
        (Shot, '{"name": "front"}', Shot(name="front")),
    ],
)
def test_what_a_person_types_is_understood(annotation: Any, typed: str, value: object) -> None:
    assert same(decode(typed, annotation), value)


@pytest.mark.parametrize(
    ("annotation", "typed", "reason"),
    [
        (int, "many", "'many' is not int"),
        (int, "1.5", "'1.5' is not int"),
        (Quality, "best", "'best' is not one of low, medium, high"),
        (Quality | Literal["auto"], "best", "'best' is not one of low, medium, high, auto"),
        (list[int], "1,2", "'1,2' is not a JSON list"),
        (list[int], '{"a": 1}', "is not a JSON list"),
        (list[int], '[1, "two"]', "'two' is not int"),
        (Shot, '{"exposure": 1}', "is not Shot: name: Field required"),
        (Shot, "front", "'front' is not Shot"),
        (Annotated[int, Field(ge=1)], "0", "greater than or equal to 1"),
    ],
)
def test_a_wrong_text_is_refused_with_a_reason_in_plain_words(annotation: Any, typed: str, reason: str) -> None:
    with pytest.raises(ValueError, match=re.escape(reason)) as caught:
        decode(typed, annotation)

    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("annotation", "value", "reason"),
    [
        (str, 1, "1 is not text"),
        (str, "a\0b", "NUL"),
        (str, "\ud800", "surrogate"),
        (str | None, "\ud800", "surrogate"),
        (int, "5", "'5' is not int"),
        (int, True, "True is not int"),
        (int, 1.0, "1.0 is not int"),
        (bool, 1, "1 is not bool"),
        (Quality, "low", "'low' is not one of low, medium, high"),
        (Quality, Finish.MATTE, "is not one of low, medium, high"),
        (Literal["low"], Quality.LOW, "is not one of low"),
        (list[str], "abc", "'abc' is not list[str]"),
        (Sequence[str], "abc", "'abc' is not"),
        (list[int], [1, "2"], "'2' is not int"),
    ],
)
def test_a_value_of_another_type_is_refused(annotation: Any, value: object, reason: str) -> None:
    with pytest.raises(ValueError, match=re.escape(reason)):
        encode(value, annotation)


def test_not_a_number_and_infinity_arrive_too_though_json_has_none() -> None:
    assert math.isnan(decode(encode(math.nan, float), float))
    fanned = json.loads(journey.fanned_in([encode({"loss": math.inf}, dict[str, float])] * 2))
    assert decode(json.dumps(fanned), list[dict[str, float]]) == [{"loss": math.inf}] * 2


def test_choices_are_all_values_of_closed_types_and_none_of_open_ones() -> None:
    assert choices(Quality) == (Quality.LOW, Quality.MEDIUM, Quality.HIGH)
    assert choices(Quality | Literal["auto"]) == (*Quality, "auto")
    assert choices(bool) == (False, True)
    assert choices(Literal[1, 2]) == (1, 2)
    assert choices(str) is None
    assert choices(Quality | None) is None


def test_only_text_enums_and_literals_of_text_travel_as_they_are() -> None:
    assert is_text(str)
    assert is_text(Quality | Literal["auto"])
    assert not is_text(Level)
    assert not is_text(str | None)
    assert not is_text(Literal["a", 1])
