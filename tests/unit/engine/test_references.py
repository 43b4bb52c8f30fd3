"""Templates of other manifests, inline ones, and specs that refer to another."""

from __future__ import annotations

from typing import Any

import pytest

from kai_pipelines.errors import ManifestError
from tests.unit.engine.bench import Bench, container, dag, given, node_of, phases, task, workflow

Object = dict[str, Any]


def template(name: str, *templates: Object, kind: str = "WorkflowTemplate", **spec: Any) -> Object:
    return {"kind": kind, "metadata": {"name": name}, "spec": {"templates": list(templates), **spec}}


def reference(name: str, one: str, *, cluster: bool = False) -> Object:
    return {"templateRef": {"name": name, "template": one, "clusterScope": cluster}}


def test_a_task_runs_a_template_of_another_manifest(bench: Bench) -> None:
    task_of = {"name": "a", **reference("lib", "pod"), "arguments": given(x="1")}
    bench.siblings = [template("lib", container("pod", inputs=["x"]))]

    made = bench.run(workflow(dag("main", task_of)))

    assert made.phase == "Succeeded"
    assert bench.executor.jobs[0].command[-1] == "1"
    assert node_of(made, "a")["templateRef"] == {"name": "lib", "template": "pod", "clusterScope": False}
    assert node_of(made, "a")["templateScope"] == "local/wf"


def test_names_inside_another_manifest_mean_its_own_templates(bench: Bench) -> None:
    inner = dag("inner", task("b", "pod"))
    bench.siblings = [template("lib", inner, container("pod", outputs=["theirs"]), kind="ClusterWorkflowTemplate")]
    main = dag("main", {"name": "a", **reference("lib", "inner", cluster=True)})

    made = bench.run(workflow(main, container("pod", outputs=["ours"])))

    assert [list(job.outputs) for job in bench.executor.jobs] == [["theirs"]]
    assert node_of(made, "a.b")["templateScope"] == "cluster/lib"


def test_an_inline_template_needs_no_name(bench: Bench) -> None:
    inline = {
        "name": "a",
        "inline": {"container": {"image": "busybox", "command": ["echo", "{{inputs.parameters.x}}"]}},
    }
    inline["inline"] |= {"inputs": {"parameters": [{"name": "x"}]}}
    made = bench.run(workflow(dag("main", {**inline, "arguments": given(x="1")})))

    assert bench.executor.jobs[0].command == ["echo", "1"]
    assert "templateName" not in node_of(made, "a")


def test_a_workflow_runs_the_spec_of_the_template_it_refers_to(bench: Bench) -> None:
    spec = {"entrypoint": "pod", "arguments": given(x="theirs")}
    bench.siblings = [template("lib", container("pod", inputs=["x"]), **spec)]
    manifest = workflow(container("unused"))
    manifest["spec"] = {"workflowTemplateRef": {"name": "lib"}}

    made = bench.run(manifest)

    assert bench.executor.jobs[0].command[-1] == "theirs"
    assert made.workflow["spec"]["workflowTemplateRef"] == {"name": "lib"}
    assert node_of(made, "wf")["templateScope"] == "local/"

    bench.run(manifest, parameters={"x": "ours"})

    assert bench.executor.jobs[1].command[-1] == "ours"


@pytest.mark.parametrize(
    ("one", "says"),
    [
        (reference("nobody", "pod"), "workflow template nobody not found"),
        (reference("lib", "nobody"), "template nobody not found in workflow template lib"),
        (reference("lib", "broken"), "resource"),
        ({"template": "nobody"}, "template nobody not found"),
    ],
)
def test_what_a_reference_leads_to_is_looked_at_before_anything_starts(bench: Bench, one: Object, says: str) -> None:
    bench.siblings = [template("lib", container("pod"), {"name": "broken", "resource": {}})]

    with pytest.raises(ManifestError, match=says):
        bench.run(workflow(dag("main", task("first"), {"name": "a", **one}), container("pod")))

    assert not bench.executor.jobs


def test_a_reference_that_is_computed_is_looked_up_when_its_task_runs(bench: Bench) -> None:
    bench.siblings = [template("lib", container("pod"))]
    one = {"name": "a", **reference("lib", "{{item}}"), "withItems": ["pod", "nobody"]}

    made = bench.run(workflow(dag("main", one)))

    assert phases(made)["a(0:pod)"] == "Succeeded"
    assert node_of(made, "a(1:nobody)")["message"].endswith("template nobody not found in workflow template lib")


def test_templates_inside_each_other_end_where_a_controller_ends_them(bench: Bench) -> None:
    made = bench.run(workflow(dag("main", task("again", "main"))))

    assert made.phase == "Error"
    assert made.failure is not None and "Maximum recursion depth exceeded" in made.failure.message


def test_a_config_map_given_with_the_workflow_supplies_parameters(bench: Bench) -> None:
    bench.siblings = [{"kind": "ConfigMap", "metadata": {"name": "settings"}, "data": {"size": "480"}}]
    source = {"name": "x", "valueFrom": {"configMapKeyRef": {"name": "settings", "key": "size"}}}
    pod = container("pod", inputs=["x"])
    pod["inputs"]["parameters"] = [source]

    bench.run(workflow(pod))
    bench.run(workflow(container("pod", inputs=["x"]), arguments={"parameters": [source]}))

    assert [job.command[-1] for job in bench.executor.jobs] == ["480", "480"]
