"""A workflow as a whole: where it begins and ends, what its tags may name, and its own settings."""

from __future__ import annotations

import pytest

from kai_pipelines.check.argo import Options, validate
from tests.unit.check.argo.workflows import Document, found, leaf, read, template, workflow


def _shows(tag: str, name: str = "leaf") -> Document:
    return leaf(name, f"container: {{image: a, args: ['{tag}']}}")


_TAG = "KAI151 spec.templates.0.container.args.0"


def test_a_workflow_begins_somewhere() -> None:
    assert found(workflow(leaf(), spec="entrypoint: ''")) == ["KAI115 spec"]
    assert found(workflow(leaf(), spec="entrypoint: ''"), options=Options(ignore_entrypoint=True)) == []


def test_a_workflow_template_need_not_begin_anywhere() -> None:
    assert found(workflow(leaf(), kind="WorkflowTemplate", spec="entrypoint: ''")) == []
    assert found(workflow(leaf(), kind="ClusterWorkflowTemplate", spec="entrypoint: ''")) == []


@pytest.mark.parametrize("field", ["entrypoint", "onExit"])
def test_it_begins_and_ends_with_a_template(field: str) -> None:
    finding = validate(workflow(leaf("main"), spec=f"{field}: mian"))[0]

    assert (finding.code, finding.place) == ("KAI116", ("spec", field))
    assert "'main'" in finding.hint


@pytest.mark.parametrize(
    ("length", "kind", "fits"),
    [
        (63, "Workflow", True),
        (64, "Workflow", False),
        (64, "WorkflowTemplate", False),
        (64, "ClusterWorkflowTemplate", False),
    ],
)
def test_names_become_labels(length: int, kind: str, fits: bool) -> None:
    findings = found(workflow(leaf(), kind=kind, metadata=f"{{name: {'a' * length}}}"))

    assert findings == ([] if fits else ["KAI113 metadata.name"])


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (("a", "b_c"), "KAI111 spec.templates.1.name"),
        (("a", "a"), "KAI112 spec.templates.1.name"),
        (("a", ""), "KAI110 spec.templates.1"),
        (("a", "b" * 129), "KAI111 spec.templates.1.name"),
    ],
)
def test_names_of_templates(names: tuple[str, ...], expected: str) -> None:
    assert found(workflow(*(leaf(name) for name in names))) == [expected]


@pytest.mark.parametrize(
    "tag",
    [
        "{{workflow.name}}",
        "{{workflow.namespace}}",
        "{{workflow.uid}}",
        "{{workflow.serviceAccountName}}",
        "{{workflow.mainEntrypoint}}",
        "{{workflow.status}}",
        "{{workflow.creationTimestamp}}",
        "{{workflow.creationTimestamp.Y}}",
        "{{workflow.scheduledTime}}",
        "{{workflow.duration}}",
        "{{workflow.labels}}",
        "{{workflow.labels.json}}",
        "{{workflow.annotations.json}}",
        "{{workflow.labels.mine}}",
        "{{workflow.labels.later}}",
        "{{workflow.labels.computed}}",
        "{{workflow.annotations.note}}",
        "{{workflow.parameters}}",
        "{{workflow.parameters.json}}",
        "{{workflow.parameters.x}}",
        "{{workflow.priority}}",
        "{{pod.name}}",
        "{{node.name}}",
        "{{outputs.anything}}",
        "{{item}}",
        "{{retries}}",
        "{{=workflow.nothing}}",
    ],
)
def test_what_a_container_may_name(tag: str) -> None:
    settings = """
        arguments: {parameters: [{name: x, value: a}]}
        priority: 5
        workflowMetadata: {labels: {later: a}, labelsFrom: {computed: {expression: a}}}
    """
    metadata = "{generateName: a-, labels: {mine: a}, annotations: {note: b}}"

    assert found(workflow(_shows(tag), spec=settings, metadata=metadata)) == []


@pytest.mark.parametrize(
    "tag",
    [
        "{{workflow.nothing}}",
        "{{workflow.labels.other}}",
        "{{workflow.parameters.other}}",
        "{{workflow.parameters}}",
        "{{workflow.priority}}",
        "{{workflow.failures}}",
        "{{workflow.outputs.parameters.x}}",
        "{{inputs.parameters.x}}",
        "{{inputs.artifacts.x.path}}",
        "{{steps.a.outputs.result}}",
        "{{tasks.a.status}}",
        "{{item.key}}",
        "{{pod.nam}}",
        "{{ workflow.nothing }}",
    ],
)
def test_what_a_container_may_not_name(tag: str) -> None:
    assert found(workflow(_shows(tag))) == [_TAG]


def test_labels_of_the_controllers_defaults_are_known() -> None:
    shows = workflow(_shows("{{workflow.labels.team}}"))

    assert found(shows) == [_TAG]
    assert found(shows, workflow_defaults={"spec": {"workflowMetadata": {"labels": {"team": "a"}}}}) == []


def test_parameters_of_a_template_may_come_from_the_workflow_that_uses_it() -> None:
    shows = _shows("{{workflow.parameters.any}}")

    assert found(workflow(shows, kind="WorkflowTemplate")) == []
    assert found(workflow(shows)) == [_TAG]


