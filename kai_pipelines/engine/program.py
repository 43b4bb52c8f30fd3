"""A manifest as the engine reads it: templates with their defaults, arguments, and what is refused.

Everything that cannot run here is refused before anything starts.
"""

from __future__ import annotations

import copy
import json
import os
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from kai_pipelines.engine.admission import admit_spec, admit_templates
from kai_pipelines.engine.node import time_text
from kai_pipelines.engine.request import RunRequest
from kai_pipelines.engine.scope import (
    VERSIONS,
    Rules,
    Scope,
    config_map_or_default,
    has_location,
    parameters_text,
    text_of,
)
from kai_pipelines.errors import ManifestError, UsageError
from kai_pipelines.expression.gojson import marshal
from kai_pipelines.manifest.document import WORKFLOW_KINDS
from kai_pipelines.manifest.library import KINDS, Home, Library, Template, kind_of
from kai_pipelines.manifest.merge import merged

SCHEDULED = "workflows.argoproj.io/scheduled-time"
_CREATED_FORMATS = "BbmAadHIMSYypZz"
"""The letters after ``workflow.creationTimestamp.`` (Argo, util/strftime), which Python's strftime has too."""


class Program:
    """The spec of one workflow and its arguments."""

    def __init__(self, request: RunRequest) -> None:
        manifest = copy.deepcopy(dict(request.manifest))
        if manifest.get("kind") not in WORKFLOW_KINDS:
            raise ManifestError(
                f"a {manifest.get('kind')} cannot run here", hint=f"one of {', '.join(WORKFLOW_KINDS)} can"
            )
        self.metadata: dict[str, Any] = manifest.get("metadata") or {}
        self.submitted: dict[str, Any] = _submitted(manifest, self.metadata)
        """The spec as it was given, without what a template that it refers to adds."""
        self.name: str = self.metadata.get("name") or str(self.metadata.get("generateName", "workflow-")) + "local"
        self.library = Library(request.siblings)
        self.spec: dict[str, Any] = self.library.workflow_spec(self.submitted)
        self.rules: Rules = VERSIONS[request.argo_version]
        # What refers to a template is nameless itself while it runs (Argo, setExecWorkflow).
        self.home = Home.of("local", "" if self.submitted.get("workflowTemplateRef") else self.name, self.spec)
        self._texts: dict[int, str] = {}
        self._merged: dict[int, tuple[Template, Template]] = {}
        self.entrypoint: str = self._known(self.spec.get("entrypoint") or "", "the entrypoint")
        self.parameters = _parameters(self.spec, request.parameters, self.name, self.library)
        self.simulated = request.simulated
        self.artifacts = _artifacts(self.spec, request.artifacts, self.name, simulated=self.simulated)
        admit_spec(self)
        admit_templates(self)

    def find(self, home: Home, holder: Mapping[str, Any]) -> tuple[Home, Template]:
        """The template that a task, step or hook means, with templateDefaults, to be read only; and its home."""
        home, template = self.library.find(home, holder)
        return home, self.with_defaults(template)

    def with_defaults(self, template: Template) -> Template:
        """A template on top of the workflow's templateDefaults for its kind; one without retries takes the workflow's."""
        defaults = self.spec.get("templateDefaults")
        spread = self.spec.get("retryStrategy")
        if not defaults and spread is None:
            return template
        if id(template) not in self._merged:
            kind = kind_of(template)
            applicable = {key: value for key, value in (defaults or {}).items() if key not in KINDS or key == kind}
            own = merged(applicable, template)
            if own.get("retryStrategy") is None and spread is not None:
                own = {**own, "retryStrategy": spread}
            self._merged[id(template)] = template, own
        return self._merged[id(template)][1]

    def text(self, template: Mapping[str, Any]) -> str:
        """A declared template as JSON; it is kept, so templates must not change."""
        if id(template) not in self._texts:
            self._texts[id(template)] = json.dumps(template)
        return self._texts[id(template)]

    def exit_hook(self) -> dict[str, Any] | None:
        """What runs at the end of the workflow, as a life-cycle hook."""
        return exit_hook_of(self.spec, self.spec.get("arguments") or {})

    def globals(self, started_at: float) -> Scope:
        """What every template sees of the workflow (Argo, setGlobalParameters)."""
        created = datetime.fromtimestamp(started_at, UTC)
        spec, metadata = self.spec, self.metadata
        labels, annotations = metadata.get("labels") or {}, metadata.get("annotations") or {}
        declared = (spec.get("arguments") or {}).get("parameters") or []
        shown = parameters_text({**one, "value": self.parameters[one["name"]]} for one in declared)
        known_labels, known_annotations = marshal(labels), marshal(annotations)
        scope: Scope = {
            "workflow.name": self.name,
            "workflow.namespace": str(metadata.get("namespace") or "default"),
            "workflow.uid": str(metadata.get("uid") or self.name),
            "workflow.mainEntrypoint": self.entrypoint,
            "workflow.serviceAccountName": str(spec.get("serviceAccountName") or ""),
            "workflow.creationTimestamp": time_text(started_at),
            "workflow.creationTimestamp.s": str(int(started_at)),
            "workflow.creationTimestamp.RFC3339": time_text(started_at),
            "workflow.parameters": shown,
            "workflow.parameters.json": shown,
            "workflow.annotations": known_annotations,
            "workflow.annotations.json": known_annotations,
            "workflow.labels": known_labels,
            "workflow.labels.json": known_labels,
        }
        scope["workflow.creationTimestamp.L"] = ".000"  # Kubernetes keeps whole seconds
        for letter in _CREATED_FORMATS:
            scope[f"workflow.creationTimestamp.{letter}"] = created.strftime(f"%{letter}")
        if spec.get("priority") is not None:
            scope["workflow.priority"] = str(spec["priority"])
        if SCHEDULED in annotations:
            scope["workflow.scheduledTime"] = str(annotations[SCHEDULED])
        scope |= {f"workflow.parameters.{name}": value for name, value in self.parameters.items()}
        own = spec.get("workflowMetadata") or {}
        for kind, known in (("labels", labels), ("annotations", annotations)):
            for name, value in {**known, **(own.get(kind) or {})}.items():
                scope[f"workflow.{kind}.{name}"] = text_of(value)
        return scope

    def _known(self, name: str, what: str) -> str:
        if name not in self.home.templates:
            there = ", ".join(self.home.templates) or "none"
            raise ManifestError(
                f"{self.name}: {what} names the template {name!r}, which is not there", hint=f"there is {there}"
            )
        return name


