"""What a server and the network can do wrong: what is tried again, and what is said."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from kai_pipelines.cluster.connection import connection
from kai_pipelines.cluster.server import opened
from kai_pipelines.errors import RefusedError, ServerError
from tests.argo_server import ArgoServer
from tests.unit.cluster.samples import Waits, asking, place, workflow


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_a_fault_that_may_pass_is_tried_again(server: ArgoServer, status: int) -> None:
    server.add(workflow())
    server.fail("status", status=status, times=2)
    waits = Waits()

    with asking(server, waits) as client:
        found = client.get("hello")

    assert found["metadata"]["name"] == "hello"
    assert (server.count("GET"), len(waits.seconds)) == (3, 2)


@pytest.mark.parametrize("how", ["drop", "cut"])
def test_a_dropped_connection_is_tried_again(server: ArgoServer, how: str) -> None:
    server.add(workflow())
    server.fail(how, times=2)

    with asking(server) as client:
        assert client.get("hello")["kind"] == "Workflow"

    assert server.count("GET") == 3


@pytest.mark.parametrize(
    ("status", "message"),
    [(400, "refused"), (401, "not signed in"), (403, "not allowed"), (409, "there already"), (422, "refused")],
)
def test_a_refusal_is_said_at_once(server: ArgoServer, status: int, message: str) -> None:
    server.add(workflow())
    server.fail("status", status=status, message="because of this")

    with asking(server) as client, pytest.raises(RefusedError, match=f"{message}.*because of this") as caught:
        client.get("hello")

    assert caught.value.status == status
    assert server.count("GET") == 1


def test_retry_after_is_waited_for(server: ArgoServer) -> None:
    server.add(workflow())
    server.fail("status", status=429, headers={"Retry-After": "3"})
    waits = Waits()

    with asking(server, waits) as client:
        client.get("hello")

    assert waits.seconds == [3.0]


def test_a_server_that_wants_too_long_a_wait_is_not_asked_again(server: ArgoServer) -> None:
    server.fail("status", status=429, message="slow down", headers={"Retry-After": "3600"}, times=9)

    with asking(server) as client, pytest.raises(ServerError, match="slow down") as caught:
        client.get("hello")

    assert "3600" in str(caught.value)
    assert server.count("GET") == 1


def test_a_server_that_stays_broken_ends_in_its_own_words(server: ArgoServer) -> None:
    server.fail("status", status=500, message="etcd is away", times=99)

    with asking(server) as client, pytest.raises(ServerError, match="etcd is away") as caught:
        client.get("hello")

    assert "tried 6 times" in str(caught.value)


def test_nobody_listening_is_said_with_the_address() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    there = connection({"ARGO_SERVER": address, "ARGO_SECURE": "false"})

    with opened(there, Waits().backoff()) as client, pytest.raises(ServerError, match="connection refused") as caught:
        client.get("hello")

    assert address in str(caught.value)


@pytest.mark.parametrize(
    ("how", "error"), [("garbage", ServerError), ("html", ServerError), ("redirect", RefusedError)]
)
def test_what_is_no_argo_server_is_told_as_such(server: ArgoServer, how: str, error: type[Exception]) -> None:
    server.add(workflow())
    server.fail(how)

    with asking(server) as client, pytest.raises(error, match=r"ARGO_SERVER"):
        client.get("hello")


def test_tls_where_there_is_none_names_the_setting(server: ArgoServer) -> None:
    there = place(server, ARGO_SECURE="true")

    with opened(there, Waits().backoff()) as client, pytest.raises(RefusedError, match="set ARGO_SECURE=false"):
        client.get("hello")


def test_plain_http_to_a_tls_server_names_the_setting(server: ArgoServer) -> None:
    server.fail("status", status=400, message="Client sent an HTTP request to an HTTPS server.")

    with asking(server) as client, pytest.raises(RefusedError, match="set ARGO_SECURE=true"):
        client.get("hello")


def test_the_token_is_sent_and_not_replaced_by_a_netrc(
    server: ArgoServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login someone password else\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    server.token = "Bearer secret"
    server.add(workflow())

    with asking(server, ARGO_TOKEN="secret") as client:
        client.get("hello")

    assert server.headers[-1]["Authorization"] == "Bearer secret"


def test_without_a_token_none_is_sent(server: ArgoServer) -> None:
    server.add(workflow())

    with asking(server) as client:
        client.get("hello")

    assert "Authorization" not in server.headers[-1]


def test_a_wrong_token_is_told_without_showing_it(server: ArgoServer) -> None:
    server.token = "Bearer secret"

    with asking(server, ARGO_TOKEN="guessed") as client, pytest.raises(RefusedError, match="ARGO_TOKEN") as caught:
        client.get("hello")

    assert "guessed" not in str(caught.value)


def test_a_forbidden_namespace_is_named(server: ArgoServer) -> None:
    server.forbidden.add("argo")

    with asking(server) as client, pytest.raises(RefusedError, match="namespace argo"):
        client.get("hello")
