"""What is handed to templates: values, locations, and what is missing."""

from __future__ import annotations

import pytest

from kai_pipelines.check.argo import Options, validate
from tests.unit.check.argo.workflows import Document, found, leaf, template, workflow

_NEEDS = leaf("needs", "inputs: {parameters: [{name: message}]}")


def _calls(arguments: str) -> Document:
    return template("main", f"dag: {{tasks: [{{name: a, template: needs, arguments: {arguments}}}]}}")


def test_a_parameter_without_default_must_be_given() -> None:
    assert found(workflow(_calls("{}"), _NEEDS)) == ["KAI131 spec.templates.0.dag.tasks.0.arguments"]
    assert found(workflow(_calls("{parameters: [{name: message, value: hello}]}"), _NEEDS)) == []


def test_a_misspelt_argument_is_named() -> None:
    finding = validate(workflow(_calls("{parameters: [{name: mesage, value: hello}]}"), _NEEDS))[0]

    assert finding.code == "KAI131"
    assert "mesage" in finding.hint


@pytest.mark.parametrize("own", ["default: hello", "value: hello"])
def test_a_default_takes_the_place_of_an_argument(own: str) -> None:
    needs = leaf("needs", f"inputs: {{parameters: [{{name: message, {own}}}]}}")

    assert found(workflow(_calls("{}"), needs)) == []


def test_an_input_from_a_config_map_needs_no_argument() -> None:
    source = "valueFrom: {configMapKeyRef: {name: a, key: b}}"
    needs = leaf("needs", f"inputs: {{parameters: [{{name: message, {source}}}]}}")

    assert found(workflow(_calls("{}"), needs)) == []


def test_the_entrypoint_takes_the_arguments_of_the_workflow() -> None:
    assert found(workflow(_NEEDS)) == ["KAI131 spec.entrypoint"]
    assert found(workflow(_NEEDS, spec="arguments: {parameters: [{name: message, value: a}]}")) == []


def test_a_workflow_argument_without_value_is_only_missing_when_it_runs() -> None:
    unused = workflow(leaf(), spec="arguments: {parameters: [{name: message}]}")

    assert found(unused) == ["KAI132 spec.arguments.parameters.0"]
    assert found(unused, options=Options(lint=True)) == []


def test_linting_does_not_supply_what_the_entrypoint_needs() -> None:
    needs = workflow(_NEEDS, spec="arguments: {parameters: [{name: message}]}")

    assert found(needs, options=Options(lint=True)) == ["KAI131 spec.arguments"]


def test_a_workflow_template_waits_for_its_arguments() -> None:
    waits = workflow(_NEEDS, kind="WorkflowTemplate", spec="arguments: {parameters: [{name: message}]}")

    assert found(waits) == []
    assert found(waits, options=Options(submit=True)) == ["KAI132 spec.arguments.parameters.0"]


@pytest.mark.parametrize("source", ["configMapKeyRef: {name: a, key: b}", "supplied: {}", "event: payload"])
def test_an_argument_may_come_from_outside(source: str) -> None:
    given = f"arguments: {{parameters: [{{name: a, valueFrom: {{{source}}}}}]}}"

    assert found(workflow(leaf(), spec=given)) == []


@pytest.mark.parametrize(
    "source", ["path: /a", "parameter: '{{tasks.a.outputs.result}}'", "expression: '1'", "default: a", "jqFilter: a"]
)
def test_an_argument_comes_from_nowhere_else(source: str) -> None:
    given = f"arguments: {{parameters: [{{name: a, valueFrom: {{{source}}}}}]}}"

    assert found(workflow(leaf(), spec=given)) == ["KAI133 spec.arguments.parameters.0.valueFrom"]


def test_a_source_beside_a_config_map_is_refused() -> None:
    given = "arguments: {parameters: [{name: a, valueFrom: {configMapKeyRef: {name: a, key: b}, path: /a}}]}"

    assert found(workflow(leaf(), spec=given)) == ["KAI133 spec.arguments.parameters.0.valueFrom"]


