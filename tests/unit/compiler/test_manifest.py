"""What holds for every manifest: names, references, waits, production defaults. And what is refused."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from kai_pipelines import Gpu, ImageSet, Mesh, PointCloud, Retry, for_each, pipeline, step, switch
from kai_pipelines.compiler import compile_pipeline
from kai_pipelines.compiler.step import retry_strategy, step_template
from kai_pipelines.errors import AuthoringError
from kai_pipelines.expression import evaluate, parse_depends, tags
from tests.golden.constructs import looping_over_files, plain_chain, varying, with_exit
from tests.unit.compiler.manifests import compiled, every_manifest, spec_of, templates_of
from tests.vocabulary import cut, join, notify, polish, reconstruct, scan, surface

MANIFESTS = every_manifest()
every = pytest.mark.parametrize("manifest", MANIFESTS.values(), ids=list(MANIFESTS))

LABEL = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")  # DNS-1123, and a label's value
FIELD = re.compile(r"[a-zA-Z0-9][-a-zA-Z0-9]{0,127}")  # workflow/validate/validate.go workflowFieldNameFmt
PORT = re.compile(r"[-a-zA-Z0-9_]+")  # validate.go paramOrArtifactNameFmt


def dags(manifest: dict[str, Any]) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """Every DAG template with each of its tasks."""
    for template in spec_of(manifest)["templates"]:
        for task in template.get("dag", {}).get("tasks", []):
            yield template, task


def ports(holder: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield from holder.get("parameters", [])
    yield from holder.get("artifacts", [])


# Names


@every
def test_names_are_such_as_argo_and_kubernetes_take(manifest: dict[str, Any]) -> None:
    metadata = manifest["metadata"]
    names = [template["name"] for template in spec_of(manifest)["templates"]]

    assert LABEL.fullmatch(metadata.get("name") or metadata["generateName"].rstrip("-"))
    assert all(LABEL.fullmatch(value) for value in metadata["labels"].values())
    assert all(FIELD.fullmatch(name) for name in names)
    assert len(set(names)) == len(names)
    for template in spec_of(manifest)["templates"]:
        for holder in (template.get("inputs", {}), template.get("outputs", {})):
            found = [port["name"] for port in ports(holder)]
            assert all(PORT.fullmatch(name) for name in found)
            assert len(set(found)) == len(found)


@every
def test_task_names_are_unique_and_begin_with_a_letter(manifest: dict[str, Any]) -> None:
    seen: dict[str, list[str]] = {}
    for template, task in dags(manifest):
        assert FIELD.fullmatch(task["name"])
        assert not task["name"][0].isdigit()
        seen.setdefault(template["name"], []).append(task["name"])

    assert all(len(set(names)) == len(names) for names in seen.values())


def test_a_name_comes_first_and_the_entrypoint_is_the_first_template() -> None:
    for manifest in MANIFESTS.values():
        spec = spec_of(manifest)
        assert spec["templates"][0]["name"] == spec["entrypoint"]
        assert all(next(iter(template)) == "name" for template in spec["templates"])
        assert all(next(iter(task)) == "name" for _, task in dags(manifest))


# References


@every
def test_every_dag_has_a_task_and_every_task_a_template_that_takes_its_arguments(manifest: dict[str, Any]) -> None:
    templates = templates_of(manifest)
    assert all(template["dag"]["tasks"] for template in templates.values() if "dag" in template)
    for _, task in dags(manifest):
        target = templates[task["template"]]
        taken = {port["name"]: port for port in ports(target.get("inputs", {}))}
        given = {port["name"] for port in ports(task.get("arguments", {}))}
        needed = {name for name, port in taken.items() if "default" not in port and not port.get("optional")}
        assert given <= set(taken), task
        assert needed <= given, task


@every
def test_every_tag_of_a_task_names_an_input_or_an_output_of_a_task_that_it_waits_for(manifest: dict[str, Any]) -> None:
    templates = templates_of(manifest)
    for template, task in dags(manifest):
        inputs = {port["name"] for port in ports(template.get("inputs", {}))}
        waits = set(parse_depends(task["depends"]).names) if "depends" in task else set()
        others = {other["name"]: templates[other["template"]] for other in template["dag"]["tasks"]}
        for tag in tags(json.dumps(task)):
            if tag.is_expression:
                continue
            kind, _, rest = tag.content.partition(".")
            if kind == "inputs":
                assert rest.split(".")[1] in inputs
            elif kind == "tasks":
                name, _, _, output = rest.split(".")
                assert name in waits
                assert output in {port["name"] for port in ports(others[name]["outputs"])}
            else:
                assert kind in {"item", "workflow"}, tag


@every
def test_every_wait_is_for_a_task_of_the_same_dag(manifest: dict[str, Any]) -> None:
    for template, task in dags(manifest):
        names = {other["name"] for other in template["dag"]["tasks"]}
        if "depends" in task:
            assert set(parse_depends(task["depends"]).names) <= names - {task["name"]}


@every
def test_a_condition_is_one_expression_and_never_a_value_beside_an_operator(manifest: dict[str, Any]) -> None:
    for _, task in dags(manifest):
        if "when" in task:
            assert re.fullmatch(r"\{\{= [^{}]* \}\}", task["when"])


# Defaults for production


@every
def test_every_container_is_limited_to_what_it_requests(manifest: dict[str, Any]) -> None:
    for template in spec_of(manifest)["templates"]:
        if "container" in template:
            resources = template["container"]["resources"]
            assert set(resources["requests"]) >= {"cpu", "memory", "ephemeral-storage"}
            assert resources["limits"] == resources["requests"]


@every
def test_a_workflow_runs_without_privileges_and_leaves_nothing_behind(manifest: dict[str, Any]) -> None:
    spec = spec_of(manifest)
    container = spec["templateDefaults"]["container"]

    assert spec["securityContext"]["runAsNonRoot"] is True
    assert container["securityContext"]["readOnlyRootFilesystem"] is True
    assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}
    assert {mount["name"] for mount in container["volumeMounts"]} == {volume["name"] for volume in spec["volumes"]}
    assert spec["ttlStrategy"]["secondsAfterSuccess"] > 0
    assert spec["podGC"]["strategy"] == "OnPodSuccess"
    assert spec["archiveLogs"] is True
    assert manifest["metadata"]["annotations"]["workflows.argoproj.io/title"]


def test_a_step_that_gave_up_for_good_is_not_tried_again() -> None:
    expression = templates_of(compiled("plain-chain"))["reconstruct"]["retryStrategy"]["expression"]

    def again(code: str) -> object:
        return evaluate(expression, {"lastRetry.exitCode": code})

    assert again("75") is True
    assert again("1") is True
    assert again("-1") is True
    assert again("137") is False  # it needs as much memory the next time
    assert again("64") is False
    assert again("65") is False
    assert again("70") is False


@pytest.mark.parametrize(("after_timeout", "again"), [(True, True), (False, False)])
def test_a_step_that_only_computes_can_say_that_more_time_is_no_use(after_timeout: bool, again: bool) -> None:
    expression = retry_strategy(Retry(after_timeout=after_timeout))["expression"]
    late = "Pod was active on the node longer than the specified deadline"  # Kubernetes, pod_workers.go

    assert evaluate(expression, {"lastRetry.exitCode": "143", "lastRetry.message": late}) is again
    assert evaluate(expression, {"lastRetry.exitCode": "1", "lastRetry.message": "main: Error (exit code 1)"}) is True
    assert evaluate(expression, {"lastRetry.exitCode": "65", "lastRetry.message": ""}) is False


def test_a_step_that_is_not_kept_says_so_to_whoever_keeps_results() -> None:
    @step(cache=False)
    def look() -> int:
        return 0

    assert step_template(look, "image")["metadata"] == {"annotations": {"kai-pipelines/cache": "disabled"}}


def test_a_report_is_stored_as_it_is_and_a_mesh_as_an_archive() -> None:
    outputs = templates_of(compiled("several-outputs"))["scan"]["outputs"]["artifacts"]
    mesh = templates_of(compiled("several-outputs"))["surface"]["outputs"]["artifacts"]

    assert outputs == [{"name": "report", "path": "/kai/outputs/report.html", "archive": {"none": {}}}]
    assert mesh == [{"name": "result", "path": "/kai/outputs/result.ply"}]


def test_the_submit_form_shows_choices_defaults_and_descriptions() -> None:
    assert compiled("several-outputs")["spec"]["arguments"]["parameters"] == [
        {"name": "quality", "value": "auto", "enum": ["low", "medium", "high", "auto"], "description": "auto chooses"},
        {"name": "size", "value": "480"},
        {
            "name": "photos_key",
            "value": "inputs/photos",
            "description": "Where the input photos is: its key in the artifact repository.",
        },
    ]


# Kinds


def test_the_kinds_share_one_spec() -> None:
    template, workflow = compiled("plain-chain"), compiled("plain-chain.workflow")

    assert workflow["kind"] == "Workflow"
    assert workflow["spec"] == template["spec"]
    assert workflow["metadata"]["generateName"] == "plain-chain-"
    assert "name" not in workflow["metadata"]
    cron = compiled("nightly.cron")
    assert cron["spec"]["workflowSpec"] == compiled("nightly")["spec"]
    assert cron["spec"]["schedules"] == ["0 3 * * *"]


def test_a_cron_workflow_needs_a_schedule() -> None:
    with pytest.raises(AuthoringError, match="plain-chain has no schedule") as caught:
        compile_pipeline(plain_chain, "CronWorkflow")

    assert "schedule=" in (caught.value.hint or "")


# Variants


def test_a_variant_of_a_step_is_a_patch_of_its_pod_and_no_second_template() -> None:
    manifest = compile_pipeline(varying)
    names = [name for name in templates_of(manifest) if name.startswith("surface")]
    arguments = {task["name"]: task.get("arguments", {}).get("parameters", []) for _, task in dags(manifest)}
    (patch,) = [one["value"] for one in arguments["surface-2"] if one["name"] == "pod_spec_patch"]

    assert names == ["surface"]
    assert templates_of(manifest)["surface"]["podSpecPatch"] == "{{inputs.parameters.pod_spec_patch}}"
    assert not [one for one in arguments["surface"] if one["name"] == "pod_spec_patch"]
    spec = json.loads(patch)
    assert spec["containers"][0]["name"] == "main"
    assert spec["containers"][0]["resources"]["requests"]["memory"] == "64Gi"
    assert spec["nodeSelector"] == {"node-type": "memory-optimized"}


# What is refused


@step
def a_chain(photos: ImageSet) -> PointCloud:
    """A step."""
    raise NotImplementedError


@step
def slice_points(points: PointCloud, part: int, result_key: str = "", pod_spec_patch: str = "") -> PointCloud:
    """A step whose parameters have the names of those that the compiler adds."""
    raise NotImplementedError


@step
def gather(parts: list[PointCloud]) -> PointCloud:
    """Parts made one."""
    raise NotImplementedError


@pipeline
def sliced(photos: ImageSet) -> PointCloud:
    points = reconstruct(photos)
    return gather(for_each([1, 2], lambda part: slice_points(points, part)))


@pipeline
def patched(photos: ImageSet) -> PointCloud:
    return slice_points.with_(cpu=7)(reconstruct(photos), 1)


def test_a_parameter_with_the_name_of_one_that_the_template_needs_is_refused() -> None:
    for wrong, name in ((sliced, "result_key"), (patched, "pod_spec_patch")):
        with pytest.raises(AuthoringError, match=f":slice_points: .* needs the name {name} "):
            compile_pipeline(wrong)


def test_a_step_and_a_pipeline_of_one_name_are_refused() -> None:
    def a_chain_(photos: ImageSet) -> PointCloud:
        return a_chain(photos)

    with pytest.raises(AuthoringError, match=r":a_chain has the name of the template 'a-chain'"):
        compile_pipeline(pipeline(a_chain_))


def test_two_steps_of_one_name_are_refused_at_the_second_call() -> None:
    @step
    def surface(mesh: Mesh) -> Mesh:
        return mesh

    other = surface

    @pipeline
    def twins(photos: ImageSet) -> Mesh:
        from tests.vocabulary import surface

        return other(surface(reconstruct(photos)))

    with pytest.raises(AuthoringError, match="two steps are called surface") as caught:
        compile_pipeline(twins)

    assert caught.value.path == __file__


def test_a_loop_that_collects_files_may_run_only_once() -> None:
    @pipeline
    def twice(photos: ImageSet) -> Mesh:
        return polish(looping_over_files(photos), mask=looping_over_files(photos))

    @pipeline
    def looped(photos: ImageSet) -> Mesh:
        points = reconstruct(photos)

        def body(tile: int) -> Mesh:
            cut(points, tile)
            return polish(looping_over_files(photos))

        return join(for_each([1, 2], body), [1])

    for wrong in (twice, looped):
        with pytest.raises(AuthoringError, match="collects artifacts and runs more than once"):
            compile_pipeline(wrong)


def test_a_nested_pipeline_whose_loop_collects_files_may_be_called_once() -> None:
    @pipeline
    def once(photos: ImageSet) -> Mesh:
        return polish(looping_over_files(photos))

    assert "looping-over-files" in templates_of(compile_pipeline(once))


def test_deeply_nested_choices_keep_names_that_argo_takes() -> None:
    @pipeline
    def a_pipeline_with_quite_a_long_name_for_a_pipeline(photos: ImageSet) -> Mesh:
        sharp = scan(photos).sharp
        points = reconstruct(photos)

        def choose(depth: int) -> Mesh:
            if depth == 0:
                return polish(surface(points))
            return switch(sharp, true=lambda: polish(choose(depth - 1)), false=lambda: polish(surface(points)))

        return choose(5)

    names = list(templates_of(compile_pipeline(a_pipeline_with_quite_a_long_name_for_a_pipeline)))

    assert max(map(len, names)) <= 128
    assert len(set(names)) == len(names)


def test_compiling_leaves_the_graph_as_it_was() -> None:
    before = [graph.name for graph in (with_exit.graph, plain_chain.graph)]

    first = compile_pipeline(with_exit)

    assert compile_pipeline(with_exit) == first
    assert [graph.name for graph in (with_exit.graph, plain_chain.graph)] == before


def test_a_gpu_variant_of_a_step_moves_to_the_pool_of_its_gpus() -> None:
    @pipeline
    def big(photos: ImageSet) -> PointCloud:
        reconstruct(photos)
        return reconstruct.with_(gpu=Gpu(4))(photos)

    arguments = {
        task["name"]: task["arguments"]["parameters"]
        for _, task in dags(compile_pipeline(big))
        if task["name"] == "reconstruct-2"
    }
    patch = json.loads(arguments["reconstruct-2"][0]["value"])

    assert patch["nodeSelector"] == {"node-type": "gpu-high-end"}
    assert patch["containers"][0]["resources"]["limits"]["nvidia.com/gpu"] == "4"


def test_an_exit_handler_is_a_dag_of_its_own_with_what_argo_knows() -> None:
    manifest = compile_pipeline(with_exit)
    (task,) = templates_of(manifest)["on-exit"]["dag"]["tasks"]

    assert manifest["spec"]["onExit"] == "on-exit"  # type: ignore[index]  # pyright: ignore[reportIndexIssue]
    assert task["template"] == notify.name
    assert task["arguments"]["parameters"] == [
        {"name": "status", "value": "{{workflow.status}}"},
        {"name": "failures", "value": "{{workflow.failures}}"},
    ]


def test_files_that_fan_in_are_stored_under_one_key_and_read_as_one_folder() -> None:
    manifest = compile_pipeline(looping_over_files)
    tasks = {task["name"]: task for _, task in dags(manifest)}
    (made,) = templates_of(manifest)["cut"]["outputs"]["artifacts"]
    keys = {one["name"]: one["value"] for one in tasks["tile"]["arguments"]["parameters"]}
    (folder,) = tasks["join"]["arguments"]["artifacts"]

    assert made["s3"] == {"key": "{{inputs.parameters.mesh_key}}"}
    assert made["archive"] == {"none": {}}
    assert keys["mesh_key"] == "{{workflow.name}}/looping-over-files/tile/mesh/{{item.index}}.ply"
    assert folder == {
        "name": "parts",
        "s3": {"key": "{{workflow.name}}/looping-over-files/tile/mesh"},
        "optional": True,
    }
