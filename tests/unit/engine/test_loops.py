from __future__ import annotations

import json

from tests.fakes import Answer
from tests.unit.engine.bench import Bench, container, dag, given, node_of, phases, task, workflow


def _last_words(bench: Bench) -> list[str]:
    return sorted(job.command[-1] for job in bench.executor.jobs)


def test_items_become_tasks_with_their_values(bench: Bench) -> None:
    loop = task("l", withItems=["a", 2, True, {"k": "v"}, [1]], arguments=given(x="{{item}}"))

    made = bench.run(workflow(dag("main", loop), container("pod", inputs=["x"])))

    assert _last_words(bench) == sorted(["a", "2", "true", '{"k":"v"}', "[1]"])
    assert set(phases(made)) >= {"l", "l(0:a)", "l(1:2)", "l(2:true)", "l(3:k:v)"}
    assert node_of(made, "l")["type"] == "TaskGroup"


def test_fields_of_an_item_have_names(bench: Bench) -> None:
    loop = task("l", withItems=[{"name": "n", "size": 3}], arguments=given(x="{{item.name}}/{{item.size}}"))

    bench.run(workflow(dag("main", loop), container("pod", inputs=["x"])))

    assert _last_words(bench) == ["n/3"]


def test_a_sequence_counts(bench: Bench) -> None:
    forward = task("f", withSequence={"start": "1", "count": "3", "format": "%02d"}, arguments=given(x="{{item}}"))
    backward = task("b", withSequence={"start": 2, "end": 0}, arguments=given(x="{{item}}"))
    none = task("n", withSequence={"count": 0}, arguments=given(x="{{item}}"))

    made = bench.run(workflow(dag("main", forward, backward, none), container("pod", inputs=["x"])))

    assert _last_words(bench) == ["0", "01", "02", "03", "1", "2"]
    assert phases(made)["n"] == "Skipped"


def test_a_sequence_counts_in_binary(bench: Bench) -> None:
    loop = task("l", withSequence={"start": 2, "end": 3, "format": "bit-%04b"}, arguments=given(x="{{item}}"))

    bench.run(workflow(dag("main", loop), container("pod", inputs=["x"])))

    assert _last_words(bench) == ["bit-0010", "bit-0011"]


def test_numbers_of_a_result_keep_their_spelling(bench: Bench) -> None:
    loop = task("l", withParam='[1.0, 1e3, {"k": 2.50}, [0.10]]', arguments=given(x="{{item}}"))

    made = bench.run(workflow(dag("main", loop), container("pod", inputs=["x"])))

    assert _last_words(bench) == ["1.0", "1e3", "[0.10]", '{"k":2.50}']
    assert "l(0:1.0)" in phases(made)


def test_a_loop_over_results_collects_in_the_order_of_items(bench: Bench) -> None:
    source = task("s", "source")
    loop = task("l", "echo", depends="s", withParam="{{tasks.s.outputs.parameters.y}}", arguments=given(x="{{item}}"))
    end = task("e", "pod", depends="l", arguments=given(x="{{tasks.l.outputs.parameters.z}}"))
    answers = {"s": Answer(files={"y": '["p", "q"]'})}
    answers |= {f"l({index}:{item})": Answer(files={"z": item * 2}) for index, item in enumerate("pq")}

    bench.answering(answers).run(
        workflow(
            dag("main", source, loop, end),
            container("source", outputs=["y"]),
            container("echo", inputs=["x"], outputs=["z"]),
            container("pod", inputs=["x"]),
        )
    )

    assert json.loads(bench.executor.jobs[-1].command[-1]) == ["pp", "qq"]


def test_collected_documents_are_a_list_of_documents(bench: Bench) -> None:
    loop = task("l", "echo", withItems=[1, 2], arguments=given(x="{{item}}"))
    end = task("e", "pod", depends="l", arguments=given(x="{{tasks.l.outputs.parameters.z}}"))
    answers = {f"l({index}:{index + 1})": Answer(files={"z": f'{{"n": {index}}}'}) for index in range(2)}

    bench.answering(answers).run(
        workflow(dag("main", loop, end), container("echo", inputs=["x"], outputs=["z"]), container("pod", inputs=["x"]))
    )

    assert json.loads(bench.executor.jobs[-1].command[-1]) == [{"n": 0}, {"n": 1}]


def test_one_bad_item_fails_the_loop_after_all_have_run(bench: Bench) -> None:
    loop = task("l", withItems=["a", "b", "c"], arguments=given(x="{{item}}"))

    made = bench.answering({"l(1:b)": Answer(code=3)}).run(workflow(dag("main", loop), container("pod", inputs=["x"])))

    assert len(bench.executor.jobs) == 3
    assert phases(made)["l"] == phases(made)["wf"] == "Failed"


def test_a_when_may_speak_of_the_item(bench: Bench) -> None:
    loop = task("l", withItems=["a", "b"], when="{{item}} == b", arguments=given(x="{{item}}"))

    made = bench.run(workflow(dag("main", loop), container("pod", inputs=["x"])))

    assert _last_words(bench) == ["b"]
    assert phases(made)["l(0:a)"] == "Skipped"


def test_what_is_no_list_is_an_error_that_shows_it(bench: Bench) -> None:
    made = bench.run(workflow(dag("main", task("l", withParam="nothing")), container("pod")))

    assert phases(made) == {"wf": "Error", "l": "Error"}
    assert "withParam value could not be parsed as a JSON list: nothing" in node_of(made, "l")["message"]
