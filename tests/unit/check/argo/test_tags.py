"""Tags: closed and unclosed ones, nested ones, expressions."""

from __future__ import annotations

import pytest

from kai_pipelines.check.argo.marshaled import marshal
from kai_pipelines.check.argo.tags import Substitution, UnprintableValue, is_unprintable, unclosed
from tests.unit.check.argo.workflows import found, leaf, template, workflow

_KNOWN = {"workflow.name": "mine", "inputs.parameters.x": "later {{item}}", "a": "b", "bell": "\a"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain", "plain"),
        ("{{workflow.name}}", "mine"),
        ("{{ workflow.name }}!", "mine!"),
        ("{{\nworkflow.name\n}}", "{{\nworkflow.name\n}}"),
        ("{{unknown}}", "{{unknown}}"),
        ("{{inputs.parameters.{{a}}}}", "{{inputs.parameters.b}}"),
        ("{{inputs.parameters.x}}", "later {{item}}"),
        ("{{=a + 'c'}}", "bc"),
        ("{{=tasks.a.status}}", "{{=tasks.a.status}}"),
        ("{{='tasks' + a}}", "tasksb"),
        ("{{=1 +}}", "{{=1 +}}"),
        ("{{ no end", "{{ no end"),
    ],
)
def test_what_becomes_of_tags(text: str, expected: str) -> None:
    assert Substitution(_KNOWN, {}).walk({"key": [text]}) == {"key": [expected]}


def test_keys_of_mappings_are_replaced_too() -> None:
    assert Substitution(_KNOWN, {}).walk({"{{a}}": 1, "c": "{{a}}"}) == {"b": 1, "c": "b"}


def test_what_a_first_pass_brings_in_the_second_replaces() -> None:
    assert Substitution({"a": "{{b}}"}, {"b": "c"}).text("{{a}}") == "c"


def test_what_has_no_tags_is_not_copied() -> None:
    tree = {"a": [{"b": "c"}]}

    assert Substitution(_KNOWN, {}).walk(tree) is tree


def test_a_value_that_json_cannot_take_is_refused() -> None:
    with pytest.raises(UnprintableValue):
        Substitution(_KNOWN, {}).walk(["{{bell}}"])


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("\n\t\r\b\f", False),
        ("\x00", True),
        ("\x1b[0m", True),
        ("\x7f", True),
        ("é 漢 😀", False),
        ("\U000e0001", True),
    ],
)
def test_what_go_cannot_quote_as_json(value: str, expected: bool) -> None:
    assert is_unprintable(value) is expected


@pytest.mark.parametrize(("text", "offset"), [("{{a}}", None), ("{{a}} {{b", 6), ("a}} b", None), ("{{a {{b}}", None)])
def test_where_a_tag_does_not_end(text: str, offset: int | None) -> None:
    assert unclosed(text) == offset


def _shell(text: str) -> list[str]:
    script = template("main", "script: {image: a, command: [sh]}")
    script["script"]["source"] = text
    return found(workflow(script))


def test_an_unclosed_tag_that_is_none_of_argos_is_let_pass() -> None:
    assert _shell("docker inspect --format '{{ .State'") == []


def test_an_unclosed_tag_of_argos_takes_in_the_rest() -> None:
    assert _shell("echo {{inputs.parameters.x") == ["KAI151 spec.templates.0.script.source"]


def test_a_tag_that_nothing_closes_at_all_is_refused() -> None:
    main = {"name": "main", "suspend": {}, "podSpecPatch": "{{ 5"}
    closed_by_the_json = {"name": "main", "suspend": {"duration": "{{ 5"}}

    assert found(workflow(main)) == ["KAI152 spec.templates.0.podSpecPatch"]
    assert found(workflow(closed_by_the_json)) == []


def test_an_unclosed_tag_hides_those_after_it() -> None:
    main = leaf(more="container: {image: a, args: ['{{ open', '{{workflow.nothing}}']}")

    assert found(workflow(main)) == []


def test_a_line_break_in_a_tag_is_part_of_its_name() -> None:
    main = leaf(
        more='{inputs: {parameters: [{name: x, value: a}]}, container: {image: a, args: ["{{inputs.parameters.x\\n}}"]}}'
    )

    assert found(workflow(main)) == ["KAI151 spec.templates.0.container.args.0"]


@pytest.mark.parametrize(
    ("kind", "value", "expected"),
    [
        ("Parameter", {"name": "a"}, '{"name":"a"}'),
        ("Parameter", {"value": "<"}, '{"name":"","value":"\\u003c"}'),
        ("DAGTemplate", {"tasks": []}, '{"tasks":[]}'),
        ("DAGTemplate", {}, '{"tasks":null}'),
        ("Sequence", {"count": 3, "format": ""}, '{"count":3}'),
        ("SuspendTemplate", {"duration": "5"}, '{"duration":"5"}'),
        ("Metadata", {"labels": {"b": "1", "a": "2"}}, '{"labels":{"a":"2","b":"1"}}'),
        ("ContinueOn", {"error": False, "failed": True}, '{"failed":true}'),
        ("Template", {"name": "a", "suspend": {}}, '{"name":"a","inputs":{},"outputs":{},"metadata":{},"suspend":{}}'),
    ],
)
def test_objects_as_go_writes_them(kind: str, value: dict[str, object], expected: str) -> None:
    assert marshal(kind, value) == expected
