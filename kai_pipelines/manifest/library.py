"""Where templates are found: in the workflow itself, and in the templates of other manifests given with it.

A *home* is one object that holds templates. Which home a name is looked up in depends on where it is written:
a task inside a WorkflowTemplate means that object's own templates (Argo, workflow/templateresolution).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from kai_pipelines.errors import ManifestError
from kai_pipelines.manifest.merge import joined_spec, merged

Template = dict[str, Any]
Scope = Literal["local", "namespaced", "cluster"]

KINDS = ("container", "containerSet", "dag", "data", "http", "plugin", "resource", "script", "steps", "suspend")
"""The fields that say what a template is."""
_SCOPES: dict[str, Scope] = {"WorkflowTemplate": "namespaced", "ClusterWorkflowTemplate": "cluster"}


def kind_of(template: Mapping[str, Any]) -> str:
    """The field that says what a template is; empty when there is none."""
    return next((kind for kind in KINDS if template.get(kind) is not None), "")


def tasks_of(template: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The tasks of a DAG, or the steps of a steps template."""
    found = list((template.get("dag") or {}).get("tasks") or [])
    for group in template.get("steps") or []:
        found += group if isinstance(group, list) else group.get("steps") or []
    return found


@dataclass(frozen=True)
class Home:
    """One object that holds templates, by name."""

    scope: Scope
    name: str
    spec: Mapping[str, Any]
    templates: Mapping[str, Template] = field(default_factory=dict)

    @property
    def text(self) -> str:
        """As `templateScope` in a node's status."""
        return f"{self.scope}/{self.name}"

    @classmethod
    def of(cls, scope: Scope, name: str, spec: Mapping[str, Any]) -> Home:
        """A home with the templates of a spec; the pod metadata of the spec goes to each of them."""
        metadata = spec.get("podMetadata")
        templates: dict[str, Template] = {}
        for template in spec.get("templates") or []:
            own = {**template, "metadata": merged(metadata, template.get("metadata"))} if metadata else template
            templates.setdefault(str(template.get("name", "")), own)
        return cls(scope, name, spec, templates)


class Library:
    """The homes of everything that was given together."""

    def __init__(self, documents: Iterable[Mapping[str, Any]]) -> None:
        self._homes: dict[tuple[Scope, str], Home] = {}
        self._objects: dict[tuple[str, str], Mapping[str, Any]] = {}
        for document in documents:
            kind, name = str(document.get("kind", "")), str((document.get("metadata") or {}).get("name", ""))
            self._objects.setdefault((kind, name), document)
            if kind in _SCOPES:
                home = Home.of(_SCOPES[kind], name, document.get("spec") or {})
                self._homes.setdefault((home.scope, name), home)

    def object(self, kind: str, name: str) -> Mapping[str, Any] | None:
        """Another object that was given, such as a ConfigMap."""
        return self._objects.get((kind, name))

    def names(self, kind: str) -> list[str]:
        """The names of the objects of a kind."""
        return [name for one, name in self._objects if one == kind]

    def home(self, name: str, *, cluster: bool = False) -> Home:
        """The WorkflowTemplate or ClusterWorkflowTemplate of a name; raises ManifestError when it was not given."""
        found = self._homes.get(("cluster" if cluster else "namespaced", name))
        if found is None:
            kind = "ClusterWorkflowTemplate" if cluster else "WorkflowTemplate"
            raise ManifestError(
                f"workflow template {name} not found",
                hint=f"give the file with the {kind} {name} too: kai takes a folder, or several files",
            )
        return found

    def find(self, home: Home, holder: Mapping[str, Any]) -> tuple[Home, Template]:
        """The template that a task, step or hook means, and the home in which its own names are looked up."""
        if holder.get("inline") is not None:
            return home, holder["inline"]
        if reference := holder.get("templateRef"):
            other = self.home(str(reference.get("name", "")), cluster=bool(reference.get("clusterScope")))
            name = str(reference.get("template", ""))
            if name not in other.templates:
                raise ManifestError(f"template {name} not found in workflow template {other.name}")
            return other, other.templates[name]
        name = str(holder.get("template") or "")
        if name not in home.templates:
            raise ManifestError(f"template {name} not found")
        return home, home.templates[name]

    def workflow_spec(self, spec: Mapping[str, Any]) -> dict[str, Any]:
        """The spec that runs: with that of the template it refers to under it."""
        reference = spec.get("workflowTemplateRef")
        if not reference:
            return dict(spec)
        home = self.home(str(reference.get("name", "")), cluster=bool(reference.get("clusterScope")))
        return joined_spec(dict(spec), home.spec)
