"""Pods with all their pieces, as real processes: what containers see, share and leave, and what stays untouched."""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from kai_pipelines.engine import Run, RunRequest, run
from kai_pipelines.engine.executor import LocalProcesses
from kai_pipelines.errors import ManifestError
from tests.fakes import Notes
from tests.integration.test_engine import shell, workflow

Object = dict[str, Any]


def run_here(manifest: Object, folder: Path, *given: Object, isolate: bool = True, **artifacts: Path) -> Run:
    """Run with a new store below `folder`; `given` are documents beside the workflow."""
    request = RunRequest(
        manifest, {}, artifacts, folder / "out", 2, True, folder / "store", siblings=given, isolate=isolate
    )
    return run(request, Notes())


def said(folder: Path, name: str = "wf") -> str:
    """What a pod printed."""
    return (folder / "out" / "logs" / f"{name}.log").read_text(encoding="utf-8")


def parameter(name: str, path: str, **more: Any) -> Object:
    return {"name": name, "valueFrom": {"path": path, **more}}


def message(made: Run) -> str:
    found: str = made.workflow["status"].get("message", "")
    return found


@pytest.fixture(scope="session")
def _isolated(tmp_path_factory: pytest.TempPathFactory) -> bool:
    processes = LocalProcesses()
    try:
        return processes.isolation(tmp_path_factory.mktemp("probe") / "view") is not None
    finally:
        processes.close()


@pytest.fixture
def isolated(_isolated: bool) -> None:
    if not _isolated:
        pytest.skip("this machine allows no mount namespaces")


# Views


@pytest.mark.usefixtures("isolated")
def test_what_a_step_does_to_the_file_system_stays_its_own(tmp_path: Path) -> None:
    precious = tmp_path / "precious.txt"
    precious.write_text("mine", encoding="utf-8")
    script = (
        f"echo changed > {precious} 2>/dev/null; rm -rf {tmp_path} /home /srv /usr/share/doc; echo x > /kai-was-here"
    )

    made = run_here(workflow(shell("main", script.replace("; ", " || :; ", 1))), tmp_path)

    assert made.phase == "Succeeded", said(tmp_path)
    assert precious.read_text(encoding="utf-8") == "mine"
    assert not Path("/kai-was-here").exists()
    assert Path("/usr/share/doc").exists()


@pytest.mark.usefixtures("isolated")
def test_steps_side_by_side_have_the_same_paths_to_themselves(tmp_path: Path) -> None:
    script = "echo {{inputs.parameters.n}} > /result; sleep 0.3; cat /result; mkdir /data; cp /result /data/r"
    pod = shell("pod", script, inputs={"parameters": [{"name": "n"}]})
    pod["outputs"] = {"parameters": [parameter("r", "/data/r")]}
    items = [{"name": "n", "value": "{{item}}"}]
    main = {
        "name": "main",
        "steps": [[{"name": "a", "template": "pod", "arguments": {"parameters": items}, "withItems": [1, 2, 3]}]],
    }

    made = run_here(workflow(main, pod), tmp_path)

    nodes = made.workflow["status"]["nodes"].values()
    found = {
        n["inputs"]["parameters"][0]["value"]: n["outputs"]["parameters"][0]["value"]
        for n in nodes
        if n["type"] == "Pod"
    }
    assert found == {"1": "1", "2": "2", "3": "3"}


@pytest.mark.usefixtures("isolated")
def test_an_input_may_be_changed_and_is_whole_for_the_next_step(tmp_path: Path) -> None:
    photos = tmp_path / "photos"
    photos.mkdir()
    (photos / "a").write_text("1\n", encoding="utf-8")
    pod = shell("pod", "rm /in/a; echo 2 > /in/b; ls /in")
    pod["inputs"] = {"artifacts": [{"name": "photos", "path": "/in"}]}
    arguments = {"artifacts": [{"name": "photos", "from": "{{inputs.artifacts.photos}}"}]}
    steps = [[{"name": name, "template": "pod", "arguments": arguments}] for name in ("a", "b")]
    main = {"name": "main", "inputs": {"artifacts": [{"name": "photos"}]}, "steps": steps}

    made = run_here(workflow(main, pod, arguments={"artifacts": [{"name": "photos"}]}), tmp_path, photos=photos)

    assert made.phase == "Succeeded", message(made)
    assert [path.name for path in photos.iterdir()] == ["a"]
    assert said(tmp_path, "wf_1_.b") == "b\n"


