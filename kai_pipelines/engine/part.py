"""The containers of a pod: which there are, in what order they start, and the patch that a manifest lays over them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from kai_pipelines.errors import ManifestError
from kai_pipelines.manifest.library import Template, kind_of
from kai_pipelines.manifest.merge import merged

Object = dict[str, Any]

MAIN = "main"
"""The container that gives a pod's outputs."""


@dataclass(frozen=True)
class Part:
    """One container of a pod."""

    name: str
    role: Literal["init", "main", "sidecar"]
    container: Object
    dependencies: tuple[str, ...] = ()
    """Containers of the same set that must have succeeded."""


def parts_of(template: Template) -> list[Part]:
    """The containers of a pod's template: those before, the main ones, those beside."""
    mains = _mains(template)
    main = next((part.container for part in mains if part.name == MAIN), {})
    return [
        *(_beside(one, "init", main) for one in template.get("initContainers") or []),
        *mains,
        *(_beside(one, "sidecar", main) for one in template.get("sidecars") or []),
    ]


def _mains(template: Template) -> list[Part]:
    kind = kind_of(template)
    if kind != "containerSet":
        return [Part(MAIN, "main", template[kind])]
    shared = template["containerSet"].get("volumeMounts") or []
    return [
        Part(
            str(one.get("name")),
            "main",
            {**one, "volumeMounts": [*(one.get("volumeMounts") or []), *shared]},
            tuple(map(str, one.get("dependencies") or [])),
        )
        for one in template["containerSet"].get("containers") or []
    ]


def _beside(one: Mapping[str, Any], role: Literal["init", "sidecar"], main: Mapping[str, Any]) -> Part:
    container = dict(one)
    if one.get("mirrorVolumeMounts"):
        container["volumeMounts"] = [*(one.get("volumeMounts") or []), *(main.get("volumeMounts") or [])]
    return Part(str(one.get("name")), role, container)


def main_container(template: Template) -> Object:
    """The container whose outputs are the pod's; of a set without one named so, the first."""
    mains = _mains(template)
    return next((part.container for part in mains if part.name == MAIN), mains[0].container if mains else {})


def patched(template: Template, patches: list[str]) -> Template:
    """A template with the pod patches of its manifest laid over its containers (Argo, ApplyPodSpecPatch)."""
    if not patches:
        return template
    result = dict(template)
    for text in patches:
        _lay_over(result, _read_patch(text))
    return result


def _read_patch(text: str) -> Object:
    import yaml

    try:
        patch = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise ManifestError(f"Error applying PodSpecPatch: it is neither JSON nor YAML: {error}") from error
    if patch is None:
        return {}
    if not isinstance(patch, dict):
        raise ManifestError("Error applying PodSpecPatch: it is no mapping")
    return patch


def _lay_over(template: Template, patch: Object) -> None:
    kind = kind_of(template)
    mains = {str(one.get("name")): one for one in patch.get("containers") or []}
    if kind == "containerSet":
        containers = template[kind].get("containers") or []
        template[kind] = {**template[kind], "containers": [merged(one, mains.get(str(one.get("name")), {})) for one in containers]}
    elif MAIN in mains:
        template[kind] = merged(template[kind], mains[MAIN])
    for field, found in (("initContainers", patch.get("initContainers")), ("sidecars", patch.get("containers"))):
        given = {str(one.get("name")): one for one in found or []}
        if template.get(field):
            template[field] = [merged(one, given.get(str(one.get("name")), {})) for one in template[field]]
    if patch.get("volumes"):
        template["volumes"] = merged(template.get("volumes") or [], patch["volumes"], "volumes")
