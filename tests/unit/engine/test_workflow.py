from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from kai_pipelines.engine import RunRequest, run
from kai_pipelines.errors import ManifestError, StoreError, UsageError
from tests.fakes import Answer, FakeExecutor, Notes
from tests.unit.engine.bench import Bench, container, dag, given, node_of, phases, task, workflow


def test_the_record_is_a_workflow_with_its_status(bench: Bench) -> None:
    manifest = workflow(dag("main", task("a")), container("pod"), arguments=given(x="1"))
    manifest["spec"]["unknownField"] = {"kept": True}

    made = bench.run(manifest, parameters={"x": "2"})

    written = json.loads((bench.folder / "out" / "workflow.json").read_text(encoding="utf-8"))
    assert written == made.workflow
    assert written["kind"] == "Workflow"
    assert written["spec"]["unknownField"] == {"kept": True}
    assert written["spec"]["arguments"]["parameters"] == [{"name": "x", "value": "2"}]
    assert written["status"]["phase"] == "Succeeded"
    assert written["status"]["progress"] == "1/1"
    varies = {"id", "startedAt", "finishedAt", "hostNodeName"}
    assert {key: value for key, value in node_of(made, "a").items() if key not in varies} == {
        "name": "wf.a",
        "displayName": "a",
        "type": "Pod",
        "templateName": "pod",
        "templateScope": "local/wf",
        "phase": "Succeeded",
        "boundaryID": "wf",
        "progress": "1/1",
        "outputs": {"exitCode": "0"},
    }


def test_workflow_templates_and_cron_workflows_run_too(bench: Bench) -> None:
    manifest = workflow(container("pod"))
    cron = {**manifest, "kind": "CronWorkflow", "spec": {"schedule": "* * * * *", "workflowSpec": manifest["spec"]}}

    assert bench.run({**manifest, "kind": "WorkflowTemplate"}).phase == "Succeeded"
    assert bench.run(cron).phase == "Succeeded"


@pytest.mark.parametrize(("code", "status"), [(0, "Succeeded"), (1, "Failed")])
def test_the_exit_handler_runs_either_way_and_knows_how_it_ended(bench: Bench, code: int, status: str) -> None:
    handler = container("bye")
    handler["container"]["args"] = ["{{workflow.status}} {{workflow.failures}}"]

    made = bench.answering({"": Answer(code=code)}).run(workflow(container("pod"), handler, onExit="bye"))

    words, _, failures = bench.executor.jobs[1].command[-1].partition(" ")
    assert words == status == made.phase
    # Argo quotes the list once more, and has null for none.
    found = json.loads(json.loads(failures))
    assert [one["message"] for one in found or []] == (["main: Error (exit code 1)"] if code else [])
    assert node_of(made, "wf.onExit")["nodeFlag"] == {"hooked": True}


def test_a_failing_exit_handler_fails_the_workflow(bench: Bench) -> None:
    made = bench.answering({"onExit": Answer(code=1)}).run(workflow(container("pod"), container("bye"), onExit="bye"))

    assert made.phase == "Failed"


def test_a_pod_that_runs_too_long_has_failed(bench: Bench) -> None:
    slow = container("slow", timeout="10s")

    made = bench.answering({"a": Answer(seconds=11)}).run(workflow(dag("main", task("a", "slow")), slow))

    assert bench.executor.jobs[0].deadline == pytest.approx(10, abs=1)
    assert node_of(made, "a")["message"] == "Pod was active on the node longer than the specified deadline"
    assert made.phase == "Failed"


def test_past_the_deadline_of_the_workflow_only_the_exit_handler_runs(bench: Bench) -> None:
    tasks = [task("a"), task("b", depends="a")]
    main = workflow(dag("main", *tasks), container("pod"), container("bye"), onExit="bye", activeDeadlineSeconds=5)

    made = bench.run(main)  # the fake clock passes the deadline as soon as somebody waits for it

    assert made.phase == "Failed"
    assert bench.executor.names[-1:] == ["onExit"]
    assert "b" not in bench.executor.names


def test_defaults_of_the_workflow_reach_every_template_of_the_kind(bench: Bench) -> None:
    defaults = {"timeout": "7s", "container": {"env": [{"name": "A", "value": "b"}]}}

    bench.run(workflow(dag("main", task("a")), container("pod"), templateDefaults=defaults))

    job = bench.executor.jobs[0]
    assert (job.environment["A"], job.deadline) == ("b", pytest.approx(7, abs=1))


