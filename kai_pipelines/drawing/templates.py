"""Where the templates of a manifest are, and how deep their nesting may be drawn."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

from kai_pipelines.errors import ManifestError
from kai_pipelines.manifest.document import Manifest
from kai_pipelines.manifest.fields import mapping, mappings, sequence, text

Template = Mapping[str, Any]

MOST_NODES = 300
"""A picture with more is no longer read; deeper groups are folded to one node."""
DEEPEST = 12


def spec_of(manifest: Manifest) -> Mapping[str, Any]:
    """The workflow's spec: inside a CronWorkflow's, or the one that a run has resolved."""
    spec = mapping(manifest, "spec")
    stored = mapping(manifest, "status", "storedWorkflowTemplateSpec")
    spec = mapping(spec, "workflowSpec") or spec
    if not mappings(spec.get("templates")) and stored:
        return {**stored, **{key: value for key, value in spec.items() if key != "workflowTemplateRef" and value}}
    if not spec:
        raise ManifestError(
            f"there is nothing to draw in a {text(manifest.get('kind')) or 'manifest without kind'}",
            hint="give a WorkflowTemplate, Workflow, CronWorkflow or ClusterWorkflowTemplate",
        )
    return spec


def with_others(manifest: Manifest, others: Iterable[Manifest]) -> Manifest:
    """A manifest that knows the templates of others, in the way in which the record of a run does."""
    stored: dict[str, Any] = {}
    specs: dict[str, Any] = {}
    for other in others:
        name, spec = text(mapping(other, "metadata").get("name")), mapping(other, "spec")
        specs[name] = spec
        stored |= {f"others/{name}/{text(one.get('name'))}": one for one in mappings(spec.get("templates"))}
    if not stored:
        return manifest
    status = mapping(manifest, "status")
    reference = text(mapping(spec_or_inner(manifest), "workflowTemplateRef").get("name"))
    more = {"storedWorkflowTemplateSpec": specs[reference]} if reference in specs else {}
    return {
        **manifest,
        "status": {**more, **status, "storedTemplates": {**stored, **mapping(status, "storedTemplates")}},
    }


def spec_or_inner(manifest: Manifest) -> Mapping[str, Any]:
    """The workflow's spec, that inside of a CronWorkflow's included."""
    spec = mapping(manifest, "spec")
    return mapping(spec, "workflowSpec") or spec


class Templates:
    """The templates of a spec by name, and those that a run has fetched from elsewhere."""

    def __init__(self, spec: Mapping[str, Any], status: Mapping[str, Any]) -> None:
        self._named = {text(one.get("name")): one for one in mappings(spec.get("templates"))}
        self._stored = mapping(status, "storedTemplates")
        self.depth = self._affordable_depth(text(spec.get("entrypoint")))
        """How many levels of groups fit into a picture."""

    def named(self, name: str) -> Template | None:
        """The template of this name."""
        return self._named.get(name)

    def of_task(self, task: Mapping[str, Any]) -> Template | None:
        """The template that a task runs: inline, named, or fetched by the run."""
        inline = mapping(task, "inline")
        if inline:
            return inline
        reference = mapping(task, "templateRef")
        if not reference:
            return self.named(text(task.get("template")))
        wanted = f"/{text(reference.get('name'))}/{text(reference.get('template'))}"
        return next((mapping(one) for key, one in self._stored.items() if f"/{key}".endswith(wanted)), None)

    def used_by(self, name: str) -> list[str]:
        """The templates that the tasks of a DAG or steps template name."""
        return [text(task.get("template")) for task in tasks_of(self._named.get(name, {}))]

    def _affordable_depth(self, entry: str) -> int:
        @cache
        def size(name: str, depth: int) -> int:
            below = self.used_by(name)
            return len(below) + (sum(size(one, depth - 1) for one in below) if depth else 0)

        return next((depth for depth in range(DEEPEST, 0, -1) if size(entry, depth) <= MOST_NODES), 0)


def stages_of(template: Template) -> list[list[Mapping[str, Any]]]:
    """The stages of a steps template; a step outside a list is a stage of its own."""
    stages = sequence(template.get("steps"))
    return [mappings(stage) if isinstance(stage, list) else mappings([stage]) for stage in stages]


def tasks_of(template: Template) -> list[Mapping[str, Any]]:
    """The tasks of a DAG or steps template."""
    tasks = mappings(mapping(template, "dag").get("tasks"))
    return [*tasks, *(task for stage in stages_of(template) for task in stage)]
