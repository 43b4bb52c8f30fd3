"""A stand-in for an Argo Server: a real HTTP server on loopback that speaks the shapes of Argo's API.

It keeps workflows and templates in memory, answers as the real one does (gRPC gateway's error bodies included), and
fails on demand: `server.fail(…)` says how, for which requests, and how often. With ``runs=True`` our own engine runs
what is created, so that status and logs grow. From a shell: ``python -m tests.argo_server --runs`` prints how to reach it.
"""

from __future__ import annotations

import argparse
import copy
import json
import re
import ssl
import tempfile
import threading
import time
import uuid
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Literal
from urllib.parse import parse_qs, urlsplit

Object = dict[str, Any]

CODES = {400: 3, 401: 16, 403: 7, 404: 5, 409: 6, 429: 8, 500: 13, 501: 12, 503: 14, 504: 4}
"""HTTP status → gRPC code, as the gateway pairs them."""
NAME = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")
FINISHED = {"Succeeded", "Failed", "Error"}


class Refusal(Exception):
    """An answer with an error body."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


@dataclass
class Fault:
    """How requests fail: `times` of those whose method and path match."""

    how: Literal["status", "drop", "drop-after", "cut", "end", "garbage", "html", "delay", "redirect"]
    """status: an error body; drop: the connection closes without an answer; drop-after: the request is heard, the
    answer lost; cut: it closes in the middle of the answer; end: a stream ends early, but properly; garbage, html: an answer that is no JSON; delay: late."""
    method: str = ""
    path: str = ""
    """A regular expression."""
    times: int = 1
    status: int = 500
    message: str = "injected"
    headers: dict[str, str] = field(default_factory=dict)
    seconds: float = 0.0
    after: int = 0
    """Of a cut stream: lines that still get through."""

    def meets(self, method: str, path: str) -> bool:
        return self.times > 0 and method.startswith(self.method) and re.search(self.path, path) is not None


class ArgoServer:
    """The server; `address` is what ARGO_SERVER would be."""

    def __init__(self, *, token: str = "", runs: bool = False, base_href: str = "", folder: Path | None = None) -> None:
        self.token = token
        self.runs = runs
        self.base = f"/{base_href.strip('/')}" if base_href.strip("/") else ""
        self.folder = folder
        self.workflows: dict[tuple[str, str], Object] = {}
        self.templates: dict[tuple[str, str, str], Object] = {}
        self.logs: dict[str, list[tuple[str, str]]] = {}
        """Workflow → (pod, line)."""
        self.forbidden: set[str] = set()
        """Namespaces the token's account may not touch."""
        self.faults: list[Fault] = []
        self.asked: list[tuple[str, str, Object]] = []
        """Every request: method, path with query, body."""
        self.headers: list[dict[str, str]] = []
        self.lock = threading.RLock()
        self.version = 1
        self._http: ThreadingHTTPServer | None = None

    @property
    def address(self) -> str:
        assert self._http is not None, "the server is not started"
        return f"127.0.0.1:{self._http.server_address[1]}"

    def fail(self, how: str, **given: Any) -> None:
        """Let requests fail from now on."""
        self.faults.append(Fault(how, **given))  # type: ignore[arg-type]  # a test writes the word

    def count(self, method: str, path: str = "") -> int:
        """How many requests came of this method whose path matches."""
        return sum(one == method and re.search(path, there) is not None for one, there, _ in self.asked)

    @contextmanager
    def serving(self, *, port: int = 0, context: ssl.SSLContext | None = None) -> Generator[ArgoServer]:
        """Serve until the block ends."""
        handler = type("Handler", (_Handler,), {"argo": self})
        self._http = ThreadingHTTPServer(("127.0.0.1", port), handler)
        self._http.daemon_threads = True
        if context is not None:
            self._http.socket = context.wrap_socket(self._http.socket, server_side=True, do_handshake_on_connect=False)
        thread = threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        try:
            yield self
        finally:
            self._http.shutdown()
            self._http.server_close()
            thread.join()

    # What a test sets up

    def add(self, workflow: Object, *, namespace: str = "argo", **status: Any) -> Object:
        """A workflow that is there already."""
        kept = self._stamped(copy.deepcopy(workflow), namespace)
        kept["status"] = {**(kept.get("status") or {}), **status}
        self.workflows[namespace, kept["metadata"]["name"]] = kept
        return kept

    def set_status(self, name: str, *, namespace: str = "argo", **status: Any) -> None:
        with self.lock:
            self.workflows[namespace, name].setdefault("status", {}).update(status)

    # The API

    def answer(self, method: str, path: str, query: dict[str, str], body: Object) -> Object:
        for pattern, wanted, handle in _ROUTES:
            if wanted == method and (match := re.fullmatch(pattern, path)):
                with self.lock:
                    return handle(self, body=body, query=query, **match.groupdict())
        raise Refusal(404, "Not Found")

    def _stamped(self, thing: Object, namespace: str | None) -> Object:
        self.version += 1
        metadata = thing.setdefault("metadata", {})
        if not metadata.get("name") and metadata.get("generateName"):
            metadata["name"] = metadata["generateName"] + uuid.uuid4().hex[:5]
        if namespace:
            metadata["namespace"] = namespace
        metadata.setdefault("uid", str(uuid.uuid4()))
        metadata.setdefault("creationTimestamp", now())
        metadata["resourceVersion"] = str(self.version)
        metadata["generation"] = 1
        return thing

    def create_workflow(self, ns: str, body: Object, **_: Any) -> Object:
        given = body.get("workflow")
        if not given:
            raise Refusal(400, "workflow body not specified")
        self._judged(given)
        name = given["metadata"].get("name")
        if name and (ns, name) in self.workflows:
            raise Refusal(409, f'workflows.argoproj.io "{name}" already exists')
        workflow = self._stamped(copy.deepcopy(given), ns)
        workflow.setdefault("status", {})
        self.workflows[ns, workflow["metadata"]["name"]] = workflow
        if self.runs:
            threading.Thread(target=self._run, args=(ns, workflow), daemon=True).start()
        return workflow

    def lint_workflow(self, ns: str, body: Object, **_: Any) -> Object:
        self._judged(body.get("workflow") or {})
        found: Object = body["workflow"]
        return found

    def _judged(self, workflow: Object) -> None:
        metadata = workflow.get("metadata") or {}
        name = metadata.get("name") or f"{metadata.get('generateName', '')}x"
        if not NAME.fullmatch(name) or len(name) > 253:
            raise Refusal(
                400,
                f'Workflow.argoproj.io "{name}" is invalid: metadata.name: Invalid value: "{name}": a lowercase RFC 1123 '
                "subdomain must consist of lower case alphanumeric characters, '-' or '.'",
            )
        spec = workflow.get("spec") or {}
        if reference := spec.get("workflowTemplateRef"):
            kind = "ClusterWorkflowTemplate" if reference.get("clusterScope") else "WorkflowTemplate"
            if not any(key[0] == kind and key[2] == reference["name"] for key in self.templates):
                raise Refusal(404, f'workflowtemplates.argoproj.io "{reference["name"]}" not found')
            return
        if not spec.get("entrypoint"):
            raise Refusal(400, "spec.entrypoint is required")
        names = [template.get("name") for template in spec.get("templates") or []]
        if spec["entrypoint"] not in names:
            raise Refusal(400, f"templates.entrypoint template name '{spec['entrypoint']}' undefined")

    def get_workflow(self, ns: str, name: str, **_: Any) -> Object:
        if (ns, name) not in self.workflows:
            raise Refusal(404, f'workflows.argoproj.io "{name}" not found')
        return self.workflows[ns, name]

    def list_workflows(self, ns: str, query: dict[str, str], **_: Any) -> Object:
        found = sorted(
            (one for (there, _), one in self.workflows.items() if there == ns), key=lambda one: one["metadata"]["name"]
        )
        if selector := query.get("listOptions.labelSelector"):
            label, _, value = selector.partition("=")
            found = [one for one in found if (one["metadata"].get("labels") or {}).get(label) == value]
        start, limit = int(query.get("listOptions.continue") or 0), int(query.get("listOptions.limit") or 0)
        page = found[start : start + limit] if limit else found[start:]
        more = str(start + limit) if limit and start + limit < len(found) else ""
        # The real server answers null, not [], when there is nothing.
        return {"metadata": {"resourceVersion": "1", **({"continue": more} if more else {})}, "items": page or None}

    def stop(self, ns: str, name: str, body: Object, **_: Any) -> Object:
        return self._shutdown(ns, name, "Stop", str(body.get("message", "")))

    def terminate(self, ns: str, name: str, **_: Any) -> Object:
        return self._shutdown(ns, name, "Terminate", "")

    def _shutdown(self, ns: str, name: str, strategy: str, message: str) -> Object:
        workflow = self.get_workflow(ns, name)
        if workflow["status"].get("phase") in FINISHED:
            raise Refusal(400, f"cannot shutdown a completed workflow: workflow: {name}, namespace: {ns}")
        workflow["spec"]["shutdown"] = strategy
        workflow["status"].update(
            phase="Failed", message=message or f"Stopped with strategy '{strategy}'", finishedAt=now()
        )
        return workflow

    def retry(self, ns: str, name: str, body: Object, **_: Any) -> Object:
        workflow = self.get_workflow(ns, name)
        if workflow["status"].get("phase") not in {"Failed", "Error"}:
            raise Refusal(400, "workflow must be Failed/Error to retry")
        workflow["status"].update(phase="Running", message="")
        workflow["status"].pop("finishedAt", None)
        for text in body.get("parameters") or []:
            key, _, value = text.partition("=")
            for one in workflow["spec"]["arguments"]["parameters"]:
                one["value"] = value if one["name"] == key else one["value"]
        return workflow

    def suspend(self, ns: str, name: str, **_: Any) -> Object:
        workflow = self.get_workflow(ns, name)
        workflow["spec"]["suspend"] = True
        return workflow

    def resume(self, ns: str, name: str, **_: Any) -> Object:
        workflow = self.get_workflow(ns, name)
        workflow["spec"].pop("suspend", None)
        return workflow

    def set(self, ns: str, name: str, **_: Any) -> Object:
        return self.get_workflow(ns, name)

    def get_template(self, name: str, ns: str = "", **_: Any) -> Object:
        kind = "WorkflowTemplate" if ns else "ClusterWorkflowTemplate"
        if (kind, ns, name) not in self.templates:
            raise Refusal(404, f'{kind.lower()}s.argoproj.io "{name}" not found')
        return self.templates[kind, ns, name]

    def create_template(self, body: Object, ns: str = "", **_: Any) -> Object:
        kind = "WorkflowTemplate" if ns else "ClusterWorkflowTemplate"
        name = body["template"]["metadata"]["name"]
        if (kind, ns, name) in self.templates:
            raise Refusal(409, f'{kind.lower()}s.argoproj.io "{name}" already exists')
        self.templates[kind, ns, name] = self._stamped(copy.deepcopy(body["template"]), ns)
        return self.templates[kind, ns, name]

    def update_template(self, body: Object, name: str, ns: str = "", **_: Any) -> Object:
        there = self.get_template(name=name, ns=ns)
        if body["template"]["metadata"].get("resourceVersion") != there["metadata"]["resourceVersion"]:
            raise Refusal(409, f'Operation cannot be fulfilled on workflowtemplates.argoproj.io "{name}": modified')
        kind = "WorkflowTemplate" if ns else "ClusterWorkflowTemplate"
        self.templates[kind, ns, name] = self._stamped(copy.deepcopy(body["template"]), ns)
        return self.templates[kind, ns, name]

    # Running

    def _run(self, ns: str, workflow: Object) -> None:
        """What a controller would do, by our own engine."""
        from kai_pipelines.engine import RunRequest, run
        from kai_pipelines.errors import KaiError

        name = workflow["metadata"]["name"]
        given = {key: copy.deepcopy(workflow[key]) for key in ("apiVersion", "kind", "metadata", "spec")}
        self.set_status(name, namespace=ns, phase="Running", startedAt=now())
        with tempfile.TemporaryDirectory(dir=self.folder) as folder:
            output, store = Path(folder) / "out", Path(folder) / "store"
            try:
                made = run(RunRequest(given, {}, {}, output, 2, False, store), _Reporter(self, ns, name))
                self.set_status(name, namespace=ns, **made.workflow["status"])
            except KaiError as error:
                self.set_status(name, namespace=ns, phase="Error", message=error.message, finishedAt=now())


