"""Graphs of tasks: what they wait for, and what they may refer to."""

from __future__ import annotations

import pytest

from kai_pipelines.check.argo import validate
from tests.unit.check.argo.workflows import Document, found, leaf, read, template, workflow

_SAYS = leaf(
    "says", "outputs: {parameters: [{name: word, valueFrom: {path: /word}}], artifacts: [{name: file, path: /file}]}"
)
_TAKES = leaf("takes", "inputs: {parameters: [{name: word}]}")


def _dag(*tasks: str, more: str = "{}") -> Document:
    """A workflow of one DAG: each task as YAML without its braces; the template is `says` if none is named."""
    listed = [{"template": "says", **read("{" + task + "}")} for task in tasks]
    return workflow({"name": "main", "dag": {"tasks": listed, **read(more)}}, _SAYS, _TAKES)


def _at(number: int, *path: str) -> str:
    return ".".join(("spec.templates.0.dag.tasks", str(number), *path))


@pytest.mark.parametrize(
    "tasks",
    [
        ("name: a", "name: b, dependencies: [a]"),
        ("name: b, dependencies: [a]", "name: a"),
        ("name: a", "name: b, depends: a"),
        ("name: a", "name: b, depends: a.Succeeded || a.Failed || a.Errored || a.Skipped || a.Omitted || a.Daemoned"),
        ("name: a, withItems: [1]", "name: b, depends: a.AnySucceeded && !a.AllFailed"),
        ("name: a, withParam: '[1]'", "name: b, depends: a.AnySucceeded"),
        ("name: a, withSequence: {count: 2}", "name: b, depends: a.AnySucceeded"),
        ("name: 1a", "name: 2b"),
        ("name: a, continueOn: {failed: true}", "name: b, dependencies: [a]"),
    ],
)
def test_graphs_that_argo_takes(tasks: tuple[str, ...]) -> None:
    assert found(_dag(*tasks)) == []


@pytest.mark.parametrize(
    ("tasks", "expected"),
    [
        (("name: a, dependencies: [a]",), ["KAI140 " + _at(0, "dependencies")]),
        (("name: a, depends: b", "name: b, depends: a"), ["KAI140 " + _at(0, "depends")]),
        (("name: a, depends: b",), ["KAI141 " + _at(0, "depends")]),
        (("name: a, dependencies: [b]",), ["KAI141 " + _at(0, "dependencies")]),
        (
            ("name: a", "name: b, dependencies: [a]", "name: c, depends: a"),
            ["KAI142 " + _at(1, "dependencies")],
        ),
        (("name: a", "name: b, depends: a, continueOn: {failed: true}"), ["KAI142 " + _at(1, "continueOn")]),
        (("name: 1a", "name: b, dependencies: [c]", "name: c"), []),
        (("name: a", "name: 1b, dependencies: [a]"), ["KAI143 " + _at(1, "name")]),
        (("name: 1a", "name: b, depends: c", "name: c"), ["KAI143 " + _at(0, "name")]),
        (("name: a", "name: b, depends: a.Done"), ["KAI144 " + _at(1, "depends")]),
        (("name: a", "name: b, depends: a.AnySucceeded"), ["KAI145 " + _at(1, "depends")]),
        (("template: says",), ["KAI110 " + _at(0)]),
        (("name: a.b",), ["KAI111 " + _at(0, "name")]),
        (("name: a_b",), ["KAI111 " + _at(0, "name")]),
        (("name: a", "name: a"), ["KAI112 " + _at(1, "name")]),
        (("name: a, template: say",), ["KAI117 " + _at(0, "template")]),
        (("name: a, template: ''",), ["KAI119 " + _at(0)]),
    ],
)
def test_mistakes_in_graphs(tasks: tuple[str, ...], expected: list[str]) -> None:
    assert found(_dag(*tasks)) == expected


def test_every_independent_mistake_is_told_at_once() -> None:
    findings = found(_dag("name: a, depends: x", "name: b_, depends: a.Done", "name: c, template: nope"))

    assert findings == [
        "KAI111 " + _at(1, "name"),
        "KAI117 " + _at(2, "template"),
        "KAI141 " + _at(0, "depends"),
        "KAI144 " + _at(1, "depends"),
    ]


def test_a_mistake_in_depends_is_found_to_the_letter() -> None:
    text = "a && ghost"

    finding = validate(_dag("name: a", f"name: b, depends: {text}"))[0]

    assert finding.offset == text.index("ghost")


def test_a_near_name_is_offered() -> None:
    finding = validate(_dag("name: prepare", "name: b, depends: prepair"))[0]

    assert "'prepare'" in finding.hint


def test_a_dag_has_tasks() -> None:
    assert found(workflow(template("main", "dag: {tasks: []}"))) == ["KAI149 spec.templates.0.dag"]