@pytest.mark.parametrize(
    ("spec", "error", "says"),
    [
        ({"entrypoint": "nobody"}, ManifestError, "nobody"),
        ({"onExit": "nobody"}, ManifestError, "nobody"),
        ({"templates": [{"name": "pod", "resource": {}}]}, ManifestError, "resource"),
        ({"templates": [{"name": "pod", "plugin": {"slack": {}}}]}, ManifestError, "plugin"),
        (
            {"templates": [container("pod", sidecars=[{"name": "s", "image": "own/server"}])]},
            ManifestError,
            "own/server",
        ),
        ({"templates": [{"name": "pod", "container": {"image": "nvidia/cuda:13"}}]}, ManifestError, "nvidia/cuda:13"),
        ({"templates": [{"name": "pod", "container": {"command": ["true"]}}]}, ManifestError, "it has no image"),
        ({"workflowTemplateRef": {"name": "other"}}, ManifestError, "workflow template other not found"),
        ({"arguments": {"parameters": [{"name": "x"}]}}, UsageError, "-p x="),
        ({"arguments": {"artifacts": [{"name": "photos"}]}}, UsageError, "-a photos="),
        ({"arguments": {"parameters": [{"name": "x", "value": "c", "enum": ["a", "b"]}]}}, UsageError, "a, b"),
    ],
)
def test_what_cannot_run_is_refused_before_anything_starts(
    bench: Bench, spec: dict[str, Any], error: type[Exception], says: str
) -> None:
    manifest = workflow(container("pod"))
    manifest["spec"].update(spec)

    with pytest.raises(error, match=re.escape(says)):
        bench.run(manifest)

    assert not bench.executor.jobs
    assert not (bench.folder / "out").exists()


@pytest.mark.parametrize(
    ("parameters", "artifacts", "says"),
    [
        ({"nope": "1"}, {}, "no parameter nope"),
        ({}, {"nope": "."}, "no artifact nope"),
        ({}, {"photos": "missing"}, "there is nothing at"),
    ],
)
def test_wrong_arguments_are_named(
    tmp_path: Path, parameters: dict[str, str], artifacts: dict[str, str], says: str
) -> None:
    manifest = workflow(container("pod"), arguments={"artifacts": [{"name": "photos", "optional": True}]})
    paths = {name: tmp_path / path for name, path in artifacts.items()}
    request = RunRequest(manifest, parameters, paths, tmp_path / "out", 1, True, tmp_path / "store")

    with pytest.raises(UsageError, match=says):
        run(request, Notes(), executor=FakeExecutor())


def test_an_output_folder_that_is_a_file_is_refused(bench: Bench) -> None:
    (bench.folder / "out").write_text("mine", encoding="utf-8")

    with pytest.raises(UsageError, match="cannot be written"):
        bench.run(workflow(container("pod")))

    assert (bench.folder / "out").read_text(encoding="utf-8") == "mine"


def test_a_disk_that_fills_up_ends_the_run_with_its_record(bench: Bench) -> None:
    def full(job: Any) -> Answer:
        if job.name == "wf.b":
            raise OSError(28, "No space left on device")
        return Answer()

    bench.executor = FakeExecutor(full)

    with pytest.raises(StoreError, match="No space left on device"):
        bench.run(workflow(dag("main", task("a"), task("b", depends="a")), container("pod")))

    written = json.loads((bench.folder / "out" / "workflow.json").read_text(encoding="utf-8"))
    assert written["status"]["phase"] == "Error"
    assert {node["displayName"]: node["phase"] for node in written["status"]["nodes"].values()} == {
        "wf": "Error",
        "a": "Succeeded",
        "b": "Error",
    }
    assert list((bench.folder / "store" / "runs").iterdir()) == []


def test_the_observer_sees_each_pod_start_and_end_and_what_it_says(bench: Bench) -> None:
    bench.answering({"a": Answer(stdout="one\ntwo\n")}).run(workflow(dag("main", task("a")), container("pod")))

    assert [phase for name, phase in bench.notes.phases if name == "a"] == ["Running", "Succeeded"]
    assert bench.notes.lines == ["one", "two"]


def test_a_failure_names_the_node_its_log_and_the_way_back(bench: Bench) -> None:
    made = bench.answering({"a": Answer(code=9, stdout="why\n")}).run(
        workflow(dag("main", task("a"), task("b", depends="a")), container("pod"))
    )

    assert made.failure is not None
    assert (made.failure.node, made.failure.template, made.failure.exit_code) == ("wf.a", "pod", 9)
    assert made.failure.log_lines == ("why",)
    assert made.failure.log is not None and made.failure.log.read_text(encoding="utf-8") == "why\n"


def test_a_big_graph_costs_little(bench: Bench) -> None:
    tasks = [task(f"t{number}", depends=f"t{number - 1}" if number else "") for number in range(200)]

    made = bench.run(workflow(dag("main", *tasks), container("pod")))

    assert set(phases(made).values()) == {"Succeeded"}