class _Reporter:
    """Writes what the engine tells into the store."""

    def __init__(self, server: ArgoServer, namespace: str, workflow: str) -> None:
        self.server, self.namespace, self.workflow = server, namespace, workflow

    def node_changed(self, node: Any) -> None:
        record = {
            "id": node.id,
            "name": node.name,
            "displayName": node.display_name,
            "type": node.type,
            "phase": node.phase,
        }
        record |= {"templateName": node.template_name, "boundaryID": node.boundary_id, "message": node.message}
        with self.server.lock:
            status = self.server.workflows[self.namespace, self.workflow]["status"]
            status.setdefault("nodes", {})[node.id] = record

    def log_line(self, node: Any, line: str) -> None:
        pod = f"{self.workflow}-{node.template_name}-{node.id.rpartition('-')[2]}"
        self.server.logs.setdefault(self.workflow, []).append(
            (self.workflow if node.name == self.workflow else pod, line)
        )


_NS, _NAME = r"(?P<ns>[^/]+)", r"(?P<name>[^/]+)"
_WORKFLOWS, _TEMPLATES = f"/api/v1/workflows/{_NS}", f"/api/v1/workflow-templates/{_NS}"
_CLUSTER = "/api/v1/cluster-workflow-templates"
_ROUTES: list[tuple[str, str, Callable[..., Object]]] = [
    (_WORKFLOWS, "POST", ArgoServer.create_workflow),
    (_WORKFLOWS, "GET", ArgoServer.list_workflows),
    (f"{_WORKFLOWS}/lint", "POST", ArgoServer.lint_workflow),
    (f"{_WORKFLOWS}/{_NAME}", "GET", ArgoServer.get_workflow),
    (f"{_WORKFLOWS}/{_NAME}/stop", "PUT", ArgoServer.stop),
    (f"{_WORKFLOWS}/{_NAME}/terminate", "PUT", ArgoServer.terminate),
    (f"{_WORKFLOWS}/{_NAME}/retry", "PUT", ArgoServer.retry),
    (f"{_WORKFLOWS}/{_NAME}/resume", "PUT", ArgoServer.resume),
    (f"{_WORKFLOWS}/{_NAME}/suspend", "PUT", ArgoServer.suspend),
    (f"{_WORKFLOWS}/{_NAME}/set", "PUT", ArgoServer.set),
    (_TEMPLATES, "POST", ArgoServer.create_template),
    (f"{_TEMPLATES}/{_NAME}", "GET", ArgoServer.get_template),
    (f"{_TEMPLATES}/{_NAME}", "PUT", ArgoServer.update_template),
    (_CLUSTER, "POST", ArgoServer.create_template),
    (f"{_CLUSTER}/{_NAME}", "GET", ArgoServer.get_template),
    (f"{_CLUSTER}/{_NAME}", "PUT", ArgoServer.update_template),
]


