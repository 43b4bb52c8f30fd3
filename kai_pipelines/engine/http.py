"""HTTP templates: one request, and a condition on its response (Argo, workflow/executor/agent.go)."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import ssl
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from kai_pipelines.engine.call import Call
from kai_pipelines.engine.facts import data_of
from kai_pipelines.engine.node import BAD, Node
from kai_pipelines.errors import ManifestError
from kai_pipelines.expression import evaluate
from kai_pipelines.manifest.library import Library, Template

if TYPE_CHECKING:
    from kai_pipelines.engine.workflow import Execution


@dataclass(frozen=True)
class Response:
    """What came back."""

    status: int
    body: str
    headers: Mapping[str, list[str]]


async def run_http(execution: Execution, call: Call, node: Node, template: Template) -> None:
    """Send the request; the node's result is the body of the response."""
    node.phase = "Running"
    execution.changed(node)
    if execution.shutdown.halts(exiting=call.exiting):
        execution.end(node, "Failed", execution.shutdown.message)
        return
    wanted = template["http"]
    headers = _headers(wanted, execution.program.library)
    sent = _bytes_of(wanted)
    with execution.rest.busy():
        try:
            response = await asyncio.to_thread(_request, wanted, headers, sent)
        except (OSError, ValueError) as error:
            execution.end(node, "Error", f"{wanted.get('method') or 'GET'} {wanted.get('url')}: {error}")
            return
    execution.executed += 1
    node.outputs = {"result": response.body}
    phase, message = _judged(wanted, headers, sent, response)
    execution.end(node, phase, message)
    assert phase not in BAD or message


def _headers(wanted: Mapping[str, Any], library: Library) -> dict[str, list[str]]:
    headers: dict[str, list[str]] = {}
    for one in wanted.get("headers") or []:
        value = one.get("value", "")
        reference = (one.get("valueFrom") or {}).get("secretKeyRef")
        if reference:
            value = _secret(str(reference.get("name")), str(reference.get("key")), library)
        headers.setdefault(str(one["name"]), []).append(str(value))
    return headers


def _secret(name: str, key: str, library: Library) -> str:
    entries = data_of(library, "Secret", name, optional=True) or {}
    if key not in entries:
        raise ManifestError(f"there is no Secret {name} with the key {key}", hint="give the file with it too")
    return entries[key].decode(errors="replace")


def _bytes_of(wanted: Mapping[str, Any]) -> bytes:
    source = wanted.get("bodyFrom") or {}
    if source.get("bytes") is not None:
        return base64.b64decode(str(source["bytes"]))
    return str(wanted.get("body") or "").encode()


def _request(wanted: Mapping[str, Any], headers: Mapping[str, list[str]], body: bytes) -> Response:
    url = str(wanted.get("url", ""))
    if not url.startswith(("http://", "https://")):
        raise ValueError(f"unsupported protocol scheme in {url!r}")
    request = urllib.request.Request(url, data=body or None, method=str(wanted.get("method") or "GET"))
    for name, values in headers.items():
        request.add_header(name, ", ".join(values))
    context = ssl.create_default_context()
    if wanted.get("insecureSkipVerify"):
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    opener = urllib.request.build_opener(urllib.request.HTTPSHandler(context=context))
    try:
        answer = opener.open(request, timeout=float(wanted.get("timeoutSeconds") or 30))
    except urllib.error.HTTPError as error:
        answer = error
    with contextlib.closing(answer):
        shown = {name.title(): answer.headers.get_all(name) or [] for name in answer.headers}
        return Response(int(answer.status or 0), answer.read().decode(errors="replace"), shown)


def _judged(
    wanted: Mapping[str, Any], headers: Mapping[str, list[str]], sent: bytes, response: Response
) -> tuple[str, str]:
    condition = str(wanted.get("successCondition") or "")
    if not condition:
        if 200 <= response.status < 300:
            return "Succeeded", ""
        return "Failed", f"received non-2xx response code: {response.status}"
    scope = {
        "request": {
            "method": str(wanted.get("method") or ""),
            "url": str(wanted.get("url") or ""),
            "body": str(wanted.get("body") or ""),
            "bodyBytes": sent,
            "headers": {name.title(): list(values) for name, values in headers.items()},
        },
        "response": {"statusCode": response.status, "body": response.body, "headers": dict(response.headers)},
    }
    if evaluate(condition, scope) is True:
        return "Succeeded", ""
    return "Failed", f"successCondition '{condition}' evaluated false"
