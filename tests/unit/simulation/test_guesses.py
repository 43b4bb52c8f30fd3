"""What a step could give, read off the conditions of a workflow."""

from __future__ import annotations

import json
from typing import Any

import pytest

from kai_pipelines.simulation.guesses import Guesses
from tests.unit.engine.bench import container, dag, given, task

Object = dict[str, Any]


def guessed(when: str, **more: Any) -> tuple[str, ...]:
    """Candidates for the output q of the task a, for a `when` of another that may say Q for it."""
    condition = when.replace("Q", "tasks.a.outputs.parameters.q")
    return (
        Guesses([dag("main", task("a", "one"), task("b", when=condition, **more)), container("one")])
        .of("one", "q")
        .values
    )


@pytest.mark.parametrize(
    ("when", "values"),
    [
        ("{{Q}} == low", ("low", "not-low")),
        ("low != '{{Q}}'", ("low", "not-low")),
        ("{{Q}} == a || {{Q}} == b", ("a", "b")),
        ("{{Q}} > 5", ("6", "4")),
        ("5 > {{Q}}", ("4", "6")),
        ("{{Q}}", ("true", "false")),
        ("{{Q}} == true", ("true", "false")),
        ("{{Q}} < {{inputs.parameters.limit}}", ("1", "1000000")),
        ('{{= Q == "low" }}', ("low", "not-low")),
        ('{{= Q in ["a", "b"] }}', ("a", "b")),
        ("{{= asInt(Q) >= 10 }}", ("11", "9")),
        ('{{= jsonpath(Q, "$.size") == "big" }}', ('{"size":"big"}', '{"size":"not-big"}')),
        ("{{= Q }}", ("true", "false")),
        ("low == high", ("0",)),
        ("{{= not parsed", ("0",)),
    ],
)
def test_a_condition_says_what_it_asks_for(when: str, values: tuple[str, ...]) -> None:
    assert guessed(when) == values


def test_a_value_is_followed_through_arguments_and_inner_templates() -> None:
    inner = dag(
        "inner",
        task("x", when="{{inputs.parameters.chosen}} == low"),
        task("y", when="{{inputs.parameters.chosen}} == high"),
    )
    outer = dag(
        "main",
        task("a", "wrapped"),
        task("b", "inner", arguments=given(chosen="{{tasks.a.outputs.parameters.out}}")),
    )
    wrapped = dag("wrapped", task("w", "one"))
    wrapped["outputs"] = {
        "parameters": [{"name": "out", "valueFrom": {"parameter": "{{tasks.w.outputs.parameters.q}}"}}]
    }

    assert Guesses([outer, wrapped, inner, container("one")]).of("one", "q").values == ("low", "high")


def test_a_declared_enum_comes_first() -> None:
    one = container("one")
    one["outputs"]["parameters"] = [{"name": "q", "enum": ["s", "m", "l"]}]

    assert Guesses([one]).of("one", "q").values == ("s", "m", "l")


def test_the_elements_of_a_list_have_what_the_loop_asks_of_them() -> None:
    loop = task(
        "b", withParam="{{tasks.a.outputs.result}}", when="{{item.kind}} == wall", arguments=given(x="{{item.name}}")
    )

    guess = Guesses([dag("main", task("a", "one"), loop), container("one")]).of("one", None)

    assert guess.is_list
    assert json.loads(guess.values[0]) == [
        {"name": "name-0", "kind": "wall"},
        {"name": "name-1", "kind": "not-wall"},
        {"name": "name-2", "kind": "wall"},
    ]


def test_what_the_parts_of_a_loop_give_is_compared_as_the_elements_of_the_next() -> None:
    first = task("a", "one", withItems=[1, 2])
    second = task("b", withParam="{{tasks.a.outputs.parameters}}", when="{{item.evenness}} == even")

    guess = Guesses([dag("main", first, second), container("one")]).of("one", "evenness")

    assert guess.values == ("even", "not-even")
