"""The HTTP session under Hera's service client: retries, time limits, and a server's faults in plain words."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import requests
import urllib3
from requests.auth import AuthBase

from kai_pipelines.cluster.connection import Connection
from kai_pipelines.cluster.retrying import RETRIED, Backoff
from kai_pipelines.errors import RefusedError, ServerError

CONNECT, READ = 10.0, 60.0
"""Seconds to wait for a connection, and for the next bytes of an answer."""
_LONGEST_SAID = 500


class _Authorization(AuthBase):
    """Sets the header itself, because requests would put the password of a `.netrc` in its place."""

    def __init__(self, value: str) -> None:
        self._value = value

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        if self._value:
            request.headers["Authorization"] = self._value
        else:
            request.headers.pop("Authorization", None)
        return request


class Session(requests.Session):
    """Sends what Hera's client asks for, again where that may help; every failure is one of our errors."""

    def __init__(self, connection: Connection, backoff: Backoff, read: float = READ) -> None:
        super().__init__()
        if connection.verify is False:  # said by who asks; urllib3 would say it again with every request
            urllib3.disable_warnings(urllib3.exceptions.InsecureRequestWarning)
        self._connection = connection
        self._backoff = backoff
        self._read = read
        self.auth = _Authorization(connection.authorization)
        self.headers.update({**dict(connection.headers), "Accept": "application/json"})
        self.answer: Any = None
        """The body of the last answer, as the server wrote it."""
        self.resent = False
        """Whether the last request was sent more than once, so that the first may have been heard."""

    def request(self, method: str | bytes, url: str | bytes, *_given: Any, **named: Any) -> requests.Response:
        """One request, as often as need be; `stream=True` leaves the body to be read."""
        self.answer, self.resent = None, False
        options = {key: named[key] for key in ("params", "data", "headers", "stream") if named.get(key) is not None}
        options["headers"] = {key: value for key, value in (options.get("headers") or {}).items() if value is not None}
        attempt = 0
        while True:
            attempt += 1
            self.resent = attempt > 1
            response, fault = self._try(str(method), str(url), options)
            after = response.headers.get("Retry-After") if response is not None else None
            again = fault is not None or (response is not None and response.status_code in RETRIED)
            if again and self._backoff.wait(attempt, after):
                if response is not None:
                    response.close()
                continue
            if response is None:
                raise self._unreachable(fault, attempt)
            return self._checked(response, attempt)

    def _try(
        self, method: str, url: str, options: dict[str, Any]
    ) -> tuple[requests.Response | None, requests.RequestException | None]:
        """An answer, or a fault that may pass; what cannot pass is raised."""
        place = self._connection
        try:
            return super().request(
                method,
                url,
                timeout=(CONNECT, self._read),
                verify=place.verify,
                cert=place.certificate,
                allow_redirects=False,
                **options,
            ), None
        except requests.exceptions.SSLError as error:
            if "EOF occurred" in str(error):  # the connection was dropped, TLS or not
                return None, error
            raise _tls_fault(error, place) from error
        except (requests.exceptions.ConnectionError, requests.exceptions.Timeout) as error:
            return None, error
        except requests.exceptions.ChunkedEncodingError as error:
            return None, error
        except (requests.RequestException, OSError) as error:
            raise RefusedError(f"{place.url} cannot be asked: {error}", hint="look at ARGO_SERVER") from error

    def _checked(self, response: requests.Response, attempt: int) -> requests.Response:
        if 300 <= response.status_code < 400:
            there = response.headers.get("Location", "another place")
            raise RefusedError(
                f"{self._connection.url} answers that the server is at {there}",
                hint="look at ARGO_SERVER, ARGO_SECURE and ARGO_BASE_HREF; a login page means ARGO_TOKEN",
            )
        if not response.ok:
            raise refusal(response, self._connection, attempt)
        if response.headers.get("Content-Type", "").startswith("text/html"):
            raise _not_argo(self._connection, response.text)
        if not getattr(response, "_content_consumed", True):
            return response
        try:
            self.answer = response.json()
        except ValueError as error:
            raise _not_argo(self._connection, response.text) from error
        return response

    def _unreachable(self, fault: Exception | None, attempts: int) -> ServerError:
        text = _reason(fault)
        hint = f"tried {attempts} times; is the server up, and ARGO_SERVER its host:port?"
        if "reset" in text or "closed" in text:
            hint += (
                f" ARGO_SECURE={'false' if self._connection.url.startswith('https') else 'true'} may be what it wants"
            )
        return ServerError(f"{self._connection.url} cannot be reached: {text}", hint=hint)


