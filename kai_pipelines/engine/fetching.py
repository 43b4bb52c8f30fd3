"""Artifacts over HTTP, from this machine only: a run here reaches nothing else."""

from __future__ import annotations

import ipaddress
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from kai_pipelines.errors import ManifestError

_SECONDS = 60.0


def is_loopback(url: str) -> bool:
    """Whether a URL is of this machine itself."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    if parts.scheme not in {"http", "https"}:
        return False
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def fetch(source: Mapping[str, Any], place: Path) -> None:
    """Write what a URL gives to `place`; raises ManifestError with the server's answer."""
    from urllib.error import URLError
    from urllib.request import HTTPRedirectHandler, ProxyHandler, Request, build_opener

    class Staying(HTTPRedirectHandler):
        """Follows a redirection that stays on this machine."""

        def redirect_request(self, req: Request, fp: Any, code: int, msg: str, headers: Any, newurl: str) -> Request | None:
            if not is_loopback(newurl):
                raise URLError(f"it leads to {newurl}, which is not this machine")
            return super().redirect_request(req, fp, code, msg, headers, newurl)

    url = str(source.get("url", ""))
    headers = {str(one.get("name")): str(one.get("value", "")) for one in source.get("headers") or []}
    try:
        with build_opener(ProxyHandler({}), Staying()).open(Request(url, headers=headers), timeout=_SECONDS) as answer:
            with place.open("wb") as file:
                shutil.copyfileobj(answer, file)
    except URLError as error:
        raise ManifestError(f"{url} cannot be fetched: {error.reason}") from error
