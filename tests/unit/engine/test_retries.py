from __future__ import annotations

from typing import Any

import pytest

from kai_pipelines.simulation.script import Script
from kai_pipelines.simulation.simulation import Rehearsal
from tests.fakes import Answer
from tests.unit.engine.bench import Bench, container, dag, node_of, phases, task, workflow


def _retried(bench: Bench, codes: list[int], **strategy: Any) -> Any:
    pod = container("pod", retryStrategy=strategy)
    answers = {f"a({index})": Answer(code=code, seconds=1) for index, code in enumerate(codes)}
    return bench.answering(answers).run(workflow(dag("main", task("a")), pod))


def test_a_step_is_tried_again_until_it_succeeds(bench: Bench) -> None:
    made = _retried(bench, [1, 1, 0], limit=5)

    assert phases(made) == {
        "wf": "Succeeded",
        "a": "Succeeded",
        "a(0)": "Failed",
        "a(1)": "Failed",
        "a(2)": "Succeeded",
    }
    assert node_of(made, "a")["type"] == "Retry"
    assert node_of(made, "a(1)")["nodeFlag"] == {"retried": True}
    assert made.failure is None


def test_a_limit_ends_the_tries(bench: Bench) -> None:
    made = _retried(bench, [1, 1, 1, 1], limit="2")

    assert len(bench.executor.jobs) == 3
    assert node_of(made, "a")["message"] == "No more retries left"


def test_waits_grow_by_the_factor_up_to_the_cap(bench: Bench) -> None:
    _retried(bench, [1] * 6, limit=5, backoff={"duration": "10s", "factor": "2", "cap": "50s"})

    assert bench.clock.waits == pytest.approx([10, 20, 40, 50, 50])


def test_here_nobody_waits_for_a_try_that_does_not_come(bench: Bench) -> None:
    strategy = {"limit": 2, "expression": "lastRetry.exitCode != '65'", "backoff": {"duration": "10s"}}

    made = _retried(bench, [75, 65], **strategy)

    assert bench.clock.waits == pytest.approx([10])  # for the second, not for a third
    assert node_of(made, "a")["message"] == "retryStrategy.expression evaluated to false"


def test_a_simulation_waits_as_argo_does_also_for_nothing() -> None:
    strategy = {"limit": 2, "expression": "lastRetry.exitCode != '65'", "backoff": {"duration": "10s"}}
    manifest = workflow(dag("main", task("a")), container("pod", retryStrategy=strategy))

    made = Rehearsal(manifest).simulate(Script(endings={"a": (65,)}, durations={"a": 1}))

    assert made.phase == "Failed"
    assert made.seconds == pytest.approx(11)


def test_no_try_begins_that_would_pass_the_longest_duration(bench: Bench) -> None:
    made = _retried(bench, [1] * 6, limit=5, backoff={"duration": "10s", "factor": 2, "maxDuration": "1m"})

    assert bench.clock.waits == pytest.approx([10, 20])
    assert node_of(made, "a")["message"] == "Backoff would exceed max duration limit"


def test_an_expression_sees_how_the_last_try_ended(bench: Bench) -> None:
    made = _retried(bench, [75, 65, 0], limit=5, expression="not (lastRetry.exitCode in ['64', '65'])")

    assert phases(made)["a"] == "Failed"
    assert len(bench.executor.jobs) == 2
    assert made.failure is not None
    assert (made.failure.node, made.failure.exit_code) == ("wf.a(1)", 65)


def test_the_number_of_the_try_is_known_to_the_command(bench: Bench) -> None:
    pod = container("pod", retryStrategy={"limit": 3})
    pod["container"]["args"] = ["{{retries}} {{lastRetry.exitCode}}"]

    bench.answering({"a(0)": Answer(code=7)}).run(workflow(dag("main", task("a")), pod))

    assert [job.command[-1] for job in bench.executor.jobs] == ["0 0", "1 7"]


def test_a_whole_dag_is_tried_again(bench: Bench) -> None:
    inner = dag("inner", task("x", "pod"), retryStrategy={"limit": 1})

    made = bench.answering({"a(0).x": Answer(code=1)}).run(
        workflow(dag("main", task("a", "inner")), inner, container("pod"))
    )

    assert phases(made)["a"] == "Succeeded"
    assert node_of(made, "a(1)")["type"] == "DAG"


def test_a_strategy_that_cannot_be_read_is_an_error(bench: Bench) -> None:
    made = _retried(bench, [1], limit=1, retryPolicy="onfailure")

    assert phases(made)["a"] == "Error"
    assert node_of(made, "a")["message"] == "task 'wf.a' errored: onfailure is not a valid RetryPolicy"
