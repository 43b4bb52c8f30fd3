from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from kai_pipelines.engine.executor import Job
from tests.fakes import Answer, FakeExecutor
from tests.unit.engine.bench import Bench, container, dag, given, node_of, phases, task, workflow

BAD = Answer(code=1)


def test_tasks_run_after_what_they_depend_on(bench: Bench) -> None:
    tasks = [task("c", depends="a && b"), task("b", dependencies=["a"]), task("a")]

    made = bench.run(workflow(dag("main", *tasks), container("pod")))

    assert made.phase == "Succeeded"
    assert bench.executor.names == ["a", "b", "c"]


class _InPairs(FakeExecutor):
    """Each command waits for another one, and then leaves time for a third."""

    async def run(self, job: Job, on_line: Callable[[str], None]) -> int:
        self.running += 1
        self.most = max(self.most, self.running)
        self.pair = getattr(self, "pair", None) or asyncio.Barrier(2)
        await self.pair.wait()
        await asyncio.sleep(0.05)
        self.running -= 1
        return 0


@pytest.mark.parametrize(("jobs", "spec"), [(2, {}), (8, {"parallelism": 2})])
def test_as_many_pods_run_at_once_as_jobs_and_the_workflow_allow(bench: Bench, jobs: int, spec: dict[str, int]) -> None:
    tasks = [task(f"t{number}") for number in range(4)]
    bench.executor = _InPairs()

    bench.run(workflow(dag("main", *tasks), container("pod"), **spec), jobs=jobs)

    assert bench.executor.most == 2


def test_a_failure_omits_what_follows_and_fails_the_dag_with_its_phase(bench: Bench) -> None:
    tasks = [task("a"), task("b", depends="a"), task("c", depends="b")]

    made = bench.answering({"a": BAD}).run(workflow(dag("main", *tasks), container("pod")))

    assert phases(made) == {"wf": "Failed", "a": "Failed", "b": "Omitted", "c": "Omitted"}
    assert node_of(made, "b")["message"] == "omitted: depends condition not met"


@pytest.mark.parametrize(
    ("depends", "first", "ran"),
    [
        ("a.Failed", BAD, True),
        ("a.Failed", Answer(), False),
        ("a.Succeeded || a.Failed", BAD, True),
        ("a.Succeeded", BAD, False),
        ("!a.Succeeded", BAD, True),
        ("a", Answer(), True),
    ],
)
def test_depends_asks_for_results(bench: Bench, depends: str, first: Answer, ran: bool) -> None:
    made = bench.answering({"a": first}).run(
        workflow(dag("main", task("a"), task("b", depends=depends)), container("pod"))
    )

    assert (phases(made)["b"] == "Succeeded") == ran


def test_a_fallback_makes_a_failure_good(bench: Bench) -> None:
    tasks = [task("try"), task("instead", depends="try.Failed || try.Errored"), task("last", depends="instead")]

    made = bench.answering({"try": BAD}).run(workflow(dag("main", *tasks), container("pod")))

    assert made.phase == "Succeeded"
    assert made.failure is None


def test_a_failure_that_may_be_continued_does_not_fail_the_dag(bench: Bench) -> None:
    tasks = [task("a", continueOn={"failed": True}), task("b", dependencies=["a"])]

    made = bench.answering({"a": BAD}).run(workflow(dag("main", *tasks), container("pod")))

    assert phases(made) == {"wf": "Succeeded", "a": "Failed", "b": "Succeeded"}


def test_independent_tasks_finish_although_another_failed(bench: Bench) -> None:
    tasks = [task("a"), task("b"), task("c", depends="b")]

    made = bench.answering({"a": BAD}).run(workflow(dag("main", *tasks), container("pod")))

    assert phases(made) == {"wf": "Failed", "a": "Failed", "b": "Succeeded", "c": "Succeeded"}


