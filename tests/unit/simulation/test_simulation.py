"""What one simulation does with time, endings and results."""

from __future__ import annotations

import time
from typing import Any

import pytest

from kai_pipelines.errors import ManifestError, UsageError
from kai_pipelines.simulation import Rehearsal, Simulation
from kai_pipelines.simulation.pods import MOST_PODS
from kai_pipelines.simulation.script import Ending, script_of
from tests.unit.engine.bench import container, dag, given, task, workflow

Object = dict[str, Any]


def simulated(
    manifest: Object,
    *,
    fail: dict[str, list[Ending]] | None = None,
    results: dict[str, list[str]] | None = None,
    durations: dict[str, str] | None = None,
    jobs: int = 1_000,
) -> Simulation:
    rehearsal = Rehearsal(manifest, jobs=jobs)
    script = script_of(
        rehearsal.names,
        fail=(fail or {}).items(),
        results=(results or {}).items(),
        durations=(durations or {}).items(),
    )
    return rehearsal.simulate(script)


def chain(*names: str, **pod: Any) -> Object:
    tasks = [task(name, **({"depends": names[at - 1]} if at else {})) for at, name in enumerate(names)]
    return workflow(dag("main", *tasks), container("pod", **pod))


# Time


def test_steps_one_after_the_other_take_the_sum_and_side_by_side_the_longest() -> None:
    lengths = {"a": "10s", "b": "30s"}

    one_by_one = simulated(chain("a", "b"), durations=lengths)
    together = simulated(workflow(dag("main", task("a"), task("b")), container("pod")), durations=lengths)

    assert (one_by_one.seconds, together.seconds) == (40, 30)


def test_with_one_place_even_independent_steps_wait_for_each_other() -> None:
    manifest = workflow(dag("main", task("a"), task("b"), task("c")), container("pod"))

    made = simulated(manifest, durations={"*": "10s"}, jobs=1)

    assert made.seconds == 30


def test_years_pass_in_no_time() -> None:
    manifest = workflow(dag("main", task("wait")), {"name": "pod", "suspend": {"duration": "43800h"}})
    started = time.process_time()

    made = simulated(manifest)

    assert made.seconds == 43_800 * 3600
    assert time.process_time() - started < 5


def test_a_backoff_grows_as_the_manifest_says() -> None:
    strategy = {"limit": 3, "backoff": {"duration": "10s", "factor": 2}}

    made = simulated(chain("a", retryStrategy=strategy), fail={"a": [1, 1, 0]}, durations={"a": "5s"})

    assert made.phase == "Succeeded"
    assert made.attempts("a") == 3
    assert made.seconds == 5 + 10 + 5 + 20 + 5  # tries and the waits between them


def test_a_step_that_takes_longer_than_its_deadline_fails_when_the_deadline_comes() -> None:
    made = simulated(chain("a", activeDeadlineSeconds=20), durations={"a": "1m"})

    assert (made.phase, made.seconds) == ("Failed", 20)
    assert made.node("a")["message"] == "Pod was active on the node longer than the specified deadline"


def test_a_deadline_of_the_workflow_ends_what_runs() -> None:
    manifest = workflow(dag("main", task("a")), container("pod"), activeDeadlineSeconds=30)

    made = simulated(manifest, durations={"a": "1h"})

    assert (made.phase, made.seconds) == ("Failed", 30)


def test_an_assumed_length_keeps_within_the_deadlines() -> None:
    manifest = workflow(dag("main", task("a")), container("pod", activeDeadlineSeconds=20), activeDeadlineSeconds=30)

    made = simulated(manifest)

    assert made.phase == "Succeeded"
    assert made.seconds < 20


def test_the_times_in_the_record_are_virtual() -> None:
    made = simulated(chain("a", "b"), durations={"a": "90s", "b": "30s"})

    assert made.node("a")["startedAt"] == "2026-01-01T00:00:00Z"
    assert made.node("b")["startedAt"] == "2026-01-01T00:01:30Z"
    assert made.workflow["status"]["finishedAt"] == "2026-01-01T00:02:00Z"


# Endings


@pytest.mark.parametrize(
    ("ending", "phase", "message", "code"),
    [
        (137, "Failed", "main: Error (exit code 137)", "137"),
        ("oom", "Failed", "main: OOMKilled (exit code 137)", "137"),
        ("error", "Error", "pod deleted", None),
    ],
)
def test_a_step_ends_as_it_is_told(ending: Ending, phase: str, message: str, code: str | None) -> None:
    made = simulated(chain("a"), fail={"a": [ending]})

    node = made.node("a")
    assert (made.phase, node["phase"], node["message"]) == (phase, phase, message)
    assert (node.get("outputs") or {}).get("exitCode") == code