@pytest.mark.parametrize("target", ["a", "a b", "'{{inputs.parameters.x}}'", "'{{inputs.parameters.x}} b'"])
def test_targets_are_tasks(target: str) -> None:
    main = template(
        "main",
        "inputs: {parameters: [{name: x, value: a}]}\ndag: {tasks: [{name: a, template: says}, {name: b, template: says}]}",
    )
    main["dag"]["target"] = read(target)

    assert found(workflow(main, _SAYS)) == []


@pytest.mark.parametrize("target", ["c", "a c", "'a  b'"])
def test_another_target_is_refused(target: str) -> None:
    assert found(_dag("name: a", "name: b", more=f"{{target: {target}}}")) == ["KAI146 spec.templates.0.dag.target"]


def _with(value: str, waits: str = "depends: a") -> Document:
    given = f"arguments: {{parameters: [{{name: word, value: '{value}'}}]}}"
    return _dag("name: a", f"name: b, template: takes, {waits}, {given}")


_VALUE = _at(1, "arguments.parameters.0.value")


@pytest.mark.parametrize(
    "value",
    [
        "{{tasks.a.outputs.parameters.word}}",
        "{{ tasks.a.outputs.parameters.word }}",
        "{{tasks.a.outputs.result}}",
        "{{tasks.a.outputs.artifacts.file}}",
        "{{tasks.a.exitCode}}",
        "{{tasks.a.status}}",
        "{{tasks.a.id}}",
        "{{tasks.a.startedAt}}",
        "{{tasks.a.finishedAt}}",
        "{{tasks.a.hostNodeName}}",
        "{{item}}",
        "{{anything.else}}",
        "{{=tasks.nobody.outputs.result}}",
    ],
)
def test_what_a_task_may_name(value: str) -> None:
    assert found(_with(value)) == []


@pytest.mark.parametrize(
    "value",
    [
        "{{tasks.a.outputs.parameters.words}}",
        "{{tasks.a.ip}}",
        "{{tasks.a.outputs.parameters}}",
        "{{tasks.c.outputs.result}}",
        "{{tasks.b.status}}",
        "{{steps.a.outputs.result}}",
        "{{inputs.parameters.word}}",
        "{{item.key}}",
        "{{pod.name}}",
        "{{workflow.parameters.word}}",
    ],
)
def test_what_a_task_may_not_name(value: str) -> None:
    assert "KAI151 " + _VALUE in found(_with(value))


def test_a_status_is_known_of_those_waited_for_only() -> None:
    given = "arguments: {parameters: [{name: word, value: 'x {{tasks.a.status}}'}]}"

    assert found(_dag("name: a", "name: b, depends: a", f"name: c, template: takes, depends: b, {given}")) == []
    assert found(_dag("name: a", f"name: b, template: takes, {given}")) == ["KAI151 " + _VALUE]


def test_an_argument_that_is_an_output_needs_the_dependency() -> None:
    assert found(_with("{{tasks.a.outputs.result}}", "when: 'true'")) == ["KAI147 " + _VALUE]
    assert found(_with("it says {{tasks.a.outputs.result}}", "when: 'true'")) == []


def test_an_artifact_that_is_an_output_needs_the_dependency() -> None:
    takes = leaf("takes", "inputs: {artifacts: [{name: file, path: /file}]}")
    given = "arguments: {artifacts: [{name: file, from: '{{tasks.a.outputs.artifacts.file}}'}]}"

    def judged(waits: str) -> list[str]:
        tasks = read(f"[{{name: a, template: says}}, {{name: b, template: takes, {given}{waits}}}]")
        return found(workflow({"name": "main", "dag": {"tasks": tasks}}, _SAYS, takes))

    assert judged("") == ["KAI147 " + _at(1, "arguments.artifacts.0.from")]
    assert judged(", dependencies: [a]") == []


def test_a_daemon_has_an_address() -> None:
    server = leaf("server", "daemon: true")
    given = "arguments: {parameters: [{name: word, value: '{{tasks.a.ip}}'}]}"
    tasks = read(f"[{{name: a, template: server}}, {{name: b, template: takes, depends: a, {given}}}]")

    assert found(workflow({"name": "main", "dag": {"tasks": tasks}}, server, _TAKES)) == []


@pytest.mark.parametrize("loop", ["withItems: [1, 2]", "withParam: '[1]'"])
def test_the_outputs_of_a_loop_are_known_together(loop: str) -> None:
    given = "arguments: {parameters: [{name: word, value: '{{tasks.a.outputs.parameters}}'}]}"

    assert found(_dag(f"name: a, {loop}", f"name: b, template: takes, depends: a, {given}")) == []


