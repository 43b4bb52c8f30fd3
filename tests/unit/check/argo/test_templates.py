"""What a template may say of itself: one kind, and the fields that go with it."""

from __future__ import annotations

import pytest

from tests.unit.check.argo.workflows import found, leaf, template, workflow

_KINDS = {
    "container": "container: {image: a}",
    "script": "script: {image: a, source: 'true'}",
    "containerSet": "containerSet: {containers: [{name: main, image: a}]}",
    "resource": "resource: {action: get, manifest: 'kind: Pod'}",
    "suspend": "suspend: {}",
    "data": "data: {source: {artifactPaths: {name: a, s3: {key: b}}}, transformation: [{expression: 'data'}]}",
    "http": "http: {url: 'http://localhost'}",
    "plugin": "plugin: {hello: {}}",
    "steps": "steps: [[{name: a, template: leaf}]]",
    "dag": "dag: {tasks: [{name: a, template: leaf}]}",
}


@pytest.mark.parametrize("body", _KINDS.values(), ids=_KINDS)
def test_every_kind_of_template_is_taken(body: str) -> None:
    assert found(workflow(template("main", body), leaf())) == []


def test_a_template_of_no_kind_is_refused() -> None:
    assert "KAI120 spec.templates.0" in found(workflow({"name": "main"}))


def test_a_template_of_two_kinds_is_refused() -> None:
    both = template("main", "{container: {image: a}, script: {image: a, source: b}}")

    assert found(workflow(both)) == ["KAI120 spec.templates.0.script"]


@pytest.mark.parametrize("kind", ["container", "script"])
def test_an_image_is_needed(kind: str) -> None:
    bare = template("main", f"{kind}: {{command: [sh]}}")

    assert found(workflow(bare)) == [f"KAI122 spec.templates.0.{kind}"]
    assert found(workflow(bare, spec=f"templateDefaults: {{{kind}: {{image: a}}}}")) == []


@pytest.mark.parametrize("policy", ["Always", "OnError", "OnFailure", "OnTransientError", "''"])
def test_a_known_retry_policy_is_taken(policy: str) -> None:
    assert found(workflow(leaf(more=f"retryStrategy: {{limit: 2, retryPolicy: {policy}}}"))) == []


@pytest.mark.parametrize("policy", ["always", "onFailure", "Never"])
def test_another_retry_policy_is_refused(policy: str) -> None:
    refused = workflow(leaf(more=f"retryStrategy: {{retryPolicy: {policy}}}"))

    assert found(refused) == ["KAI123 spec.templates.0.retryStrategy.retryPolicy"]


@pytest.mark.parametrize(
    ("field", "place"),
    [
        ("timeout: 10m", "timeout"),
        ("pendingTimeout: 10m", "pendingTimeout"),
        ("activeDeadlineSeconds: 5", "activeDeadlineSeconds"),
        ("resourceClaims: [{name: gpu}]", "resourceClaims"),
    ],
)
@pytest.mark.parametrize("body", [_KINDS["steps"], _KINDS["dag"]], ids=["steps", "dag"])
def test_fields_of_pods_are_refused_where_there_is_no_pod(body: str, field: str, place: str) -> None:
    refused = template("main", f"{body}\n{field}")

    assert found(workflow(refused, leaf())) == [f"KAI121 spec.templates.0.{place}"]
    assert found(workflow(leaf(more=field))) == []


def test_parallelism_is_only_for_steps_and_dags() -> None:
    assert found(workflow(leaf(more="parallelism: 2"))) == ["KAI121 spec.templates.0.parallelism"]
    assert found(workflow(template("main", _KINDS["dag"] + "\nparallelism: 2"), leaf())) == []


@pytest.mark.parametrize("kind", ["http", "plugin"])
def test_what_shares_a_pod_takes_no_pod_resources(kind: str) -> None:
    refused = template("main", _KINDS[kind] + "\npodResources: {limits: {cpu: 1}}")

    assert found(workflow(refused)) == ["KAI121 spec.templates.0.podResources"]


