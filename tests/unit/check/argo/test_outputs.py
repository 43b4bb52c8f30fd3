"""Outputs and metrics of templates."""

from __future__ import annotations

import pytest

from tests.unit.check.argo.workflows import found, leaf, read, template, workflow

_SOURCES = {
    "path": "path: /a",
    "jsonPath": "jsonPath: '{.a}'",
    "jqFilter": "jqFilter: .a",
    "parameter": "parameter: '{{steps.a.outputs.result}}'",
    "expression": "expression: steps.a.outputs.result",
    "supplied": "supplied: {}",
}
_TAKEN = {
    "container: {image: a}": {"path"},
    "script: {image: a, source: b}": {"path"},
    "containerSet: {containers: [{name: main, image: a}]}": {"path"},
    "resource: {action: get}": {"jsonPath", "jqFilter"},
    "steps: [[{name: a, template: leaf}]]": {"parameter", "expression"},
    "suspend: {}": set(_SOURCES),
    "http: {url: a}": set(_SOURCES),
}


@pytest.mark.parametrize("source", _SOURCES)
@pytest.mark.parametrize("kind", _TAKEN)
def test_where_the_outputs_of_each_kind_come_from(kind: str, source: str) -> None:
    main = template("main", f"{kind}\noutputs: {{parameters: [{{name: a, valueFrom: {{{_SOURCES[source]}}}}}]}}")
    if source == "parameter" and "steps" not in kind:
        main["outputs"]["parameters"][0]["valueFrom"]["parameter"] = "a"

    refused = [] if source in _TAKEN[kind] else ["KAI133 spec.templates.0.outputs.parameters.0.valueFrom"]
    assert found(workflow(main, leaf())) == refused


@pytest.mark.parametrize(
    ("outputs", "expected"),
    [
        ("parameters: [{name: a, value: b}]", []),
        ("parameters: [{name: a}]", ["KAI132 spec.templates.0.outputs.parameters.0"]),
        ("parameters: [{name: a, valueFrom: {}}]", ["KAI133 spec.templates.0.outputs.parameters.0.valueFrom"]),
        (
            "parameters: [{name: a, valueFrom: {default: b}}]",
            ["KAI133 spec.templates.0.outputs.parameters.0.valueFrom"],
        ),
        (
            "parameters: [{name: a, valueFrom: {path: /a, expression: b}}]",
            ["KAI133 spec.templates.0.outputs.parameters.0.valueFrom"],
        ),
        (
            "parameters: [{name: a, value: b, valueFrom: {path: /a}}]",
            ["KAI133 spec.templates.0.outputs.parameters.0.value"],
        ),
        ("parameters: [{value: b}]", ["KAI110 spec.templates.0.outputs.parameters.0"]),
        ("parameters: [{name: a b, value: b}]", ["KAI111 spec.templates.0.outputs.parameters.0.name"]),
        (
            "parameters: [{name: a, value: b}, {name: a, value: b}]",
            ["KAI112 spec.templates.0.outputs.parameters.1.name"],
        ),
        (
            "parameters: [{name: a, value: b, globalName: c d}]",
            ["KAI111 spec.templates.0.outputs.parameters.0.globalName"],
        ),
        ("artifacts: [{name: a, path: /a}]", []),
        ("artifacts: [{name: a}]", ["KAI136 spec.templates.0.outputs.artifacts.0"]),
        ("artifacts: [{name: a, path: /a/..}]", ["KAI136 spec.templates.0.outputs.artifacts.0.path"]),
        ("artifacts: [{name: '!', path: /a}]", ["KAI111 spec.templates.0.outputs.artifacts.0.name"]),
        (
            "artifacts: [{name: a, path: /a, globalName: b c}]",
            ["KAI111 spec.templates.0.outputs.artifacts.0.globalName"],
        ),
        ("artifacts: [{name: a, path: /a, globalName: '{{x.y}}'}]", []),
    ],
)
def test_outputs_of_a_container(outputs: str, expected: list[str]) -> None:
    assert found(workflow(leaf(more=f"outputs: {{{outputs}}}"))) == expected


def test_an_output_artifact_of_a_graph_has_no_path() -> None:
    main = template("main", "steps: [[{name: a, template: leaf}]]\noutputs: {artifacts: [{name: a, path: /a}]}")

    assert found(workflow(main, leaf())) == ["KAI121 spec.templates.0.outputs.artifacts.0.path"]


def test_the_outputs_of_a_graph_name_those_of_its_tasks() -> None:
    says = leaf("says", "outputs: {parameters: [{name: word, valueFrom: {path: /word}}]}")

    def judged(name: str) -> list[str]:
        main = read("{name: main, steps: [[{name: a, template: says}]]}")
        main["outputs"] = {"parameters": [{"name": "b", "valueFrom": {"parameter": f"{{{{steps.a.outputs.{name}}}}}"}}]}
        return found(workflow(main, says))

    assert judged("parameters.word") == []
    assert judged("parameters.words") == ["KAI151 spec.templates.0.outputs.parameters.0.valueFrom.parameter"]


def test_where_logs_are_kept_is_a_location() -> None:
    assert found(workflow(leaf(more="archiveLocation: {git: {}}"))) == ["KAI135 spec.templates.0.archiveLocation.git"]
    assert found(workflow(leaf(more="archiveLocation: {archiveLogs: true}"))) == []


@pytest.mark.parametrize(
    ("metric", "expected"),
    [
        ("name: a_1, help: b, counter: {value: '1'}", ""),
        ("name: a, help: b, labels: [{key: c, value: d}], gauge: {value: '{{duration}}', realtime: true}", ""),
        ("name: a, help: b, gauge: {value: '{{outputs.result}}'}", ""),
        ("name: a, help: b", ""),
        ("name: a.b, help: c", "name"),
        ("name: 'a:b', help: c", "name"),
        ("name: 1a, help: c", "name"),
        ("help: c", "."),
        ("name: a", "."),
        ("name: a, help: b, labels: [{key: c.d, value: e}]", "labels.0.key"),
        ("name: a, help: b, counter: {}", "counter"),
        ("name: a, help: b, gauge: {value: ''}", "gauge"),
        ("name: a, help: b, histogram: {buckets: [1]}", "histogram"),
        ("name: a, help: b, gauge: {value: '{{resourcesDuration.cpu}}', realtime: true}", "gauge.value"),
    ],
)
def test_metrics(metric: str, expected: str) -> None:
    place = "KAI156 spec.templates.0.metrics.prometheus.0" + (f".{expected}" if expected != "." else "")

    assert found(workflow(leaf(more=f"metrics: {{prometheus: [{{{metric}}}]}}"))) == ([place] if expected else [])
