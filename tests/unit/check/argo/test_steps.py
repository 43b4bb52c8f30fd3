"""Templates of steps: each group sees what the ones before it have given."""

from __future__ import annotations

import pytest

from tests.unit.check.argo.workflows import Document, found, leaf, linted, read, workflow

_SAYS = leaf("says", "outputs: {parameters: [{name: word, valueFrom: {path: /word}}]}")
_TAKES = leaf("takes", "inputs: {parameters: [{name: word}]}")


def _steps(*groups: str) -> Document:
    """A workflow of steps: each group as YAML; the template is `says` if none is named."""
    listed = [[{"template": "says", **step} for step in read(group)] for group in groups]
    return workflow({"name": "main", "steps": listed}, _SAYS, _TAKES)


def _takes(value: str) -> str:
    return f"template: takes, arguments: {{parameters: [{{name: word, value: '{value}'}}]}}"


def _at(group: int, step: int, *path: str) -> str:
    return ".".join(("spec.templates.0.steps", str(group), str(step), *path))


@pytest.mark.parametrize(
    "value",
    [
        "{{steps.a.outputs.parameters.word}}",
        "{{steps.a.outputs.result}}",
        "{{steps.a.status}}",
        "{{steps.a.exitCode}}",
        "{{steps.name}}",
    ],
)
def test_a_step_may_name_the_ones_before_it(value: str) -> None:
    assert found(_steps("[{name: a}]", f"[{{name: b, {_takes(value)}}}]")) == []


def test_a_step_may_not_name_the_ones_after_it() -> None:
    early = _steps(f"[{{name: a, {_takes('{{steps.b.outputs.result}}')}}}]", "[{name: b}]")

    assert found(early) == ["KAI151 " + _at(0, 0, "arguments.parameters.0.value")]


def test_argo_lets_a_step_name_an_earlier_one_of_its_own_group() -> None:
    assert found(_steps(f"[{{name: a}}, {{name: b, {_takes('{{steps.a.outputs.result}}')}}}]")) == []


def test_items_stay_known_to_later_steps() -> None:
    later = f"[{{name: b, {_takes('{{item.size}}')}}}]"

    assert found(_steps("[{name: a, withItems: [{size: 1}]}]", later)) == []
    assert found(_steps("[{name: a}]", later)) == ["KAI151 " + _at(1, 0, "arguments.parameters.0.value")]


@pytest.mark.parametrize(
    ("groups", "expected"),
    [
        (("[{template: says}]",), "KAI110 " + _at(0, 0)),
        (("[{name: a.b}]",), "KAI111 " + _at(0, 0, "name")),
        (("[{name: -a}]",), "KAI111 " + _at(0, 0, "name")),
        (("[{name: a}, {name: a}]",), "KAI112 " + _at(0, 1, "name")),
        (("[{name: a}]", "[{name: a}]"), "KAI112 " + _at(1, 0, "name")),
        (("[{name: a, template: nope}]",), "KAI117 " + _at(0, 0, "template")),
        (("[{name: a, withItems: [1], withParam: '[1]'}]",), "KAI148 " + _at(0, 0)),
        (("[{name: a, hooks: {running: {template: says}}}]",), "KAI155 " + _at(0, 0, "hooks.running")),
        (("[{name: a, template: takes}]",), "KAI131 " + _at(0, 0)),
        (
            ("[{name: a, arguments: {parameters: [{name: x}]}}]",),
            "KAI132 " + _at(0, 0, "arguments.parameters.0"),
        ),
    ],
)
def test_mistakes_in_steps(groups: tuple[str, ...], expected: str) -> None:
    assert found(_steps(*groups)) == [expected]


@pytest.mark.parametrize("hooks", ["{exit: {template: says}}", "{running: {template: says, expression: 'true'}}"])
def test_hooks_that_argo_takes(hooks: str) -> None:
    assert found(_steps(f"[{{name: a, hooks: {hooks}}}]")) == []


def test_an_exit_hook_may_name_the_outputs_of_its_own_step() -> None:
    reads = _takes("{{steps.a.outputs.result}}")
    place = _at(0, 0, "hooks.running.arguments.parameters.0.value")

    assert found(_steps(f"[{{name: a, hooks: {{exit: {{{reads}}}}}}}]")) == []
    assert found(_steps(f"[{{name: a, hooks: {{running: {{expression: 'true', {reads}}}}}}}]")) == [f"KAI151 {place}"]


def test_a_name_may_be_made_of_an_input() -> None:
    main = read(
        """
        name: main
        inputs: {parameters: [{name: x, value: a}]}
        steps: [[{name: 'run-{{inputs.parameters.x}}', template: says}]]
        """
    )

    assert found(workflow(main, _SAYS)) == []
    assert found(_steps("[{name: 'run-{{item}}', withItems: [1]}]")) == ["KAI111 " + _at(0, 0, "name")]


def test_no_steps_are_no_mistake_of_argos() -> None:
    assert found(workflow({"name": "main", "steps": []})) == []


def test_fields_of_a_step_are_known_and_argo_looks_no_deeper() -> None:
    outer = _steps("[{name: a, tmplate: says}]")
    deeper = _steps("[{name: a, arguments: {paramters: []}}]")

    assert linted(outer) == ["KAI100 " + _at(0, 0, "tmplate")]
    assert linted(deeper) == []


def test_an_inline_template_brings_its_own_inputs() -> None:
    inline = "{inputs: {parameters: [{name: x, value: a}]}, container: {image: 'a:{{inputs.parameters.x}}'}}"

    assert found(_steps(f"[{{name: a, template: '', inline: {inline}}}]")) == []


def test_a_name_may_be_made_of_what_is_only_given_later() -> None:
    inner = read(
        """
        name: inner
        inputs: {parameters: [{name: word}]}
        steps: [[{name: 'run-{{inputs.parameters.word}}', template: says}]]
        """
    )
    main = read(
        "{name: main, steps: [[{name: a, template: inner, arguments: {parameters: [{name: word, value: b}]}}]]}"
    )

    assert found(workflow(main, inner, _SAYS)) == []


def test_texts_in_steps_are_never_made_of_numbers() -> None:
    assert "KAI101 " + _at(0, 0, "name") in found(_steps("[{name: 5}]"))
