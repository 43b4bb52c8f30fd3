"""sprig's urlParse and urlJoin: a URL as a map and back (Go's net/url)."""

from __future__ import annotations

import re
from urllib.parse import quote, unquote

from kai_pipelines.expression.values import type_name

_PARTS = ("scheme", "host", "path", "query", "opaque", "fragment", "userinfo")
_SCHEME = re.compile(r"([a-zA-Z][a-zA-Z0-9+.\-]*):(.*)", re.DOTALL)
_USERINFO = re.compile(r"[A-Za-z0-9\-._:~!$&'()*+,;=%@]*")
_HOST = re.compile(r"(?:[A-Za-z0-9\-._~!$&'()*+,;=<>\"%]|[^\x00-\x7f])*(?::[0-9]*)?|\[[^\]\s]*\](?::[0-9]*)?")


def parse(url: str) -> object:
    """The parts of a URL; raises ValueError."""
    if any(ch < " " or ch == "\x7f" for ch in url):
        raise ValueError("unable to parse url: invalid control character in URL")
    location, _, fragment = url.partition("#")
    parts = dict.fromkeys((*_PARTS, "hostname"), "")
    parts["fragment"] = _unescaped(fragment)
    if location.startswith(":"):
        raise ValueError("unable to parse url: missing protocol scheme")
    match = _SCHEME.fullmatch(location)
    if match is not None:
        parts["scheme"], location = match[1].lower(), match[2]
    location, _, parts["query"] = location.partition("?")
    if not location.startswith("/"):
        if match is not None:
            return {**parts, "opaque": location}
        if ":" in location.partition("/")[0]:
            raise ValueError("unable to parse url: first path segment in URL cannot contain colon")
    if location.startswith("//") and (match is not None or not location.startswith("///")):
        authority, slash, path = location[2:].partition("/")
        parts["userinfo"], parts["host"] = _authority(authority)
        location = slash + path
    parts["hostname"] = re.sub(r":[0-9]*$", "", parts["host"]).strip("[]")
    return {**parts, "path": _unescaped(location)}


def _authority(authority: str) -> tuple[str, str]:
    userinfo, _, host = authority.rpartition("@")
    if not _USERINFO.fullmatch(userinfo) or not _HOST.fullmatch(host):
        raise ValueError(f"unable to parse url: invalid host {authority!r}")
    return userinfo, _unescaped(host)


def _unescaped(text: str) -> str:
    if re.search("%(?![0-9a-fA-F]{2})", text):
        raise ValueError(f"unable to parse url: invalid URL escape in {text!r}")
    return unquote(text, errors="surrogateescape")


def join(given: dict[str, object]) -> str:
    """A URL from its parts; raises TypeError when one is no string."""
    parts: dict[str, str] = {}
    for name in _PARTS:
        value = given.get(name, "")
        if not isinstance(value, str):
            raise TypeError(f"unable to parse {name} key, must be of type string, but {type_name(value)} found")
        parts[name] = value
    text = f"{parts['scheme']}:" if parts["scheme"] else ""
    text += parts["opaque"] or _location(parts, first=not text)
    text += f"?{parts['query']}" if parts["query"] else ""
    return text + (f"#{quote(parts['fragment'], safe='$&+,/:;=?@!()*~')}" if parts["fragment"] else "")


def _location(parts: dict[str, str], *, first: bool) -> str:
    """Authority and path; `first` when no scheme stands before them."""
    authority = (f"{parts['userinfo']}@" if parts["userinfo"] else "") + quote(parts["host"], safe="!$&'()*+,;=:[]<>\"")
    path = parts["path"] if parts["path"] == "*" else quote(parts["path"], safe="$&+,/:;=@~")
    if path and not path.startswith("/") and parts["host"]:
        path = f"/{path}"
    if authority or (parts["scheme"] and path):
        return f"//{authority}{path}"
    return f"./{path}" if first and ":" in path.partition("/")[0] else path