@pytest.mark.parametrize(
    ("resources", "place"),
    [
        ("{claims: [{name: gpu}]}", "claims"),
        ("{limits: {nvidia.com/gpu: 1}}", "limits.nvidia.com/gpu"),
        ("{requests: {ephemeral-storage: 1Gi}}", "requests.ephemeral-storage"),
    ],
)
def test_a_pod_as_a_whole_takes_cpu_and_memory_only(resources: str, place: str) -> None:
    assert found(workflow(leaf(more=f"podResources: {resources}"))) == [f"KAI129 spec.templates.0.podResources.{place}"]
    assert found(workflow(leaf(), spec=f"podResources: {resources}")) == [f"KAI129 spec.podResources.{place}"]
    assert found(workflow(leaf(more="podResources: {limits: {cpu: 1, memory: 1Gi, hugepages-2Mi: 1Gi}}"))) == []


@pytest.mark.parametrize(
    ("timeout", "fits"), [("10m", True), ("90s", True), ("90", False), ("+90", False), ("9" * 30, True)]
)
def test_a_timeout_has_a_unit(timeout: str, fits: bool) -> None:
    refused = [] if fits else ["KAI124 spec.templates.0.timeout"]

    assert found(workflow(leaf(more=f"timeout: '{timeout}'"))) == refused


def test_a_timeout_may_come_from_an_argument_and_is_judged_with_each() -> None:
    inner = leaf(more="{timeout: '{{inputs.parameters.limit}}', inputs: {parameters: [{name: limit}]}}")
    main = template(
        "main",
        """
        steps:
        - - {name: a, template: leaf, arguments: {parameters: [{name: limit, value: 10m}]}}
          - {name: b, template: leaf, arguments: {parameters: [{name: limit, value: '600'}]}}
        """,
    )

    assert found(workflow(main, inner)) == ["KAI124 spec.templates.1.timeout"]


@pytest.mark.parametrize("seconds", ["300", "'300'", "0", "'{{workflow.parameters.limit}}'"])
def test_a_deadline_is_a_number_or_a_tag(seconds: str) -> None:
    assert found(workflow(leaf(more=f"activeDeadlineSeconds: {seconds}"), spec=_LIMIT)) == []


_LIMIT = "arguments: {parameters: [{name: limit, value: '5'}]}"


@pytest.mark.parametrize("seconds", ["-1", "'-1'", "soon", "5m"])
def test_another_deadline_is_refused(seconds: str) -> None:
    refused = workflow(leaf(more=f"activeDeadlineSeconds: {seconds}"))

    assert found(refused) == ["KAI124 spec.templates.0.activeDeadlineSeconds"]


def test_volumes_and_artifacts_do_not_share_a_path() -> None:
    two = leaf(more="container: {image: a, volumeMounts: [{name: v, mountPath: /x}, {name: w, mountPath: /x}]}")
    artifact = leaf(
        more="""
        container: {image: a, volumeMounts: [{name: v, mountPath: /x}]}
        inputs: {artifacts: [{name: file, path: /x, raw: {data: a}}]}
        """
    )

    assert found(workflow(two)) == ["KAI126 spec.templates.0.container.volumeMounts.1.mountPath"]
    assert "KAI126 spec.templates.0.inputs.artifacts.0.path" in found(workflow(artifact))


def test_init_containers_need_names() -> None:
    assert found(workflow(leaf(more="initContainers: [{image: a}]"))) == ["KAI110 spec.templates.0.initContainers.0"]
    assert found(workflow(leaf(more="initContainers: [{name: a, image: a}]"))) == []