@pytest.mark.usefixtures("isolated")
def test_nothing_that_a_step_started_outlives_it(tmp_path: Path) -> None:
    from tests.integration.test_engine import running, sleeper

    marker = sleeper()

    made = run_here(workflow(shell("main", f"setsid sleep {marker} > /dev/null 2>&1 & exit 0")), tmp_path)

    assert made.phase == "Succeeded"
    assert not running(marker)


def test_without_views_an_output_that_no_command_names_is_refused_by_its_path(tmp_path: Path) -> None:
    pod = shell("main", "true", outputs=[{"name": "o", "path": "/somewhere/else"}])

    made = run_here(workflow(pod), tmp_path, isolate=False)

    assert made.phase == "Error"
    assert "/somewhere/else" in message(made)


@pytest.mark.parametrize("isolate", [True, False])
def test_files_pass_from_step_to_step_with_and_without_views(tmp_path: Path, isolate: bool) -> None:
    first = shell("first", "echo hello > /tmp/o", outputs=[{"name": "o", "path": "/tmp/o"}])
    second = shell("second", "tr a-z A-Z < /tmp/i > /tmp/p", inputs={"artifacts": [{"name": "i", "path": "/tmp/i"}]})
    second["outputs"] = {"parameters": [parameter("p", "/tmp/p")]}
    passed = {"artifacts": [{"name": "i", "from": "{{steps.a.outputs.artifacts.o}}"}]}
    main = {
        "name": "main",
        "steps": [[{"name": "a", "template": "first"}], [{"name": "b", "template": "second", "arguments": passed}]],
        "outputs": {"parameters": [{"name": "p", "valueFrom": {"parameter": "{{steps.b.outputs.parameters.p}}"}}]},
    }

    made = run_here(workflow(main, first, second), tmp_path, isolate=isolate)

    assert made.parameters == {"p": "HELLO"}


# Containers before, beside and together


def test_init_containers_run_in_order_and_share_volumes(tmp_path: Path) -> None:
    pod = shell(
        "main",
        "cat /work/log",
        initContainers=[
            {
                "name": name,
                "image": "busybox",
                "command": ["sh", "-c", f"echo {name} >> /work/log"],
                "mirrorVolumeMounts": True,
            }
            for name in ("one", "two")
        ],
        volumes=[{"name": "work", "emptyDir": {}}],
    )
    pod["container"]["volumeMounts"] = [{"name": "work", "mountPath": "/work"}]

    made = run_here(workflow(pod), tmp_path)

    assert (made.phase, said(tmp_path)) == ("Succeeded", "one\ntwo\n")


def test_an_init_container_that_fails_fails_the_pod_and_main_never_runs(tmp_path: Path) -> None:
    first = {"name": "first", "image": "busybox", "command": ["sh", "-c", "exit 3"]}

    made = run_here(workflow(shell("main", "echo never", initContainers=[first])), tmp_path)

    assert (made.phase, message(made)) == ("Failed", "first: Error (exit code 3)")
    assert not (tmp_path / "out" / "logs" / "wf.log").exists()


def test_a_sidecar_serves_while_main_runs_and_is_stopped_afterwards(tmp_path: Path) -> None:
    beside = {"name": "beside", "image": "busybox", "mirrorVolumeMounts": True}
    beside["command"] = ["sh", "-c", "echo up > /work/ready; sleep 300"]
    pod = shell(
        "main",
        "until [ -e /work/ready ]; do sleep 0.05; done",
        sidecars=[beside],
        volumes=[{"name": "w", "emptyDir": {}}],
    )
    pod["container"]["volumeMounts"] = [{"name": "w", "mountPath": "/work"}]

    made = run_here(workflow(pod), tmp_path)

    assert made.phase == "Succeeded", message(made)


