"""What is refused before anything starts: everything that would mean something else here than on a cluster.

Each refusal names the template, the field and the reason. What only decides where or how fast a pod runs
(resources, node selectors, priorities, garbage collection, metrics) has no meaning here and is let through.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from kai_pipelines.errors import ManifestError

Template = dict[str, Any]

HOST_IMAGES = frozenset({"alpine", "busybox", "debian", "python", "ubuntu"})
"""Images whose commands are ordinary programs of this machine."""
OWN_IMAGE = "kai-pipelines"
KINDS = ("container", "script", "dag", "steps", "suspend", "resource", "http", "plugin", "containerSet", "data")
_HERE = frozenset({"container", "script", "dag", "steps"})
_SPEC = {
    "workflowTemplateRef": "the template it refers to is read from a cluster",
    "hooks": "life-cycle hooks do not run here yet",
    "synchronization": "locks between workflows are kept by a cluster",
    "suspend": "there is nobody who could resume it",
}
_TEMPLATE = {
    "sidecars": "containers beside the main one do not run here yet",
    "initContainers": "containers before the main one do not run here yet",
    "daemon": "daemons do not run here yet",
    "synchronization": "locks do not work here yet",
    "memoize": "its cache is kept in a cluster's ConfigMap",
}
_TASK = {
    "templateRef": "templates of other manifests do not run here yet",
    "inline": "inline templates do not run here yet",
    "hooks": "life-cycle hooks do not run here yet",
    "onExit": "exit handlers of single tasks do not run here yet",
}
_SOURCES = frozenset({"raw", "s3"})
_STORAGE = ("artifactory", "azure", "gcs", "git", "hdfs", "http", "oss", "plugin", "raw", "s3")


def kind_of(template: Template) -> str:
    """The field that says what a template is."""
    return next((kind for kind in KINDS if template.get(kind) is not None), "")


def tasks_of(template: Template) -> Iterator[dict[str, Any]]:
    """The tasks of a DAG, or the steps of a steps template."""
    yield from (template.get("dag") or {}).get("tasks") or []
    for group in template.get("steps") or []:
        yield from group


def container_of(template: Template) -> dict[str, Any]:
    """The container or script of a template."""
    found: dict[str, Any] = template.get("container") or template["script"]
    return found


def image_name(image: str) -> str:
    """The last part of an image's repository: ``docker.io/library/python:3.11`` → ``python``."""
    return re.split(r"[:@]", image.rsplit("/", 1)[-1])[0]


def admit_spec(spec: Mapping[str, Any], workflow: str) -> None:
    """Refuse what the workflow asks for as a whole and cannot have here."""
    _refuse(spec, _SPEC, workflow)
    for one in (spec.get("arguments") or {}).get("artifacts") or []:
        _admit_artifact(one, f"{workflow}: the argument {one.get('name')}")


def admit(
    name: str, find: Callable[[str, str], Template], seen: set[str], *, simulated: bool = False
) -> None:
    """Refuse a template, or one that it leads to; `find` looks one up for the place that names it.

    In a simulation no container runs, so only what the scheduler does not know is refused.
    """
    if name in seen:
        return
    seen.add(name)
    template, place = find(name, ""), f"template {name}"
    kind = kind_of(template)
    if kind not in _HERE:
        raise ManifestError(f"{place}: {kind or 'a template without a kind'} cannot run here yet")
    if not simulated:
        _refuse(template, _TEMPLATE, place)
        _admit_files(template, place)
    if kind in {"container", "script"}:
        if not simulated:
            _admit_container(template[kind], place)
        return
    for task in tasks_of(template):
        where = f"{place}, task {task.get('name')}"
        _refuse(task, _TASK, where)
        find(str(task.get("template") or ""), f"{where},")
        admit(task["template"], find, seen, simulated=simulated)


def _refuse(holder: Mapping[str, Any], fields: Mapping[str, str], place: str) -> None:
    for field, reason in fields.items():
        if holder.get(field):
            raise ManifestError(f"{place}: {field} cannot run here: {reason}")


def _admit_container(container: Mapping[str, Any], place: str) -> None:
    image = str(container.get("image", ""))
    if image_name(image) not in HOST_IMAGES | {OWN_IMAGE}:
        raise ManifestError(
            f"{place}: the image {image or '(none)'} cannot run here without a container engine",
            hint=f"images that stand for this machine's programs are {', '.join(sorted(HOST_IMAGES))}, and ours",
        )
    if not container.get("command"):
        raise ManifestError(f"{place}: no command is given", hint="the image's own entrypoint is not known here")
    if image_name(image) == OWN_IMAGE:
        return
    if container.get("volumeMounts"):
        raise ManifestError(f"{place}: volumes cannot be mounted here", hint="pass files as artifacts")
    if container.get("envFrom") or any("valueFrom" in one for one in container.get("env") or []):
        raise ManifestError(f"{place}: an environment variable comes from a cluster", hint="give it a value")


def _admit_files(template: Template, place: str) -> None:
    inputs, outputs = template.get("inputs") or {}, template.get("outputs") or {}
    for one in inputs.get("parameters") or []:
        if (one.get("valueFrom") or {}).keys() - {"default"}:
            raise ManifestError(f"{place}: the value of {one['name']} comes from a cluster", hint="give it a value")
    for one in outputs.get("parameters") or []:
        if unknown := (one.get("valueFrom") or {}).keys() - {"path", "default", "parameter", "expression"}:
            raise ManifestError(f"{place}: {one['name']} is read by {', '.join(unknown)}, which does not run here yet")
    for one in [*(inputs.get("artifacts") or []), *(outputs.get("artifacts") or [])]:
        _admit_artifact(one, f"{place}: the artifact {one.get('name')}")
    for one in [*(outputs.get("parameters") or []), *(outputs.get("artifacts") or [])]:
        if "globalName" in one:
            raise ManifestError(f"{place}: {one['name']} has a globalName, which does not work here yet")


def _admit_artifact(one: Mapping[str, Any], place: str) -> None:
    for storage in _STORAGE:
        if one.get(storage) is None:
            continue
        if storage not in _SOURCES:
            raise ManifestError(f"{place} is kept in {storage}, which is not read here", hint="give it with -a")
        if storage == "s3" and set(one["s3"]) - {"key"}:
            raise ManifestError(f"{place} is kept in an S3 bucket, which is not read here", hint="give it with -a")
