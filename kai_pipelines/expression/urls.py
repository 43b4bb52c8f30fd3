"""sprig's urlParse and urlJoin: a URL as a map and back (Go's net/url)."""

from __future__ import annotations

from urllib.parse import quote, unquote, urlsplit

from kai_pipelines.expression.values import type_name

_PARTS = ("scheme", "host", "path", "query", "opaque", "fragment", "userinfo")


def parse(url: str) -> object:
    """The parts of a URL; raises ValueError."""
    if any(ch < " " or ch == "\x7f" for ch in url):
        raise ValueError("unable to parse url: net/url: invalid control character in URL")
    parts = urlsplit(url)
    userinfo, at, host = parts.netloc.rpartition("@")
    opaque = ""
    path = unquote(parts.path)
    if parts.scheme and not url[len(parts.scheme) + 1 :].startswith("/"):
        opaque, path = parts.path, ""
    return {
        "scheme": parts.scheme,
        "host": host,
        "hostname": parts.hostname or "",
        "path": path,
        "query": parts.query,
        "opaque": opaque,
        "fragment": unquote(parts.fragment),
        "userinfo": userinfo if at else "",
    }


def join(given: dict[str, object]) -> str:
    """A URL from its parts; raises TypeError when one is no string."""
    parts: dict[str, str] = {}
    for name in _PARTS:
        value = given.get(name, "")
        if not isinstance(value, str):
            raise TypeError(f"unable to parse {name} key, must be of type string, but {type_name(value)} found")
        parts[name] = value
    text = f"{parts['scheme']}:" if parts["scheme"] else ""
    if parts["opaque"]:
        text += parts["opaque"]
    else:
        authority = (f"{parts['userinfo']}@" if parts["userinfo"] else "") + parts["host"]
        path = quote(parts["path"], safe="/:@!$&'()*+,;=~")
        if authority or (parts["scheme"] and path.startswith("//")):
            text += f"//{authority}"
            path = f"/{path}" if path and not path.startswith("/") else path
        text += path
    text += f"?{parts['query']}" if parts["query"] else ""
    return text + (f"#{quote(parts['fragment'])}" if parts["fragment"] else "")
