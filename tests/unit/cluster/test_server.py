"""What is asked of a server: verbatim, page by page, and once."""

from __future__ import annotations

import pytest

from kai_pipelines.cluster.server import PAGE
from kai_pipelines.errors import RefusedError
from tests.argo_server import ArgoServer
from tests.unit.cluster.samples import asking, workflow


def test_a_manifest_is_sent_as_it_is_with_fields_that_heras_models_do_not_know(server: ArgoServer) -> None:
    given = workflow(someFieldOfTomorrow={"a": [1, None]}, parallelism=2)

    with asking(server) as client:
        answer = client.create(given)

    sent = server.asked[0][2]["workflow"]
    assert sent == given
    assert answer["spec"]["someFieldOfTomorrow"] == {"a": [1, None]}


def test_an_answer_that_heras_models_cannot_read_is_read_all_the_same(server: ArgoServer) -> None:
    server.add(workflow(), nodes={"x": {"id": "x", "name": 3, "phase": {"of": "tomorrow"}}})

    with asking(server) as client:
        found = client.get("hello")

    assert found["status"]["nodes"]["x"]["phase"] == {"of": "tomorrow"}


def test_a_list_is_read_to_its_last_page(server: ArgoServer) -> None:
    for number in range(2 * PAGE + 1):
        server.add(workflow(f"w{number:03}"))

    with asking(server) as client:
        names = [one["metadata"]["name"] for one in client.workflows()]

    assert names == [f"w{number:03}" for number in range(2 * PAGE + 1)]
    assert server.count("GET") == 3


def test_an_empty_namespace_has_no_workflows(server: ArgoServer) -> None:
    with asking(server) as client:
        assert list(client.workflows()) == []


def test_a_name_that_is_not_there_is_told_with_the_one_that_may_be_meant(server: ArgoServer) -> None:
    server.add(workflow("reconstruction-1a2b3c4d5e"))
    server.add(workflow("training-1"))

    with asking(server) as client:
        with pytest.raises(RefusedError, match="did you mean training-1") as mistyped:
            client.get("trainning-1")
        with pytest.raises(RefusedError, match="did you mean reconstruction-1a2b3c4d5e"):
            client.stop("reconstruction")

    assert mistyped.value.status == 404
    assert "namespace argo" in str(mistyped.value)


def test_stop_says_why_and_terminate_does_not_ask_for_exit_handlers(server: ArgoServer) -> None:
    server.add(workflow("one"), phase="Running")
    server.add(workflow("two"), phase="Running")

    with asking(server) as client:
        stopped = client.stop("one", message="too dear")
        ended = client.terminate("two")

    assert (stopped["spec"]["shutdown"], stopped["status"]["message"]) == ("Stop", "too dear")
    assert ended["spec"]["shutdown"] == "Terminate"


def test_a_retry_whose_answer_was_lost_is_not_an_error(server: ArgoServer) -> None:
    server.add(workflow(), phase="Failed")
    server.fail("drop-after", method="PUT", path="/retry$")

    with asking(server) as client:
        found = client.retry("hello")

    assert found["status"]["phase"] == "Running"
    assert server.count("PUT", "/retry$") == 2


def test_a_retry_of_what_has_not_failed_is_refused_in_the_servers_words(server: ArgoServer) -> None:
    server.add(workflow(), phase="Succeeded")

    with asking(server) as client, pytest.raises(RefusedError, match="must be Failed/Error to retry"):
        client.retry("hello")


def test_suspend_and_resume_change_the_spec(server: ArgoServer) -> None:
    server.add(workflow(), phase="Running")

    with asking(server) as client:
        suspended = client.suspend("hello")["spec"].get("suspend")
        resumed = client.resume("hello")["spec"].get("suspend")

    assert (suspended, resumed) == (True, None)


def test_the_server_judges_a_workflow_without_keeping_it(server: ArgoServer) -> None:
    with asking(server) as client:
        client.lint(workflow())
        with pytest.raises(RefusedError, match="'nowhere' undefined"):
            client.lint(workflow(entrypoint="nowhere"))

    assert server.workflows == {}


def test_a_base_path_stands_before_every_request() -> None:
    with ArgoServer(base_href="/argo/").serving() as server:
        server.add(workflow())

        with asking(server, ARGO_BASE_HREF="argo") as client:
            assert client.get("hello")["metadata"]["name"] == "hello"

    assert server.asked[0][1] == "/argo/api/v1/workflows/argo/hello"
