"""Two manifests laid over each other as Kubernetes' strategic merge does: mappings by key, known lists by an item's key."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Object = dict[str, Any]

_KEYS = {
    "artifacts": "name",
    "containers": "name",
    "env": "name",
    "hostAliases": "ip",
    "imagePullSecrets": "name",
    "initContainers": "name",
    "parameters": "name",
    "ports": "containerPort",
    "sidecars": "name",
    "tasks": "name",
    "templates": "name",
    "volumeClaimTemplates": "name",
    "volumeDevices": "devicePath",
    "volumeMounts": "mountPath",
    "volumes": "name",
}
"""List → the field by which its items are told apart (patchMergeKey in Argo's and Kubernetes' types)."""


def merged(base: Any, over: Any, field: str = "") -> Any:
    """`over` on top of `base`; what is in one of them only is kept, lists without a key are replaced."""
    if isinstance(base, Mapping) and isinstance(over, Mapping):
        return {
            key: merged(base[key], over[key], key) if key in base and key in over else over.get(key, base.get(key))
            for key in {**base, **over}
        }
    if isinstance(base, list) and isinstance(over, list) and field in _KEYS:
        return _merged_lists(base, over, _KEYS[field])
    return base if over is None else over


def _merged_lists(base: list[Any], over: list[Any], key: str) -> list[Any]:
    if not all(isinstance(one, Mapping) and key in one for one in [*base, *over]):
        return over
    known = {one[key]: one for one in base}
    added = {one[key] for one in over}
    return [
        *(merged(known[one[key]], one) if one[key] in known else one for one in over),
        *(one for one in base if one[key] not in added),
    ]


def joined_spec(own: Object, template: Mapping[str, Any]) -> Object:
    """A workflow's spec on top of that of the template it refers to (Argo, util/merge.go JoinWorkflowSpec).

    An argument is taken whole from the first place that gives it: a value from the workflow never meets a
    `valueFrom` from the template. Hooks of the same name do not merge either.
    """
    result: Object = merged({key: value for key, value in template.items() if key != "hooks"}, own)
    hooks = {**(template.get("hooks") or {}), **(own.get("hooks") or {})}
    if hooks:
        result["hooks"] = hooks
    if "suspend" in own or "suspend" in result:
        result["suspend"] = own.get("suspend")
    places = [_by_name(own), _by_name(template)]
    arguments = result.get("arguments") or {}
    if arguments.get("parameters"):
        arguments["parameters"] = [_first(one, places) for one in arguments["parameters"]]
    return result


def _by_name(spec: Mapping[str, Any]) -> dict[str, Object]:
    return {one["name"]: one for one in (spec.get("arguments") or {}).get("parameters") or [] if "name" in one}


def _first(one: Object, places: list[dict[str, Object]]) -> Object:
    if "value" not in one and not one.get("valueFrom"):
        return one
    found = next((place[one["name"]] for place in places if one.get("name") in place), one)
    return found if "value" in found or found.get("valueFrom") or "default" in found else one