def test_a_step_that_is_to_time_out_needs_a_deadline() -> None:
    assert simulated(chain("a", activeDeadlineSeconds=40), fail={"a": ["timeout"]}).seconds == 40
    with pytest.raises(UsageError, match="no deadline"):
        simulated(chain("a"), fail={"a": ["timeout"]})


def test_endings_apply_to_one_part_of_a_loop() -> None:
    manifest = workflow(dag("main", task("fan", withItems=["x", "y"])), container("pod", retryStrategy={"limit": 1}))

    made = simulated(manifest, fail={"fan(1)": [1, 0]})

    assert made.phase == "Succeeded"
    assert (made.attempts("fan(0)"), made.attempts("fan(1)"), made.attempts("fan")) == (1, 2, 3)


def test_endings_of_a_retried_group_count_on_through_its_tries() -> None:
    inner = dag("group", task("a"), retryStrategy={"limit": 2})
    manifest = workflow(dag("main", task("g", "group")), inner, container("pod"))

    made = simulated(manifest, fail={"a": [1, 0]})

    assert made.phase == "Succeeded"
    assert made.attempts("g.a") == 2


def test_an_ending_that_no_step_met_is_told() -> None:
    manifest = workflow(dag("main", task("a"), task("b", depends="a.Failed")), container("pod"))

    made = simulated(manifest, fail={"b": [1]})

    assert made.unmet == ("b",)
    assert made.skipped == ("b",)


def test_a_fallback_runs_when_the_step_before_fails() -> None:
    manifest = workflow(dag("main", task("fine"), task("coarse", depends="fine.Failed")), container("pod"))

    assert simulated(manifest).ran == ("fine",)
    assert simulated(manifest, fail={"fine": [1]}).ran == ("fine", "coarse")


def test_the_exit_handler_runs_at_last() -> None:
    manifest = workflow(dag("main", task("a")), container("pod"), onExit="pod")

    made = simulated(manifest, fail={"a": [1]})

    assert made.phase == "Failed"
    assert made.ran == ("a", "onExit")


def test_an_exit_handler_is_tried_again_as_well() -> None:
    manifest = workflow(
        dag("main", task("a")), container("pod"), container("bye", retryStrategy={"limit": 1}), onExit="bye"
    )

    made = simulated(manifest, fail={"bye": [1, 0]})

    assert made.phase == "Succeeded"
    assert made.attempts("onExit") == 2


# Results


def _choosing() -> Object:
    value = "{{tasks.assess.outputs.parameters.quality}}"
    return workflow(
        dag(
            "main",
            task("assess", "assess"),
            task("low", depends="assess", when=f"{value} == low"),
            task("high", depends="assess", when=f"{value} == high"),
        ),
        container("assess", outputs=["quality"]),
        container("pod"),
    )


def test_a_result_chooses_the_branch() -> None:
    made = simulated(_choosing(), results={"assess.quality": ["high"]})

    assert made.ran == ("assess", "high")
    assert made.skipped == ("low",)
    assert made.value("assess", "quality") == "high"
    assert made.invented == ()


def test_what_nobody_says_is_the_first_value_that_the_workflow_asks_for_and_is_told() -> None:
    made = simulated(_choosing())

    (invented,) = made.invented
    assert made.ran == ("assess", "low")
    assert (invented.name, invented.value, invented.others) == ("assess.quality", "low", ("high",))


def test_a_step_that_was_asked_for_a_value_gives_it() -> None:
    manifest = _choosing()
    manifest["spec"]["templates"][0]["dag"]["tasks"][0]["arguments"] = given(wanted="high")
    manifest["spec"]["templates"][1] = container("assess", outputs=["quality"], inputs=["wanted"])

    assert simulated(manifest).ran == ("assess", "high")


def test_results_in_turn_end_a_recursion() -> None:
    manifest = _flipping()

    made = simulated(manifest, results={"flip": ["tails"]} | {"again.flip": ["heads"]})

    assert made.ran == ("flip", "again.flip", "again.won")


def test_a_recursion_whose_end_nobody_says_ends() -> None:
    made = simulated(_flipping(first="tails"))

    assert made.phase == "Succeeded"
    assert made.ran == ("flip", "again.flip", "again.won")