def test_a_sidecar_that_fails_by_itself_fails_the_pod(tmp_path: Path) -> None:
    beside = {"name": "beside", "image": "busybox", "command": ["sh", "-c", "exit 9"]}

    made = run_here(workflow(shell("main", "sleep 0.5", sidecars=[beside])), tmp_path)

    assert (made.phase, message(made)) == ("Failed", "beside: Error (exit code 9)")


def _set(*containers: Object, **more: Any) -> Object:
    return {
        "name": "main",
        "volumes": [{"name": "work", "emptyDir": {}}],
        "containerSet": {
            "volumeMounts": [{"name": "work", "mountPath": "/work"}],
            "containers": list(containers),
            **more,
        },
    }


def _one(name: str, script: str, *dependencies: str) -> Object:
    return {"name": name, "image": "busybox", "command": ["sh", "-ec", script], "dependencies": list(dependencies)}


def test_containers_of_a_set_wait_for_those_they_depend_on(tmp_path: Path) -> None:
    pod = _set(
        _one("main", "cat /work/log > /work/out", "b", "c"),
        _one("b", "cat /work/a; echo b >> /work/log", "a"),
        _one("c", "cat /work/a; echo c >> /work/log", "b"),
        _one("a", "sleep 0.2; echo a > /work/a"),
    )
    pod["outputs"] = {"parameters": [parameter("log", "/work/out")]}

    made = run_here(workflow(pod), tmp_path)

    assert made.parameters == {"log": "b\nc"}, message(made)
    kinds = [node["type"] for node in made.workflow["status"]["nodes"].values()]
    assert sorted(kinds) == ["Container"] * 4 + ["Pod"]


def test_a_container_of_a_set_that_fails_takes_the_others_with_it(tmp_path: Path) -> None:
    pod = _set(_one("a", "exit 2"), _one("b", "true", "a"), _one("c", "sleep 300"))

    made = run_here(workflow(pod), tmp_path)

    nodes = {n["displayName"]: (n["phase"], n.get("message")) for n in made.workflow["status"]["nodes"].values()}
    assert nodes == {
        "wf": ("Failed", "a: Error (exit code 2)"),
        "a": ("Failed", "a: Error (exit code 2): "),
        "b": ("Error", 'b: Error (exit code 64): dependency "a" exited with non-zero code: 2'),
        "c": ("Failed", "c: Error (exit code 143): "),
    }


def test_a_set_tries_a_container_again_inside_its_pod(tmp_path: Path) -> None:
    script = "n=$(cat /work/n 2>/dev/null || echo 0); echo $((n + 1)) > /work/n; [ $n -ge 2 ]"

    made = run_here(workflow(_set(_one("main", script), retryStrategy={"retries": "3"})), tmp_path)

    assert made.phase == "Succeeded"


# Variables and volumes


def _config() -> Object:
    return {"kind": "ConfigMap", "metadata": {"name": "settings"}, "data": {"color": "red", "size": "3"}}


def _secret() -> Object:
    return {"kind": "Secret", "metadata": {"name": "login"}, "data": {"key": base64.b64encode(b"hush").decode()}}


