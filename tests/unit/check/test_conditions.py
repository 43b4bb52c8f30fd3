"""`when` and `depends`: what Argo could not read, and what it would read as always the same."""

from __future__ import annotations

import pytest

from kai_pipelines.check import check
from tests.unit.check.manifests import FLIP, dag, names

A = "- {name: a, template: flip}\n"


def when(condition: str) -> list[str]:
    return names(dag(f"{A}- name: b\n  template: flip\n  depends: a\n  when: {condition!r}", FLIP))


@pytest.mark.parametrize(
    "condition",
    [
        "{{tasks.a.outputs.result}} == heads",
        "'{{tasks.a.outputs.result}}' == 'very high'",
        "{{tasks.a.outputs.result}} > 3 && {{tasks.a.status}} == Succeeded",
        "{{tasks.a.outputs.result}} > 3 && {{tasks.a.exitCode}}",
        "{{tasks.a.outputs.result}}",
        "( {{tasks.a.outputs.result}} == heads ) || {{tasks.a.outputs.result}} =~ ta",
        '{{= tasks.a.outputs.result == "heads" }}',
        "{{= asInt(tasks.a.outputs.result) > 3 }} == true",
    ],
)
def test_conditions_that_argo_reads_are_left_alone(condition: str) -> None:
    assert when(condition) == []


@pytest.mark.parametrize(
    "condition",
    [
        "{{tasks.a.outputs.result}} = heads",
        "{{tasks.a.outputs.result}} == heads or true",
        "{{tasks.a.outputs.result}} ==",
        "{{tasks.a.outputs.result}} == 'heads",
        "({{tasks.a.outputs.result}} == heads",
        "heads",
        "!low",
        "1e3 == 1000",
        "a.b == a.b",
        "maybe || true",
        "{{= tasks.a.outputs.result }}",
    ],
)
def test_conditions_that_argo_cannot_read_are_told(condition: str) -> None:
    assert when(condition) == ["bad-when"]


@pytest.mark.parametrize(
    ("condition", "name"),
    [
        ("false", "never-runs"),
        ("1 > 2", "never-runs"),
        ("true", "always-runs"),
        ("true || maybe", "always-runs"),
        ("'1' + 1 == '11'", "always-runs"),
        ("{{tasks.a.outputs.result}} == heads && {{tasks.a.outputs.result}} == tails", "never-runs"),
        ("{{= 1 == 2 }}", "never-runs"),
    ],
)
def test_conditions_that_are_always_the_same_are_told(condition: str, name: str) -> None:
    assert when(condition) == [name]


def depends(logic: str, more: str = "") -> list[str]:
    return names(
        dag(f"{A}- {{name: c, template: flip}}\n{more}- name: b\n  template: flip\n  depends: {logic!r}", FLIP)
    )


@pytest.mark.parametrize(
    "logic", ["a", "a && c", "a.Succeeded || (c.Failed && !a.Errored)", "a&&c", "  a  ||  c.Failed ", "!(a.Failed)"]
)
def test_dependencies_that_argo_reads_are_left_alone(logic: str) -> None:
    assert depends(logic) == []


@pytest.mark.parametrize("logic", ["a && (c", "a &&", "a c", "a, c", "a & c", "a.succeeded", "a && || c", "(a || c))"])
def test_dependencies_that_argo_cannot_read_are_told(logic: str) -> None:
    assert depends(logic) == ["bad-depends"]


@pytest.mark.parametrize("word", ["in", "not", "let", "if", "else", "contains", "nil", "matches"])
def test_tasks_named_like_words_of_the_language_are_told(word: str) -> None:
    assert depends(f"a && {word}", f"- {{name: {word!r}, template: flip}}\n") == ["reserved-task-name"]
    found = names(
        dag(f"- {{name: {word!r}, template: flip}}\n- {{name: b, template: flip, dependencies: [{word!r}]}}", FLIP)
    )
    assert found == ["reserved-task-name"]


def test_the_offset_is_that_of_the_fault() -> None:
    documents = dag(f"{A}- name: b\n  template: flip\n  depends: a && (a.Failed,\n", FLIP)

    (finding,) = check(documents)

    assert finding.place[-1] == "depends"
    assert finding.offset == len("a && (a.Failed")


@pytest.mark.parametrize(
    ("logic", "told"), [("a.Skipped", True), ("a.Daemoned", True), ("a.Omitted", True), ("a.Failed", False)]
)
def test_results_that_a_task_cannot_have_are_told(logic: str, told: bool) -> None:
    assert depends(logic) == (["impossible-result"] if told else [])
