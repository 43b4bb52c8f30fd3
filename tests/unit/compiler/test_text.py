"""The text of expressions: evaluated, they give what the author wrote, whatever the text."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kai_pipelines import Quality
from kai_pipelines.authoring.graph import Condition, Constant, Graph, Listed
from kai_pipelines.authoring.reference import Input, Reference, Selected
from kai_pipelines.authoring.signature import Port
from kai_pipelines.authoring.values import decode, encode
from kai_pipelines.compiler import text
from kai_pipelines.expression import evaluate, should_execute, substitute_text
from tests.journey import HOSTILE, texts
from tests.unit.compiler.manifests import compiled, templates_of

GRAPH = Graph("graph")


def an_input(kind: Any, name: str = "value") -> Input:
    return Input(GRAPH, Port(name, kind))


@given(texts)
def test_a_literal_evaluates_to_its_text(value: str) -> None:
    assert evaluate(text.literal(value), {}) == value


@pytest.mark.parametrize("value", HOSTILE)
def test_a_literal_holds_no_brace_and_no_line_end_that_could_end_a_tag(value: str) -> None:
    written = text.literal(value)

    assert "{" not in written
    assert "}" not in written
    assert "\n" not in written


@pytest.mark.parametrize("name", ["quality", "max_size", "in", "not", "matches", "x-y", "größe"])
def test_a_member_is_found_under_any_name(name: str) -> None:
    env = {"inputs": {"parameters": {name: "found"}}}

    assert evaluate(text.member("inputs.parameters", name), env) == "found"


@given(texts, texts)
def test_a_condition_holds_for_its_value_only(value: str, other: str) -> None:
    when = text.condition(Condition(an_input(str), value))

    def holds(actual: str) -> bool:
        return should_execute(substitute_text(when, {"inputs.parameters.value": actual}))

    assert holds(value)
    assert holds(other) == (other == value)


@given(texts, texts, texts)
def test_a_select_gives_the_constant_of_the_value_as_the_step_reads_it(low: str, medium: str, high: str) -> None:
    constants: dict[str, object] = {"low": low, "medium": medium, "high": high}
    chosen = Selected(GRAPH, Port("select", str), an_input(Quality), constants)

    for quality in Quality:
        made = substitute_text(text.tag(chosen), {"inputs.parameters.value": quality.value})
        assert decode(made, str) == constants[quality]


@given(st.lists(texts, max_size=3), texts, st.integers())
def test_a_list_of_constants_and_values_arrives_whole(constants: list[str], late: str, number: int) -> None:
    items: tuple[Constant | Reference, ...] = (*(Constant(encode(one, str)) for one in constants), an_input(str))
    numbers = (Constant("1"), an_input(int))

    made = text.argument(Listed(items, str), Port("list", list[str]))
    made_numbers = text.argument(Listed(numbers, int), Port("list", list[int]))

    env = {"inputs.parameters.value": encode(late, str)}
    assert decode(substitute_text(made, env), list[str]) == [*constants, late]
    env = {"inputs.parameters.value": encode(number, int)}
    assert decode(substitute_text(made_numbers, env), list[int]) == [1, number]


@given(texts)
def test_text_that_is_given_where_it_may_be_absent_stays_text(value: str) -> None:
    env = {"inputs.parameters.value": encode(value, str)}

    alone = text.argument(an_input(str), Port("note", str | None))
    listed = text.argument(Listed((an_input(str), Constant("null")), str | None), Port("notes", list[str | None]))

    assert decode(substitute_text(alone, env), str | None) == value
    assert decode(substitute_text(listed, env), list[str | None]) == [value, None]


def outputs_of(template: str, manifest: str, kind: str = "artifacts") -> dict[str, Any]:
    outputs: dict[str, Any] = templates_of(compiled(manifest))[template]["outputs"][kind][0]
    return outputs


@pytest.mark.parametrize("ran", ["low", "medium", "high"])
def test_a_switch_gives_the_result_of_the_branch_that_ran(ran: str) -> None:
    expression = outputs_of("switching-switch-quality", "switching")["fromExpression"]
    env: dict[str, Any] = {
        f"tasks.{name}.status": "Succeeded" if name == ran else "Skipped" for name in ("low", "medium", "high")
    }
    env[f"tasks.{ran}.outputs.artifacts.result"] = f"the file of {ran}"

    assert evaluate(expression, env) == f"the file of {ran}"


@pytest.mark.parametrize(
    ("statuses", "winner"),
    [
        ({"high": "Succeeded", "medium": "Omitted", "low": "Omitted"}, "high"),
        ({"high": "Failed", "medium": "Succeeded", "low": "Omitted"}, "medium"),
        ({"high": "Failed", "medium": "Error", "low": "Succeeded"}, "low"),
    ],
)
def test_a_fallback_gives_the_result_of_the_first_attempt_that_worked(statuses: dict[str, str], winner: str) -> None:
    expression = outputs_of("degrading-fallback", "degrading")["fromExpression"]
    env: dict[str, Any] = {f"tasks.{name}.status": status for name, status in statuses.items()}
    env[f"tasks.{winner}.outputs.artifacts.result"] = f"the file of {winner}"

    assert evaluate(expression, env) == f"the file of {winner}"


@pytest.mark.parametrize(("status", "value"), [("Succeeded", "matte"), ("Skipped", None)])
def test_an_optional_parameter_is_the_value_or_null(status: str, value: str | None) -> None:
    expression = outputs_of("optional-parameter-when-sharp", "optional-parameter", "parameters")["valueFrom"][
        "expression"
    ]
    env = {"tasks.then.status": status, "tasks.then.outputs.parameters.result": "matte"}

    made = evaluate(expression, env)

    assert json.loads(str(made)) == value
    assert decode(str(made), str | None) == value


def test_an_optional_file_is_a_plain_reference_that_argo_forgives() -> None:
    assert outputs_of("optional-work-mask", "optional-work") == {
        "name": "result",
        "from": "{{tasks.then.outputs.artifacts.result}}",
        "optional": True,
    }


def items_made_of(encoded: str) -> list[dict[str, Any]]:
    tasks = templates_of(compiled("looping-over-files"))["looping-over-files"]["dag"]["tasks"]
    (loop,) = [task["withParam"] for task in tasks if "withParam" in task]
    made: list[dict[str, Any]] = json.loads(substitute_text(loop, {"tasks.scan.outputs.parameters.tiles": encoded}))
    return made


@given(st.lists(texts, max_size=4))
def test_the_items_of_a_loop_that_collects_files_carry_their_index(items: list[str]) -> None:
    made = items_made_of(encode(items, list[str]))

    assert [one["index"] for one in made] == list(range(len(items)))
    assert [decode(one["item"], str) for one in made] == items


@given(st.lists(st.integers() | st.none(), max_size=4))
def test_the_items_of_such_a_loop_may_be_numbers_or_absent(items: list[int | None]) -> None:
    made = items_made_of(encode(items, list[int | None]))

    assert [decode(one["item"], int | None) for one in made] == items