@pytest.mark.parametrize(
    ("parameter", "expected"),
    [
        ("enum: [a, b], value: a", []),
        ("enum: [a, b], value: c", ["KAI134 spec.arguments.parameters.0.value"]),
        ("enum: [], value: a", ["KAI134 spec.arguments.parameters.0.enum"]),
        ("enum: [1, true], value: 1", []),
        ("enum: [a]", ["KAI132 spec.arguments.parameters.0"]),
        ("enum: [a], valueFrom: {supplied: {}}", ["KAI132 spec.arguments.parameters.0"]),
    ],
)
def test_a_value_is_one_of_the_choices(parameter: str, expected: list[str]) -> None:
    assert found(workflow(leaf(), spec=f"arguments: {{parameters: [{{name: a, {parameter}}}]}}")) == expected


@pytest.mark.parametrize("enum", ["[a]", "[]"])
def test_a_template_may_leave_a_choice_open_but_not_without_choices(enum: str) -> None:
    waits = workflow(leaf(), kind="WorkflowTemplate", spec=f"arguments: {{parameters: [{{name: a, enum: {enum}}}]}}")

    assert found(waits) == ([] if enum == "[a]" else ["KAI134 spec.arguments.parameters.0.enum"])


_FILE = leaf("needs", "inputs: {artifacts: [{name: file, path: /file}]}")


def test_an_artifact_must_be_given() -> None:
    assert found(workflow(_calls("{}"), _FILE)) == ["KAI131 spec.templates.0.dag.tasks.0.arguments"]
    assert found(workflow(_calls("{artifacts: [{name: file, raw: {data: a}}]}"), _FILE)) == []


@pytest.mark.parametrize("own", ["optional: true", "raw: {data: a}", "s3: {key: a}", "http: {url: 'http://a/b'}"])
def test_an_artifact_with_a_location_need_not_be_given(own: str) -> None:
    needs = leaf("needs", f"inputs: {{artifacts: [{{name: file, path: /file, {own}}}]}}")

    assert found(workflow(_calls("{}"), needs)) == []


@pytest.mark.parametrize(
    ("location", "is_enough"),
    [
        ("raw: {data: a}", True),
        ("s3: {key: a}", True),
        ("s3: {bucket: a}", False),
        ("gcs: {bucket: a, key: b}", True),
        ("oss: {}", False),
        ("git: {repo: a}", True),
        ("git: {repo: ''}", False),
        ("http: {url: 'http://a/b'}", True),
        ("http: {}", False),
        ("azure: {blob: a}", True),
        ("hdfs: {path: /a}", True),
        ("artifactory: {url: 'http://a/b'}", True),
        ("artifactory: {url: ''}", False),
        ("plugin: {name: a, key: b}", True),
        ("from: '{{inputs.artifacts.a}}'", True),
        ("fromExpression: 'tasks.a'", False),
        ("optional: true", False),
    ],
)
def test_an_argument_artifact_says_where_it_is(location: str, is_enough: bool) -> None:
    findings = found(workflow(leaf(), spec=f"arguments: {{artifacts: [{{name: a, {location}}}]}}"))

    assert ("KAI132 spec.arguments.artifacts.0" in findings) == (not is_enough)


def test_an_argument_artifact_is_named_once() -> None:
    both = "arguments: {artifacts: [{name: a, from: '{{x}}', fromExpression: y}]}"

    assert found(workflow(leaf(), spec=both)) == ["KAI135 spec.arguments.artifacts.0.fromExpression"]


def test_a_value_with_control_characters_cannot_become_part_of_a_template() -> None:
    shows = leaf(
        "needs",
        "{inputs: {parameters: [{name: message}]}, container: {image: a, args: ['{{inputs.parameters.message}}']}}",
    )
    bell = workflow(_calls('{parameters: [{name: message, value: "\\a"}]}'), shows)
    newline = workflow(_calls('{parameters: [{name: message, value: "\\n"}]}'), shows)

    assert found(bell) == ["KAI153 spec.templates.0.dag.tasks.0.arguments"]
    assert found(newline) == []


