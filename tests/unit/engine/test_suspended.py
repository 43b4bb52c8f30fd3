"""Runs that wait, and going on with what is recorded: resume, retry, stop."""

from __future__ import annotations

from typing import Any

import pytest

from kai_pipelines.engine.again import matches, resumed, retried
from kai_pipelines.errors import UsageError
from tests.fakes import Answer
from tests.unit.engine.bench import Bench, container, dag, node_of, phases, task, workflow

Object = dict[str, Any]
SUPPLIED = {"name": "answer", "valueFrom": {"supplied": {}}}


def approval(**more: Any) -> Object:
    return {"name": "approve", "suspend": {}, **more}


def test_a_suspension_with_a_duration_ends_by_itself(bench: Bench) -> None:
    made = bench.run(workflow(dag("main", task("a", "wait")), {"name": "wait", "suspend": {"duration": "90"}}))

    assert bench.clock.waits == [90]
    assert (made.phase, node_of(made, "a")["type"]) == ("Succeeded", "Suspend")


def test_a_run_that_waits_for_a_person_ends_and_its_record_says_running(bench: Bench) -> None:
    main = dag("main", task("before"), task("a", "approve", depends="before"), task("b", depends="a"))

    made = bench.run(workflow(main, approval(), container("pod")))

    assert made.suspended
    assert phases(made) == {"wf": "Running", "before": "Succeeded", "a": "Running"}


def test_resuming_goes_on_after_the_suspended_node_and_runs_nothing_twice(bench: Bench) -> None:
    main = dag("main", task("before"), task("a", "approve", depends="before"), task("b", depends="a"))
    made = bench.run(workflow(main, approval(), container("pod")))

    again = bench.go_on(resumed(made.workflow, message="by hand"))

    assert (again.phase, again.executed) == ("Succeeded", 1)
    assert bench.executor.names == ["before", "b"]
    assert node_of(again, "a")["message"] == "by hand"


def test_a_person_supplies_what_the_node_expects(bench: Bench) -> None:
    arguments = {"parameters": [{"name": "x", "value": "{{tasks.a.outputs.parameters.answer}}"}]}
    main = dag("main", task("a", "approve"), task("b", "pod", depends="a", arguments=arguments))
    manifest = workflow(main, approval(outputs={"parameters": [SUPPLIED]}), container("pod", inputs=["x"]))
    made = bench.run(manifest)

    with pytest.raises(UsageError, match="-p answer="):
        resumed(made.workflow)
    with pytest.raises(UsageError, match="expected: answer"):
        resumed(made.workflow, parameters={"anwser": "yes"})
    bench.go_on(resumed(made.workflow, parameters={"answer": "yes"}))

    assert bench.executor.jobs[0].command[-1] == "yes"


def test_only_chosen_nodes_are_resumed(bench: Bench) -> None:
    main = dag("main", task("a", "approve"), task("b", "approve"))
    made = bench.run(workflow(main, approval()))

    again = bench.go_on(resumed(made.workflow, selector="displayName=a"))

    assert phases(again) == {"wf": "Running", "a": "Succeeded", "b": "Running"}


def test_a_retry_runs_what_failed_and_what_came_after(bench: Bench) -> None:
    main = dag("main", task("a"), task("b", depends="a"), task("c", depends="b"))
    bench.answering({"b": [Answer(code=1), Answer()]})
    made = bench.run(workflow(main, container("pod")))
    assert phases(made)["c"] == "Omitted"

    again = bench.go_on(retried(made.workflow))

    assert again.phase == "Succeeded"
    assert bench.executor.names == ["a", "b", "b", "c"]
    assert phases(again) == {"wf": "Succeeded", "a": "Succeeded", "b": "Succeeded", "c": "Succeeded"}


def test_a_retry_goes_into_groups_loops_and_retried_templates(bench: Bench) -> None:
    inner = {"name": "inner", "steps": [[task("x", withItems=["1", "2"])], [task("y")]]}
    pod = container("pod", retryStrategy={"limit": 1})
    name = "a[0].x(1:2)"
    bench.answering({f"{name}(0)": [Answer(code=1), Answer()], f"{name}(1)": Answer(code=1)})
    made = bench.run(workflow(dag("main", task("a", "inner")), inner, pod))
    assert made.phase == "Failed"

    again = bench.go_on(retried(made.workflow))

    assert again.phase == "Succeeded"
    assert bench.executor.names.count("a[0].x(0:1)(0)") == 1
    assert [one["displayName"] for one in again.workflow["status"]["nodes"].values() if "(1:2)(" in one["name"]] == [
        "x(1:2)(0)"
    ]


