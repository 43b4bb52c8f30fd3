"""`kai submit`, `status`, `logs`, `stop`, `retry`, `resume` and `suspend` against a stand-in Argo Server."""

from __future__ import annotations

import importlib
import json
import os
import shutil
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import hera.workflows  # noqa: F401  # stays imported for all tests
import pytest
import yaml

import kai_pipelines.cluster.session  # noqa: F401  # stays imported for all tests, and requests with it
from kai_pipelines.cli.main import main
from kai_pipelines.errors import RunError, UsageError
from tests.argo_server import ArgoServer
from tests.unit.cluster.samples import workflow
from tests.unit.packages import clean_imports

FLOW = """
from kai_pipelines import ImageSet, pipeline, step

@step
def greet(name: str, photos: ImageSet | None = None) -> str:
    print("greeting " + name, flush=True)
    return "hello " + name

@pipeline(title="A greeting")
def greeting(name: str = "world", photos: ImageSet | None = None) -> str:
    "Hello to someone."
    return greet(name)
"""

RUNNABLE = """
apiVersion: argoproj.io/v1alpha1
kind: Workflow
metadata: {generateName: two-steps-}
spec:
  entrypoint: main
  arguments: {parameters: [{name: word, value: hello}]}
  templates:
  - name: main
    steps:
    - - {name: first, template: say, arguments: {parameters: [{name: word, value: "{{workflow.parameters.word}}"}]}}
    - - {name: second, template: say, arguments: {parameters: [{name: word, value: goodbye}]}}
  - name: say
    inputs: {parameters: [{name: word}]}
    container:
      image: busybox
      command: [sh, -c]
      args: ['echo "{{inputs.parameters.word}}"; test "{{inputs.parameters.word}}" != fail']
"""


@dataclass
class Said:
    """What a command printed, and how it ended."""

    code: int
    out: str
    err: str