@pytest.mark.parametrize("name", ["wait", "supervisor", "artifact-plugin-s3"])
def test_argos_own_container_names_are_reserved(name: str) -> None:
    sidecar = leaf(more=f"sidecars: [{{name: {name}, image: a}}]")
    group = template("main", f"containerSet: {{containers: [{{name: {name}, image: a}}]}}")

    assert found(workflow(sidecar)) == ["KAI127 spec.templates.0.sidecars.0.name"]
    assert found(workflow(group)) == ["KAI127 spec.templates.0.containerSet.containers.0.name"]


@pytest.mark.parametrize(
    ("containers", "expected"),
    [
        ("[]", "KAI128 spec.templates.0.containerSet"),
        ("[{image: a}]", "KAI110 spec.templates.0.containerSet.containers.0"),
        ("[{name: a_b, image: a}]", "KAI111 spec.templates.0.containerSet.containers.0.name"),
        ("[{name: a}, {name: a}]", "KAI112 spec.templates.0.containerSet.containers.1.name"),
        ("[{name: a, dependencies: [b]}]", "KAI141 spec.templates.0.containerSet.containers.0.dependencies.0"),
        (
            "[{name: a, dependencies: [b]}, {name: b, dependencies: [a]}]",
            "KAI140 spec.templates.0.containerSet.containers.0.dependencies",
        ),
    ],
)
def test_mistakes_in_a_container_set(containers: str, expected: str) -> None:
    assert found(workflow(template("main", f"containerSet: {{containers: {containers}}}"))) == [expected]


@pytest.mark.parametrize(
    "exchange",
    [
        "inputs: {artifacts: [{name: a, path: /a, raw: {data: b}}]}",
        "outputs: {parameters: [{name: a, valueFrom: {path: /a}}]}",
        "outputs: {artifacts: [{name: a, path: /a}]}",
    ],
)
def test_a_container_set_with_inputs_or_outputs_has_a_main_container(exchange: str) -> None:
    without = template("main", f"containerSet: {{containers: [{{name: a, image: a}}]}}\n{exchange}")
    with_main = template("main", f"containerSet: {{containers: [{{name: main, image: a}}]}}\n{exchange}")

    supplied = "arguments: {artifacts: [{name: a, raw: {data: b}}]}"
    assert found(workflow(without, spec=supplied)) == ["KAI128 spec.templates.0.containerSet.containers"]
    assert found(workflow(with_main, spec=supplied)) == []


@pytest.mark.parametrize(
    ("resource", "expected"),
    [
        ("{action: make, manifest: 'a: b'}", ["KAI125 spec.templates.0.resource.action"]),
        ("{manifest: 'a: b'}", ["KAI125 spec.templates.0.resource"]),
        ("{action: create}", ["KAI125 spec.templates.0.resource"]),
        ("{action: create, manifest: 'a: [b'}", ["KAI125 spec.templates.0.resource.manifest"]),
        ("{action: create, manifest: 'a: {{= 1 }}'}", []),
        ("{action: create, manifest: 'a: {{any}}'}", ["KAI125 spec.templates.0.resource.manifest"]),
        ("{action: create, manifest: 'a: {{workflow.name}}'}", []),
        ("{action: create, manifest: 'a: \"{{any}}\"'}", []),
        ("{action: delete}", []),
        ("{action: get}", []),
        (
            "{action: create, manifest: 'a: b', manifestFrom: {artifact: {name: file}}}",
            ["KAI125 spec.templates.0.resource.manifestFrom"],
        ),
        ("{action: create, manifestFrom: {artifact: {name: file}}}", []),
        (
            "{action: create, manifestFrom: {artifact: {name: fiel}}}",
            ["KAI125 spec.templates.0.resource.manifestFrom.artifact"],
        ),
    ],
)
def test_the_action_and_manifest_of_a_resource(resource: str, expected: list[str]) -> None:
    main = template(
        "main", f"resource: {resource}\ninputs: {{artifacts: [{{name: file, path: /file, raw: {{data: 'a: b'}}}}]}}"
    )

    assert [one for one in found(workflow(main)) if "KAI125" in one] == expected
