"""The log of a workflow arrives whole and once, whatever the connection does."""

from __future__ import annotations

import threading
import time

import pytest

from kai_pipelines.cluster.logs import Line, lines, pod_name
from kai_pipelines.cluster.server import opened
from kai_pipelines.errors import RefusedError, ServerError
from tests.argo_server import ArgoServer
from tests.unit.cluster.samples import Waits, asking, place, workflow

SAID = [("pod-a", "one"), ("pod-b", "two"), ("pod-a", "one"), ("pod-a", "three"), ("pod-b", "")]
WHOLE = [Line(pod, text) for pod, text in SAID]


def test_the_log_so_far_is_told_line_by_line(server: ArgoServer) -> None:
    server.add(workflow(), phase="Running")
    server.logs["hello"] = SAID

    with asking(server) as client:
        assert list(lines(client, "hello")) == WHOLE


@pytest.mark.parametrize("after", range(6))
@pytest.mark.parametrize("how", ["cut", "end", "garbage"])
def test_a_stream_that_breaks_anywhere_is_taken_up_where_it_was(server: ArgoServer, how: str, after: int) -> None:
    server.add(workflow(), phase="Running")
    server.logs["hello"] = SAID
    server.fail(how, path="/log", times=2, after=after)
    heard = []

    with asking(server) as client:
        for line in lines(client, "hello", follow=True, backoff=Waits().backoff()):
            heard.append(line)
            if len(heard) == len(SAID):
                server.set_status("hello", phase="Succeeded")

    assert heard == WHOLE


def test_following_ends_with_the_workflow(server: ArgoServer) -> None:
    server.add(workflow(), phase="Running")

    def run() -> None:
        for entry in SAID:
            server.logs.setdefault("hello", []).append(entry)
            time.sleep(0.02)
        server.set_status("hello", phase="Succeeded")

    running = threading.Thread(target=run)
    running.start()
    with asking(server) as client:
        heard = list(lines(client, "hello", follow=True, backoff=Waits().backoff()))
    running.join()

    assert heard == WHOLE


def test_a_stream_that_never_holds_ends_in_an_error(server: ArgoServer) -> None:
    server.add(workflow(), phase="Running")
    server.logs["hello"] = SAID
    server.fail("cut", path="/log", times=99, after=2)
    heard: list[Line] = []

    with asking(server) as client, pytest.raises(ServerError, match="breaks off"):
        heard.extend(lines(client, "hello", follow=True, backoff=Waits().backoff(tries=3)))

    assert server.count("GET", "/log") == 3  # the first brought two lines, the others none


def test_a_step_that_is_silent_for_long_is_waited_for(server: ArgoServer) -> None:
    server.add(workflow(), phase="Running")

    def speak() -> None:
        while server.count("GET", "/log") < 5:
            time.sleep(0.01)
        server.logs["hello"] = SAID
        server.set_status("hello", phase="Succeeded")

    speaking = threading.Thread(target=speak)
    speaking.start()
    with opened(place(server), Waits().backoff(tries=2), read=0.05) as client:
        heard = list(lines(client, "hello", follow=True, backoff=Waits().backoff(tries=2)))
    speaking.join()

    assert heard == WHOLE


def test_one_pod_is_asked_for_by_name(server: ArgoServer) -> None:
    server.add(workflow(), phase="Succeeded")
    server.logs["hello"] = SAID

    with asking(server) as client:
        heard = list(lines(client, "hello", pod="pod-b"))

    assert heard == [Line("pod-b", "two"), Line("pod-b", "")]


def test_the_log_of_no_workflow_is_refused_with_its_name(server: ArgoServer) -> None:
    with asking(server) as client, pytest.raises(RefusedError, match="there is no workflow absent"):
        list(lines(client, "absent"))


@pytest.mark.parametrize(
    ("node", "annotations", "pod"),
    [
        ({"id": "hello-123", "name": "hello.a", "templateName": "main"}, {}, "hello-main-123"),
        ({"id": "hello", "name": "hello", "templateName": "main"}, {}, "hello"),
        ({"id": "hello-123", "name": "hello.a", "templateRef": {"template": "other"}}, {}, "hello-other-123"),
        ({"id": "hello-123", "name": "hello.a"}, {"workflows.argoproj.io/pod-name-format": "v1"}, "hello-123"),
        ({"id": "hello-123", "name": "hello.a", "templateName": "t" * 300}, {}, f"hello-{'t' * 236}-123"),
    ],
)
def test_a_nodes_pod_is_called_as_argo_calls_it(node: dict[str, object], annotations: dict[str, str], pod: str) -> None:
    assert pod_name({"metadata": {"name": "hello", "annotations": annotations}}, node) == pod
