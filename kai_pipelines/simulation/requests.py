"""What a pod asks of its node, as the manifest says it: cores, memory, graphics processors, the pool, the priority."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import yaml

from kai_pipelines.errors import ManifestError
from kai_pipelines.manifest.merge import merged
from kai_pipelines.manifest.pools import LABEL as POOL_LABEL
from kai_pipelines.manifest.quantity import parse_quantity

_GPU = re.compile(r".*/gpu|.*/mig-.*")


@dataclass(frozen=True, slots=True)
class Requests:
    """The requests of one pod: the sum over its containers; a container without requests asks for its limits."""

    cpu: float = 0.0
    """Cores."""
    memory: int = 0
    """Bytes."""
    gpus: int = 0
    disk: int = 0
    """Bytes of ephemeral storage."""
    pool: str = ""
    """The value of the node selector `node-type`."""
    priority: str = ""
    """The name of its priority class."""
    tolerates_pool: bool = True
    """Whether a taint of the pool's name would let it in."""


def requests_of(template: Mapping[str, Any], spec: Mapping[str, Any]) -> Requests:
    """The requests of a pod's template whose inputs are filled in; what a patch leaves open does not count."""
    pod: dict[str, Any] = {
        "containers": [*_main(template), *_mappings(template.get("sidecars"))],
        "initContainers": _mappings(template.get("initContainers")),
        "nodeSelector": {**_mapping(spec.get("nodeSelector")), **_mapping(template.get("nodeSelector"))},
        "tolerations": template.get("tolerations") or spec.get("tolerations") or [],
        "priorityClassName": template.get("priorityClassName") or spec.get("podPriorityClassName") or "",
    }
    for patch in (spec.get("podSpecPatch"), template.get("podSpecPatch")):
        pod = merged(pod, _patch(patch))
    running = _sum(_mappings(pod.get("containers")))
    starting = [_asked(one) for one in _mappings(pod.get("initContainers"))]
    most = {name: max([running.get(name, 0.0), *(one.get(name, 0.0) for one in starting)]) for name in _KINDS}
    pool = str(_mapping(pod.get("nodeSelector")).get(POOL_LABEL, ""))
    return Requests(
        most["cpu"],
        int(most["memory"]),
        int(most["gpu"]),
        int(most["ephemeral-storage"]),
        pool,
        str(pod.get("priorityClassName") or ""),
        not pool or any(_tolerates(one, pool) for one in _mappings(pod.get("tolerations"))),
    )


_KINDS = ("cpu", "memory", "gpu", "ephemeral-storage")


def _main(template: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    for kind in ("container", "script"):
        if isinstance(template.get(kind), Mapping):
            return [{**template[kind], "name": template[kind].get("name") or "main"}]
    return _mappings(_mapping(template.get("containerSet")).get("containers"))


def _patch(text: object) -> Mapping[str, Any]:
    if not text or "{{" in str(text):
        return {}
    try:
        return _mapping(json.loads(str(text)))
    except ValueError:
        pass
    try:
        return _mapping(yaml.load(str(text), Loader=yaml.CSafeLoader))
    except yaml.YAMLError:
        return {}


def _sum(containers: Iterable[Mapping[str, Any]]) -> dict[str, float]:
    total: dict[str, float] = {}
    for one in containers:
        for name, amount in _asked(one).items():
            total[name] = total.get(name, 0.0) + amount
    return total


def _asked(container: Mapping[str, Any]) -> dict[str, float]:
    resources = _mapping(container.get("resources"))
    asked = {**_mapping(resources.get("limits")), **_mapping(resources.get("requests"))}
    found: dict[str, float] = {}
    for name, amount in asked.items():
        kind = "gpu" if _GPU.fullmatch(str(name)) else str(name)
        found[kind] = found.get(kind, 0.0) + _amount(amount)
    return found


def _amount(value: object) -> float:
    try:
        return float(parse_quantity(str(value)))
    except ManifestError:  # a tag, or a mistake that `kai check` tells
        return 0.0


def _tolerates(toleration: Mapping[str, Any], pool: str) -> bool:
    """Whether a toleration matches the taint ``node-type=<pool>:NoSchedule`` (Kubernetes, ToleratesTaint)."""
    if toleration.get("effect") not in {None, "", "NoSchedule"}:
        return False
    if not toleration.get("key"):
        return toleration.get("operator") == "Exists"
    if toleration["key"] != POOL_LABEL:
        return False
    return toleration.get("operator") == "Exists" or str(toleration.get("value", "")) == pool


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _mappings(value: object) -> list[Mapping[str, Any]]:
    return [one for one in value if isinstance(one, Mapping)] if isinstance(value, list) else []
