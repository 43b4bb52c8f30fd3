"""The log of a workflow on a cluster, line by line, through dropped connections.

A server streams one JSON object a line: ``{"result": {"podName": …, "content": …}}``. When a stream breaks it is asked
for again from its beginning, and of each pod as many lines are passed over as were seen before: lines have no numbers.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from kai_pipelines.cluster.retrying import Backoff
from kai_pipelines.cluster.server import FINISHED, Server, phase_of
from kai_pipelines.errors import ServerError

if TYPE_CHECKING:
    import requests


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a pod's log."""

    pod: str
    text: str


class _Broken(Exception):
    """A stream ended in the middle."""


def lines(
    server: Server,
    name: str,
    *,
    pod: str = "",
    container: str = "main",
    follow: bool = False,
    backoff: Backoff | None = None,
) -> Iterator[Line]:
    """The log so far; with `follow`, until the workflow has ended."""
    waits = backoff or Backoff()
    seen: Counter[str] = Counter()
    attempt = 0
    while True:
        before, broken, reason = seen.total(), False, ""
        over = follow and _is_over(server, name)  # asked before: a stream that ends may not have told the last lines
        passed: Counter[str] = Counter()
        try:
            for line in _stream(server.log_stream(name, pod=pod, container=container, follow=follow)):
                passed[line.pod] += 1
                if passed[line.pod] > seen[line.pod]:
                    seen[line.pod] += 1
                    yield line
        except _Broken as error:
            broken, reason = True, str(error)
        if not broken and (not follow or over):
            return
        attempt = 1 if seen.total() > before else attempt + 1
        if not waits.wait(attempt):
            if not broken:  # a quiet workflow: the server closes streams that say nothing
                attempt = 0
                continue
            raise ServerError(f"the log of {name} breaks off: {reason}", hint="ask again; lines so far are complete")


def _is_over(server: Server, name: str) -> bool:
    return phase_of(server.get(name)) in FINISHED


def _stream(response: requests.Response) -> Iterator[Line]:
    import requests

    with response:
        try:
            for text in response.iter_lines():
                if text.strip():
                    yield _line(text)
        except (requests.RequestException, OSError) as error:
            if "timed out" in str(error):  # nobody has said anything for a while, which is no fault
                return
            raise _Broken("the connection was closed") from error


def _line(text: bytes) -> Line:
    try:
        entry = json.loads(text)
    except ValueError as error:
        raise _Broken(f"a line of the stream is no JSON: {text[:60]!r}") from error
    if not isinstance(entry, dict):
        raise _Broken(f"a line of the stream is no entry: {text[:60]!r}")
    if fault := entry.get("error"):
        said = fault.get("message") if isinstance(fault, dict) else fault
        raise _Broken(str(said))
    result = entry.get("result")
    if not isinstance(result, dict):
        raise _Broken(f"a line of the stream is no entry: {text[:60]!r}")
    return Line(str(result.get("podName", "")), str(result.get("content", "")).rstrip("\n"))


def pod_name(workflow: dict[str, Any], node: dict[str, Any]) -> str:
    """The pod of a node (Argo, workflow/util/pod_name.go): its id in old clusters, else with the template's name."""
    metadata = workflow.get("metadata") or {}
    name, identity = str(metadata.get("name", "")), str(node.get("id", ""))
    if (metadata.get("annotations") or {}).get("workflows.argoproj.io/pod-name-format") == "v1":
        return identity
    if node.get("name") == name:
        return name
    template = node.get("templateName") or (node.get("templateRef") or {}).get("template")
    prefix = f"{name}-{template}" if template else name
    return f"{prefix[:242]}-{identity.rpartition('-')[2]}"
