"""What calls give to templates: names, kinds, constants and how they are used."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.check.manifests import FLIP, RESOURCES, SAY, dag, names, workflow


def call(arguments: str, templates: str = SAY) -> list[str]:
    return names(dag(f"- name: a\n  template: say\n  arguments: {arguments}", templates))


def test_arguments_that_the_template_takes_are_left_alone() -> None:
    assert call("{parameters: [{name: text, value: hi}]}") == []


def test_an_argument_that_the_template_does_not_take_is_told() -> None:
    assert call("{parameters: [{name: text, value: hi}, {name: txt, value: hi}]}") == ["extra-argument"]


def test_files_and_texts_are_told_apart() -> None:
    show = f'- name: say\n  inputs: {{artifacts: [{{name: text, path: /t}}]}}\n  container: {{image: "alpine:3.20", command: [ls], {RESOURCES}}}'

    assert "parameter-into-artifact" in call("{parameters: [{name: text, value: hi}]}", show)
    assert "artifact-into-parameter" in call("{artifacts: [{name: text, raw: {data: hi}}]}")


def test_a_constant_must_be_one_of_the_choices() -> None:
    choosing = SAY.replace("{name: text}", "{name: text, enum: [low, high]}")

    assert call("{parameters: [{name: text, value: high}]}", choosing) == []
    assert call("{parameters: [{name: text, value: medium}]}", choosing) == ["not-in-enum"]


@pytest.mark.parametrize(
    ("use", "right", "wrong"),
    [
        ('args: ["{{= asInt(inputs.parameters.text) }}"]', "3", "3.5"),
        ('args: ["{{= asFloat(inputs.parameters.text) }}"]', "3.5", "three"),
        ('args: ["{{= fromJSON(inputs.parameters.text)[0] }}"]', "[1]", "[1"),
    ],
)
def test_a_constant_must_fit_how_the_template_uses_it(use: str, right: str, wrong: str) -> None:
    template = f'- name: say\n  inputs: {{parameters: [{{name: text}}]}}\n  container: {{image: "alpine:3.20", command: [echo], {use}, {RESOURCES}}}'

    assert call(f"{{parameters: [{{name: text, value: {right!r}}}]}}", template) == []
    assert call(f"{{parameters: [{{name: text, value: {wrong!r}}}]}}", template) == ["mistyped-argument"]


def test_a_constant_is_followed_through_templates_and_loops() -> None:
    outer = (
        "- name: say\n  inputs: {parameters: [{name: text}]}\n  steps:\n"
        "  - - {name: x, template: inner, arguments: {parameters: [{name: size, value: '{{inputs.parameters.text}}'}]}}\n"
        "- name: inner\n  inputs: {parameters: [{name: size}]}\n"
        f'  container: {{image: "alpine:3.20", command: [echo], args: ["{{{{= asInt(inputs.parameters.size) }}}}"], {RESOURCES}}}'
    )

    assert call("{parameters: [{name: text, value: '3'}]}", outer) == []
    assert call("{parameters: [{name: text, value: three}]}", outer) == ["mistyped-argument"]
    assert call("{parameters: [{name: text, value: '{{item}}'}]}\n  withItems: [1, two]", outer) == [
        "mistyped-argument"
    ]


def test_a_step_of_ours_is_known_by_its_annotations(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "flow_of_test.py").write_text("def count(size: int, mode: Literal['a', 'b'] = 'a') -> int: ...\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    template = (
        "- name: say\n  inputs: {parameters: [{name: text}]}\n"
        '  container: {image: "alpine:3.20", command: [python, -m, kai_pipelines.runtime], '
        f'args: ["flow_of_test:count", "--%s={{{{inputs.parameters.text}}}}"], {RESOURCES}}}'
    )

    assert call("{parameters: [{name: text, value: '3'}]}", template % "size") == []
    assert call("{parameters: [{name: text, value: large}]}", template % "size") == ["mistyped-argument"]
    assert call("{parameters: [{name: text, value: b}]}", template % "mode") == []
    assert call("{parameters: [{name: text, value: c}]}", template % "mode") == ["mistyped-argument"]


@pytest.mark.parametrize(
    ("loop", "found"),
    [
        ("withParam: '[1, 2]'", []),
        ("withParam: '{{workflow.parameters.ids}}'", []),
        ("withParam: 'a, b'", ["bad-items"]),
        ("withParam: '{\"a\": 1}'", ["bad-items"]),
        ("withSequence: {count: '3'}", []),
        ("withSequence: {start: '1', end: '{{workflow.parameters.ids}}'}", ["mistyped-argument"]),
        ("withSequence: {count: many}", ["bad-sequence"]),
        ("withSequence: {start: '3'}", ["bad-sequence"]),
    ],
)
def test_loops(loop: str, found: list[str]) -> None:
    spec = "arguments: {parameters: [{name: ids, value: '[1]'}]}"
    main = f"- name: main\n  dag: {{tasks: [{{name: a, template: flip, {loop}}}]}}"

    assert names(workflow(main + FLIP, spec)) == found
