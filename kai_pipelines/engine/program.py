"""A manifest as the engine reads it: templates with their defaults, arguments, and what is refused.

Everything that cannot run here is refused before anything starts.
"""

from __future__ import annotations

import copy
import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from kai_pipelines.engine.request import RunRequest
from kai_pipelines.errors import ManifestError, UsageError

Template = dict[str, Any]

HOST_IMAGES = frozenset({"alpine", "busybox", "debian", "python", "ubuntu"})
"""Images whose commands are ordinary programs of this machine."""
OWN_IMAGE = "kai-pipelines"
_KINDS = ("container", "script", "dag", "steps", "suspend", "resource", "http", "plugin", "containerSet", "data")
_HERE = frozenset({"container", "script", "dag", "steps"})
_WORKFLOWS = frozenset({"Workflow", "WorkflowTemplate", "ClusterWorkflowTemplate", "CronWorkflow"})


def kind_of(template: Template) -> str:
    """The field that says what a template is."""
    return next((kind for kind in _KINDS if kind in template), "")


class Program:
    """The spec of one workflow and its arguments."""

    def __init__(self, request: RunRequest) -> None:
        manifest = copy.deepcopy(dict(request.manifest))
        if manifest.get("kind") not in _WORKFLOWS:
            raise ManifestError(
                f"a {manifest.get('kind')} cannot run here", hint=f"one of {', '.join(sorted(_WORKFLOWS))} can"
            )
        self.metadata: dict[str, Any] = manifest.get("metadata") or {}
        spec: dict[str, Any] = manifest.get("spec") or {}
        self.spec: dict[str, Any] = spec["workflowSpec"] if manifest["kind"] == "CronWorkflow" else spec
        self.name: str = self.metadata.get("name") or str(self.metadata.get("generateName", "workflow-")) + "local"
        self._templates = {template["name"]: template for template in self.spec.get("templates") or []}
        self.entrypoint: str = self._known(self.spec.get("entrypoint") or "", "the entrypoint")
        self.on_exit: str | None = self._known(self.spec["onExit"], "onExit") if self.spec.get("onExit") else None
        self.parameters = _parameters(self.spec, request.parameters, self.name)
        self.artifacts = _artifacts(self.spec, request.artifacts, self.name)
        for root in filter(None, (self.entrypoint, self.on_exit)):
            self._admit(root, set())

    def template(self, name: str) -> Template:
        """A copy of a template, with the workflow's templateDefaults for its kind filled in."""
        template = copy.deepcopy(self._templates[name])
        defaults = self.spec.get("templateDefaults") or {}
        kind = kind_of(template)
        applicable = {key: value for key, value in defaults.items() if key not in _KINDS or key == kind}
        merged: Template = _merge(copy.deepcopy(applicable), template)
        return merged

    def _known(self, name: str, what: str) -> str:
        if name not in self._templates:
            raise ManifestError(f"{self.name}: {what} names the template {name!r}, which is not there")
        return name

    def _admit(self, name: str, seen: set[str]) -> None:
        if name in seen:
            return
        seen.add(name)
        template = self.template(name)
        kind = kind_of(template)
        if kind not in _HERE:
            raise ManifestError(f"template {name}: a {kind or 'template without a kind'} cannot run here yet")
        if kind in {"container", "script"}:
            _check_image(name, template[kind])
            return
        for task in tasks_of(template):
            if "template" not in task:
                unsupported = next((key for key in ("templateRef", "inline") if key in task), "template")
                raise ManifestError(f"template {name}, task {task.get('name')}: {unsupported} cannot run here yet")
            self._admit(self._known(task["template"], f"template {name}, task {task['name']},"), seen)


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


def _check_image(name: str, container: Mapping[str, Any]) -> None:
    image = str(container.get("image", ""))
    if image_name(image) not in HOST_IMAGES | {OWN_IMAGE}:
        raise ManifestError(
            f"template {name}: the image {image or '(none)'} cannot run here without a container engine",
            hint=f"images that stand for this machine's programs are {', '.join(sorted(HOST_IMAGES))}, and ours",
        )
    if not container.get("command") and "source" not in container:
        raise ManifestError(
            f"template {name}: the container has no command", hint="the image's own entrypoint is not known here"
        )


def _merge(base: Any, over: Any) -> Any:
    """`over` on top of `base`, mappings key by key; lists and scalars are replaced."""
    if isinstance(base, dict) and isinstance(over, dict):
        return {
            key: _merge(base[key], over[key]) if key in base and key in over else over.get(key, base.get(key))
            for key in {**base, **over}
        }
    return over


def _parameters(spec: dict[str, Any], given: Mapping[str, str], workflow: str) -> dict[str, str]:
    """The workflow's parameters, by name; unknown, missing and impossible ones are refused."""
    declared = {one["name"]: one for one in (spec.get("arguments") or {}).get("parameters") or []}
    if unknown := [name for name in given if name not in declared]:
        raise UsageError(
            f"{workflow} has no parameter {', '.join(unknown)}", hint=f"it has {', '.join(declared) or 'none'}"
        )
    values: dict[str, str] = {}
    for name, one in declared.items():
        value = given.get(name, one.get("value", one.get("default")))
        if value is None:
            raise UsageError(f"{workflow} needs the parameter {name}", hint=f"give it with -p {name}=…")
        values[name] = text_of(value)
        allowed = [text_of(choice) for choice in one.get("enum") or []]
        if allowed and values[name] not in allowed:
            raise UsageError(f"parameter {name}: {values[name]!r} is not one of {', '.join(allowed)}")
    return values


def text_of(value: Any) -> str:
    """A YAML scalar as the text Argo makes of it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def _artifacts(spec: dict[str, Any], given: Mapping[str, Path], workflow: str) -> dict[str, Path]:
    """Where the workflow's input artifacts are."""
    declared = {one["name"]: one for one in (spec.get("arguments") or {}).get("artifacts") or []}
    if unknown := [name for name in given if name not in declared]:
        raise UsageError(
            f"{workflow} has no artifact {', '.join(unknown)}", hint=f"it has {', '.join(declared) or 'none'}"
        )
    for name, one in declared.items():
        if name not in given and not one.get("optional") and "raw" not in one:
            raise UsageError(f"{workflow} needs the artifact {name}", hint=f"give it with -a {name}=PATH")
    for name, path in given.items():
        if not path.exists():
            raise UsageError(f"artifact {name}: there is nothing at {path}")
        if not os.access(path, os.R_OK | (os.X_OK if path.is_dir() else 0)):
            raise UsageError(f"artifact {name}: {path} cannot be read")
    return dict(given)
