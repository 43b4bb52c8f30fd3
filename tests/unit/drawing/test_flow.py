from __future__ import annotations

import copy
import json
from typing import Any

import pytest

from kai_pipelines.drawing.flow import read_chart
from kai_pipelines.drawing.model import Edge, Flow, Node
from kai_pipelines.errors import ManifestError
from tests.unit.drawing.samples import SWITCH, container, dag, task, workflow


def find(flow: Flow, *path: str) -> Node:
    return next(node for node in flow.walk() if node.path == path)


def inner(flow: Flow, *path: str) -> Flow:
    found = find(flow, *path).inner
    assert found is not None
    return found


def test_a_task_whose_template_is_a_dag_becomes_a_group_of_its_tasks():
    flow = read_chart(SWITCH).flow

    assert [node.name for node in flow.nodes] == ["assess", "dense", "mesh", "bye"]
    assert [node.name for node in inner(flow, "dense").nodes] == ["low", "high"]
    assert find(flow, "dense", "high", "best", "two").template == "work"


def test_a_condition_names_the_value_as_its_source_does():
    flow = read_chart(SWITCH).flow

    assert find(flow, "dense", "low").condition == "quality = low"
    assert find(flow, "dense", "high").condition == "quality = high"
    assert find(flow, "dense", "low").kind == "branch"
    assert inner(flow, "dense").choice == "quality"


def test_a_fallback_is_a_failure_edge_and_repeats_nothing():
    group = inner(read_chart(SWITCH).flow, "dense", "high")

    assert group.edges == (Edge("best", "plain", "failure", "on failure"),)
    assert group.nodes[1].inner is None
    assert group.nodes[1].note == "the same 2 steps"


def test_an_edge_that_a_longer_way_implies_is_marked():
    edges = read_chart(SWITCH).flow.edges

    assert Edge("assess", "dense", "data") in edges
    assert Edge("assess", "mesh", "order", implied=True) in edges
    assert Edge("dense", "mesh", "order") in edges


def test_the_exit_handler_hangs_from_the_last_tasks():
    flow = read_chart(SWITCH).flow

    assert find(flow, "onExit").kind == "exit"
    assert [edge for edge in flow.edges if edge.kind == "exit"] == [Edge("mesh", "bye", "exit")]


@pytest.mark.parametrize(
    ("depends", "kind", "label"),
    [
        ("a", "order", ""),
        ("a.Succeeded", "order", ""),
        ("a.Failed", "failure", "on failure"),
        ("(a.Failed || a.Errored)", "failure", "on failure"),
        ("!a.Succeeded", "failure", "on failure"),
        ("a.Succeeded || a.Failed", "order", "in any case"),
        ("a.Skipped || a.Omitted", "order", "if skipped"),
        ("a.AnySucceeded", "order", "any succeeded"),
    ],
)
def test_what_depends_asks_becomes_the_kind_and_label_of_the_edge(depends: str, kind: str, label: str):
    flow = read_chart(workflow(dag("main", task("a"), task("b", depends=depends)), container("work"))).flow

    assert [(edge.kind, edge.label) for edge in flow.edges] == [(kind, label)]


@pytest.mark.parametrize(
    ("loop", "words"),
    [
        ({"withItems": [1, 2, 3]}, "× 3"),
        ({"withParam": "{{tasks.a.outputs.parameters.files}}"}, "each files"),
        ({"withParam": "{{tasks.a.outputs.result}}"}, "each a"),
        ({"withSequence": {"count": "5"}}, "× 5"),
        ({"withSequence": {"start": "2", "end": "{{workflow.parameters.n}}"}}, "2 … n"),
    ],
)
def test_a_loop_says_how_often(loop: dict[str, Any], words: str):
    flow = read_chart(workflow(dag("main", task("a"), task("b", **loop)), container("work"))).flow

    assert (flow.nodes[1].kind, flow.nodes[1].repeat) == ("loop", words)


