from __future__ import annotations

from tests.fakes import Answer
from tests.unit.engine.bench import Bench, container, given, node_of, phases, task, workflow


def test_groups_run_in_turn_and_see_what_came_before(bench: Bench) -> None:
    main = {
        "name": "main",
        "steps": [
            [task("a", "source"), task("b", "source")],
            [task("c", "pod", arguments=given(x="{{steps.a.outputs.parameters.y}}{{steps.b.outputs.parameters.y}}"))],
        ],
    }
    answers = {"wf[0].a": Answer(files={"y": "1"}), "wf[0].b": Answer(files={"y": "2"})}
    bench.answering({name.removeprefix("wf"): answer for name, answer in answers.items()})

    made = bench.run(workflow(main, container("source", outputs=["y"]), container("pod", inputs=["x"])))

    assert bench.executor.jobs[-1].command[-1] == "12"
    assert node_of(made, "wf[1]")["type"] == "StepGroup"
    assert made.phase == "Succeeded"


def test_a_failed_group_is_the_last(bench: Bench) -> None:
    main = {"name": "main", "steps": [[task("a")], [task("b")]]}

    made = bench.answering({"[0].a": Answer(code=2)}).run(workflow(main, container("pod")))

    assert len(bench.executor.jobs) == 1
    failed = node_of(made, "wf[0].a")
    assert node_of(made, "wf")["message"] == f"child '{failed['id']}' failed"
    assert failed["message"] == "main: Error (exit code 2)"


def test_a_failed_step_may_be_continued(bench: Bench) -> None:
    main = {"name": "main", "steps": [[task("a", continueOn={"failed": True})], [task("b")]]}

    made = bench.answering({"[0].a": Answer(code=2)}).run(workflow(main, container("pod")))

    assert made.phase == "Succeeded"
    assert phases(made)["a"] == "Failed"


def test_standard_output_is_the_result_of_a_step_that_is_asked_for_it(bench: Bench) -> None:
    asking = task("b", arguments=given(x="{{steps.a.outputs.result}}"))
    main = {"name": "main", "steps": [[task("a", "say")], [asking]]}

    made = bench.answering({"[0].a": Answer(stdout="heads\n")}).run(
        workflow(main, container("say"), container("pod", inputs=["x"]))
    )

    assert bench.executor.jobs[-1].command[-1] == "heads"
    assert node_of(made, "wf[0].a")["outputs"] == {"result": "heads", "exitCode": "0"}
    assert "result" not in node_of(made, "wf[1].b")["outputs"]


def test_an_output_whose_value_the_template_says_itself_reaches_what_follows(bench: Bench) -> None:
    source = {**container("source"), "outputs": {"parameters": [{"name": "y", "value": 42}]}}
    main = {
        "name": "main",
        "steps": [[task("a", "source")], [task("b", arguments=given(x="{{steps.a.outputs.parameters.y}}"))]],
    }

    bench.run(workflow(main, source, container("pod", inputs=["x"])))

    assert bench.executor.jobs[-1].command[-1] == "42"