def test_configmaps_and_secrets_are_variables_and_files_to_read_only(tmp_path: Path) -> None:
    script = "echo $COLOR $key; cat /config/size /all/token /all/who; touch /config/x 2>/dev/null && exit 1; exit 0"
    pod = shell("main", script)
    pod["container"] |= {
        "env": [{"name": "COLOR", "valueFrom": {"configMapKeyRef": {"name": "settings", "key": "color"}}}],
        "envFrom": [{"secretRef": {"name": "login"}}],
        "volumeMounts": [{"name": "config", "mountPath": "/config"}, {"name": "all", "mountPath": "/all"}],
    }
    sources = [
        {"secret": {"name": "login", "items": [{"key": "key", "path": "token"}]}},
        {"downwardAPI": {"items": [{"path": "who", "fieldRef": {"fieldPath": "metadata.namespace"}}]}},
    ]
    pod["volumes"] = [
        {"name": "config", "configMap": {"name": "settings"}},
        {"name": "all", "projected": {"sources": sources}},
    ]

    made = run_here(workflow(pod), tmp_path, _config(), _secret())

    assert (made.phase, said(tmp_path)) == ("Succeeded", "red hush\n3hushdefault")


def test_a_changed_configmap_runs_the_step_again(tmp_path: Path) -> None:
    pod = shell("main", "echo $color > /tmp/o", outputs=[{"name": "o", "path": "/tmp/o"}])
    pod["container"]["envFrom"] = [{"configMapRef": {"name": "settings"}}]
    changed = {**_config(), "data": {"color": "blue"}}

    executed = [run_here(workflow(pod), tmp_path, given).executed for given in (_config(), _config(), changed)]

    assert executed == [1, 0, 1]


def _writing(mount: str) -> tuple[Object, Object]:
    write = shell("write", "echo $(cat /data/n 2>/dev/null)x > /data/n")
    read = shell("read", "cat /data/n > /tmp/o", outputs=[{"name": "o", "path": "/tmp/o"}])
    for pod in (write, read):
        pod["container"]["volumeMounts"] = [{"name": mount, "mountPath": "/data"}]
    return write, read


def _both() -> Object:
    steps = [[{"name": "w", "template": "write"}], [{"name": "r", "template": "read"}]]
    from_read = {"name": "o", "from": "{{steps.r.outputs.artifacts.o}}"}
    return {"name": "main", "steps": steps, "outputs": {"artifacts": [from_read]}}


def test_a_claim_of_the_workflow_lasts_for_the_run_and_an_existing_one_for_good(tmp_path: Path) -> None:
    own = {"volumeClaimTemplates": [{"metadata": {"name": "data"}}]}
    kept = {"volumes": [{"name": "data", "persistentVolumeClaim": {"claimName": "mine"}}]}

    def contents(spec: Object) -> str:
        made = run_here(workflow(_both(), *_writing("data"), **spec), tmp_path)
        assert made.phase == "Succeeded", message(made)
        return (tmp_path / "out" / "o").read_text(encoding="utf-8").strip()

    assert [contents(own), contents(own)] == ["x", "x"]
    assert [contents(kept), contents(kept)] == ["x", "xx"]
    assert (tmp_path / "store" / "claims" / "mine" / "n").is_file()


def test_an_output_in_a_volume_stays_in_the_volume(tmp_path: Path) -> None:
    pod = shell("main", "echo x > /data/n", outputs=[{"name": "n", "path": "/data/n"}])
    pod["container"]["volumeMounts"] = [{"name": "data", "mountPath": "/data"}]
    pod["volumes"] = [{"name": "data", "persistentVolumeClaim": {"claimName": "mine"}}]

    made = run_here(workflow(pod), tmp_path)

    assert made.phase == "Succeeded", message(made)
    assert (tmp_path / "store" / "claims" / "mine" / "n").read_text(encoding="utf-8") == "x\n"


def test_a_patch_of_the_pod_changes_its_containers(tmp_path: Path) -> None:
    patch = {"containers": [{"name": "main", "env": [{"name": "A", "value": "{{workflow.name}}"}]}]}
    pod = shell("main", "echo $A $B", podSpecPatch=json.dumps(patch))
    pod["container"]["env"] = [{"name": "B", "value": "b"}]

    made = run_here(workflow(pod), tmp_path)

    assert (made.phase, said(tmp_path)) == ("Succeeded", "wf b\n")


# Endings


