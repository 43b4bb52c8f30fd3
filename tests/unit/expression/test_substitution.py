"""Tags in templates: what is replaced, how it is escaped, and what is left for later."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kai_pipelines.expression import Tag, substitute, substitute_text, tags
from kai_pipelines.expression.faults import AbsentOptional, CompileError, EvaluationError, MissingVariable
from kai_pipelines.expression.substitution import references, substitute_strict

ENV: dict[str, object] = {
    "inputs.parameters.q": "low",
    "inputs.parameters.which": "q",
    "inputs.parameters.text": 'a "b"\n\\c',
    "inputs.parameters.n": "42",
    "tasks.skipped.outputs.parameters.o": None,
}


def test_a_tag_with_blanks_is_the_same_tag() -> None:
    assert substitute('"{{inputs.parameters.q}} {{ inputs.parameters.q }}"', ENV) == '"low low"'


def test_a_value_enters_a_document_escaped() -> None:
    document = json.dumps({"args": ["{{inputs.parameters.text}}"]})
    assert json.loads(substitute(document, ENV)) == {"args": ['a "b"\n\\c']}


def test_a_value_enters_a_plain_text_as_it_is() -> None:
    assert substitute_text("<{{inputs.parameters.text}}>", ENV) == '<a "b"\n\\c>'


def test_an_expression_is_evaluated_and_its_result_written_as_json() -> None:
    assert substitute_text("{{=asInt(inputs.parameters.n) + 1}}", ENV) == "43"
    assert substitute_text("{{= inputs.parameters.q == 'low' }}", ENV) == "true"
    assert substitute_text('{{=toJson({"a": [1, "<"]})}}', ENV) == '{"a":[1,"\\u003c"]}'
    assert substitute_text("{{={'a': 1.5} }}", ENV) == '{"a":1.5}'


def test_a_tag_ends_at_the_first_braces_so_an_expression_cannot_contain_them() -> None:
    with pytest.raises(CompileError):
        substitute_text("{{={'a': {'b': 1}}}}", ENV)


def test_a_nested_tag_resolves_first_and_the_outer_one_in_the_next_pass() -> None:
    once = substitute('"{{inputs.parameters.{{inputs.parameters.which}}}}"', ENV)
    assert once == '"{{inputs.parameters.q}}"'
    assert substitute(once, ENV) == '"low"'


def test_an_unresolved_tag_is_an_error_unless_it_may_stay() -> None:
    with pytest.raises(MissingVariable) as caught:
        substitute('"x {{nosuch}}"', ENV)
    assert caught.value.position == 3
    assert substitute('"x {{nosuch}}"', ENV, allow_unresolved=True) == '"x {{nosuch}}"'


def test_an_expression_over_what_is_missing_stays_when_it_may() -> None:
    text = '"{{=item.name}} {{=inputs.parameters.q}}"'
    assert substitute(text, ENV, allow_unresolved=True) == '"{{=item.name}} low"'
    with pytest.raises(MissingVariable, match="item"):
        substitute(text, ENV)


def test_a_fallback_makes_a_missing_path_harmless() -> None:
    assert substitute("\"{{=tasks.skipped.outputs.parameters.o ?? 'none'}}\"", ENV) == '"none"'


def test_the_output_of_a_skipped_node_is_refused_even_when_tags_may_stay() -> None:
    with pytest.raises(AbsentOptional):
        substitute('"{{tasks.skipped.outputs.parameters.o}}"', ENV, allow_unresolved=True)


def test_strict_prefixes_must_resolve_and_others_may_stay() -> None:
    assert substitute_strict('"{{workflow.x}} {{tasksA.b}}"', ENV, ["tasks"]) == '"{{workflow.x}} {{tasksA.b}}"'
    with pytest.raises(MissingVariable):
        substitute_strict('"{{tasks.x}}"', ENV, ["tasks"])
    assert substitute_strict('"{{tasks.a.outputs.artifacts.x}}"', ENV, ["tasks"]) == '"{{tasks.a.outputs.artifacts.x}}"'


def test_what_is_no_json_is_refused_before_and_after() -> None:
    with pytest.raises(CompileError):
        substitute("not json", ENV)
    with pytest.raises(EvaluationError, match="invalid JSON"):
        substitute('"{{x}}"', {"x": "\x01"})


def test_a_value_that_is_no_string_is_refused_in_a_simple_tag() -> None:
    with pytest.raises(EvaluationError, match="to string"):
        substitute('"{{n}}"', {"n": 1})


def test_an_expression_that_fails_says_where_in_the_text() -> None:
    with pytest.raises(CompileError) as caught:
        substitute_text("ab {{=1 +}}", ENV)
    assert caught.value.position is not None
    assert "1 +" in str(caught.value)


def test_tags_are_listed_with_their_positions() -> None:
    assert tags("a {{x}} {{= y + 1 }}") == [Tag(2, "x", False), Tag(8, "= y + 1 ", True)]
    assert [tag.content for tag in tags("{{ x }}{{=y}}")] == ["x", "y"]
    assert references("{{ a }} {{=b}} {{c}}") == ["a", "c"]


def test_a_tag_that_does_not_end_is_refused() -> None:
    with pytest.raises(CompileError) as caught:
        tags("ab {{x")
    assert caught.value.position == 3


@settings(max_examples=60, deadline=None)
@given(st.text(st.characters(blacklist_categories=["Cs", "Cc", "Cf", "Zl", "Zp", "Co", "Cn", "Zs"])))
def test_a_printable_value_survives_any_document(value: str) -> None:
    document = json.dumps({"a": ["{{v}}", "x{{v}}"]})
    assert json.loads(substitute(document, {"v": value})) == {"a": [value, "x" + value]}


@settings(max_examples=60, deadline=None)
@given(st.text("{}= ab.'\"\\\n", max_size=30))
def test_any_text_is_replaced_or_refused(text: str) -> None:
    try:
        result = substitute_text(text, {"a": "b"}, allow_unresolved=True)
    except (CompileError, EvaluationError):
        return
    if "{{" not in text:
        assert result == text
