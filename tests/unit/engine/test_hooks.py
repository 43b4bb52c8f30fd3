"""Life-cycle hooks of tasks, steps and workflows; the shapes of the trees are those of recorded runs."""

from __future__ import annotations

from typing import Any

import pytest

from tests.fakes import Answer
from tests.unit.engine.bench import Bench, container, dag, node_of, phases, task, workflow

Object = dict[str, Any]


def steps(name: str, *groups: list[Object], **more: Any) -> Object:
    return {"name": name, "steps": list(groups), **more}


@pytest.mark.parametrize("form", ["dag", "steps"])
def test_an_exit_hook_runs_when_its_node_has_run_and_hangs_from_it(bench: Bench, form: str) -> None:
    one = task("a", hooks={"exit": {"template": "bye"}})
    main = dag("main", one) if form == "dag" else steps("main", [one])

    made = bench.run(workflow(main, container("pod"), container("bye")))

    name = "a" if form == "dag" else "[0].a"
    node, hook = (node_of(made, f"wf{'.' if form == 'dag' else ''}{name}{end}") for end in ("", ".onExit"))
    assert node["children"] == [hook["id"]]
    assert (hook["displayName"], hook["nodeFlag"], hook["boundaryID"]) == ("a.onExit", {"hooked": True}, "wf")


def test_an_exit_hook_sees_the_outputs_of_its_node_also_of_its_last_try(bench: Bench) -> None:
    arguments = {"parameters": [{"name": "x", "value": "{{tasks.a.outputs.parameters.y}}"}]}
    one = task("a", hooks={"exit": {"template": "bye", "arguments": arguments}})
    retried = container("pod", outputs=["y"], retryStrategy={"limit": 2})
    bench.answering({"a(0)": Answer(code=1), "a(1)": Answer(files={"y": "made"})})

    bench.run(workflow(dag("main", one), retried, container("bye", inputs=["x"])))

    assert bench.executor.jobs[-1].command[-1] == "made"


def test_a_failing_hook_does_not_fail_its_workflow(bench: Bench) -> None:
    bench.answering({"a.onExit": Answer(code=1)})

    made = bench.run(workflow(dag("main", task("a", onExit="bye")), container("pod"), container("bye")))

    assert phases(made) == {"wf": "Succeeded", "a": "Succeeded", "a.onExit": "Failed"}


def test_what_depends_on_a_task_waits_for_its_hooks(bench: Bench) -> None:
    main = dag("main", task("a", onExit="bye"), task("b", depends="a"))

    bench.run(workflow(main, container("pod"), container("bye")))

    assert bench.executor.names == ["a", "a.onExit", "b"]


def test_hooks_with_an_expression_start_when_it_holds(bench: Bench) -> None:
    hooks = {
        "running": {"template": "bye", "expression": 'tasks.a.status == "Running"'},
        "failed": {"template": "bye", "expression": 'tasks.a.status == "Failed"'},
        "done": {"template": "bye", "expression": 'tasks.a.status == "Succeeded"'},
    }

    made = bench.run(workflow(dag("main", task("a", hooks=hooks)), container("pod"), container("bye")))

    found = phases(made)
    assert found["a.hooks.running"] == found["a.hooks.done"] == "Succeeded"
    assert "a.hooks.failed" not in found


def test_a_hook_needs_an_expression_unless_it_is_the_exit(bench: Bench) -> None:
    main = steps("main", [task("a", hooks={"odd": {"template": "bye"}})])

    made = bench.run(workflow(main, container("pod"), container("bye")))

    assert made.phase == "Failed"
    assert "Expression required for hook wf[0].a.hooks.odd" in node_of(made, "wf[0]")["message"]


def test_hooks_of_the_workflow_hang_from_its_root_and_the_exit_handler_does_not(bench: Bench) -> None:
    hooks = {
        "running": {"template": "bye", "expression": 'workflow.status == "Running"'},
        "exit": {"template": "bye"},
    }

    made = bench.run(workflow(dag("main", task("a")), container("pod"), container("bye"), hooks=hooks))

    root, hook, end = (node_of(made, name) for name in ("wf", "wf.hooks.running", "wf.onExit"))
    assert hook["id"] in root["children"]
    assert end["id"] not in root["children"]
    assert made.phase == "Succeeded"


def test_the_exit_handler_decides_when_all_else_went_well(bench: Bench) -> None:
    bench.answering({".onExit": Answer(code=3), "wf.onExit": Answer(code=3), "onExit": Answer(code=3)})

    made = bench.run(workflow(container("pod"), container("bye"), onExit="bye"))

    assert (made.phase, made.workflow["status"]["message"]) == ("Failed", "main: Error (exit code 3)")
