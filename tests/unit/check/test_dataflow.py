"""What is read must be there: dependencies, skipped tasks, merges."""

from __future__ import annotations

import pytest

from tests.unit.check.manifests import FLIP, RESOURCES, SAY, dag, names, workflow

READ = "arguments: {parameters: [{name: text, value: '%s'}]}"
RESULT = "it was {{tasks.a.outputs.result}}"


@pytest.mark.parametrize(
    ("waits", "found"),
    [("", ["missing-dependency"]), ("depends: a", []), ("depends: c", []), ("dependencies: [a]", [])],
)
def test_reading_without_waiting_is_told(waits: str, found: list[str]) -> None:
    between = "" if "dependencies" in waits else "- {name: c, template: flip, depends: a}\n"
    tasks = f"- {{name: a, template: flip}}\n{between}- name: b\n  template: say\n  {READ % RESULT}\n"

    assert names(dag(tasks + (f"  {waits}\n" if waits else ""))) == found


def test_a_step_may_not_read_one_of_its_own_group() -> None:
    read = "arguments: {parameters: [{name: text, value: 'x {{steps.a.outputs.result}}'}]}"
    together = f"- name: main\n  steps:\n  - - {{name: a, template: flip}}\n    - {{name: b, template: say, {read}}}\n"
    apart = f"- name: main\n  steps:\n  - - {{name: a, template: flip}}\n  - - {{name: b, template: say, {read}}}\n"

    assert names(workflow(together + FLIP + SAY)) == ["missing-dependency"]
    assert names(workflow(apart + FLIP + SAY)) == []


CONDITIONAL = "- {name: c, template: flip}\n- name: a\n  template: flip\n  depends: c\n  when: '{{tasks.c.outputs.result}} == heads'\n"


@pytest.mark.parametrize(
    ("waits", "text", "found"),
    [
        ("depends: a", RESULT, ["reads-skipped"]),
        ("depends: a.Succeeded", RESULT, []),
        ("depends: a.Succeeded || a.Skipped", RESULT, ["reads-skipped"]),
        ("depends: a", "{{= tasks.a.outputs.result }}", ["reads-skipped"]),
        ("depends: a", '{{= tasks.a.status == "Succeeded" ? tasks.a.outputs.result : "no" }}', ["reads-skipped"]),
        ("depends: a", '{{= tasks.a?.outputs?.result ?? "no" }}', []),
        ("depends: a\n  when: '{{tasks.a.status}} == Succeeded'", RESULT, []),
        ("depends: a\n  when: '{{tasks.c.outputs.result}} == heads'", RESULT, []),
        ("depends: a", "{{tasks.a.status}}", []),
    ],
)
def test_reading_what_may_have_been_skipped_is_told(waits: str, text: str, found: list[str]) -> None:
    quoted = text.replace("'", "''")
    tasks = f"{CONDITIONAL}- name: b\n  template: say\n  {waits}\n  {READ % quoted}"

    assert names(dag(tasks)) == found


@pytest.mark.parametrize(
    ("default", "text", "found"),
    [
        ("", "{{tasks.a.outputs.parameters.p}}", ["reads-skipped"]),
        (", default: none", "{{tasks.a.outputs.parameters.p}}", []),
        ("", '{{= tasks.a.outputs.parameters.p ?? "none" }}', []),
    ],
)
def test_an_output_parameter_of_a_skipped_task_needs_a_default(default: str, text: str, found: list[str]) -> None:
    make = (
        f'- name: flip\n  script: {{image: "alpine:3.20", command: [sh], source: "echo heads", {RESOURCES}}}\n'
        f"  outputs: {{parameters: [{{name: p, valueFrom: {{path: /tmp/p{default}}}}}]}}\n"
    )
    tasks = f"{CONDITIONAL}- name: b\n  template: say\n  depends: a\n  {READ % text}"

    assert names(dag(tasks, make + SAY)) == found


def test_a_merge_names_every_branch() -> None:
    branches = "- {name: c, template: flip}\n" + "".join(
        f"- {{name: {name}, template: flip, depends: c, when: '{{{{tasks.c.outputs.result}}}} == {name}'}}\n"
        for name in ("heads", "tails", "edge")
    )
    output = 'outputs: {parameters: [{name: side, valueFrom: {expression: "%s"}}]}'
    two = "tasks.heads.status == 'Succeeded' ? tasks.heads.outputs.result : tasks.tails.outputs.result"
    three = two.replace(
        "tasks.tails.outputs", "tasks.tails.status == 'Succeeded' ? tasks.tails.outputs.result : tasks.edge.outputs"
    )

    assert names(dag(branches, FLIP, output % two)) == ["incomplete-merge"]
    assert names(dag(branches, FLIP, output % three)) == []
    assert names(dag(branches, FLIP, output % two.replace("tasks.tails.outputs.result", "'none'"))) == []