@pytest.mark.usefixtures("isolated")
def test_a_termination_message_is_part_of_why_a_pod_failed(tmp_path: Path) -> None:
    made = run_here(workflow(shell("main", "echo too dark > /dev/termination-log; exit 4")), tmp_path)

    assert (made.phase, message(made)) == ("Failed", "main: Error (exit code 4): too dark")


def test_a_missing_parameter_is_told_as_argo_tells_it(tmp_path: Path) -> None:
    pod = shell("main", "true /tmp/p")
    pod["outputs"] = {"parameters": [parameter("p", "/tmp/p")]}

    made = run_here(workflow(pod), tmp_path)

    wanted = "wait: Error (exit code 64): open /var/run/argo/outputs/parameters/tmp/p: no such file or directory"
    assert (made.phase, message(made)) == ("Error", wanted)


def test_a_parameter_that_was_not_written_may_have_a_default(tmp_path: Path) -> None:
    pod = shell("main", "true /tmp/p")
    pod["outputs"] = {"parameters": [parameter("p", "/tmp/p", default="none")]}

    assert run_here(workflow(pod), tmp_path).parameters == {"p": "none"}


def test_outputs_of_a_pod_that_failed_are_kept_as_far_as_they_are_there(tmp_path: Path) -> None:
    pod = shell("main", "echo 1 > /tmp/p; exit 1")
    pod["outputs"] = {"parameters": [parameter("p", "/tmp/p")]}

    made = run_here(workflow(pod), tmp_path)

    (node,) = made.workflow["status"]["nodes"].values()
    assert (node["message"], node["outputs"]["parameters"][0]["value"]) == ("main: Error (exit code 1)", "1")


def test_a_long_result_is_cut_at_its_beginning(tmp_path: Path) -> None:
    script = {"image": "python:3", "command": ["python"], "source": "print('a' * 300_000 + 'end')"}
    main = {
        "name": "main",
        "steps": [[{"name": "a", "template": "say"}]],
        "outputs": {"parameters": [{"name": "r", "valueFrom": {"parameter": "{{steps.a.outputs.result}}"}}]},
    }

    made = run_here(workflow(main, {"name": "say", "script": script}), tmp_path)

    assert len(made.parameters["r"]) == 256 * 1024
    assert made.parameters["r"].endswith("aend")


# Images


@pytest.mark.parametrize(
    ("container", "printed"),
    [
        ({"image": "argoproj/argosay:v2"}, "hello argo\n"),
        ({"image": "argoproj/argosay:v2", "args": ["echo", "hi"]}, "hi\n"),
        ({"image": "argoproj/argosay:v2", "command": ["/argosay"], "args": ["cat", "/etc/hostname"]}, None),
        ({"image": "python:3.11", "args": ["python", "-c", "print(6 * 7)"]}, "42\n"),
        ({"image": "docker/whalesay", "command": ["cowsay"], "args": ["hello world"]}, None),
    ],
)
def test_images_start_what_they_start_by_themselves(tmp_path: Path, container: Object, printed: str | None) -> None:
    made = run_here(workflow({"name": "main", "container": container}), tmp_path)

    assert made.phase == "Succeeded", (message(made), said(tmp_path))
    assert printed is None or said(tmp_path) == printed


def test_an_image_that_a_tag_names_is_judged_when_it_is_known(tmp_path: Path) -> None:
    pod = {"name": "main", "container": {"image": "{{workflow.parameters.image}}", "command": ["true"]}}
    arguments = {"parameters": [{"name": "image", "value": "own/tool:1"}]}

    made = run_here(workflow(pod, arguments=arguments), tmp_path)

    assert made.phase == "Error"
    assert "own/tool:1" in message(made)


# Object storage as a folder


