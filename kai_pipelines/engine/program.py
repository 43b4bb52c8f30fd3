"""A manifest as the engine reads it: templates with their defaults, arguments, and what is refused.

Everything that cannot run here is refused before anything starts.
"""

from __future__ import annotations

import copy
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from kai_pipelines.engine.admission import KINDS, Template, admit, admit_spec, kind_of
from kai_pipelines.engine.request import RunRequest
from kai_pipelines.engine.scope import text_of
from kai_pipelines.errors import ManifestError, UsageError
from kai_pipelines.manifest.document import WORKFLOW_KINDS


class Program:
    """The spec of one workflow and its arguments."""

    def __init__(self, request: RunRequest) -> None:
        manifest = copy.deepcopy(dict(request.manifest))
        if manifest.get("kind") not in WORKFLOW_KINDS:
            raise ManifestError(
                f"a {manifest.get('kind')} cannot run here", hint=f"one of {', '.join(WORKFLOW_KINDS)} can"
            )
        self.metadata: dict[str, Any] = manifest.get("metadata") or {}
        spec: dict[str, Any] = manifest.get("spec") or {}
        self.spec: dict[str, Any] = spec["workflowSpec"] if manifest["kind"] == "CronWorkflow" else spec
        self.name: str = self.metadata.get("name") or str(self.metadata.get("generateName", "workflow-")) + "local"
        self.simulated = request.simulated
        if not self.simulated:
            admit_spec(self.spec, self.name)
        self._merged: dict[str, Template] = {}
        self._texts: dict[str, str] = {}
        self._templates = {template["name"]: template for template in self.spec.get("templates") or []}
        self.entrypoint: str = self._known(self.spec.get("entrypoint") or "", "the entrypoint")
        self.on_exit: str | None = self._known(self.spec["onExit"], "onExit") if self.spec.get("onExit") else None
        self.parameters = _parameters(self.spec, request.parameters, self.name)
        given = _imagined(self.spec, request.artifacts) if self.simulated else request.artifacts
        self.artifacts = _artifacts(self.spec, given, self.name, imagined=self.simulated)
        seen: set[str] = set()
        for root in filter(None, (self.entrypoint, self.on_exit)):
            admit(root, self._found, seen, simulated=self.simulated)

    def template(self, name: str) -> Template:
        """A copy of a template, with the workflow's templateDefaults for its kind filled in."""
        return copy.deepcopy(self.declared(name))

    def declared(self, name: str) -> Template:
        """A template as `template` gives it, to be read only."""
        if name not in self._merged:
            template, defaults = self._templates[name], self.spec.get("templateDefaults") or {}
            kind = kind_of(template)
            applicable = {key: value for key, value in defaults.items() if key not in KINDS or key == kind}
            self._merged[name] = _merge(applicable, template)
        return self._merged[name]

    def text(self, name: str) -> str:
        """A template as JSON."""
        if name not in self._texts:
            self._texts[name] = json.dumps(self.declared(name))
        return self._texts[name]

    def _found(self, name: str, place: str) -> Template:
        return self.declared(self._known(name, place))

    def _known(self, name: str, what: str) -> str:
        if name not in self._templates:
            raise ManifestError(f"{self.name}: {what} names the template {name!r}, which is not there")
        return name


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
            raise UsageError(f"{workflow} needs the parameter {name}", hint=f"give it with -p {name}=…")
        values[name] = text_of(value)
        allowed = [text_of(choice) for choice in one.get("enum") or []]
        if allowed and values[name] not in allowed:
            raise UsageError(f"parameter {name}: {values[name]!r} is not one of {', '.join(allowed)}")
    return values


def _imagined(spec: Mapping[str, Any], given: Mapping[str, Path]) -> dict[str, Path]:
    """The artifacts as if all were there."""
    declared = [one["name"] for one in (spec.get("arguments") or {}).get("artifacts") or []]
    return {**{name: Path(name) for name in declared}, **given}


def _artifacts(
    spec: dict[str, Any], given: Mapping[str, Path], workflow: str, *, imagined: bool = False
) -> dict[str, Path]:
    """Where the workflow's input artifacts are."""
    declared = {one["name"]: one for one in (spec.get("arguments") or {}).get("artifacts") or []}
    if unknown := [name for name in given if name not in declared]:
        raise UsageError(
            f"{workflow} has no artifact {', '.join(unknown)}", hint=f"it has {', '.join(declared) or 'none'}"
        )
    for name, one in declared.items():
        if name not in given and not one.get("optional") and "raw" not in one:
            raise UsageError(f"{workflow} needs the artifact {name}", hint=f"give it with -a {name}=PATH")
    if imagined:
        return dict(given)
    for name, path in given.items():
        if not path.exists():
            raise UsageError(f"artifact {name}: there is nothing at {path}")
        if not os.access(path, os.R_OK | (os.X_OK if path.is_dir() else 0)):
            raise UsageError(f"artifact {name}: {path} cannot be read")
    return dict(given)