def test_inputs_are_known_in_their_own_template() -> None:
    shows = leaf(
        more="""
        inputs:
          parameters: [{name: x, value: a}]
          artifacts: [{name: file, path: /file, raw: {data: a}}]
        outputs: {artifacts: [{name: made, path: /made}], parameters: [{name: said, valueFrom: {path: /said}}]}
        container:
          image: '{{inputs.parameters.x}}'
          args: ['{{inputs.parameters}}', '{{inputs.artifacts.file.path}}', '{{outputs.artifacts.made.path}}']
        """
    )

    assert found(workflow(shows)) == []


def test_an_offset_says_where_the_tag_begins() -> None:
    text = "first {{workflow.name}} then {{workflow.nothing}}"

    finding = validate(workflow(_shows(text)))[0]

    assert finding.offset == text.index("{{workflow.nothing")


def test_tags_in_metadata_of_all_pods_are_judged_where_they_stand() -> None:
    labelled = workflow(leaf(), spec="podMetadata: {labels: {a: '{{workflow.nothing}}'}}")

    assert found(labelled) == ["KAI151 spec.podMetadata.labels.a"]


def test_the_tag_of_an_argument_is_judged_where_the_argument_stands() -> None:
    needs = leaf(more="inputs: {artifacts: [{name: file, path: /file}]}")
    given = "arguments: {artifacts: [{name: file, s3: {key: '{{workflow.nothing}}'}}]}"

    assert found(workflow(needs, spec=given)) == ["KAI151 spec.arguments.artifacts.0.s3.key"]


def test_failures_are_known_to_exit_handlers() -> None:
    main, report = leaf("main"), _shows("{{workflow.failures}}", "report")

    assert found(workflow(main, report, spec="onExit: report")) == []
    assert found(workflow(main, report)) == ["KAI151 spec.templates.1.container.args.0"]


def test_global_artifacts_with_a_name_that_comes_later_are_known_to_exit_handlers() -> None:
    main = leaf(
        "main",
        "{inputs: {parameters: [{name: x, value: a}]},"
        " outputs: {artifacts: [{name: a, path: /a, globalName: '{{inputs.parameters.x}}'}]}}",
    )
    report = _shows("{{workflow.outputs.artifacts.any}}", "report")

    assert found(workflow(main, report, spec="onExit: report")) == []


def test_hooks_of_a_workflow_need_expressions() -> None:
    assert found(workflow(leaf(), spec="hooks: {running: {template: leaf}}")) == ["KAI155 spec.hooks.running"]
    assert (
        found(workflow(leaf(), spec="hooks: {exit: {template: leaf}, b: {template: leaf, expression: 'true'}}")) == []
    )


@pytest.mark.parametrize(
    ("collection", "expected"),
    [
        ("strategy: OnPodSuccess", []),
        ("strategy: onPodSuccess", ["KAI157 spec.podGC.strategy"]),
        ("labelSelector: {matchLabels: {a.b/c: d}}", []),
        ("labelSelector: {matchLabels: {'': d}}", ["KAI157 spec.podGC.labelSelector"]),
        ("labelSelector: {matchLabels: {a: 'b c'}}", ["KAI157 spec.podGC.labelSelector"]),
        ("labelSelector: {matchExpressions: [{key: a, operator: In, values: [b]}]}", []),
        ("labelSelector: {matchExpressions: [{key: a, operator: In}]}", ["KAI157 spec.podGC.labelSelector"]),
        ("labelSelector: {matchExpressions: [{key: a, operator: Exists}]}", []),
        (
            "labelSelector: {matchExpressions: [{key: a, operator: Is, values: [b]}]}",
            ["KAI157 spec.podGC.labelSelector"],
        ),
    ],
)
def test_when_pods_go_away(collection: str, expected: list[str]) -> None:
    assert found(workflow(leaf(), spec=f"podGC: {{{collection}}}")) == expected


def test_an_executor_plugin_is_complete() -> None:
    plugin = read(
        """
        metadata: {name: hello}
        spec:
          sidecar:
            container:
              name: hello
              ports: [{containerPort: 80}]
              resources: {limits: {cpu: 1}, requests: {cpu: 1}}
              securityContext: {}
        """
    )
    whole = workflow(leaf())
    whole["spec"]["executorPlugins"] = [plugin]

    assert found(whole) == []
    del plugin["spec"]["sidecar"]["container"]["ports"]
    assert found(whole) == ["KAI158 spec.executorPlugins.0"]
    plugin["metadata"] = {}
    assert len(validate(whole)) == 2


def test_an_inline_template_is_judged_in_its_task() -> None:
    main = template(
        "main",
        """
        dag:
          tasks:
          - name: a
            inline: {container: {command: [sh]}}
        """,
    )

    assert found(workflow(main)) == ["KAI122 spec.templates.0.dag.tasks.0.inline.container"]


def test_argo_goes_through_the_first_nameless_inline_template_only() -> None:
    main = template(
        "main",
        """
        dag:
          tasks:
          - {name: a, inline: {container: {image: a}}}
          - {name: b, inline: {container: {command: [sh]}}}
        """,
    )

    assert found(workflow(main)) == []


def test_both_an_inline_template_and_an_unknown_name_are_refused() -> None:
    main = template("main", "dag: {tasks: [{name: a, template: nope, inline: {suspend: {}}}]}")

    assert found(workflow(main)) == ["KAI117 spec.templates.0.dag.tasks.0.template"]
