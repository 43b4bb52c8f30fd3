"""What a pod knows of itself and of what was given beside its workflow: names, labels, ConfigMaps and Secrets."""

from __future__ import annotations

import base64
import binascii
import math
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from kai_pipelines.errors import ManifestError
from kai_pipelines.manifest.library import Library
from kai_pipelines.manifest.quantity import parse_quantity

Object = Mapping[str, Any]

ADDRESS = "127.0.0.1"
"""Every pod's address here, but for daemons beside each other."""
_SUBSCRIPT = re.compile(r"^metadata\.(labels|annotations)\['(.+)'\]$")


@dataclass(frozen=True)
class Facts:
    """One pod's."""

    pod: str
    node_id: str
    node: str
    workflow: str
    namespace: str
    service_account: str
    labels: Mapping[str, str] = field(default_factory=dict)
    annotations: Mapping[str, str] = field(default_factory=dict)
    ip: str = ADDRESS

    def of(self, path: str) -> str:
        """The value of a field of the pod (Kubernetes, the downward API); raises ManifestError for one it has not."""
        if match := _SUBSCRIPT.match(path):
            return (self.labels if match[1] == "labels" else self.annotations).get(match[2], "")
        known = {
            "metadata.name": self.pod,
            "metadata.namespace": self.namespace,
            "metadata.uid": self.node_id,
            "metadata.labels": _lines(self.labels),
            "metadata.annotations": _lines(self.annotations),
            "spec.nodeName": os.uname().nodename,
            "spec.serviceAccountName": self.service_account,
            "status.podIP": self.ip,
            "status.podIPs": self.ip,
            "status.hostIP": ADDRESS,
            "status.hostIPs": ADDRESS,
        }
        if path not in known:
            raise ManifestError(f"the pod has no field {path} that could be read")
        return known[path]


def _lines(values: Mapping[str, str]) -> str:
    return "\n".join(f'{name}="{value}"' for name, value in sorted(values.items()))


def resource(container: Object, wanted: Object) -> str:
    """A container's request or limit, in units of its divisor; what is not said is what the machine has."""
    kind, _, name = str(wanted.get("resource", "")).partition(".")
    resources = container.get("resources") or {}
    value = (resources.get(kind) or {}).get(name) or (resources.get("limits") or {}).get(name)
    if value is None:
        value = os.cpu_count() or 1 if name == "cpu" else os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    divisor = parse_quantity(str(wanted.get("divisor") or "1")) or 1
    return str(math.ceil(parse_quantity(str(value)) / divisor))


def data_of(library: Library, kind: str, name: str, *, optional: bool) -> dict[str, bytes] | None:
    """The entries of a ConfigMap or Secret; None for an optional one that was not given."""
    found = library.object(kind, name)
    if found is None:
        if optional:
            return None
        raise missing(kind, name)
    entries = {str(key): str(value).encode() for key, value in (found.get("data") or {}).items()}
    if kind == "Secret":
        entries = {key: _decoded(kind, name, key, value) for key, value in entries.items()}
        entries |= {str(key): str(value).encode() for key, value in (found.get("stringData") or {}).items()}
    else:
        binary = found.get("binaryData") or {}
        entries |= {str(key): _decoded(kind, name, key, str(value).encode()) for key, value in binary.items()}
    return entries


def missing(kind: str, name: str) -> ManifestError:
    """What to say of an object that was not given."""
    return ManifestError(
        f"the {kind} {name} was not given", hint="give its file too: kai takes a folder, or several files"
    )


def _decoded(kind: str, name: str, key: str, value: bytes) -> bytes:
    try:
        return base64.b64decode(value, validate=True)
    except binascii.Error as error:
        raise ManifestError(f"the {kind} {name}: {key} is not base64: {error}") from error


def entry(library: Library, kind: str, reference: Object) -> str | None:
    """One entry, as an environment variable takes it; None for an optional one that is not there."""
    name, key = str(reference.get("name", "")), str(reference.get("key", ""))
    optional = bool(reference.get("optional"))
    entries = data_of(library, kind, name, optional=optional)
    if entries is None or key not in entries:
        if optional:
            return None
        raise ManifestError(f"the {kind} {name} has no key {key}", hint=f"it has {', '.join(entries or {}) or 'none'}")
    return entries[key].decode(errors="surrogateescape")


def variables_of(container: Object, facts: Facts, library: Library) -> dict[str, str]:
    """A container's environment as its manifest gives it, `envFrom` first (Kubernetes' order)."""
    found: dict[str, str] = {}
    for source in container.get("envFrom") or []:
        for field_name, kind in (("configMapRef", "ConfigMap"), ("secretRef", "Secret")):
            if reference := source.get(field_name):
                entries = data_of(
                    library, kind, str(reference.get("name", "")), optional=bool(reference.get("optional"))
                )
                prefix = str(source.get("prefix") or "")
                found |= {
                    f"{prefix}{key}": value.decode(errors="surrogateescape") for key, value in (entries or {}).items()
                }
    for one in container.get("env") or []:
        value = _value(one, container, facts, library)
        if value is not None:
            found[str(one["name"])] = expanded(value, found)
    return found


def _value(one: Object, container: Object, facts: Facts, library: Library) -> str | None:
    source = one.get("valueFrom")
    if not source:
        value = one.get("value")
        return "" if value is None else str(value)
    if "fieldRef" in source:
        return facts.of(str(source["fieldRef"].get("fieldPath", "")))
    if "resourceFieldRef" in source:
        return resource(container, source["resourceFieldRef"])
    if "configMapKeyRef" in source:
        return entry(library, "ConfigMap", source["configMapKeyRef"])
    if "secretKeyRef" in source:
        return entry(library, "Secret", source["secretKeyRef"])
    raise ManifestError(f"the variable {one.get('name')} comes from {', '.join(source)}, which is not known here")


_REFERENCE = re.compile(r"\$\$|\$\(([^)$]+)\)")


def expanded(word: str, variables: Mapping[str, str]) -> str:
    """``$(NAME)`` replaced as Kubernetes does in commands; ``$$`` is a dollar, unknown names stay."""

    def value(match: re.Match[str]) -> str:
        name = match[1]
        return "$" if name is None else variables.get(name, match[0])

    return _REFERENCE.sub(value, word)


def references(container: Object) -> Sequence[tuple[str, str, bool]]:
    """The ConfigMaps and Secrets that a container's environment needs: kind, name, whether it may be missing."""
    found = []
    for source in container.get("envFrom") or []:
        for field_name, kind in (("configMapRef", "ConfigMap"), ("secretRef", "Secret")):
            if one := source.get(field_name):
                found.append((kind, str(one.get("name", "")), bool(one.get("optional"))))
    for variable in container.get("env") or []:
        source = variable.get("valueFrom") or {}
        for field_name, kind in (("configMapKeyRef", "ConfigMap"), ("secretKeyRef", "Secret")):
            if one := source.get(field_name):
                found.append((kind, str(one.get("name", "")), bool(one.get("optional"))))
    return found