def exit_hook_of(holder: Mapping[str, Any], arguments: Mapping[str, Any]) -> dict[str, Any] | None:
    """What runs after a workflow, task or step: `onExit`, or the hook of the name exit; `arguments` if it has none."""
    if holder.get("onExit"):
        return {"template": holder["onExit"], "arguments": arguments}
    hook: dict[str, Any] | None = (holder.get("hooks") or {}).get("exit")
    if hook is None:
        return None
    own = hook.get("arguments") or {}
    return hook if own.get("parameters") or own.get("artifacts") else {**hook, "arguments": arguments}


def _submitted(manifest: dict[str, Any], metadata: dict[str, Any]) -> dict[str, Any]:
    """The workflow's spec; a CronWorkflow gives one that is due now."""
    spec: dict[str, Any] = manifest.get("spec") or {}
    if manifest["kind"] != "CronWorkflow":
        return spec
    own = spec.get("workflowMetadata") or {}
    for kind in ("labels", "annotations"):
        metadata[kind] = {**(metadata.get(kind) or {}), **(own.get(kind) or {})}
    metadata["annotations"].setdefault(SCHEDULED, time_text(time.time()))
    workflow: dict[str, Any] = spec.get("workflowSpec") or {}
    return workflow


def _parameters(spec: dict[str, Any], given: Mapping[str, str], workflow: str, library: Library) -> dict[str, str]:
    """The workflow's parameters, by name; unknown, missing and impossible ones are refused."""
    declared = {one["name"]: one for one in (spec.get("arguments") or {}).get("parameters") or []}
    files = [one["name"] for one in (spec.get("arguments") or {}).get("artifacts") or []]
    if unknown := [name for name in given if name not in declared]:
        named = next((name for name in unknown if name in files), None)
        hint = f"it has {', '.join(declared) or 'none'}"
        if named is not None:
            hint = f"{named} is a file or folder: give it with -a {named}=PATH"
        raise UsageError(f"{workflow} has no parameter {', '.join(unknown)}", hint=hint)
    values: dict[str, str] = {}
    for name, one in declared.items():
        value: Any = given[name] if name in given else one.get("value", one.get("default"))
        if value is None:
            value = _value_from(one, library)
        if value is None:
            raise UsageError(f"{workflow} needs the parameter {name}", hint=f"give it with -p {name}=…")
        values[name] = text_of(value)
        allowed = [text_of(choice) for choice in one.get("enum") or []]
        if allowed and values[name] not in allowed:
            raise UsageError(f"parameter {name}: {values[name]!r} is not one of {', '.join(allowed)}")
    return values


def _value_from(one: Mapping[str, Any], library: Library) -> Any:
    source = one.get("valueFrom") or {}
    reference = source.get("configMapKeyRef")
    if not reference:
        return source.get("default")
    fault = f"failed to set global parameter {one['name']} from configmap"
    return config_map_or_default(reference, source, library, fault)


def _artifacts(
    spec: dict[str, Any], given: Mapping[str, Path], workflow: str, *, simulated: bool = False
) -> dict[str, Path]:
    """Where the workflow's input artifacts are."""
    declared = {one["name"]: one for one in (spec.get("arguments") or {}).get("artifacts") or []}
    if unknown := [name for name in given if name not in declared]:
        raise UsageError(
            f"{workflow} has no artifact {', '.join(unknown)}", hint=f"it has {', '.join(declared) or 'none'}"
        )
    if simulated:
        wanted = [name for name, one in declared.items() if not one.get("optional") and not has_location(one)]
        return {**{name: Path(name) for name in wanted}, **given}
    for name, one in declared.items():
        if name not in given and not one.get("optional") and "raw" not in one:
            raise UsageError(f"{workflow} needs the artifact {name}", hint=f"give it with -a {name}=PATH")
    for name, path in given.items():
        if not path.exists():
            raise UsageError(f"artifact {name}: there is nothing at {path}")
        if not os.access(path, os.R_OK | (os.X_OK if path.is_dir() else 0)):
            raise UsageError(f"artifact {name}: {path} cannot be read")
    return dict(given)