def test_only_targets_and_what_they_need_run(bench: Bench) -> None:
    main = {"name": "main", "dag": {"target": "b", "tasks": [task("a"), task("b", depends="a"), task("c")]}}

    bench.run(workflow(main, container("pod")))

    assert bench.executor.names == ["a", "b"]


def test_a_false_when_skips_the_task_and_what_follows_runs(bench: Bench) -> None:
    tasks = [task("a", when="1 == 2"), task("b", depends="a")]

    made = bench.run(workflow(dag("main", *tasks), container("pod")))

    assert phases(made) == {"wf": "Succeeded", "a": "Skipped", "b": "Succeeded"}
    assert node_of(made, "a")["message"] == "when '1 == 2' evaluated false"
    assert node_of(made, "a")["type"] == "Skipped"


def test_a_skipped_task_need_not_resolve_its_arguments(bench: Bench) -> None:
    needy = task("b", "needy", depends="a", when="1 == 2", arguments=given(x="{{tasks.a.outputs.parameters.none}}"))

    made = bench.run(workflow(dag("main", task("a"), needy), container("pod"), container("needy", inputs=["x"])))

    assert phases(made)["b"] == "Skipped"


def test_a_wrong_when_is_an_error_of_its_task(bench: Bench) -> None:
    made = bench.run(workflow(dag("main", task("a", when="low ==")), container("pod")))

    assert phases(made) == {"wf": "Error", "a": "Error"}


def test_outputs_of_a_task_are_arguments_of_another(bench: Bench) -> None:
    second = task("b", "pod", depends="a", arguments=given(x="<{{tasks.a.outputs.parameters.y}}>"))

    bench.answering({"a": Answer(files={"y": '4"2\n'})}).run(
        workflow(
            dag("main", task("a", "source"), second), container("source", outputs=["y"]), container("pod", inputs=["x"])
        )
    )

    assert bench.executor.jobs[1].command[-1] == '<4"2>'


def test_the_absent_output_of_a_skipped_task_leaves_the_default(bench: Bench) -> None:
    pod = container("pod", inputs=["x"])
    pod["inputs"]["parameters"][0]["default"] = "spare"
    tasks = [
        task("a", "source", when="false"),
        task("b", depends="a", arguments=given(x="{{tasks.a.outputs.parameters.y}}")),
    ]

    bench.run(workflow(dag("main", *tasks), container("source", outputs=["y"]), pod))

    assert bench.executor.jobs[0].command[-1] == "spare"


def test_outputs_of_a_dag_are_taken_by_name_or_expression(bench: Bench) -> None:
    inner = dag("inner", task("low", "source", when="1 == 2"), task("high", "source"))
    picked = "tasks['low'].status == 'Succeeded' ? tasks['low'].outputs.parameters['y'] : tasks['high'].outputs.parameters['y']"
    inner["outputs"] = {
        "parameters": [
            {"name": "picked", "valueFrom": {"expression": picked}},
            {"name": "named", "valueFrom": {"parameter": "{{tasks.high.outputs.parameters.y}}"}},
            {"name": "spare", "valueFrom": {"parameter": "{{tasks.low.outputs.parameters.y}}", "default": "none"}},
        ]
    }

    made = bench.answering({"inner.high": Answer(files={"y": "7"})}).run(
        workflow(dag("main", task("inner", "inner")), inner, container("source", outputs=["y"]))
    )

    values = {one["name"]: one["value"] for one in node_of(made, "inner")["outputs"]["parameters"]}
    assert values == {"picked": "7", "named": "7", "spare": "none"}


def test_an_output_that_nobody_gave_is_an_error_with_its_name(bench: Bench) -> None:
    main = dag("main", task("a", "source", when="1 == 2"))
    main["outputs"] = {"parameters": [{"name": "y", "valueFrom": {"parameter": "{{tasks.a.outputs.parameters.y}}"}}]}

    made = bench.run(workflow(main, container("source", outputs=["y"])))

    assert made.phase == "Error"
    assert made.failure is not None and 'output parameter "y"' in made.failure.message
