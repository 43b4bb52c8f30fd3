"""What of a pod is refused before anything starts: images, volumes, variables and storage that are not here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kai_pipelines.engine.facts import missing, references
from kai_pipelines.engine.fetching import is_loopback
from kai_pipelines.engine.images import hint, is_own, objection
from kai_pipelines.engine.part import Part, parts_of, patched
from kai_pipelines.engine.repository import BUCKETS
from kai_pipelines.engine.volumes import admit_volumes
from kai_pipelines.errors import ManifestError
from kai_pipelines.manifest.library import Library, Template, kind_of

POD_KINDS = frozenset({"container", "script", "containerSet"})
_FOREIGN = {
    "artifactory": "give the artifact with -a",
    "git": "clone it, and give the folder with -a",
    "hdfs": "give the artifact with -a",
    "plugin": "give the artifact with -a",
}


def admit_pod(template: Template, place: str, resources: Library, spec: Mapping[str, Any] | None = None) -> None:
    """Refuse a pod's template for what is not here; `spec` is the workflow's, whose volumes and patch count too."""
    if kind_of(template) not in POD_KINDS:
        return
    template = _with_plain_patches(template, spec or {})
    parts = parts_of(template)
    if not parts:
        raise ManifestError(f"{place}: the container set has no containers")
    for part in parts:
        where = place if len(parts) == 1 else f"{place}, container {part.name}"
        _admit_part(part, where, resources)
    mounted = {mount.get("name") for part in parts for mount in _mounts(part)}
    declared = [*((spec or {}).get("volumes") or []), *(template.get("volumes") or [])]
    admit_volumes([one for one in declared if one.get("name") in mounted], resources, place)
    claims = {(one.get("metadata") or {}).get("name") for one in (spec or {}).get("volumeClaimTemplates") or []}
    unknown = mounted - claims - {one.get("name") for one in declared}
    if spec is not None and unknown and not all(is_own(part.container) for part in parts):
        raise ManifestError(f"{place}: there is no volume {', '.join(sorted(map(str, unknown)))} to mount")


def _with_plain_patches(template: Template, spec: Mapping[str, Any]) -> Template:
    """The template under those patches that no tag has a part in; others show when it runs."""
    texts = [str(one) for one in (spec.get("podSpecPatch"), template.get("podSpecPatch")) if one]
    return patched(template, [text for text in texts if "{{" not in text])


def _mounts(part: Part) -> list[dict[str, Any]]:
    return [mount for mount in part.container.get("volumeMounts") or [] if "{{" not in str(mount.get("name"))]


def _admit_part(part: Part, place: str, resources: Library) -> None:
    if said := objection(part.container):
        raise ManifestError(f"{place}: {said}", hint=hint() if "container engine" in said else None)
    for kind, name, optional in references(part.container):
        if not optional and "{{" not in name and resources.object(kind, name) is None:
            error = missing(kind, name)
            raise ManifestError(f"{place}: an environment variable: {error.message}", hint=error.hint)


def admit_artifact(one: Mapping[str, Any], place: str) -> None:
    """Refuse an artifact in a storage that is not reached from here."""
    for storage, advice in _FOREIGN.items():
        if one.get(storage) is not None:
            raise ManifestError(f"{place} is kept in {storage}, which is not read here", hint=advice)
    url = str((one.get("http") or {}).get("url", ""))
    if one.get("http") is not None and "{{" not in url and not is_loopback(url):
        raise ManifestError(
            f"{place} is kept at {url or 'no address'}, and only this machine's own addresses are read here",
            hint="fetch it, and give the file with -a",
        )
    for storage, (_, field) in BUCKETS.items():
        if one.get(storage) and ".." in str(one[storage].get(field, "")).split("/"):
            raise ManifestError(f"{place}: the key {one[storage][field]} leads out of its bucket")
