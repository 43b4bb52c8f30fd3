"""HTTP and data templates, against a server on loopback."""

from __future__ import annotations

import base64
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from tests.unit.engine.bench import Bench, container, dag, node_of, task, workflow

Object = dict[str, Any]


class _Answers(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.do_POST()

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
        status = 503 if self.path == "/busy" else 200
        said = f"{self.command} {body} {self.headers.get('X-Token', '')}".encode()
        self.send_response(status)
        self.send_header("X-Kind", "echo")
        self.send_header("Content-Length", str(len(said)))
        self.end_headers()
        self.wfile.write(said)

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


@pytest.fixture
def server() -> Iterator[str]:
    listening = HTTPServer(("127.0.0.1", 0), _Answers)
    thread = threading.Thread(target=listening.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{listening.server_port}"
    listening.shutdown()
    listening.server_close()
    thread.join()


def http(**fields: Any) -> Object:
    return {"name": "ask", "http": fields}


def test_the_body_of_the_response_is_the_result(bench: Bench, server: str) -> None:
    arguments = {"parameters": [{"name": "x", "value": "{{tasks.a.outputs.result}}"}]}
    main = dag("main", task("a", "ask"), task("b", depends="a", arguments=arguments))
    bench.siblings = [{"kind": "Secret", "metadata": {"name": "s"}, "data": {"t": base64.b64encode(b"key").decode()}}]
    headers = [{"name": "X-Token", "valueFrom": {"secretKeyRef": {"name": "s", "key": "t"}}}]

    made = bench.run(
        workflow(main, http(url=server, method="POST", body="hello", headers=headers), container("pod", inputs=["x"]))
    )

    assert bench.executor.jobs[0].command[-1] == "POST hello key"
    assert (node_of(made, "a")["type"], node_of(made, "a")["progress"]) == ("HTTP", "1/1")


@pytest.mark.parametrize(
    ("path", "condition", "phase", "message"),
    [
        ("/", "", "Succeeded", ""),
        ("/busy", "", "Failed", "received non-2xx response code: 503"),
        ("/busy", "response.statusCode == 503", "Succeeded", ""),
        ("/", 'response.body contains "GET"', "Succeeded", ""),
        ("/", 'response.headers["X-Kind"][0] == "echo"', "Succeeded", ""),
        ("/", 'request.method == "PUT"', "Failed", "successCondition 'request.method == \"PUT\"' evaluated false"),
    ],
)
def test_the_condition_decides(bench: Bench, server: str, path: str, condition: str, phase: str, message: str) -> None:
    made = bench.run(workflow(http(url=server + path, successCondition=condition)))

    assert (made.phase, node_of(made, "wf").get("message", "")) == (phase, message)


def test_a_server_that_is_not_there_is_an_error(bench: Bench) -> None:
    made = bench.run(workflow(http(url="http://127.0.0.1:9/")))

    assert made.phase == "Error"
    assert "127.0.0.1:9" in node_of(made, "wf")["message"]


def test_a_data_template_lists_the_keys_below_its_source(bench: Bench) -> None:
    pod = container("pod")
    pod["outputs"] = {"artifacts": [{"name": "f", "path": "/f", "s3": {"key": "found/{{inputs.parameters.x}}"}}]}
    pod["inputs"] = {"parameters": [{"name": "x"}]}
    items = [task("a", arguments={"parameters": [{"name": "x", "value": "{{item}}"}]}, withItems=["1.pdf", "2.txt"])]
    data = {
        "source": {"artifactPaths": {"name": "all", "s3": {"key": "found"}}},
        "transformation": [{"expression": 'filter(data, {# endsWith ".pdf"})'}],
    }
    main = dag("main", *items, task("b", "list", depends="a"))

    made = bench.run(workflow(main, pod, {"name": "list", "data": data}))

    assert node_of(made, "b")["outputs"]["result"] == '["found/1.pdf"]'