class Kai:
    """Runs `kai` in this process: importing Hera anew for each command would take a second."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        self.monkeypatch, self.capsys = monkeypatch, capsys

    def __call__(self, *words: str) -> Said:
        self.monkeypatch.setattr(sys, "argv", ["kai", *words])
        with pytest.raises(SystemExit) as ended:
            main()
        printed = self.capsys.readouterr()
        return Said(int(ended.value.code or 0), printed.out, printed.err)


@pytest.fixture
def kai(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Kai]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("KAI_STORE", str(tmp_path / "store"))
    for name in ("ARGO_TOKEN", "ARGO_INSTANCEID", "ARGO_BASE_HREF", "ARGO_INSECURE_SKIP_VERIFY"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "flow.py").write_text(FLOW, encoding="utf-8")
    (tmp_path / "two.yaml").write_text(RUNNABLE, encoding="utf-8")
    with clean_imports():
        yield Kai(monkeypatch, capsys)


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ArgoServer]:
    with ArgoServer(folder=tmp_path).serving() as started:
        reach(monkeypatch, started)
        yield started


def reach(monkeypatch: pytest.MonkeyPatch, server: ArgoServer) -> None:
    monkeypatch.setenv("ARGO_SERVER", server.address)
    monkeypatch.setenv("ARGO_SECURE", "false")
    monkeypatch.setenv("ARGO_NAMESPACE", "argo")


def test_a_pipeline_is_sent_to_a_cluster_that_holds_nothing(kai: Kai, server: ArgoServer) -> None:
    said = kai("submit", "flow.py", "-p", "name=Ada", "-a", "photos=scans/1")

    assert said.code == 0
    name = said.out.strip()
    sent = server.workflows["argo", name]
    assert sent["kind"] == "Workflow"
    arguments = {one["name"]: one["value"] for one in sent["spec"]["arguments"]["parameters"]}
    assert arguments == {"name": "Ada", "photos_key": "scans/1"}


def test_the_same_command_again_finds_what_was_sent(kai: Kai, server: ArgoServer) -> None:
    first, again, fresh = (kai("submit", "two.yaml", *more) for more in ([], [], ["--again"]))

    assert first.out == again.out != fresh.out
    assert "was sent before" in again.err
    assert len(server.workflows) == 2


def test_an_answer_that_was_lost_makes_no_second_workflow(kai: Kai, server: ArgoServer) -> None:
    server.fail("drop-after", method="POST")

    said = kai("submit", "two.yaml")

    assert (said.code, len(server.workflows)) == (0, 1)


def test_a_dry_run_prints_what_would_be_sent_and_asks_nobody(kai: Kai, server: ArgoServer) -> None:
    said = kai("submit", "two.yaml", "-p", "word=hi", "--dry-run")

    assert said.code == 0
    made = yaml.safe_load(said.out)
    assert made["spec"]["arguments"]["parameters"][0]["value"] == "hi"
    assert server.asked == []
    assert kai("submit", "two.yaml", "-p", "word=hi").out.strip() == made["metadata"]["name"]


def test_the_server_can_judge_before_anything_is_sent(kai: Kai, server: ArgoServer, tmp_path: Path) -> None:
    broken = RUNNABLE.replace("entrypoint: main", "entrypoint: nowhere")
    (tmp_path / "broken.yaml").write_text(broken, encoding="utf-8")

    assert kai("submit", "two.yaml", "--lint").code == 0
    said = kai("submit", "broken.yaml", "--lint")

    assert said.code == 2
    assert "'nowhere' undefined" in said.err
    assert server.workflows == {}


def test_a_workflow_is_watched_to_its_end(kai: Kai, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with ArgoServer(runs=True, folder=tmp_path).serving() as server:
        reach(monkeypatch, server)

        good = kai("submit", "two.yaml", "--watch")
        bad = kai("submit", "two.yaml", "-p", "word=fail", "--wait", "--json")
        name = good.out.strip()
        status, logs = kai("status", name), kai("logs", name, "--follow")
        one = kai("logs", name, "--step", "second")

    assert (good.code, bad.code) == (0, 1)
    assert [line for line in good.err.splitlines() if "✓" in line] == ["✓ first", "✓ second"]
    assert json.loads(bad.out)["status"]["phase"] == "Failed"
    assert {"├─ ✓ first", "└─ ✓ second"} <= {" ".join(line.split()[:3]) for line in status.out.splitlines()}
    assert [line.rpartition(": ")[2] for line in logs.out.splitlines()] == ["hello", "goodbye"]
    assert one.out == "goodbye\n"


def test_a_cluster_and_a_record_are_shown_alike(kai: Kai, server: ArgoServer, tmp_path: Path) -> None:
    assert kai("run", "two.yaml", "-o", "out", "--quiet").code == 0
    record = json.loads((tmp_path / "out" / "workflow.json").read_text(encoding="utf-8"))
    server.add(record)
    name = record["metadata"]["name"]

    here, there = kai("status", "out"), kai("status", name)

    assert here.code == there.code == 0
    assert [line for line in there.out.splitlines() if not line.startswith("Namespace")] == [
        line for line in here.out.splitlines() if not line.startswith("Namespace")
    ]
    assert json.loads(kai("status", "out/workflow.json", "--json").out) == record


def test_the_logs_of_a_run_here_are_its_files(kai: Kai, tmp_path: Path) -> None:
    assert kai("run", "two.yaml", "-o", "out", "--quiet").code == 0

    assert [line.rpartition(": ")[2] for line in kai("logs", "out").out.splitlines()] == ["hello", "goodbye"]
    assert kai("logs", "out", "--step", "first").out == "hello\n"
    wrong = kai("logs", "out", "--step", "frist")
    assert (wrong.code, "did you mean first?" in wrong.err) == (2, True)


def test_all_workflows_are_listed_the_latest_first(kai: Kai, server: ArgoServer) -> None:
    server.add(workflow("older"), phase="Failed", startedAt="2026-11-26T10:00:00Z", finishedAt="2026-11-26T10:00:05Z")
    server.add(workflow("newer"), phase="Running", startedAt="2026-11-27T10:00:00Z", progress="1/3")

    said = kai("status", "--all")

    assert [line.split()[:3] for line in said.out.splitlines()] == [["●", "newer", "Running"], ["✗", "older", "Failed"]]
    assert [one["metadata"]["name"] for one in json.loads(kai("status", "--all", "--json").out)] == ["newer", "older"]


def test_an_empty_namespace_is_said(kai: Kai, server: ArgoServer) -> None:
    said = kai("status", "--all", "-n", "empty")

    assert (said.code, said.out, said.err) == (0, "", "no workflows in namespace empty\n")


@pytest.mark.parametrize(
    ("words", "before", "after"),
    [
        (["stop"], "Running", ("Stop", "Failed")),
        (["stop", "--terminate"], "Running", ("Terminate", "Failed")),
        (["retry"], "Failed", (None, "Running")),
        (["suspend"], "Running", (None, "Running")),
        (["resume"], "Running", (None, "Running")),
    ],
)
def test_a_workflow_is_told_what_to_do(
    kai: Kai, server: ArgoServer, words: list[str], before: str, after: tuple[str | None, str]
) -> None:
    kept = server.add(workflow(), phase=before)

    said = kai(*words, "hello")

    assert (said.code, said.out) == (0, "")
    assert (kept["spec"].get("shutdown"), kept["status"]["phase"]) == after
    assert kept["spec"].get("suspend", False) is (words == ["suspend"])


def test_a_retry_takes_other_parameters(kai: Kai, server: ArgoServer) -> None:
    kept = server.add(workflow(arguments={"parameters": [{"name": "word", "value": "fail"}]}), phase="Failed")

    assert kai("retry", "hello", "-p", "word=hello").code == 0

    assert kept["spec"]["arguments"]["parameters"] == [{"name": "word", "value": "hello"}]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["status"], "name a run, or give --all"),
        (["status", "hello", "--all"], "name a run, or give --all"),
        (["stop", "hello", "--terminate", "--message", "x"], "--terminate takes neither"),
        (["submit", "two.yaml", "--name", "a", "--again"], "exclude each other"),
        (["submit", "two.yaml", "-a", "photos=x"], "has no artifact photos"),
        (["submit", "flow.py", "-a", "photos=./here"], "upload it there"),
        (["submit", "flow.py", "-a", "photos=a", "-p", "photos_key=b"], "say the same"),
        (["status", "out/workflow.json"], "there is no record out/workflow.json"),
        (["status", "."], "holds no workflow.json"),
        (["status", "a?b"], "neither a record that is here nor a name that a workflow can have"),
        (["stop", "Hello"], "neither a record that is here nor a name that a workflow can have"),
        (["status", "absent"], "there is no workflow absent in namespace argo"),
        (["logs", "absent"], "there is no workflow absent in namespace argo"),
        (["retry", "absent"], "there is no workflow absent in namespace argo"),
        (["status", "hello", "--client-key", "k.pem"], "must be given together"),
    ],
)
def test_wrong_usage_is_told_and_exits_with_2(kai: Kai, server: ArgoServer, words: list[str], message: str) -> None:
    said = kai(*words)

    assert (said.code, said.out) == (2, "")
    assert message in said.err
    assert "Traceback" not in said.err


@pytest.mark.parametrize(
    ("status", "message", "code"),
    [(401, "set ARGO_TOKEN", 2), (403, "may not do this in namespace argo", 2), (400, "refused (400): injected", 2)],
)
def test_a_refusal_exits_with_2(kai: Kai, server: ArgoServer, status: int, message: str, code: int) -> None:
    server.fail("status", status=status)

    said = kai("submit", "two.yaml")

    assert said.code == code
    assert message in said.err


def test_a_server_that_fails_for_good_exits_with_1(kai: Kai, server: ArgoServer) -> None:
    server.fail("status", status=503, message="no endpoints", headers={"Retry-After": "900"})

    said = kai("submit", "two.yaml")

    assert said.code == 1
    assert "the server failed (503): no endpoints" in said.err


def test_without_a_server_the_setting_is_named(kai: Kai, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ARGO_SERVER", raising=False)

    said = kai("status", "hello")

    assert said.code == 2
    assert "ARGO_SERVER=host:port" in said.err


def test_headers_and_instance_are_sent(kai: Kai, server: ArgoServer) -> None:
    assert kai("submit", "two.yaml", "--instanceid", "second", "-H", "X-Team: vision").code == 0

    (kept,) = server.workflows.values()
    assert kept["metadata"]["labels"] == {"workflows.argoproj.io/controller-instanceid": "second"}
    assert server.headers[-1]["X-Team"] == "vision"


def certificate(folder: Path) -> tuple[Path, Path]:
    """A certificate for 127.0.0.1 that signs itself, and its key."""
    program = shutil.which("openssl")
    if program is None:
        pytest.skip("no openssl program makes a certificate for this test")
    cert, key = folder / "cert.pem", folder / "key.pem"
    subject = ["-subj", "/CN=kai", "-addext", "subjectAltName=IP:127.0.0.1"]
    command = [program, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", *subject]
    subprocess.run([*command, "-keyout", str(key), "-out", str(cert)], check=True, capture_output=True)
    return cert, key


@pytest.fixture
def secured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[ArgoServer, Path, Path]]:
    """A server that speaks TLS with a certificate nobody knows, which is asked for with ARGO_SECURE's default."""
    cert, key = certificate(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)
    with ArgoServer().serving(context=context) as server:
        server.add(workflow(), phase="Running")
        reach(monkeypatch, server)
        monkeypatch.delenv("ARGO_SECURE")
        yield server, cert, key