def test_the_exit_handler_runs_again_with_a_retry(bench: Bench) -> None:
    bench.answering({"a": [Answer(code=1), Answer()]})
    made = bench.run(workflow(dag("main", task("a")), container("pod"), container("bye"), onExit="bye"))

    again = bench.go_on(retried(made.workflow))

    assert bench.executor.names == ["a", "onExit", "a", "onExit"]
    assert again.phase == "Succeeded"


def test_a_workflow_that_succeeded_is_retried_only_where_one_says(bench: Bench) -> None:
    made = bench.run(workflow(dag("main", task("a"), task("b", depends="a")), container("pod")))

    with pytest.raises(UsageError, match="succeeded"):
        retried(made.workflow)
    bench.go_on(retried(made.workflow, restart_successful=True, selector="displayName=b"))

    assert bench.executor.names == ["a", "b", "b"]


def test_what_has_ended_cannot_be_resumed_and_what_has_not_cannot_be_retried(bench: Bench) -> None:
    ended = bench.run(workflow(container("pod")))
    waiting = bench.run(workflow(approval()))

    with pytest.raises(UsageError, match="it succeeded"):
        resumed(ended.workflow)
    with pytest.raises(UsageError, match="phase Running"):
        retried(waiting.workflow)


def test_stopping_a_suspended_run_fails_what_waits_and_runs_the_exit_handler(bench: Bench) -> None:
    made = bench.run(workflow(dag("main", task("a", "approve")), approval(), container("bye"), onExit="bye"))

    stopped = bench.go_on(made.workflow, shutdown="Stop")

    assert (stopped.phase, stopped.workflow["status"]["message"]) == ("Failed", "Stopped with strategy 'Stop'")
    assert node_of(stopped, "a")["message"] == "Stopped with strategy 'Stop'"
    assert bench.executor.names == ["onExit"]


def test_terminating_runs_no_exit_handler(bench: Bench) -> None:
    made = bench.run(workflow(approval(), container("bye"), onExit="bye"))

    stopped = bench.go_on(made.workflow, shutdown="Terminate")

    assert (stopped.phase, bench.executor.names) == ("Failed", [])


@pytest.mark.parametrize(
    ("selector", "wanted"),
    [
        ("", True),
        ("displayName=a", True),
        ("displayName==a", True),
        ("displayName!=a", False),
        ("phase=Running,name=x", False),
    ],
)
def test_field_selectors_choose_as_argos(selector: str, wanted: bool) -> None:
    node = {"id": "1", "name": "wf.a", "displayName": "a", "phase": "Running", "templateName": "pod"}

    assert matches(node, selector) is wanted


def test_a_workflow_that_is_suspended_as_a_whole_begins_when_it_is_resumed(bench: Bench) -> None:
    made = bench.run(workflow(container("pod"), suspend=True))
    assert made.suspended and not bench.executor.jobs

    assert bench.go_on(resumed(made.workflow)).phase == "Succeeded"


def test_a_retry_runs_a_failed_node_although_its_exit_hook_succeeded(bench: Bench) -> None:
    bench.answering({"a": [Answer(code=1), Answer()]})
    made = bench.run(workflow(dag("main", task("a", onExit="bye")), container("pod"), container("bye")))

    again = bench.go_on(retried(made.workflow))

    assert again.phase == "Succeeded"
    assert bench.executor.names == ["a", "a.onExit", "a", "a.onExit"]


def test_a_resumed_run_began_when_it_began_and_a_retried_one_begins_anew(bench: Bench) -> None:
    waiting = bench.run(workflow(approval()))
    began = waiting.workflow["status"]["startedAt"]
    bench.clock.time += 3600

    assert bench.go_on(resumed(waiting.workflow)).workflow["status"]["startedAt"] == began

    failed = bench.answering({"": [Answer(code=1), Answer()]}).run(workflow(container("pod")))
    began = failed.workflow["status"]["startedAt"]
    bench.clock.time += 3600

    assert bench.go_on(retried(failed.workflow)).workflow["status"]["startedAt"] != began


def test_a_loop_has_an_end(bench: Bench) -> None:
    made = bench.run(workflow(dag("main", task("a", withSequence={"count": "1000000000"})), container("pod")))

    assert made.phase == "Error"
    assert "1,000,000,000 numbers" in node_of(made, "a")["message"]
