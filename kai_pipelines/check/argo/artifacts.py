"""Where artifacts are, in storage and in the container."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from kai_pipelines.check.argo.decoding import Object

_LOCATIONS = ("artifactory", "azure", "git", "gcs", "hdfs", "http", "oss", "raw", "s3", "plugin")
"""In the order in which Argo asks."""
_NEEDED: Mapping[str, tuple[str, ...]] = {
    "artifactory": ("url", "usernameSecret"),
    "azure": ("endpoint", "container", "blob"),
    "git": ("repo",),
    "gcs": ("bucket", "key"),
    "hdfs": ("addresses",),
    "http": ("url",),
    "oss": ("bucket", "endpoint", "key"),
    "s3": ("endpoint", "bucket", "key"),
    "plugin": ("name", "configuration", "key"),
}
_TWO_LAST = re.compile(r"/[^\n]{2}\Z")
_KEYS = {"azure": "blob", "gcs": "key", "hdfs": "path", "oss": "key", "s3": "key", "plugin": "key"}


def has_location_or_key(artifact: Mapping[str, Any]) -> bool:
    """Whether an artifact says where it is, or at least under which key of the repository."""
    kind = next((one for one in _LOCATIONS if one in artifact), None)
    if kind is None:
        return False
    location: Object = artifact[kind]
    if kind == "raw" or all(_is_set(location, field) for field in _NEEDED[kind]):
        return True
    if kind in _KEYS:
        return bool(location.get(_KEYS[kind]))
    return kind in ("artifactory", "http") and bool(_path(location.get("url", "")))


def _is_set(location: Object, field: str) -> bool:
    return field in location if field.endswith("Secret") else bool(location.get(field))


def _path(url: str) -> str:
    try:
        return urlsplit(url).path
    except ValueError:
        return ""


def location_faults(location: Mapping[str, Any]) -> list[tuple[str, str]]:
    """What Argo finds wrong with a location: (field below it, why)."""
    faults: list[tuple[str, str]] = []
    if "git" in location and not location["git"].get("repo"):
        faults.append(("git", "git needs the address of a repo"))
    if "hdfs" in location and (fault := _hdfs_fault(location["hdfs"])):
        faults.append(("hdfs", fault))
    return faults


def _hdfs_fault(hdfs: Object) -> str:
    by_cache, by_keytab = "krbCCacheSecret" in hdfs, "krbKeytabSecret" in hdfs
    principal = bool(hdfs.get("krbServicePrincipalName")) and "krbConfigConfigMap" in hdfs
    if not hdfs.get("addresses"):
        return "hdfs needs addresses"
    if not hdfs.get("path", "").startswith("/"):
        return "hdfs needs an absolute path"
    if not (hdfs.get("hdfsUser") or by_cache or by_keytab):
        return "hdfs needs one of hdfsUser, krbCCacheSecret and krbKeytabSecret"
    if by_keytab and not (principal and hdfs.get("krbUsername") and hdfs.get("krbRealm")):
        return "krbKeytabSecret needs krbServicePrincipalName, krbConfigConfigMap, krbUsername and krbRealm"
    if by_cache and not principal:
        return "krbCCacheSecret needs krbServicePrincipalName and krbConfigConfigMap"
    return ""


def path_fault(path: str) -> str:
    """Why a template cannot have an artifact at a path; empty when it can."""
    if not path:
        return "it has no path"
    safe = _safe_folder(path)
    cleaned = _clean(path).encode(errors="surrogatepass")
    if safe and (not cleaned.startswith(safe + b"/") or len(cleaned) <= len(safe) + 1):
        return "its path leads out of its folder by '..', or is not written in the shortest way"
    return ""


def _safe_folder(path: str) -> bytes:
    """The folder that Argo does not let a path leave: what stands before `/../`, or before two last letters of any kind."""
    before, dots, _ = path.partition("/../")
    if dots:
        return before.encode(errors="surrogatepass")
    return path.encode(errors="surrogatepass")[:-3] if _TWO_LAST.search(path) else b""


def _clean(path: str) -> str:
    """Go's filepath.Clean."""
    cleaned = posixpath.normpath(path)
    return "/" + cleaned.lstrip("/") if cleaned.startswith("/") else cleaned