def test_a_certificate_that_nobody_knows_is_refused_and_trusted_when_told(
    kai: Kai, secured: tuple[ArgoServer, Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    _, cert, _ = secured

    refused = kai("status", "hello")
    trusted = kai("status", "hello", "--certificate-authority", str(cert))
    unchecked = kai("status", "hello", "-k")
    monkeypatch.setenv("ARGO_INSECURE_SKIP_VERIFY", "true")

    assert (refused.code, trusted.code, unchecked.code, kai("status", "hello").code) == (2, 0, 0, 0)
    assert "--certificate-authority" in refused.err


def test_the_clients_own_certificate_is_shown_to_a_server_that_wants_one(
    kai: Kai, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cert, key = certificate(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)
    context.load_verify_locations(cert)
    context.verify_mode = ssl.CERT_REQUIRED
    with ArgoServer().serving(context=context) as server:
        server.add(workflow(), phase="Running")
        reach(monkeypatch, server)
        monkeypatch.delenv("ARGO_SECURE")
        own: list[Any] = ["--client-certificate", str(cert), "--client-key", str(key)]

        said = kai("status", "hello", "--certificate-authority", str(cert), *own)

    assert said.code == 0, said.err


SUSPENDED = """
apiVersion: argoproj.io/v1alpha1
kind: Workflow
metadata: {name: asking}
spec:
  entrypoint: main
  templates:
  - name: main
    steps:
    - - {name: approve, template: approve}
    - - name: tell
        template: tell
        arguments: {parameters: [{name: answer, value: "{{steps.approve.outputs.parameters.answer}}"}]}
  - name: approve
    suspend: {}
    outputs: {parameters: [{name: answer, valueFrom: {supplied: {}}}]}
  - name: tell
    inputs: {parameters: [{name: answer}]}
    container: {image: busybox, command: [echo, "{{inputs.parameters.answer}}"]}
"""


def test_a_run_here_that_waits_is_resumed_with_an_answer(kai: Kai, tmp_path: Path) -> None:
    (tmp_path / "asking.yaml").write_text(SUSPENDED, encoding="utf-8")
    assert kai("run", "asking.yaml", "-o", "out", "--quiet").code == 1
    waiting = kai("status", "out")

    resumed = kai("resume", "out", "-p", "answer=yes")

    assert "● approve" in waiting.out
    assert resumed.code == 0, resumed.err
    assert kai("logs", "out", "--step", "tell").out == "yes\n"
    assert kai("status", "out", "--watch").code == 0


def test_a_run_here_that_waits_is_stopped(kai: Kai, tmp_path: Path) -> None:
    (tmp_path / "asking.yaml").write_text(SUSPENDED, encoding="utf-8")
    kai("run", "asking.yaml", "-o", "out", "--quiet")

    stopped = kai("stop", "out")

    assert (stopped.code, "has ended: Failed" in stopped.err) == (0, True)
    assert kai("resume", "out").code == 2


def test_a_run_here_that_failed_is_tried_again(kai: Kai, tmp_path: Path) -> None:
    flaky = RUNNABLE.replace('test "{{inputs.parameters.word}}" != fail', f"test -e {tmp_path}/ready")
    (tmp_path / "flaky.yaml").write_text(flaky, encoding="utf-8")
    assert kai("run", "flaky.yaml", "-o", "out", "--quiet").code == 1
    (tmp_path / "ready").touch()

    again = kai("retry", "out")

    assert again.code == 0, again.err
    assert kai("retry", "out").code == 2
    assert "with the values it had" in kai("retry", "out", "-p", "word=x").err


def test_outputs_are_supplied_to_suspended_nodes_of_a_workflow(kai: Kai, server: ArgoServer) -> None:
    server.add(workflow(), phase="Running")

    wrong = kai("resume", "hello", "-p", "answer=yes")
    right = kai("resume", "hello", "-p", "answer=yes", "--node-field-selector", "displayName=approve")

    assert (wrong.code, right.code) == (2, 0)
    sent = next(body for method, path, body in server.asked if path.endswith("/set"))
    assert json.loads(sent["outputParameters"]) == {"answer": "yes"}
    assert sent["nodeFieldSelector"] == "displayName=approve"


@pytest.mark.parametrize(
    "status",
    [
        [],
        "Running",
        {"nodes": []},
        {"nodes": {"a": 3}},
        {"phase": {}, "nodes": {"a": {"type": "Pod", "name": 1}}},
        None,
    ],
)
def test_answers_of_another_shape_than_expected_are_shown_as_far_as_they_go(
    kai: Kai, server: ArgoServer, tmp_path: Path, status: Any
) -> None:
    odd = {**workflow(), "status": status}
    server.workflows["argo", "hello"] = odd
    (tmp_path / "odd.json").write_text(json.dumps(odd), encoding="utf-8")

    for words in (
        ["status", "hello"],
        ["status", "--all"],
        ["logs", "hello"],
        ["status", "odd.json"],
        ["logs", "odd.json"],
    ):
        said = kai(*words)
        assert said.code == 0, (words, said.err)


def test_a_pipeline_submits_itself_and_waits(tmp_path: Path, kai: Kai, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(tmp_path))
    greeting = importlib.import_module("flow").greeting
    with ArgoServer(folder=tmp_path).serving() as server:
        reach(monkeypatch, server)
        first = greeting.submit(name="Ada", photos="scans/1")
        again = greeting.submit(name="Ada", photos="scans/1")
        server.set_status(first.name, phase="Failed", message="no luck")

        with pytest.raises(RunError, match="Failed: no luck"):
            greeting.submit(name="Ada", photos="scans/1", wait=True)
        with pytest.raises(UsageError, match="has no input nome"):
            greeting.submit(nome="Ada")

    assert (first.is_new, again.is_new, first.phase) == (True, False, "Pending")
    assert first.name == again.name


@pytest.fixture
def going_on(kai: Kai, tmp_path: Path) -> Iterator[Path]:
    """The output folder of a run in another process, whose first step waits for a file and says so twice."""
    script = f"echo one; while ! test -e {tmp_path}/ready; do sleep 0.05; done; echo two"
    slow = RUNNABLE.replace(
        """'echo "{{inputs.parameters.word}}"; test "{{inputs.parameters.word}}" != fail'""", json.dumps(script)
    )
    (tmp_path / "slow.yaml").write_text(slow, encoding="utf-8")
    command = [sys.executable, "-m", "kai_pipelines.cli.main", "run", "slow.yaml", "-o", "out", "--quiet"]
    root = Path(__file__).resolve().parents[2]
    process = subprocess.Popen(command, cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(root)})
    try:
        deadline = time.monotonic() + 30
        while not list((tmp_path / "out" / "logs").glob("*.log")) and time.monotonic() < deadline:
            time.sleep(0.05)
        yield tmp_path / "out"
    finally:
        (tmp_path / "ready").touch()
        process.wait(timeout=30)


def test_the_log_of_a_run_that_goes_on_is_followed_to_its_end(kai: Kai, going_on: Path, tmp_path: Path) -> None:
    threading.Timer(1.0, (tmp_path / "ready").touch).start()

    said = kai("logs", "out", "--follow")

    assert said.code == 0
    assert [line.rpartition(": ")[2] for line in said.out.splitlines()] == ["one", "two", "one", "two"]


def test_a_run_that_goes_on_is_watched_and_stopped_from_outside(kai: Kai, going_on: Path) -> None:
    told = kai("stop", "out", "--terminate")
    watched = kai("status", "out", "--watch")

    assert (told.code, "is told to stop at once" in told.err) == (0, True)
    assert watched.code == 1
    assert "Stopped with strategy 'Terminate'" in watched.out
