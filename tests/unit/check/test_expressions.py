"""Expressions wherever they stand: grammar, names and types, at the character of the fault."""

from __future__ import annotations

import pytest

from kai_pipelines.check import check
from tests.unit.check.manifests import FLIP, RESOURCES, SAY, dag, names, workflow


def argument(text: str) -> list[str]:
    """What is found about an argument of a task that waits for the task `count-words`."""
    tasks = (
        "- {name: count-words, template: flip}\n- name: b\n  template: say\n  depends: count-words\n"
        f"  arguments: {{parameters: [{{name: text, value: {text!r}}}]}}"
    )
    return names(dag(tasks))


@pytest.mark.parametrize(
    "text",
    [
        "{{= tasks['count-words'].outputs.result }}",
        "{{= asInt(tasks['count-words'].outputs.result) * 2 }} words",
        "{{= tasks['count-words'].status == 'Succeeded' ? 'yes' : 'no' }}",
        "{{= sprig.upper(workflow.name) }}",
        "{{= toJson([1, 2]) + workflow.uid }}",
        "{{= let n = 3; n + 1 }}",
        "{{= map([1, 2], # + 1) }}",
        "{{= workflow.labels['a'] ?? 'none' }}",
    ],
)
def test_expressions_that_argo_evaluates_are_left_alone(text: str) -> None:
    assert argument(text) == []


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("{{= 1 + }}", "bad-expression"),
        ("{{= asInt(1, 2) }}", "bad-expression"),
        ("{{= (1 }}", "bad-expression"),
        ("{{=}}", "bad-expression"),
        ("{{= tasks.count-words.outputs.result }}", "unknown-name"),
        ("{{= task['count-words'].outputs.result }}", "unknown-name"),
        ("{{= tasks['count-words'].outputs.parameters.size }}", "unknown-name"),
        ("{{= tasks['count-words'].output.result }}", "unknown-name"),
        ("{{= tasks['count'].outputs.result }}", "unknown-name"),
        ("{{= inputs.parameters.size }}", "unknown-name"),
        ("{{= workflow.parameters.size }}", "unknown-name"),
        ("{{= sprig.nope(1) }}", "unknown-name"),
        ("{{= uppercase('a') }}", "unknown-name"),
        ("{{= item }}", "unknown-name"),
        ("{{= workflow.name + 1 }}", "mismatched-types"),
        ("{{= workflow.name > 3 }}", "mismatched-types"),
        ("{{= workflow.name == 3 }}", "never-equal"),
        ("{{= workflow.name in [1, 2] }}", "never-equal"),
        ("{{item}}", "unknown-name"),
        ("{{workflows.name}}", "misspelt-variable"),
        ("{{workflow.name", "unclosed-tag"),
    ],
)
def test_expressions_that_argo_cannot_evaluate_are_told(text: str, name: str) -> None:
    assert argument(text) == [name]


def test_braces_that_are_no_tag_are_left_alone() -> None:
    source = "print('{{')\\nprint('a {{ b')"
    body = f"script: {{image: 'python:3.12', command: [python], source: \"{source}\", {RESOURCES}}}"

    assert names(workflow(f"- name: main\n  {body}")) == []


def test_every_field_that_is_an_expression_is_read() -> None:
    broken = "tasks.a.outputs.nothing + ("
    documents = dag(
        f"- name: a\n  template: flip\n  hooks: {{started: {{template: flip, expression: {broken!r}}}}}",
        FLIP,
        f"outputs:\n  parameters: [{{name: p, valueFrom: {{expression: {broken!r}}}}}]\n"
        f"  artifacts: [{{name: q, fromExpression: {broken!r}}}]",
    )

    places = [finding.place[-1] for finding in check(documents) if finding.code == "KAI202"]

    assert sorted(map(str, places)) == ["expression", "expression", "fromExpression"]


@pytest.mark.parametrize(
    ("expression", "found"),
    [
        ("lastRetry.exitCode != '2'", []),
        ("asInt(lastRetry.exitCode) > 1 && lastRetry.status != 'Error'", []),
        ("lastRetry.message contains 'memory'", []),
        ("lastRetry.exitCode > 1", ["bad-retry-expression"]),
        ("lastRetry.code == '1'", ["bad-retry-expression"]),
        ("lastRetry.exitCode", ["bad-retry-expression"]),
        ("inputs.parameters.a == '1'", ["bad-retry-expression"]),
        ("lastRetry.exitCode == 1", ["never-equal"]),
        ("lastRetry.exitCode == '0'", ["retry-never"]),
        ("lastRetry.status == 'failed'", ["retry-never"]),
        ("asInt(lastRetry.exitCode) > 255", ["retry-never"]),
    ],
)
def test_retry_expressions(expression: str, found: list[str]) -> None:
    container = f'container: {{image: "alpine:3.20", command: [ls], {RESOURCES}}}'
    documents = workflow(f'- name: main\n  retryStrategy: {{limit: 2, expression: "{expression}"}}\n  {container}')

    assert names(documents) == found


@pytest.mark.parametrize(
    ("strategy", "found"),
    [
        ("limit: 3, retryPolicy: OnError", ["retries-nothing"]),
        ("limit: 3, retryPolicy: OnError, expression: \"lastRetry.exitCode == '1'\"", ["retry-never"]),
        ("limit: 3, retryPolicy: OnFailure, expression: \"lastRetry.exitCode == '1'\"", []),
        ("limit: 0", ["retry-never"]),
        ("limit: many", ["bad-number"]),
        ("backoff: {duration: 5s}", ["backoff-without-limit"]),
        ("limit: 3, backoff: {duration: 5 s}", ["bad-duration"]),
        ("limit: 3, backoff: {duration: 10s, maxDuration: 5s}", ["retry-never"]),
    ],
)
def test_retry_strategies_that_do_nothing_are_told(strategy: str, found: list[str]) -> None:
    container = f'container: {{image: "alpine:3.20", command: [ls], {RESOURCES}}}'

    assert names(workflow(f"- name: main\n  retryStrategy: {{{strategy}}}\n  {container}")) == found


def test_items_are_known_in_loops_and_in_what_is_inline_there() -> None:
    loop = "- name: a\n  template: say\n  withItems: [{k: x}]\n  arguments: {parameters: [{name: text, value: '%s'}]}"

    assert names(dag(loop % "{{item.k}} {{= item.k }}", SAY)) == []
    assert names(dag(loop % "{{= item.other }}", SAY)) == ["unknown-name"]