@pytest.mark.parametrize(
    ("when", "words"),
    [
        ("{{steps.flip.outputs.result}} == heads", "flip = heads"),
        ("{{inputs.parameters.n}} >= 3 && {{workflow.status}} != Succeeded", "n ≥ 3 and status ≠ Succeeded"),
        ('{{= asInt(tasks["a"].outputs.parameters.score) < 5 }}', "score < 5"),
        ("{{item.kind}} == 'a == b'", "kind = a == b"),
    ],
)
def test_a_condition_is_told_in_a_few_words(when: str, words: str):
    flow = read_chart(workflow(dag("main", task("b", when=when)), container("work"))).flow

    assert flow.nodes[0].condition == words


def test_two_wide_stages_of_steps_meet_in_a_junction():
    steps = {"name": "main", "steps": [[task("a"), task("b")], [task("c"), task("d")], [task("e")]]}
    flow = read_chart(workflow(steps, container("work"))).flow

    assert [node.name for node in flow.nodes if node.kind == "junction"] == ["stage 1"]
    assert {(edge.source, edge.target) for edge in flow.edges} == {
        ("a", "stage 1"), ("b", "stage 1"), ("stage 1", "c"), ("stage 1", "d"), ("c", "e"), ("d", "e"),
    }  # fmt: skip


def test_a_template_inside_itself_is_drawn_once():
    flow = read_chart(
        workflow(dag("main", task("flip"), task("again", "main", depends="flip")), container("work"))
    ).flow

    assert flow.nodes[1].kind == "recursion"
    assert flow.nodes[1].inner is None


def test_a_manifest_that_unfolds_without_bound_is_folded():
    levels = [dag(f"d{n}", *(task(f"t{k}", f"d{n + 1}") for k in range(4))) for n in range(40)]
    flow = read_chart(workflow(*levels, container("d40"), entrypoint="d0")).flow

    assert sum(1 for _ in flow.walk()) < 400
    assert any(node.note == "4 steps inside" for node in flow.walk())


def test_the_second_line_is_pool_and_resources_with_the_tasks_own_patch_over_them():
    patch = {
        "nodeSelector": {"node-type": "gpu-high-end"},
        "containers": [{"name": "main", "resources": {"requests": {"nvidia.com/gpu": "4"}}}],
    }
    train = container("train", "gpu-optimized", **{"cpu": "4", "memory": "16Gi", "nvidia.com/gpu": "1"})
    train |= {
        "podSpecPatch": "{{inputs.parameters.patch}}",
        "inputs": {"parameters": [{"name": "patch", "default": "{}"}]},
    }
    given = {"parameters": [{"name": "patch", "value": json.dumps(patch)}]}
    flow = read_chart(workflow(dag("main", task("a", "train"), task("b", "train", arguments=given)), train)).flow

    assert [node.second_line for node in flow.nodes] == [
        "gpu-optimized · 4 cpu · 16Gi · 1 gpu",
        "gpu-high-end · 4 cpu · 16Gi · 4 gpu",
    ]


def test_a_cron_workflow_and_a_library_of_templates_are_drawn_too():
    spec = SWITCH["spec"]
    cron = {"kind": "CronWorkflow", "metadata": {"name": "c"}, "spec": {"schedule": "* * * * *", "workflowSpec": spec}}
    library = {"kind": "WorkflowTemplate", "metadata": {"name": "l"}, "spec": {"templates": spec["templates"]}}

    assert read_chart(cron).flow == read_chart(SWITCH).flow
    assert [node.name for node in read_chart(library).flow.nodes] == ["main", "bye"]


@pytest.mark.parametrize("manifest", [{}, {"kind": "ConfigMap", "data": {}}, workflow(container("a"), entrypoint="b")])
def test_what_cannot_be_drawn_is_said_with_advice(manifest: dict[str, Any]):
    with pytest.raises(ManifestError) as caught:
        read_chart(manifest)

    assert caught.value.hint is not None


def test_fields_of_wrong_shape_count_as_absent():
    broken = copy.deepcopy(SWITCH)
    broken["spec"]["templates"][0]["dag"]["tasks"] += [
        None,
        7,
        {"depends": 3, "when": 1, "arguments": [], "withItems": {}},
    ]
    broken["spec"]["arguments"] = "no"
    broken["metadata"] = None

    assert len(read_chart(broken).flow.nodes) == 5
