"""Documents as `argo lint` reads them: strictly, and together."""

from __future__ import annotations

import datetime

import pytest

from kai_pipelines.check.argo import lint
from tests.unit.check.argo.workflows import Document, found, leaf, linted, read, workflow


def _spec(text: str) -> Document:
    return workflow(leaf(), spec=text)


def _container(text: str) -> Document:
    return workflow(leaf(more=f"container: {{image: a, {text}}}"))


@pytest.mark.parametrize(
    ("document", "place"),
    [
        (_spec("entrypiont: a"), "spec.entrypiont"),
        (_spec("Suspend: false"), "spec.Suspend"),
        (_container("imagePullPolice: Always"), "spec.templates.0.container.imagePullPolice"),
        (
            _container("env: [{name: a, valueFrom: {secretKeyRf: {}}}]"),
            "spec.templates.0.container.env.0.valueFrom.secretKeyRf",
        ),
        (_spec("volumes: [{name: a, emptyDirectory: {}}]"), "spec.volumes.0.emptyDirectory"),
        (_spec("affinity: {nodeAffinity: {required: {}}}"), "spec.affinity.nodeAffinity.required"),
        (workflow(leaf(more="retryStrategy: {limits: 3}")), "spec.templates.0.retryStrategy.limits"),
        (workflow(leaf(), metadata="{generateName: a-, label: {}}"), "metadata.label"),
    ],
)
def test_unknown_fields(document: Document, place: str) -> None:
    assert linted(document) == [f"KAI100 {place}"]
    assert found(document) == []


def test_an_unknown_field_has_the_nearest_known_one_as_hint() -> None:
    assert lint([_spec("entrypiont: a")])[0].hint == "did you mean 'entrypoint'?"


def test_a_field_of_the_template_in_the_container_is_told_as_such() -> None:
    assert "Template" in lint([_container("retryStrategy: {limit: 2}")])[0].hint


@pytest.mark.parametrize(
    ("document", "place"),
    [
        (workflow(leaf(), metadata="{name: y}") | {"metadata": {"name": True}}, "metadata.name"),
        (_spec("entrypoint: [a]"), "spec.entrypoint"),
        (_container("command: echo"), "spec.templates.0.container.command"),
        (_container("env: [{name: a, value: 5}]"), "spec.templates.0.container.env.0.value"),
        (_spec("parallelism: '2'"), "spec.parallelism"),
        (_spec("parallelism: 1.5"), "spec.parallelism"),
        (_spec("suspend: 'true'"), "spec.suspend"),
        (_spec("templates: {}"), "spec.templates"),
        (_spec("nodeSelector: {a: true}"), "spec.nodeSelector.a"),
        (_spec("ttlStrategy: 60"), "spec.ttlStrategy"),
        (workflow(leaf(more="activeDeadlineSeconds: 1.5")), "spec.templates.0.activeDeadlineSeconds"),
        (workflow({"name": "main", "plugin": {}}), "spec.templates.0.plugin"),
        (workflow({"name": "main", "plugin": {"a": {}, "b": {}}}), "spec.templates.0.plugin"),
        (workflow({"name": "main", "steps": [{"name": "a"}]}), "spec.templates.0.steps.0"),
        (workflow({"name": "main", "steps": [["a"]]}), "spec.templates.0.steps.0.0"),
    ],
)
def test_wrong_types(document: Document, place: str) -> None:
    assert f"KAI101 {place}" in linted(document)


@pytest.mark.parametrize(
    ("document", "place"),
    [
        (_container("resources: {limits: {cpu: two}}"), "spec.templates.0.container.resources.limits.cpu"),
        (_container("resources: {limits: {memory: 1GB}}"), "spec.templates.0.container.resources.limits.memory"),
        (_container("resources: {limits: {cpu: '{{x}}'}}"), "spec.templates.0.container.resources.limits.cpu"),
        (_spec(f"priority: {2**31}"), "spec.priority"),
        (workflow(leaf(), metadata="{generateName: a-, creationTimestamp: 'yesterday'}"), "metadata.creationTimestamp"),
    ],
)
def test_malformed_values(document: Document, place: str) -> None:
    assert linted(document) == [f"KAI102 {place}"]


