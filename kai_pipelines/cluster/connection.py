"""Where the Argo Server is and who asks: flags, and the environment variables of Argo's own `argo`.

The names and meanings are those of `argo` 4.1 (cmd/argo/commands/client/conn.go). A kubeconfig is not read.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from kai_pipelines.errors import NoServerError, UsageError
from kai_pipelines.manifest.names import is_template_name

VARIABLES = (
    "ARGO_SERVER",
    "ARGO_TOKEN",
    "ARGO_NAMESPACE",
    "ARGO_SECURE",
    "ARGO_INSECURE_SKIP_VERIFY",
    "ARGO_BASE_HREF",
    "ARGO_HTTP1",
    "ARGO_INSTANCEID",
)
"""What is read. `ARGO_HTTP1` changes nothing: kai always speaks HTTP 1."""


@dataclass(frozen=True, slots=True)
class Flags:
    """What a command line says of the server; None where it says nothing."""

    server: str | None = None
    namespace: str | None = None
    secure: bool | None = None
    skip_verify: bool | None = None
    base_href: str | None = None
    instance_id: str | None = None
    headers: Sequence[str] = ()
    certificate: Path | None = None
    """The client's own certificate."""
    key: Path | None = None
    authority: Path | None = None
    """The certificates that the server's is checked with."""


@dataclass(frozen=True, slots=True)
class Connection:
    """How to reach one server."""

    url: str
    """With a slash at the end, so that paths join below it."""
    namespace: str
    authorization: str = ""
    """The value of the header of that name."""
    verify: bool | str = True
    """Whether the server's certificate is checked, or the file to check it with."""
    certificate: tuple[str, str] | None = None
    headers: tuple[tuple[str, str], ...] = ()
    instance_id: str = ""


def connection(environment: Mapping[str, str], flags: Flags | None = None) -> Connection:
    """The connection that flags and environment describe; raises UsageError for what cannot be meant."""
    given = flags or Flags()
    secure = given.secure if given.secure is not None else environment.get("ARGO_SECURE") != "false"
    unchecked = given.skip_verify
    if unchecked is None:
        unchecked = environment.get("ARGO_INSECURE_SKIP_VERIFY") == "true"
    server = given.server or environment.get("ARGO_SERVER", "")
    href = given.base_href if given.base_href is not None else environment.get("ARGO_BASE_HREF", "")
    authority = str(_file(given.authority, "--certificate-authority")) if given.authority else True
    return Connection(
        url=_url(server, href, secure=secure),
        namespace=_namespace(given.namespace or environment.get("ARGO_NAMESPACE") or "default"),
        authorization=_authorization(environment.get("ARGO_TOKEN", "")),
        verify=False if unchecked else authority,
        certificate=_certificate(given),
        headers=tuple(_header(one) for one in given.headers),
        instance_id=given.instance_id or environment.get("ARGO_INSTANCEID", ""),
    )


def _url(server: str, href: str, *, secure: bool) -> str:
    if not server:
        raise NoServerError(
            "no Argo Server is named", hint="set ARGO_SERVER=host:port, or give --argo-server; docs/guides/cluster.md"
        )
    text = server if "://" in server else f"{'https' if secure else 'http'}://{server}"
    parts = urlsplit(text)
    try:
        port = parts.port
    except ValueError as error:
        raise UsageError(f"ARGO_SERVER: {server!r} has no port that can be: {error}") from error
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise UsageError(f"ARGO_SERVER: {server!r} is not host:port", hint="for example argo.example.com:2746")
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    path = "/".join(part.strip("/") for part in (parts.path, href) if part.strip("/"))
    return f"{parts.scheme}://{host}{f':{port}' if port else ''}/{f'{path}/' if path else ''}"


def _namespace(name: str) -> str:
    if not is_template_name(name):
        raise UsageError(f"{name!r} is no name of a namespace", hint="look at ARGO_NAMESPACE and --namespace")
    return name


def _authorization(token: str) -> str:
    """`ARGO_TOKEN` is the header's whole value for argo; people also give the bare token."""
    words = token.split()
    if len(words) > 2 or not token.isascii() or not token.isprintable():
        raise UsageError("ARGO_TOKEN is not a token", hint="it is 'Bearer TOKEN', as `argo auth token` prints it")
    return f"Bearer {words[0]}" if len(words) == 1 else " ".join(words)


def _header(text: str) -> tuple[str, str]:
    name, colon, value = text.partition(":")
    if not colon or not name.strip() or not text.isprintable() or not text.isascii():
        raise UsageError(f"--header {text!r} is not Name: value")
    return name.strip(), value.strip()


def _certificate(flags: Flags) -> tuple[str, str] | None:
    if flags.certificate is None and flags.key is None:
        return None
    if flags.certificate is None or flags.key is None:
        raise UsageError("--client-certificate and --client-key must be given together")
    return str(_file(flags.certificate, "--client-certificate")), str(_file(flags.key, "--client-key"))


def _file(path: Path, flag: str) -> Path:
    if not path.is_file():
        raise UsageError(f"{flag}: there is no file {path}")
    return path
