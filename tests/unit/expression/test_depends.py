"""`depends`: expansion, names in order, truth for results, and what is refused."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kai_pipelines.expression import parse_depends
from kai_pipelines.expression.depends import TaskResults, from_dependencies, read_depends, wrong_results
from kai_pipelines.expression.faults import CompileError

SUCCEEDED, FAILED, SKIPPED = (TaskResults.of(phase) for phase in ("Succeeded", "Failed", "Skipped"))


def test_a_bare_name_stands_for_success_skipping_or_a_daemon() -> None:
    depends = parse_depends("a && b-c.Failed")
    assert depends.logic == "(a.Succeeded || a.Skipped || a.Daemoned) && b-c.Failed"
    assert depends.names == ("a", "b-c")


def test_continue_on_adds_its_results() -> None:
    depends = parse_depends("a", continue_on={"a": {"error": True, "failed": True}})
    assert depends.logic == "(a.Succeeded || a.Skipped || a.Daemoned || a.Errored || a.Failed)"
    assert depends.evaluate({"a": FAILED})


@pytest.mark.parametrize(
    ("text", "results", "holds"),
    [
        ("a && b", {"a": SUCCEEDED, "b": SKIPPED}, True),
        ("a && b", {"a": SUCCEEDED, "b": FAILED}, False),
        ("a || b", {"a": FAILED, "b": SUCCEEDED}, True),
        ("!a.Failed", {"a": SKIPPED}, True),
        ("my-task.Failed || my-task.Errored", {"my-task": TaskResults.of("Error")}, True),
        ("(a || b) && !c.Omitted", {"a": SUCCEEDED, "b": FAILED, "c": TaskResults.of("Omitted")}, False),
        ("a.AnySucceeded", {"a": TaskResults.of("Failed", children=["Failed", "Succeeded"])}, True),
        ("a.AllFailed", {"a": TaskResults.of("Failed", children=["Failed", "Error"])}, False),
        ("a.Daemoned", {"a": TaskResults.of("Running", daemoned=True)}, True),
    ],
)
def test_it_holds_by_the_results(text: str, results: dict[str, TaskResults], holds: bool) -> None:
    assert parse_depends(text).evaluate(results) is holds


def test_results_may_be_mappings_and_what_is_not_given_is_false() -> None:
    assert parse_depends("a").evaluate({"a": {"Succeeded": True}})
    assert not parse_depends("a").evaluate({})


def test_groups_are_those_asked_for_any_or_all() -> None:
    depends = parse_depends("a.AllFailed && b && c.AnySucceeded")
    assert depends.group_names == ("a", "c")


@pytest.mark.parametrize(
    "text", ["a &&", "a & b", "(a", "a.Done", "a b", "", "not.Succeeded", "1st", "true", "'a'", "a ^ b", "len(a)"]
)
def test_what_argo_cannot_evaluate_is_refused_when_read(text: str) -> None:
    with pytest.raises(CompileError):
        parse_depends(text)


def test_a_bare_name_that_is_no_task_is_refused_when_the_tasks_are_known() -> None:
    with pytest.raises(CompileError, match="ghost"):
        read_depends("a && ghost", tasks=["a"])


def test_results_that_argo_does_not_know_are_listed() -> None:
    assert wrong_results("a.Done || b.Failed || c-d.Foo") == [("a", "Done"), ("c-d", "Foo")]


def test_dependencies_mean_all_of_them() -> None:
    assert from_dependencies(["a", "b"]) == (
        "(a.Succeeded || a.Skipped || a.Daemoned) && (b.Succeeded || b.Skipped || b.Daemoned)"
    )


def test_a_join_of_many_tasks_is_read_in_little_time() -> None:
    names = [f"t{index}" for index in range(700)]
    depends = parse_depends(" && ".join(names))
    assert depends.evaluate(dict.fromkeys(names, SUCCEEDED))


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from(["Succeeded", "Failed", "Error", "Skipped", "Omitted"]), min_size=1, max_size=5))
def test_a_conjunction_holds_when_all_succeeded_or_were_skipped(phases: list[str]) -> None:
    names = [f"t-{index}" for index in range(len(phases))]
    results = {name: TaskResults.of(phase) for name, phase in zip(names, phases, strict=True)}
    assert parse_depends(" && ".join(names)).evaluate(results) is (set(phases) <= {"Succeeded", "Skipped"})