@pytest.mark.parametrize(
    "document",
    [
        _container("resources: {limits: {cpu: 500m, memory: 4Gi}, requests: {cpu: 0.5, memory: '1e9'}}"),
        _container("ports: [{containerPort: 80.0}], livenessProbe: {httpGet: {path: /, port: web}}"),
        _container("livenessProbe: {httpGet: {path: /, port: 80, httpHeaders: [{name: a, value: b}]}}"),
        _spec("arguments: {parameters: [{name: a, value: 5}, {name: b, value: true}, {name: c, value: 1.5}]}"),
        _spec("arguments: {parameters: [{name: a, value: [1]}]}"),
        _spec("volumes: null"),
        _spec("tolerations: [{key: a, operator: Exists, tolerationSeconds: 5}]"),
        _spec(
            "synchronization: {mutexes: [{name: a}], semaphores: [{configMapKeyRef: {name: a, key: b}}, {database: {key: a}}]}"
        ),
        _spec("artifactGC: {strategy: OnWorkflowDeletion, forceFinalizerRemoval: true}"),
        _spec("podDisruptionBudget: {minAvailable: 50%}"),
        workflow(leaf(), metadata="{generateName: a-, creationTimestamp: null}"),
        workflow(leaf(), metadata="{generateName: a-, creationTimestamp: 2026-01-31T12:00:00Z}"),
        workflow(leaf(more="memoize: {key: a, maxAge: 1h, cache: {configMap: {name: a}}}")),
        workflow({"name": "main", "plugin": {"any": {"thing": [1, {"is": "taken"}]}}}),
        workflow(leaf(more="metrics: {prometheus: [{name: a, help: b, histogram: {value: '1', buckets: [1, 2.5]}}]}")),
        workflow(leaf()) | {"status": {"phase": "Succeeded", "nodes": {"a": {"id": "a", "startedAt": None}}}},
    ],
)
def test_what_argo_takes(document: Document) -> None:
    assert linted(document) == []


def test_a_date_of_a_yaml_file_is_text() -> None:
    dated = _spec("arguments: {parameters: [{name: day, value: 2026-01-31}]}")

    assert dated["spec"]["arguments"]["parameters"][0]["value"] == datetime.date(2026, 1, 31)
    assert linted(dated) == []


def test_validation_reads_numbers_as_text_where_lint_does_not() -> None:
    numbered = _container("env: [{name: a, value: 5}]")

    assert linted(numbered) == ["KAI101 spec.templates.0.container.env.0.value"]
    assert found(numbered) == []


def test_what_follows_from_an_unknown_field_is_not_told() -> None:
    misspelt = workflow({"name": "main", "dag": {"tasks": [{"name": "a", "tmplate": "leaf"}]}}, leaf())

    assert linted(misspelt) == ["KAI100 spec.templates.0.dag.tasks.0.tmplate"]


def test_what_is_independent_of_an_unknown_field_is() -> None:
    both = workflow(leaf(more="container: {image: a, args: ['{{workflow.nothing}}']}"), spec="entrypiont: a")

    assert linted(both) == ["KAI100 spec.entrypiont", "KAI151 spec.templates.0.container.args.0"]


def test_other_kinds_are_passed_over() -> None:
    config = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}, "anything": 1}

    assert linted(workflow(leaf()), config, {}, {"kind": 5}) == []


@pytest.mark.parametrize(
    "document", [{}, {"kind": "ConfigMap"}, {"kind": "WorkflowEventBinding"}, {"kind": "workflow"}]
)
def test_nothing_to_lint_is_a_finding(document: Document) -> None:
    assert linted(document) == ["KAI103 "]


def test_two_objects_of_one_name_are_refused() -> None:
    one = workflow(leaf(), kind="WorkflowTemplate", metadata="{name: a}")
    elsewhere = workflow(leaf(), kind="WorkflowTemplate", metadata="{name: a, namespace: b}")

    assert linted(one, one) == ["1: KAI104 metadata.name"]
    assert linted(one, elsewhere) == []


def test_findings_say_which_document() -> None:
    bad = workflow(leaf(), spec="entrypoint: nope")

    assert linted(workflow(leaf()), bad) == ["1: KAI116 spec.entrypoint"]


def test_a_null_is_as_if_it_were_not_there() -> None:
    assert linted(workflow(read("{name: main, container: {image: a}, script: null, inputs: {parameters: null}}"))) == []


def test_deep_nesting_ends_in_a_finding() -> None:
    inner: Document = {"container": {"image": "a"}}
    for _ in range(300):
        inner = {"dag": {"tasks": [{"name": "a", "inline": inner}]}}

    assert {one.split()[0] for one in linted(workflow({"name": "main", **inner}))} == {"KAI101"}


def test_a_long_chain_of_templates_ends_in_a_finding() -> None:
    chain = [{"name": f"t{n}", "steps": [[{"name": "a", "template": f"t{n + 1}"}]]} for n in range(2000)]

    assert linted(workflow(*chain, leaf("t2000"))) == ["KAI102 spec"]