class _Handler(BaseHTTPRequestHandler):
    """One request: faults first, then who asks, then the API."""

    argo: ArgoServer
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self._handle("GET")

    def do_POST(self) -> None:
        self._handle("POST")

    def do_PUT(self) -> None:
        self._handle("PUT")

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""

    def _handle(self, method: str) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        raw = self.rfile.read(length)
        parts = urlsplit(self.path)
        query = {key: values[-1] for key, values in parse_qs(parts.query).items()}
        body = json.loads(raw) if raw else {}
        with self.argo.lock:
            self.argo.asked.append((method, self.path, body))
            self.argo.headers.append(dict(self.headers))
            fault = next((one for one in self.argo.faults if one.meets(method, self.path)), None)
            if fault is not None:
                fault.times -= 1
        if fault is not None and self._failed(fault):
            return
        try:
            self._allowed(parts.path)
            path = parts.path.removeprefix(self.argo.base)
            if self.argo.base and path == parts.path:
                raise Refusal(404, "Not Found")
            if found := re.fullmatch(f"{_WORKFLOWS}/{_NAME}/log", path):
                self._stream(found["ns"], found["name"], query, fault)
                return
            answer = self.argo.answer(method, path, query, body)
        except Refusal as error:
            self._refuse(error.status, str(error))
            return
        if fault is not None and fault.how == "drop-after":
            self._drop()
            return
        self._send(200, json.dumps(answer).encode(), cut=fault is not None and fault.how == "cut")

    def _failed(self, fault: Fault) -> bool:
        """Fail as told; false when the request goes on."""
        match fault.how:
            case "drop":
                self._drop()
            case "status":
                self._refuse(fault.status, fault.message, fault.headers)
            case "garbage":
                self._send(200, b"\x00\xff{not json")
            case "html":
                self._send(200, b"<!doctype html><title>Sign in</title>", kind="text/html; charset=utf-8")
            case "redirect":
                self._send(302, b"", headers={"Location": "https://login.example.com/"})
            case "delay":
                time.sleep(fault.seconds)
                return False
            case _:
                return False
        return True

    def _allowed(self, path: str) -> None:
        if self.argo.token and self.headers.get("Authorization") != self.argo.token:
            raise Refusal(401, "token not valid. see https://argo-workflows.readthedocs.io/en/latest/faq/")
        for namespace in self.argo.forbidden:
            if f"/{namespace}" in path:
                raise Refusal(
                    403, f'workflows.argoproj.io is forbidden: User "kai" cannot do this in the namespace "{namespace}"'
                )

    def _refuse(self, status: int, message: str, headers: dict[str, str] | None = None) -> None:
        body = {"code": CODES.get(status, 2), "message": message, "details": []}
        self._send(status, json.dumps(body).encode(), headers=headers)

    def _send(
        self,
        status: int,
        data: bytes,
        *,
        kind: str = "application/json",
        headers: dict[str, str] | None = None,
        cut: bool = False,
    ) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(data)))
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.end_headers()
        if cut:
            self.wfile.write(data[: len(data) // 2])
            self._drop()
            return
        self.wfile.write(data)

    def _drop(self) -> None:
        self.wfile.flush()
        self.close_connection = True
        self.connection.close()

    def _stream(self, ns: str, name: str, query: dict[str, str], fault: Fault | None) -> None:
        """Lines so far, and with follow those to come, in chunks, one JSON object a line."""
        self.argo.get_workflow(ns, name)
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        follow, pod = query.get("logOptions.follow") == "true", query.get("podName", "")
        sent = 0
        while True:
            status = self.argo.workflows[ns, name]["status"]
            over = isinstance(status, dict) and str(status.get("phase")) in FINISHED
            entries = list(self.argo.logs.get(name, []))
            for one, text in entries[sent:]:
                if fault is not None and fault.how == "cut" and sent >= fault.after:
                    self._drop()
                    return
                if fault is not None and fault.how == "end" and sent >= fault.after:
                    self._chunk(b"")
                    return
                if fault is not None and fault.how == "garbage" and sent >= fault.after:
                    self._chunk(b"{garbage\n")
                sent += 1
                if not pod or one == pod:
                    self._chunk(json.dumps({"result": {"content": text, "podName": one}}).encode() + b"\n")
            if over or not follow:
                self._chunk(b"")
                return
            time.sleep(0.02)

    def _chunk(self, data: bytes) -> None:
        self.wfile.write(f"{len(data):x}\r\n".encode() + data + b"\r\n")
        self.wfile.flush()


def now() -> str:
    """The time as Kubernetes writes it."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--port", type=int, default=2746)
    parser.add_argument("--token", default="", help="the header's whole value, such as 'Bearer secret'")
    parser.add_argument("--runs", action="store_true", help="run what is created, here")
    given = parser.parse_args()
    with ArgoServer(token=given.token, runs=given.runs).serving(port=given.port) as server:
        print(f"export ARGO_SERVER={server.address} ARGO_SECURE=false ARGO_NAMESPACE=argo", flush=True)
        try:
            threading.Event().wait()
        except KeyboardInterrupt:
            return


if __name__ == "__main__":
    main()
