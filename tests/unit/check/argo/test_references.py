"""Templates of other objects: templateRef, workflowTemplateRef, and what Argo does not look at."""

from __future__ import annotations

import pytest

from kai_pipelines.check.argo import validate
from tests.unit.check.argo.workflows import Document, found, leaf, linted, read, template, workflow


def _library(*templates: Document, name: str = "tools", kind: str = "WorkflowTemplate", spec: str = "{}") -> Document:
    return workflow(*templates, kind=kind, metadata=f"{{name: {name}}}", spec=spec)


def _uses(reference: str, more: str = "") -> Document:
    main = template("main", f"dag: {{tasks: [{{name: a, templateRef: {{{reference}}}{more}}}]}}")
    return workflow(main)


_TASK = "spec.templates.0.dag.tasks.0"
_HELLO = leaf("hello")
_NEEDS = leaf("needs", "inputs: {parameters: [{name: x}]}")
_BAD = leaf("bad", "container: {image: a, args: ['{{workflow.nothing}}']}")


def test_a_template_of_another_object_is_found() -> None:
    uses = _uses("name: tools, template: hello")

    assert found(uses, siblings=[_library(_HELLO)]) == []
    assert linted(uses, _library(_HELLO)) == []


def test_a_cluster_template_is_found_among_its_own_kind() -> None:
    uses = _uses("name: tools, template: hello, clusterScope: true")

    assert found(uses, siblings=[_library(_HELLO, kind="ClusterWorkflowTemplate")]) == []
    assert found(uses, siblings=[_library(_HELLO)]) == [f"KAI118 {_TASK}.templateRef.name"]


@pytest.mark.parametrize(
    ("reference", "more", "expected"),
    [
        ("name: tolls, template: hello", "", f"KAI118 {_TASK}.templateRef.name"),
        ("name: tools, template: helo", "", f"KAI118 {_TASK}.templateRef.template"),
        ("template: hello", "", f"KAI119 {_TASK}.templateRef"),
        ("name: tools", "", f"KAI119 {_TASK}.templateRef"),
        ("name: tools, template: hello", ", template: main", f"KAI119 {_TASK}"),
        ("name: tools, template: needs", "", f"KAI131 {_TASK}"),
    ],
)
def test_mistakes_in_references(reference: str, more: str, expected: str) -> None:
    assert found(_uses(reference, more), siblings=[_library(_HELLO, _NEEDS)]) == [expected]


def test_a_mistake_in_another_object_is_told_at_the_reference() -> None:
    finding = validate(_uses("name: tools, template: bad"), siblings=[_library(_BAD)])[0]

    assert finding.place == ("spec", "templates", 0, "dag", "tasks", 0)
    assert "WorkflowTemplate tools" in finding.message


def test_names_in_another_object_mean_its_own_templates() -> None:
    both = _library(template("both", "steps: [[{name: a, template: hello}]]"), _HELLO)

    assert found(_uses("name: tools, template: both"), siblings=[both]) == []


def test_a_reference_with_a_tag_is_not_looked_at() -> None:
    assert found(_uses("name: '{{item}}', template: hello", ", withItems: [a]")) == []


def test_the_template_of_a_reference_may_come_from_an_input() -> None:
    main = read(
        """
        name: main
        inputs: {parameters: [{name: which, value: hello}]}
        dag: {tasks: [{name: a, templateRef: {name: tools, template: '{{inputs.parameters.which}}'}}]}
        """
    )
    as_template = workflow(main, kind="WorkflowTemplate", metadata="{name: uses}")

    assert found(as_template, siblings=[_library(_HELLO)]) == []


def test_the_name_of_a_local_template_may_not() -> None:
    main = read(
        """
        name: main
        inputs: {parameters: [{name: which}]}
        dag: {tasks: [{name: a, template: '{{inputs.parameters.which}}'}]}
        """
    )
    calls = template(
        "calls", "steps: [[{name: a, template: main, arguments: {parameters: [{name: which, value: calls}]}}]]"
    )

    assert found(workflow(calls, main)) == ["KAI117 spec.templates.1.dag.tasks.0.template"]


