"""Where a step would run: the pool and the resources of its pod, with the task's own patch laid over."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from kai_pipelines.drawing.model import Place
from kai_pipelines.manifest.fields import mapping, mappings, text
from kai_pipelines.manifest.pools import LABEL as POOL_LABEL

_PARAMETER = re.compile(r"\{\{\s*inputs\.parameters\.([A-Za-z0-9_-]+)\s*\}\}")
_GPU = re.compile(r".*/gpu|.*/mig-.*")
_SHOWN = ("cpu", "memory")


def place_of(template: Mapping[str, Any], arguments: Mapping[str, str], spec: Mapping[str, Any]) -> Place:
    """The place of a task: its template over the defaults of the spec, under the patch in its arguments."""
    defaults = mapping(spec, "templateDefaults")
    patch = _patch(template, arguments)
    container = _container(template)
    selector = {
        **mapping(spec, "nodeSelector"),
        **mapping(defaults, "nodeSelector"),
        **mapping(template, "nodeSelector"),
        **mapping(patch, "nodeSelector"),
    }
    patched = next(iter(mappings(patch.get("containers"))), {})
    asked: dict[str, Any] = {}
    for source in (mapping(defaults, "container"), container, patched):
        resources = mapping(source, "resources")
        asked |= {**mapping(resources, "limits"), **mapping(resources, "requests")}
    return Place(text(selector.get(POOL_LABEL)), _resources(asked), text(container.get("image")))


def _container(template: Mapping[str, Any]) -> Mapping[str, Any]:
    for kind in ("container", "script"):
        if isinstance(template.get(kind), Mapping):
            return mapping(template, kind)
    return next(iter(mappings(mapping(template, "containerSet").get("containers"))), {})


def _resources(asked: Mapping[str, Any]) -> tuple[str, ...]:
    """``cpu: 2, memory: 4Gi, nvidia.com/gpu: 1`` → ``2 cpu``, ``4Gi``, ``1 gpu``; none of what is asked zero times."""
    shown = [f"{text(asked['cpu'])} cpu"] if "cpu" in asked else []
    shown += [text(asked["memory"])] if "memory" in asked else []
    gpus = [text(value) for name, value in sorted(asked.items()) if _GPU.fullmatch(name)]
    return (*shown, *(f"{count} gpu" for count in gpus if count != "0"))


def _patch(template: Mapping[str, Any], arguments: Mapping[str, str]) -> Mapping[str, Any]:
    """The pod patch as JSON, when it is known before the run; a patch in YAML or with open tags says nothing here."""
    written = text(template.get("podSpecPatch"))
    given = {
        text(one.get("name")): text(one.get("default") if one.get("value") is None else one.get("value"))
        for one in mappings(mapping(template, "inputs").get("parameters"))
    } | dict(arguments)
    written = _PARAMETER.sub(lambda match: given.get(match[1], match[0]), written)
    try:
        return mapping(json.loads(written))
    except ValueError:
        return {}