@pytest.mark.parametrize(
    ("loop", "value", "fits"),
    [
        ("withItems: [a, 1, true]", "{{item}}", True),
        ("withItems: [{name: a}]", "{{item.name}}", True),
        ("withItems: [{name: a}]", "{{item.size}}", False),
        ("withItems: [[a, b]]", "{{item.[1]}}", True),
        ("withItems: [[a, b]]", "{{item.[2]}}", False),
        ("withItems: [null]", "{{item.any}}", False),
        ("withParam: '[]'", "{{item.any}}", True),
        ("withSequence: {count: 3}", "{{item}}", True),
        ("withSequence: {count: 3}", "{{item.any}}", False),
    ],
)
def test_items(loop: str, value: str, fits: bool) -> None:
    given = f"arguments: {{parameters: [{{name: word, value: '{value}'}}]}}"

    findings = found(_dag(f"name: a, template: takes, {loop}, {given}"))

    assert findings == ([] if fits else ["KAI151 " + _at(0, "arguments.parameters.0.value")])


@pytest.mark.parametrize(
    ("loop", "place"),
    [
        ("withItems: [1], withParam: '[1]'", ()),
        ("withItems: [1], withSequence: {count: 1}", ()),
        ("withSequence: {count: 1, end: 2}", ("withSequence",)),
    ],
)
def test_a_loop_has_one_source(loop: str, place: tuple[str, ...]) -> None:
    assert found(_dag(f"name: a, {loop}")) == ["KAI148 " + _at(0, *place)]


def test_hooks_of_tasks_may_name_the_status_of_their_own_task() -> None:
    hook = "hooks: {running: {expression: 'true', template: takes, arguments: {parameters: [{name: word, value: '{{tasks.a.status}}'}]}}}"

    assert found(_dag(f"name: a, {hook}")) == []


def test_argo_does_not_ask_hooks_of_tasks_for_expressions() -> None:
    assert found(_dag("name: a, hooks: {running: {template: says}}")) == []


def test_a_global_output_is_known_to_later_templates() -> None:
    exports = leaf("exports", "outputs: {parameters: [{name: word, globalName: shared, valueFrom: {path: /word}}]}")
    given = "arguments: {parameters: [{name: word, value: '{{workflow.outputs.parameters.%s}}'}]}"

    def judged(name: str) -> list[str]:
        tasks = read(f"[{{name: a, template: exports}}, {{name: b, template: takes, depends: a, {given % name}}}]")
        return found(workflow({"name": "main", "dag": {"tasks": tasks}}, exports, _TAKES))

    assert judged("shared") == []
    assert judged("other") == ["KAI151 " + _VALUE]


def test_a_global_output_whose_name_comes_later_may_be_any() -> None:
    exports = leaf(
        "exports",
        "{inputs: {parameters: [{name: x, value: a}]},"
        " outputs: {parameters: [{name: word, globalName: '{{inputs.parameters.x}}', valueFrom: {path: /word}}]}}",
    )
    given = "arguments: {parameters: [{name: word, value: '{{workflow.outputs.parameters.any}}'}]}"
    tasks = read(f"[{{name: a, template: exports}}, {{name: b, template: takes, depends: a, {given}}}]")

    assert found(workflow({"name": "main", "dag": {"tasks": tasks}}, exports, _TAKES)) == []


def test_a_task_without_template_does_not_make_its_readers_wrong() -> None:
    given = "arguments: {parameters: [{name: word, value: '{{tasks.a.outputs.result}}'}]}"

    findings = found(_dag("name: a, template: nope", f"name: b, template: takes, depends: a, {given}"))

    assert findings == ["KAI117 " + _at(0, "template")]


def test_recursion_is_no_mistake() -> None:
    again = template("main", "dag: {tasks: [{name: a, template: main, when: 'false'}]}")

    assert found(workflow(again)) == []


def test_templates_that_nothing_calls_are_judged_too() -> None:
    unused = leaf("unused", "container: {image: a, args: ['{{inputs.parameters.x}}']}")

    assert found(workflow(leaf(), unused)) == ["KAI151 spec.templates.1.container.args.0"]


@pytest.mark.parametrize(("name", "fits"), [("x", True), ("y", False)])
def test_an_inline_template_brings_its_own_inputs(name: str, fits: bool) -> None:
    inline = f"{{inputs: {{parameters: [{{name: x, value: a}}]}}, container: {{image: 'a:{{{{inputs.parameters.{name}}}}}'}}}}"

    findings = found(_dag(f"name: a, template: '', inline: {inline}"))

    assert findings == [] if fits else "KAI151 " + _at(0, "inline.container.image") in findings


def test_a_dependency_whose_name_comes_from_an_input_is_refused_as_such() -> None:
    main = read(
        """
        name: inner
        inputs: {parameters: [{name: x}]}
        dag: {tasks: [{name: a, template: says}, {name: b, template: says, depends: 'a && {{inputs.parameters.x}}'}]}
        """
    )
    calls = template("main", "steps: [[{name: a, template: inner, arguments: {parameters: [{name: x, value: c}]}}]]")

    findings = validate(workflow(calls, main, _SAYS))

    assert {one.code for one in findings} == {"KAI141"}
    assert all("only known later" in one.message and one.offset is None for one in findings)