def test_the_image_of_another_objects_defaults_serves_its_templates() -> None:
    bare = template("bare", "container: {command: [sh]}")
    defaults = "templateDefaults: {container: {image: a}}"

    def judged(kind: str, scope: str) -> list[str]:
        return found(_uses(f"name: tools, template: bare{scope}"), siblings=[_library(bare, kind=kind, spec=defaults)])

    assert judged("WorkflowTemplate", "") == []
    assert judged("ClusterWorkflowTemplate", ", clusterScope: true") == [f"KAI122 {_TASK}"]


def _made_of(spec: str) -> Document:
    made = {"apiVersion": "argoproj.io/v1alpha1", "kind": "Workflow", "metadata": {"generateName": "a-"}}
    return {**made, "spec": {"workflowTemplateRef": {"name": "tools"}, **read(spec)}}


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        ("{}", []),
        ("{entrypoint: needs, arguments: {parameters: [{name: x, value: a}]}}", []),
        ("{entrypoint: needs}", ["KAI131 spec.entrypoint"]),
        ("{entrypoint: nope}", ["KAI118 spec.entrypoint"]),
        ("{onExit: nope}", ["KAI118 spec.onExit"]),
        ("{workflowTemplateRef: {name: tolls}}", ["KAI118 spec.workflowTemplateRef.name"]),
        ("{templates: [{name: a, container: {image: a}}]}", ["KAI119 spec.templates"]),
    ],
)
def test_a_workflow_made_of_a_template(spec: str, expected: list[str]) -> None:
    assert found(_made_of(spec), siblings=[_library(_HELLO, _NEEDS)]) == expected


def test_arguments_of_the_template_serve_the_workflow() -> None:
    library = _library(_NEEDS, spec="arguments: {parameters: [{name: x, value: a}]}")
    open_one = _library(_NEEDS, spec="arguments: {parameters: [{name: x}]}")

    assert found(_made_of("{}"), siblings=[library]) == []
    assert "KAI132 spec.workflowTemplateRef" in found(_made_of("{}"), siblings=[open_one])


def test_every_template_of_the_template_is_judged() -> None:
    assert found(_made_of("{}"), siblings=[_library(_HELLO, _BAD)]) == ["KAI151 spec.workflowTemplateRef"]


def test_templates_of_another_namespace_are_not_found() -> None:
    elsewhere = workflow(_HELLO, kind="WorkflowTemplate", metadata="{name: tools, namespace: there}")
    uses = _uses("name: tools, template: hello")

    assert linted(uses, elsewhere) == [f"0: KAI118 {_TASK}.templateRef.name"]
    uses["metadata"]["namespace"] = "there"
    assert linted(uses, elsewhere) == []


def test_a_cluster_template_cannot_use_templates_of_a_namespace() -> None:
    main = template("main", "steps: [[{name: a, templateRef: {name: tools, template: hello}}]]")
    cluster = workflow(main, kind="ClusterWorkflowTemplate", metadata="{name: whole}")

    assert linted(cluster, _library(_HELLO)) == ["0: KAI118 spec.templates.0.steps.0.0.templateRef.name"]


def test_inline_templates_of_another_object_do_not_see_the_inputs_around_them() -> None:
    outer = read(
        """
        name: outer
        inputs: {parameters: [{name: x, value: a}]}
        steps: [[{name: a, inline: {container: {image: '{{inputs.parameters.x}}'}}}]]
        """
    )

    calls = template("calls", "steps: [[{name: a, template: outer}]]")

    assert found(workflow(outer)) == []
    assert found(_uses("name: tools, template: outer"), siblings=[_library(outer)]) == [f"KAI151 {_TASK}"]
    assert found(_uses("name: tools, template: calls"), siblings=[_library(calls, outer)]) == [f"KAI151 {_TASK}"]


def test_a_template_that_refers_to_its_own_object_is_judged_in_its_place() -> None:
    main = template("main", "steps: [[{name: a, templateRef: {name: tools, template: bad}}]]")
    own = _library(main, _BAD)

    assert linted(own) == ["KAI151 spec.templates.1.container.args.0"]


def test_places_of_findings_exist_in_the_document() -> None:
    inner = template("inner", "steps: [[{name: a, template: nope}, {name: b, templateRef: {name: tools}}]]")
    uses = _uses("name: tools, template: inner")

    for one in validate(uses, siblings=[_library(inner)]):
        value: object = uses
        for key in one.place:
            value = value[key]  # type: ignore[index]  # the place leads through mappings and lists
        assert value
