"""Flags and `argo`'s environment variables → where the server is and who asks."""

from __future__ import annotations

from pathlib import Path

import pytest

from kai_pipelines.cluster.connection import VARIABLES, Flags, connection
from kai_pipelines.errors import UsageError
from tests.docs.documents import ROOT, table_names


@pytest.mark.parametrize(
    ("environment", "url"),
    [
        ({"ARGO_SERVER": "argo.example.com:2746"}, "https://argo.example.com:2746/"),
        ({"ARGO_SERVER": "argo.example.com:2746", "ARGO_SECURE": "true"}, "https://argo.example.com:2746/"),
        ({"ARGO_SERVER": "argo.example.com:2746", "ARGO_SECURE": "false"}, "http://argo.example.com:2746/"),
        (
            {"ARGO_SERVER": "localhost:80", "ARGO_SECURE": "no"},
            "https://localhost:80/",
        ),  # only false is false, as in argo
        ({"ARGO_SERVER": "argo.example.com", "ARGO_BASE_HREF": "/argo/"}, "https://argo.example.com/argo/"),
        ({"ARGO_SERVER": "http://127.0.0.1:2746"}, "http://127.0.0.1:2746/"),
        (
            {"ARGO_SERVER": "https://argo.example.com/base", "ARGO_BASE_HREF": "argo"},
            "https://argo.example.com/base/argo/",
        ),
        ({"ARGO_SERVER": "[::1]:2746", "ARGO_SECURE": "false"}, "http://[::1]:2746/"),
    ],
)
def test_the_address_is_made_of_server_security_and_base(environment: dict[str, str], url: str) -> None:
    assert connection(environment).url == url


@pytest.mark.parametrize(
    ("token", "header"),
    [
        ("", ""),
        ("abc", "Bearer abc"),
        ("Bearer v2:abc", "Bearer v2:abc"),
        ("  abc ", "Bearer abc"),
        ("Basic eDp5", "Basic eDp5"),
    ],
)
def test_a_token_becomes_the_authorization_header(token: str, header: str) -> None:
    assert connection({"ARGO_SERVER": "a:1", "ARGO_TOKEN": token}).authorization == header


@pytest.mark.parametrize("token", ["Bearer a b", "abc\nX-Admin: yes", "töken"])
def test_a_token_that_no_header_can_hold_is_refused_and_not_shown(token: str) -> None:
    with pytest.raises(UsageError, match="ARGO_TOKEN is not a token") as caught:
        connection({"ARGO_SERVER": "a:1", "ARGO_TOKEN": token})

    assert token not in str(caught.value)


def test_flags_come_before_the_environment() -> None:
    environment = {
        "ARGO_SERVER": "one:1",
        "ARGO_NAMESPACE": "first",
        "ARGO_SECURE": "false",
        "ARGO_INSECURE_SKIP_VERIFY": "false",
        "ARGO_BASE_HREF": "a",
        "ARGO_INSTANCEID": "x",
    }

    made = connection(
        environment,
        Flags("two:2", "second", secure=True, skip_verify=True, base_href="b", instance_id="y", headers=["X-A: 1"]),
    )

    assert (made.url, made.namespace, made.verify, made.instance_id) == ("https://two:2/b/", "second", False, "y")
    assert made.headers == (("X-A", "1"),)


def test_certificates_are_checked_unless_the_environment_says_not_to() -> None:
    assert connection({"ARGO_SERVER": "a:1"}).verify is True
    assert connection({"ARGO_SERVER": "a:1", "ARGO_INSECURE_SKIP_VERIFY": "true"}).verify is False


def test_without_a_namespace_it_is_default() -> None:
    assert connection({"ARGO_SERVER": "a:1"}).namespace == "default"


@pytest.mark.parametrize(
    ("environment", "flags", "message"),
    [
        ({}, Flags(), "no Argo Server is named"),
        ({"ARGO_SERVER": "a:port"}, Flags(), "has no port that can be"),
        ({"ARGO_SERVER": "ftp://a"}, Flags(), "is not host:port"),
        ({"ARGO_SERVER": ":2746"}, Flags(), "is not host:port"),
        ({"ARGO_SERVER": "a:1", "ARGO_NAMESPACE": "../x"}, Flags(), "is no name of a namespace"),
        ({"ARGO_SERVER": "a:1"}, Flags(headers=["nothing"]), "is not Name: value"),
        ({"ARGO_SERVER": "a:1"}, Flags(certificate=Path("x.pem")), "must be given together"),
        ({"ARGO_SERVER": "a:1"}, Flags(authority=Path("absent.pem")), "there is no file absent.pem"),
    ],
)
def test_what_cannot_be_meant_is_refused(environment: dict[str, str], flags: Flags, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        connection(environment, flags)


def test_every_variable_that_is_read_is_documented() -> None:
    assert set(VARIABLES) <= set(table_names(ROOT / "docs" / "reference" / "settings.md"))