def test_a_recursion_that_cannot_end_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kai_pipelines.simulation.pods.MOST_PODS", 50)
    assert MOST_PODS > 1_000

    with pytest.raises(UsageError, match="does not end"):
        simulated(_flipping(), results={"flip": ["tails"]})


def _flipping(first: str = "heads") -> Object:
    conditions = {"heads": task("won", depends="flip", when="{{tasks.flip.outputs.result}} == heads")}
    conditions["tails"] = task("again", "main", depends="flip", when="{{tasks.flip.outputs.result}} == tails")
    ordered = sorted(conditions.values(), key=lambda one: first not in one["when"])
    return workflow(dag("main", task("flip"), *ordered), container("pod"))


def test_a_list_that_nobody_knows_has_three_elements() -> None:
    loop = task("each", withParam="{{tasks.list.outputs.result}}", depends="list", arguments=given(x="{{item.name}}"))
    manifest = workflow(dag("main", task("list"), loop), container("pod"))

    made = simulated(manifest)

    (invented,) = [one for one in made.invented if one.is_list]
    assert made.attempts("each") == 3
    assert invented.value == '[{"name":"name-0"},{"name":"name-1"},{"name":"name-2"}]'


def test_artifacts_and_foreign_images_need_not_be_there() -> None:
    pod: Object = {
        "name": "pod",
        "inputs": {"artifacts": [{"name": "photos", "path": "/in"}]},
        "outputs": {"artifacts": [{"name": "mesh", "path": "/out"}]},
        "container": {"image": "registry.example.com/colmap", "volumeMounts": [{"name": "v", "mountPath": "/v"}]},
    }
    manifest = workflow(pod, arguments={"artifacts": [{"name": "photos"}]})

    made = Rehearsal(manifest).simulate()

    assert made.phase == "Succeeded"
    assert [one["name"] for one in made.node("pod")["outputs"]["artifacts"]] == ["mesh"]


def test_an_approval_comes_at_once_or_when_it_is_said_and_supplies_what_is_said() -> None:
    approve = {
        "name": "approve",
        "suspend": {},
        "outputs": {"parameters": [{"name": "ok", "valueFrom": {"supplied": {}}}]},
    }
    go = task("go", depends="approve", when="{{tasks.approve.outputs.parameters.ok}} == yes")
    manifest = workflow(dag("main", task("approve", "approve"), go), approve, container("pod"))

    assert simulated(manifest).ran == ("go",)
    made = simulated(manifest, results={"approve.ok": ["no"]}, durations={"approve": "2h"})
    assert (made.ran, made.skipped, made.seconds) == ((), ("go",), 7200)


@pytest.mark.parametrize("kind", ["http", "resource", "plugin", "data", "containerSet"])
def test_kinds_that_need_a_cluster_or_a_network_are_simulated(kind: str) -> None:
    content: Object = {
        "http": {"url": "http://127.0.0.1:1/"},
        "resource": {"action": "get", "manifest": "kind: Pod"},
        "plugin": {"slack": {}},
        "data": {"source": {"artifactPaths": {"name": "x", "s3": {"key": "k"}}}, "transformation": []},
        "containerSet": {"containers": [{"name": "main", "image": "busybox"}]},
    }[kind]
    manifest = workflow(dag("main", task("a")), {"name": "pod", kind: content})

    assert simulated(manifest, durations={"a": "7s"}).seconds == 7


# Mistakes


def test_unknown_steps_are_refused_with_what_was_meant() -> None:
    with pytest.raises(UsageError, match="there is no step assess-foto") as caught:
        simulated(chain("assess-photo"), fail={"assess-foto": [1]})

    assert caught.value.hint == "did you mean assess-photo?"


def test_unknown_outputs_are_refused_with_those_there_are() -> None:
    with pytest.raises(UsageError, match="assess has no output parameter qualty") as caught:
        simulated(_choosing(), results={"assess.qualty": ["low"]})

    assert caught.value.hint == "it has quality"


def test_a_lock_that_is_never_given_back_is_told_at_once() -> None:
    lock = {"synchronization": {"mutexes": [{"name": "one"}]}}
    inner = dag("inner", task("b"), **lock)
    manifest = workflow(dag("main", task("a", "inner"), **lock), inner, container("pod"))

    made = simulated(manifest)

    assert made.phase == "Error"
    assert "lock" in made.message


def test_a_manifest_that_cannot_be_read_is_refused_as_by_the_engine() -> None:
    with pytest.raises(ManifestError, match="nowhere"):
        simulated(workflow(dag("main", task("a", "nowhere"))))