def _reason(fault: Exception | None) -> str:
    """What is at the bottom of an error of requests."""
    if isinstance(fault, requests.exceptions.Timeout):
        return "no answer in time"
    text = str(fault)
    for said, plain in _FAULTS.items():
        if said in text:
            return plain
    return " ".join(text.split())[:_LONGEST_SAID]


_FAULTS = {
    "Connection refused": "connection refused",
    "Connection reset": "connection reset",
    "Remote end closed": "the connection was closed without an answer",
    "IncompleteRead": "the connection was closed in the middle of an answer",
    "Name or service not known": "there is no host of this name",
    "Temporary failure in name resolution": "there is no host of this name",
    "nodename nor servname": "there is no host of this name",
    "No route to host": "there is no way to this host",
}


def _tls_fault(error: Exception, place: Connection) -> RefusedError:
    text = str(error)
    if "WRONG_VERSION_NUMBER" in text or "record layer" in text:
        return RefusedError(f"{place.url} does not speak TLS", hint="set ARGO_SECURE=false if that is meant")
    if "CERTIFICATE_VERIFY_FAILED" in text:
        return RefusedError(
            f"the certificate of {place.url} cannot be trusted: {text.rpartition('certificate verify failed: ')[2][:120]}",
            hint="give its authority with --certificate-authority FILE; ARGO_INSECURE_SKIP_VERIFY=true does not check",
        )
    return RefusedError(f"TLS with {place.url} fails: {text[:_LONGEST_SAID]}", hint="look at ARGO_SECURE")


def _not_argo(place: Connection, text: str) -> ServerError:
    start = " ".join(text[:80].split())
    return ServerError(
        f"{place.url} answers what no Argo Server says: {start!r}",
        hint="look at ARGO_SERVER and ARGO_BASE_HREF; a proxy or login page may stand before it",
    )


def said(response: requests.Response) -> str:
    """What the server says: the `message` of Argo's error bodies, or the text."""
    try:
        body = json.loads(response.text)
    except (ValueError, requests.RequestException):
        body = None
    message = body.get("message") or body.get("error") if isinstance(body, dict) else response.text
    return " ".join(str(message or response.reason or "").split())[:_LONGEST_SAID]


def refusal(response: requests.Response, place: Connection, attempts: int) -> RefusedError | ServerError:
    """The error that a status stands for, with what to do about it."""
    text, status = said(response), response.status_code
    if status in RETRIED or status >= 500:
        tried = f"tried {attempts} times" if attempts > 1 else "look at the server's own log"
        waits = response.headers.get("Retry-After")
        hint = f"it asks to come back after {waits} s" if status == 429 and waits else tried
        return ServerError(f"the server failed ({status}): {text}", hint=hint)
    hints: dict[int, Callable[[], str]] = {
        400: lambda: "TLS is wanted: set ARGO_SECURE=true" if "HTTPS server" in text else "",
        401: lambda: "set ARGO_TOKEN to a token that is valid, as `argo auth token` prints it",
        403: lambda: (
            f"the token's account may not do this in namespace {place.namespace}: ask for the role, or set ARGO_NAMESPACE"
        ),
    }
    names = {400: "refused", 401: "not signed in", 403: "not allowed", 404: "not found", 409: "there already"}
    advice = hints.get(status, lambda: "")()
    return RefusedError(f"{names.get(status, 'refused')} ({status}): {text}", hint=advice or None, status=status)