def test_an_output_with_a_key_lies_in_the_folder_and_another_workflow_reads_it(tmp_path: Path) -> None:
    place = {"bucket": "models", "key": "a/b.tgz"}
    write = shell("main", "echo 1 > /tmp/o", outputs=[{"name": "o", "path": "/tmp/o", "s3": place}])
    read = shell("main", "cat /tmp/i", inputs={"artifacts": [{"name": "i", "path": "/tmp/i", "s3": place}]})

    made = run_here(workflow(write), tmp_path)

    kept = tmp_path / "store" / "repository" / "models" / "a" / "b.tgz"
    assert made.phase == "Succeeded", message(made)
    assert kept.read_bytes()[:2] == b"\x1f\x8b"
    assert run_here(workflow(read), tmp_path).phase == "Succeeded"
    assert said(tmp_path) == "1\n"


def test_what_is_not_in_the_folder_is_told_with_its_place(tmp_path: Path) -> None:
    place = {"bucket": "models", "key": "nothing"}
    read = shell("main", "true", inputs={"artifacts": [{"name": "i", "path": "/tmp/i", "gcs": place}]})

    made = run_here(workflow(read), tmp_path)

    assert made.phase == "Error"
    assert str(tmp_path / "store" / "repository" / "models" / "nothing") in message(made)


class _Server(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200 if self.path == "/file" else 404)
        self.end_headers()
        self.wfile.write(b"served")

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@pytest.fixture
def address() -> Iterator[str]:
    server = HTTPServer(("127.0.0.1", 0), _Server)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_an_artifact_of_this_machine_is_fetched_over_http(tmp_path: Path, address: str) -> None:
    def reading(path: str) -> Object:
        artifact = {"name": "i", "path": "/tmp/i", "http": {"url": f"{address}{path}"}}
        return workflow(shell("main", "cat /tmp/i", inputs={"artifacts": [artifact]}))

    good = run_here(reading("/file"), tmp_path)
    printed = said(tmp_path)
    bad = run_here(reading("/other"), tmp_path)

    assert (good.phase, printed) == ("Succeeded", "served")
    assert bad.phase == "Error"
    assert f"{address}/other cannot be fetched: Not Found" in message(bad)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"container": {"image": "own/tool:1", "command": ["x"]}}, "the image own/tool:1 cannot run here"),
        ({"container": {"image": "quay.io/argoproj/argoexec:v4", "command": ["x"]}}, "Argo's own programs"),
        ({"container": {"image": "ruby-no-such:1", "command": ["x"]}}, "ruby-no-such"),
        (
            {"inputs": {"artifacts": [{"name": "i", "path": "/i", "git": {"repo": "x"}}]}},
            "the artifact i is kept in git",
        ),
        (
            {"inputs": {"artifacts": [{"name": "i", "path": "/i", "http": {"url": "http://example.com/x"}}]}},
            "example.com",
        ),
        ({"sidecars": [{"name": "s", "image": "own/tool:1"}]}, "template main, container s: the image own/tool:1"),
        ({"volumes": [{"name": "v", "hostPath": {"path": "/"}}]}, "the volume v cannot be had here: hostPath"),
        ({"volumes": [{"name": "v", "nfs": {"path": "/"}}]}, "the volume v is kept in nfs"),
        ({"volumes": [{"name": "v", "secret": {"secretName": "no"}}]}, "the Secret no was not given"),
        ({"volumes": []}, "there is no volume v to mount"),
    ],
)
def test_what_is_not_here_is_refused_before_anything_starts(tmp_path: Path, change: Object, says: str) -> None:
    pod = {**shell("main", "true"), **change}
    pod["container"] = {
        **pod["container"],
        "volumeMounts": [{"name": "v", "mountPath": "/v"}] if "volumes" in change else [],
    }

    with pytest.raises(ManifestError, match=says):
        run_here(workflow(pod), tmp_path)


def test_the_store_is_as_before_when_a_run_has_ended(tmp_path: Path) -> None:
    run_here(workflow(shell("main", "mkdir /tmp/a; chmod 0 /tmp/a; mkdir -p /x/y", activeDeadlineSeconds=20)), tmp_path)

    assert list((tmp_path / "store" / "runs").iterdir()) == []
