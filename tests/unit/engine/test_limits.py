"""Parallelism, failFast, locks and memos."""

from __future__ import annotations

import pytest

from kai_pipelines.errors import ManifestError
from tests.fakes import Answer
from tests.unit.engine.bench import Bench, container, dag, node_of, phases, task, workflow

MUTEX = {"mutexes": [{"name": "gpu"}]}


@pytest.mark.parametrize("limit", [1, 2])
def test_a_template_limits_what_runs_directly_in_it(bench: Bench, limit: int) -> None:
    main = dag("main", *(task(name) for name in "abcd"), parallelism=limit)

    bench.run(workflow(main, container("pod")), jobs=8)

    assert bench.executor.most == limit


def test_fail_fast_starts_nothing_after_a_failure(bench: Bench) -> None:
    main = dag("main", *(task(name) for name in "abc"), parallelism=1, failFast=True)

    made = bench.answering({"a": Answer(code=1)}).run(workflow(main, container("pod")))

    assert bench.executor.names == ["a"]
    assert node_of(made, "wf")["message"] == "template has failed or errored children and failFast enabled"


def test_a_mutex_lets_one_in_at_a_time(bench: Bench) -> None:
    main = dag("main", *(task(name) for name in "abc"))

    made = bench.run(workflow(main, container("pod", synchronization=MUTEX)), jobs=8)

    assert bench.executor.most == 1
    assert set(phases(made).values()) == {"Succeeded"}
    assert "message" not in node_of(made, "c")


def test_a_semaphore_takes_its_limit_from_a_config_map(bench: Bench) -> None:
    bench.siblings = [{"kind": "ConfigMap", "metadata": {"name": "limits"}, "data": {"gpus": "2"}}]
    semaphore = {"semaphores": [{"configMapKeyRef": {"name": "limits", "key": "gpus"}}]}
    main = dag("main", *(task(name) for name in "abcd"))

    bench.run(workflow(main, container("pod", synchronization=semaphore)), jobs=8)

    assert bench.executor.most == 2


def test_a_semaphore_without_its_config_map_is_refused(bench: Bench) -> None:
    semaphore = {"semaphores": [{"configMapKeyRef": {"name": "limits", "key": "gpus"}}]}

    with pytest.raises(ManifestError, match="ConfigMap limits"):
        bench.run(workflow(container("pod", synchronization=semaphore)))


def test_a_lock_that_its_own_holder_waits_for_ends_the_run_and_says_so(bench: Bench) -> None:
    main = dag("main", task("a"), synchronization=MUTEX)

    made = bench.run(workflow(main, container("pod", synchronization=MUTEX)))

    assert made.phase == "Error"
    assert made.failure is not None and "default/Mutex/gpu" in made.failure.message


def test_a_lock_is_given_back_when_its_holder_fails(bench: Bench) -> None:
    main = dag("main", task("a"), task("b", depends="a.Failed"))

    made = bench.answering({"a": Answer(code=1)}).run(workflow(main, container("pod", synchronization=MUTEX)))

    assert phases(made)["b"] == "Succeeded"


def test_memoized_outputs_are_taken_for_the_same_key(bench: Bench) -> None:
    memoize = {"key": "{{inputs.parameters.x}}", "cache": {"configMap": {"name": "cache"}}, "maxAge": "1h"}
    pod = container("pod", inputs=["x"], outputs=["y"], memoize=memoize)
    main = dag("main", task("a", arguments={"parameters": [{"name": "x", "value": "k1"}]}))

    first = bench.run(workflow(main, pod))
    second = bench.run(workflow(main, pod))

    assert bench.executor.names == ["a"]
    assert node_of(first, "a")["memoizationStatus"] == {"hit": False, "key": "k1", "cacheName": "cache"}
    assert node_of(second, "a")["memoizationStatus"]["hit"] is True
    assert node_of(second, "a")["outputs"]["parameters"][0]["value"] == "made"

    bench.clock.time += 3601
    bench.run(workflow(main, pod))

    assert bench.executor.names == ["a", "a"]


def test_a_memoize_key_that_argo_refuses_is_an_error(bench: Bench) -> None:
    memoize = {"key": "a/b", "cache": {"configMap": {"name": "cache"}}}

    made = bench.run(workflow(dag("main", task("a")), container("pod", memoize=memoize)))

    assert phases(made)["a"] == "Error"
    assert "invalid cache key" in node_of(made, "a")["message"]


def test_outputs_with_a_global_name_are_seen_by_the_whole_workflow(bench: Bench) -> None:
    pod = container("pod", outputs=["y"])
    pod["outputs"]["parameters"][0]["globalName"] = "shared"
    arguments = {"parameters": [{"name": "x", "value": "{{workflow.outputs.parameters.shared}}"}]}
    main = dag("main", task("a"), task("b", "other", depends="a", arguments=arguments))

    made = bench.run(workflow(main, pod, container("other", inputs=["x"])))

    assert bench.executor.jobs[1].command[-1] == "made"
    assert made.workflow["status"]["outputs"]["parameters"] == [{"name": "shared", "value": "made"}]
