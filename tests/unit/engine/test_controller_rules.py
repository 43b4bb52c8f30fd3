"""Rules of Argo 4.1.2's controller that no recorded run shows; each test names the Go function that has the rule."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.fakes import Answer
from tests.unit.engine.bench import Bench, container, dag, given, node_of, phases, task, workflow

BAD = Answer(code=1)


def _input(made: Any, node: str, name: str = "x") -> str:
    return next(str(one["value"]) for one in node_of(made, node)["inputs"]["parameters"] if one["name"] == name)


def test_failures_are_null_while_nothing_failed(bench: Bench) -> None:
    # operator.go operate: json.Marshal of a nil slice, then strconv.Quote
    spec = {"hooks": {"exit": {"template": "tell", "arguments": given(x="{{workflow.failures}}")}}}

    made = bench.run(workflow(container("pod"), container("tell", inputs=["x"]), **spec))

    assert _input(made, "wf.onExit") == '"null"'


def test_failures_are_json_with_the_escapes_of_go(bench: Bench) -> None:
    # operator.go failedNodeStatus: the order of its fields; encoding/json escapes < and >
    spec = {"hooks": {"exit": {"template": "tell", "arguments": given(x="{{workflow.failures}}")}}}
    steps = {"name": "main", "steps": [[task("a", when="a < b <")]]}

    made = bench.run(workflow(steps, container("pod"), container("tell", inputs=["x"]), **spec))

    text = json.loads(_input(made, "wf.onExit"))
    assert "<" not in text
    failed = json.loads(text)
    assert list(failed[0]) == ["displayName", "message", "templateName", "phase", "podName", "finishedAt"]


def test_parameters_as_a_whole_are_compact_json_in_the_order_of_gos_fields(bench: Bench) -> None:
    # common/util.go SubstituteParams and operator.go setGlobalParameters: json.Marshal of []Parameter
    arguments = {"parameters": [{"value": 5, "name": "n", "enum": ["5", "<"]}]}
    inner = container("tell", inputs=["x", "y"])
    main = {
        **dag("main", task("a", "tell", arguments=given(x="{{inputs.parameters}}", y="{{workflow.parameters.json}}"))),
        "inputs": {"parameters": [{"name": "n", "default": "7"}]},
    }

    made = bench.run(workflow(main, inner, arguments=arguments))

    assert _input(made, "a") == '[{"name":"n","default":"7","value":"5"}]'
    assert _input(made, "a", "y") == '[{"name":"n","value":"5","enum":["5","\\u003c"]}]'


def test_what_a_loop_gave_is_json_with_sorted_keys(bench: Bench) -> None:
    # operator.go processAggregateNodeOutputs: json.Marshal of a map of strings
    tasks = [
        task("a", "two", withItems=[1]),
        task("b", "tell", depends="a", arguments=given(x="{{tasks.a.outputs.parameters}}")),
    ]
    manifest = workflow(dag("main", *tasks), container("two", outputs=["z", "y"]), container("tell", inputs=["x"]))

    made = bench.run(manifest)

    assert list(json.loads(_input(made, "b"))[0]) == ["y", "z"]
    assert " " not in _input(made, "b")


def test_retries_of_the_workflow_are_those_of_each_template_without_its_own(bench: Bench) -> None:
    # operator.go retryStrategy: the template's, else the spec's
    own = container("own", retryStrategy={"limit": "0"})
    manifest = workflow(dag("main", task("a"), task("b", "own")), container("pod"), own, retryStrategy={"limit": "1"})

    made = bench.answering({"(0).b(0)": BAD}).run(manifest)

    assert (node_of(made, "wf")["type"], node_of(made, "wf(0).a")["type"]) == ("Retry", "Retry")
    assert node_of(made, "wf(0).b")["message"] == "No more retries left"


def test_a_hook_that_retries_counts_its_tries(bench: Bench) -> None:
    # operator.go getChildNodeIdsRetried: by the flag retried, though the node and its tries are hooked as well
    hooks = {"exit": {"template": "again"}}
    again = container("again", retryStrategy={"limit": "1"})

    made = bench.answering({"a.onExit(0)": BAD, "a.onExit(1)": BAD}).run(
        workflow(dag("main", task("a", hooks=hooks)), container("pod"), again)
    )

    found = phases(made)
    assert {name: found[name] for name in found if "onExit" in name} == {
        "a.onExit": "Failed",
        "a.onExit(0)": "Failed",
        "a.onExit(1)": "Failed",
    }
    assert node_of(made, "a.onExit")["message"] == "No more retries left"


def test_a_try_without_an_exit_code_counts_as_zero_in_tags_and_as_minus_one_in_the_expression(bench: Bench) -> None:
    # operator.go executeTemplate (lastRetryExitCode) and buildRetryStrategyLocalScope
    strategy = {"limit": "1", "expression": "lastRetry.exitCode == '-1'"}
    main = dag("main", task("a", "tell", arguments=given(x="{{lastRetry.exitCode}}")), retryStrategy=strategy)

    made = bench.answering({"(0).a": BAD}).run(workflow(main, container("tell", inputs=["x"])))

    assert node_of(made, "wf(1).a")["phase"] == "Succeeded"
    assert _input(made, "wf(1).a") == "0"


def test_of_what_is_retried_the_node_has_the_annotated_name_and_its_tries_have_not(bench: Bench) -> None:
    # operator.go executeTemplate: setNodeDisplayName of the node of the template's name
    shown = {"annotations": {"workflows.argoproj.io/display-name": "nice"}}
    again = container("again", metadata=shown, retryStrategy={"limit": "1"})

    made = bench.run(workflow(dag("main", task("a", "again")), again))

    assert (node_of(made, "a")["displayName"], node_of(made, "a(0)")["displayName"]) == ("nice", "a(0)")


def test_an_annotated_name_that_cannot_be_shown_is_an_error(bench: Bench) -> None:
    # operator.go displayNameRegex
    shown = {"annotations": {"workflows.argoproj.io/display-name": "not nice"}}

    made = bench.run(workflow(dag("main", task("a", "odd")), container("odd", metadata=shown)))

    assert node_of(made, "a")["message"] == (
        "task 'wf.a' errored: displayName must match the regex ^[a-zA-Z0-9][a-zA-Z0-9-.]{0,61}[a-zA-Z0-9]$"
    )


MEMO = {"key": "k", "cache": {"configMap": {"name": "kept"}}}


def test_tries_of_a_memoized_template_say_that_nothing_was_kept(bench: Bench) -> None:
    # operator.go initializeExecutableNode
    again = container("again", outputs=["p"], memoize=MEMO, retryStrategy={"limit": "1"})

    made = bench.run(workflow(dag("main", task("a", "again")), again))

    wanted = {"hit": False, "key": "k", "cacheName": "kept"}
    assert node_of(made, "a")["memoizationStatus"] == wanted
    assert node_of(made, "a(0)")["memoizationStatus"] == wanted


@pytest.mark.parametrize(("group", "exported"), [("steps", False), ("dag", True)])
def test_a_memoized_output_reaches_the_workflow_only_through_a_dag(bench: Bench, group: str, exported: bool) -> None:
    # operator.go podReconciliation and dag.go executeDAG call addOutputsToGlobalScope; a hit has no pod
    pod = container("pod", memoize=MEMO)
    pod["outputs"] = {"parameters": [{"name": "p", "valueFrom": {"path": "/tmp/p"}, "globalName": "g"}]}
    main = dag("main", task("a")) if group == "dag" else {"name": "main", "steps": [[task("a")]]}
    bench.run(workflow(main, pod))

    made = bench.run(workflow(main, pod))

    assert made.executed == 0
    assert ("outputs" in made.workflow["status"]) == exported


def test_hooks_of_a_loop_in_a_dag_are_those_of_its_group(bench: Bench) -> None:
    # dag.go executeDAGTask: executeTmplLifeCycleHook is asked of the task's own node, which is the group
    hooks = {"running": {"template": "pod", "expression": 'tasks.a.status == "Running"'}}

    made = bench.run(workflow(dag("main", task("a", withItems=["i", "j"], hooks=hooks)), container("pod")))

    assert set(phases(made)) == {"wf", "a", "a(0:i)", "a(1:j)", "a.hooks.running"}
    assert node_of(made, "a.hooks.running")["id"] in node_of(made, "a")["children"]


def test_exit_hooks_of_a_loop_in_a_dag_know_no_item(bench: Bench) -> None:
    # dag.go executeDAGTask: runOnExitNode gets the hook of the task, not of its part
    hooks = {"exit": {"template": "tell", "arguments": given(x="{{item}}")}}
    manifest = workflow(
        dag("main", task("a", withItems=["i"], hooks=hooks)), container("pod"), container("tell", inputs=["x"])
    )

    made = bench.run(manifest)

    assert _input(made, "a(0:i).onExit") == "{{item}}"


def test_a_hook_of_a_node_without_outputs_gets_its_arguments_as_they_are_written(bench: Bench) -> None:
    # hooks.go executeTmplLifeCycleHook: resolveExitTmplArgument only when there are outputs
    arguments = given(x="{{tasks.a.status}}")
    hooks = {"running": {"template": "tell", "expression": 'tasks.a.status == "Running"', "arguments": arguments}}
    ended = {"ended": {"template": "tell", "expression": 'tasks.a.status == "Succeeded"', "arguments": arguments}}
    manifest = workflow(
        dag("main", task("a", hooks={**hooks, **ended})), container("pod"), container("tell", inputs=["x"])
    )

    made = bench.run(manifest)

    assert _input(made, "a.hooks.running") == "{{tasks.a.status}}"
    assert _input(made, "a.hooks.ended") == "Succeeded"


def test_a_workflow_hook_that_cannot_be_run_makes_an_error_of_the_workflow(bench: Bench) -> None:
    # operator.go operate: markNodeError of the entrypoint's node
    hooks = {"begun": {"template": "tell", "expression": "true"}}

    made = bench.run(workflow(container("pod"), container("tell", inputs=["x"]), hooks=hooks))

    assert (made.phase, made.workflow["status"]["message"]) == ("Error", "inputs.parameters.x was not supplied")
    assert node_of(made, "wf")["phase"] == "Error"