@pytest.mark.parametrize(
    ("inputs", "expected"),
    [
        ("parameters: [{value: a}]", "KAI110 spec.templates.0.inputs.parameters.0"),
        ("parameters: [{name: a.b, value: a}]", "KAI111 spec.templates.0.inputs.parameters.0.name"),
        ("parameters: [{name: a, value: a}, {name: a, value: a}]", "KAI112 spec.templates.0.inputs.parameters.1.name"),
        ("artifacts: [{name: 'a b', path: /a, raw: {data: a}}]", "KAI111 spec.templates.0.inputs.artifacts.0.name"),
        ("artifacts: [{name: a, raw: {data: a}}]", "KAI136 spec.templates.0.inputs.artifacts.0"),
        ("artifacts: [{name: a, path: /a/../../b, raw: {data: a}}]", "KAI136 spec.templates.0.inputs.artifacts.0.path"),
        (
            "artifacts: [{name: a, path: /a, raw: {data: a}, from: b}]",
            "KAI135 spec.templates.0.inputs.artifacts.0.from",
        ),
        ("artifacts: [{name: a, path: /a, optional: true, git: {}}]", "KAI135 spec.templates.0.inputs.artifacts.0.git"),
        (
            "artifacts: [{name: a, path: /a, optional: true, hdfs: {}}]",
            "KAI135 spec.templates.0.inputs.artifacts.0.hdfs",
        ),
    ],
)
def test_mistakes_in_inputs(inputs: str, expected: str) -> None:
    assert found(workflow(leaf(more=f"inputs: {{{inputs}}}"))) == [expected]


@pytest.mark.parametrize("name", ["a", "a-b", "a_b", "_", "9", "A-1_b"])
def test_names_of_parameters(name: str) -> None:
    assert found(workflow(leaf(more=f"inputs: {{parameters: [{{name: '{name}', value: a}}]}}"))) == []


def test_an_input_artifact_of_a_graph_has_no_path() -> None:
    main = template(
        "main", "dag: {tasks: [{name: a, template: leaf}]}\ninputs: {artifacts: [{name: a, path: /a, raw: {data: b}}]}"
    )

    assert found(workflow(main, leaf())) == ["KAI121 spec.templates.0.inputs.artifacts.0.path"]


@pytest.mark.parametrize(
    ("hdfs", "fits"),
    [
        ("addresses: [a], path: /b, hdfsUser: c", True),
        ("addresses: [a], path: b, hdfsUser: c", False),
        ("path: /b, hdfsUser: c", False),
        ("addresses: [a], path: /b", False),
        ("addresses: [a], path: /b, krbCCacheSecret: {name: a, key: b}", False),
        (
            "addresses: [a], path: /b, krbCCacheSecret: {name: a, key: b}, krbServicePrincipalName: c,"
            " krbConfigConfigMap: {name: a, key: b}",
            True,
        ),
        (
            "addresses: [a], path: /b, krbKeytabSecret: {name: a, key: b}, krbServicePrincipalName: c,"
            " krbConfigConfigMap: {name: a, key: b}, krbUsername: d",
            False,
        ),
    ],
)
def test_an_hdfs_location_is_complete(hdfs: str, fits: bool) -> None:
    main = leaf(more=f"inputs: {{artifacts: [{{name: a, path: /a, hdfs: {{{hdfs}}}}}]}}")

    assert (found(workflow(main)) == []) == fits


@pytest.mark.parametrize(
    ("path", "fits"),
    [
        ("/a", True),
        ("a/../b", False),
        ("/a/../a/b", True),
        ("/a/..", False),
        ("..", True),
        ("/a/b/../../c", False),
        ("/a/bc", True),
        ("/a//bc", False),
        ("/a//b", True),
        ("/a/./bc", False),
    ],
)
def test_a_path_stays_in_its_folder(path: str, fits: bool) -> None:
    main = leaf(more=f"inputs: {{artifacts: [{{name: a, path: '{path}', raw: {{data: b}}}}]}}")

    assert (found(workflow(main)) == []) == fits


def test_argo_looks_at_nothing_after_an_open_choice() -> None:
    spec = "arguments: {parameters: [{name: a, enum: [b]}], artifacts: [{name: c}]}"

    assert found(workflow(leaf(), spec=spec), options=Options(lint=True)) == []


def test_an_argument_that_stands_for_an_absent_output_is_as_none() -> None:
    absent = "{parameters: [{name: message, value: __argo-internal.absent-optional-output__}]}"
    with_default = leaf("needs", "inputs: {parameters: [{name: message, default: a}]}")

    assert found(workflow(_calls(absent), _NEEDS)) == ["KAI131 spec.templates.0.dag.tasks.0.arguments"]
    assert found(workflow(_calls(absent), with_default)) == []
