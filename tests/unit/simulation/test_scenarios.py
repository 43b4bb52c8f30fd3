"""Every branch and every failure, and which tasks none of them reaches."""

from __future__ import annotations

from typing import Any

from kai_pipelines.simulation import Rehearsal
from kai_pipelines.simulation.scenarios import Exploration, difference, explore, ways_to_fail
from tests.unit.engine.bench import container, dag, task, workflow

Object = dict[str, Any]


def _branching(*more: Object) -> Object:
    value = "{{tasks.assess.outputs.result}}"
    return workflow(
        dag(
            "main",
            task("assess"),
            task("low", depends="assess", when=f"{value} == low"),
            task("high", depends="assess", when=f"{value} == high"),
            *more,
        ),
        container("pod"),
    )


def explored(manifest: Object, **options: Any) -> Exploration:
    return explore(Rehearsal(manifest), **options)


def test_each_value_that_is_asked_for_is_a_scenario() -> None:
    found = explored(_branching(), failures=False)

    assert [one.title for one in found.scenarios] == ["as planned", "assess = high"]
    assert [one.simulation.ran for one in found.scenarios] == [("assess", "low"), ("assess", "high")]
    assert found.never == ()
    assert difference(found.scenarios[1].simulation, found.base.simulation) == (["high"], ["low"])


def test_a_task_whose_condition_never_holds_is_named() -> None:
    never = task("never", depends="assess", when="low == high")

    assert explored(_branching(never)).never == (("main", "never"),)


def test_a_condition_on_two_values_is_reached_by_trying_both() -> None:
    both = "{{tasks.a.outputs.result}} == x && {{tasks.b.outputs.result}} == y"
    first = task("first", depends="a && b", when="{{tasks.a.outputs.result}} == w || {{tasks.b.outputs.result}} == w")
    manifest = workflow(
        dag("main", task("a"), task("b"), first, task("both", depends="a && b", when=both)), container("pod")
    )

    found = explored(manifest, failures=False)

    assert found.never == ()
    assert "a = x, b = y" in [one.title for one in found.scenarios]


def test_a_choice_within_a_branch_is_tried_there() -> None:
    value = "{{tasks.again.outputs.result}}"
    manifest = _branching(
        task("again", "other", depends="high.Succeeded"), task("deep", depends="again", when=f"{value} == deep")
    )

    manifest["spec"]["templates"].append(container("other"))

    found = explored(manifest, failures=False)

    assert found.never == ()
    assert [one.title for one in found.scenarios][-1] == "assess = high, again = not-deep"


def test_every_way_to_fail_is_tried_for_each_step_also_in_fallbacks() -> None:
    manifest = workflow(
        dag("main", task("fine", "careful"), task("coarse", depends="fine.Failed")),
        container("careful", retryStrategy={"limit": 1}),
        container("pod"),
    )

    found = explored(manifest)

    told = {one.title: one.simulation.phase for one in found.of("failure")}
    assert told == {"fine fails once": "Succeeded", "fine fails each time": "Succeeded", "coarse fails": "Failed"}
    assert found.of("failure")[2].simulation.attempts("fine") == 2
    assert found.never == ()


def test_ways_to_fail_are_those_that_retries_tell_apart() -> None:
    careful = {"retryStrategy": {"limit": 2, "expression": 'not (lastRetry.exitCode in ["64", "65"])'}}

    assert [words for words, _ in ways_to_fail({})] == ["fails"]
    assert [words for words, _ in ways_to_fail({"retryStrategy": {"limit": 2}})] == ["fails once", "fails each time"]
    assert [words for words, _ in ways_to_fail(careful)] == [
        "fails once", "fails each time", "exits with 64", "loses its node once",
    ]  # fmt: skip


def test_too_many_scenarios_are_told() -> None:
    assert not explored(_branching(), most=2).complete
