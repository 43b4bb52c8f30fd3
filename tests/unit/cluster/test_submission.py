"""What is sent, under which name, and that sending twice makes one workflow."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from kai_pipelines.cluster.submission import DIGEST, LONGEST, Wish, send, submission
from kai_pipelines.errors import RefusedError, UsageError
from tests.argo_server import ArgoServer
from tests.unit.cluster.samples import asking, workflow

NOTHING = Wish({}, {})


def generated(**spec: Any) -> dict[str, Any]:
    return {**workflow(**spec), "metadata": {"generateName": "hello-"}}


def with_inputs() -> dict[str, Any]:
    arguments = {
        "parameters": [{"name": "quality", "value": "low", "enum": ["low", "high"]}, {"name": "count"}],
        "artifacts": [{"name": "photos", "archive": {"none": {}}, "s3": {"key": "inputs/photos"}}],
    }
    return generated(arguments=arguments)


def name_of(manifest: dict[str, Any], **wish: Any) -> str:
    return submission(manifest, [], replace(NOTHING, **wish)).name


def test_the_same_submission_has_the_same_name_and_another_has_another() -> None:
    first = name_of(with_inputs(), parameters={"count": "1"})

    assert first.startswith("hello-")
    assert first == name_of(with_inputs(), parameters={"count": "1"})
    others = [
        name_of(with_inputs(), parameters={"count": "2"}),
        name_of(with_inputs(), parameters={"count": "1"}, artifacts={"photos": "other"}),
        name_of(with_inputs(), parameters={"count": "1"}, run_id="build 7"),
        name_of(generated(parallelism=1)),
    ]
    assert len({first, *others}) == 5


def test_a_new_run_has_a_new_name_each_time() -> None:
    assert name_of(generated(), again=True) != name_of(generated(), again=True)


def test_a_workflow_keeps_the_name_it_was_given() -> None:
    assert name_of(workflow("nightly")) == "nightly"
    assert name_of(workflow("nightly"), name="tonight") == "tonight"
    assert name_of(workflow("nightly"), run_id="7").startswith("nightly-")


def test_a_long_name_still_fits_into_a_label() -> None:
    manifest = {**generated(), "metadata": {"generateName": f"{'a' * 80}-"}}

    assert len(name_of(manifest)) == LONGEST


def test_templates_and_schedules_become_workflows_of_their_own() -> None:
    template = {**workflow("flow"), "kind": "WorkflowTemplate"}
    cron = {**template, "kind": "CronWorkflow", "spec": {"schedules": ["0 3 * * *"], "workflowSpec": template["spec"]}}

    for manifest in (template, cron):
        made = submission(manifest, [], NOTHING).workflow
        assert (made["kind"], made["spec"]) == ("Workflow", template["spec"])
        assert made["metadata"]["name"].startswith("flow-")


def test_labels_annotations_and_the_controllers_instance_travel_along() -> None:
    manifest = generated()
    manifest["metadata"] |= {"labels": {"team": "vision"}, "annotations": {"workflows.argoproj.io/title": "Hello"}}

    metadata = submission(manifest, [], NOTHING, "second").workflow["metadata"]

    assert metadata["labels"] == {"team": "vision", "workflows.argoproj.io/controller-instanceid": "second"}
    assert set(metadata["annotations"]) == {"workflows.argoproj.io/title", DIGEST}


def test_arguments_are_filled_in_and_the_manifest_stays_as_it_is() -> None:
    manifest = with_inputs()
    wish = Wish({"quality": "high", "count": "3"}, {"photos": "photos/fountain"})

    arguments = submission(manifest, [], wish).workflow["spec"]["arguments"]

    assert [one["value"] for one in arguments["parameters"]] == ["high", "3"]
    assert arguments["artifacts"] == [{"name": "photos", "archive": {"none": {}}, "s3": {"key": "photos/fountain"}}]
    assert manifest == with_inputs()


def test_a_bucket_is_sent_with_the_address_of_its_storage() -> None:
    wish = Wish({"count": "1"}, {"photos": "s3://scans/photos/a"}, s3_endpoint="s3.example.com")

    (artifact,) = submission(with_inputs(), [], wish).workflow["spec"]["arguments"]["artifacts"]

    assert artifact["s3"] == {"endpoint": "s3.example.com", "bucket": "scans", "key": "photos/a"}


@pytest.mark.parametrize(
    ("wish", "message"),
    [
        (Wish({"qality": "low"}, {}), "has no parameter qality"),
        (Wish({"quality": "best", "count": "1"}, {}), "'best' is not one of low, high"),
        (Wish({}, {}), "needs the parameter count"),
        (Wish({"count": "1"}, {"meshes": "x"}), "has no artifact meshes"),
        (Wish({"count": "1"}, {"photos": "./photos"}), "not a place in a cluster's artifact repository"),
        (Wish({"count": "1"}, {"photos": "gs://bucket/x"}), "not a place in a cluster's artifact repository"),
        (Wish({"count": "1"}, {"photos": "s3://bucket"}), "names no bucket and key"),
        (Wish({"count": "1"}, {"photos": "s3://bucket/key"}), "needs the address of the storage"),
        (Wish({"count": "1"}, {}, name="Not A Name"), "is no name on a cluster"),
    ],
)
def test_what_cannot_be_sent_is_refused_before(wish: Wish, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        submission(with_inputs(), [], wish)


def test_sending_twice_makes_one_workflow(server: ArgoServer) -> None:
    made = submission(generated(), [], NOTHING)

    with asking(server) as client:
        first, was_new = send(client, made)
        second, again_new = send(client, made)

    assert (was_new, again_new) == (True, False)
    assert first["metadata"]["uid"] == second["metadata"]["uid"]
    assert len(server.workflows) == 1


@pytest.mark.parametrize("how", ["drop-after", "drop", "cut"])
def test_an_answer_that_was_lost_makes_no_second_workflow(server: ArgoServer, how: str) -> None:
    server.fail(how, method="POST", times=2)

    with asking(server) as client:
        found, _ = send(client, submission(generated(), [], NOTHING))

    assert list(server.workflows) == [("argo", found["metadata"]["name"])]
    assert server.count("POST") == 2 if how != "drop" else 3


def test_another_workflow_of_the_same_name_is_not_taken_for_this_one(server: ArgoServer) -> None:
    server.add(workflow("nightly"))

    with asking(server) as client, pytest.raises(RefusedError, match="another workflow is called nightly"):
        send(client, submission(workflow("nightly"), [], NOTHING))


def template(name: str, image: str = "busybox", kind: str = "WorkflowTemplate", **task: Any) -> dict[str, Any]:
    steps = {"name": "outer", "steps": [[{"name": "a", **task}]]} if task else None
    inner = {"name": "main", "container": {"image": image, "command": ["true"]}}
    templates = [one for one in (inner, steps) if one]
    return {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": kind,
        "metadata": {"name": name},
        "spec": {"templates": templates},
    }


def referring(name: str) -> dict[str, Any]:
    task = {"name": "a", "templateRef": {"name": name, "template": "main"}}
    return workflow(entrypoint="all", templates=[{"name": "all", "steps": [[task]]}])


def test_templates_that_are_referred_to_are_sent_first_and_others_are_not(server: ArgoServer) -> None:
    inner = template("inner", kind="ClusterWorkflowTemplate")
    outer = template("outer", templateRef={"name": "inner", "template": "main", "clusterScope": True})
    siblings = [template("unrelated"), outer, inner]

    with asking(server) as client:
        send(client, submission(referring("outer"), siblings, NOTHING))

    assert [path.rpartition("/v1/")[2] for method, path, _ in server.asked if method == "POST"] == [
        "cluster-workflow-templates",
        "workflow-templates/argo",
        "workflows/argo",
    ]


def test_a_template_that_is_there_and_the_same_is_left(server: ArgoServer) -> None:
    made = submission(referring("inner"), [template("inner")], NOTHING)

    with asking(server) as client:
        send(client, made)
        send(client, made)

    assert server.count("POST", "workflow-templates") == 1
    assert server.count("PUT") == 0


def test_a_template_that_differs_is_replaced_only_when_asked(server: ArgoServer) -> None:
    old = submission(referring("inner"), [template("inner")], NOTHING)
    new = submission(referring("inner"), [template("inner", image="alpine")], NOTHING)

    with asking(server) as client:
        send(client, old)
        with pytest.raises(RefusedError, match="--update-templates"):
            send(client, new)
        send(client, new, update=True)

    kept = server.templates["WorkflowTemplate", "argo", "inner"]
    assert kept["spec"]["templates"][0]["container"]["image"] == "alpine"
