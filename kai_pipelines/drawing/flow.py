"""A manifest, or the record of a run, as the values that a picture shows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

from kai_pipelines.drawing.edges import choice_of, failures_of, with_implied
from kai_pipelines.drawing.model import Chart, Edge, Flow, Kind, Node
from kai_pipelines.drawing.outcome import EXIT, Outcomes, Path
from kai_pipelines.drawing.place import place_of
from kai_pipelines.drawing.templates import Template, Templates, spec_of, stages_of, tasks_of
from kai_pipelines.drawing.wording import (
    Origins,
    condition,
    depended_on,
    dependency,
    origin,
    repetition,
    shortened,
    sources,
)
from kai_pipelines.errors import ManifestError
from kai_pipelines.manifest.document import Manifest
from kai_pipelines.manifest.fields import mapping, mappings, sequence, text

Task = Mapping[str, Any]

_ANNOTATION = "workflows.argoproj.io"
_LIMITS = (("timeout", "timeout"), ("activeDeadlineSeconds", "deadline (seconds)"), ("daemon", "daemon"))


def read_chart(manifest: Manifest) -> Chart:
    """The picture of a WorkflowTemplate, Workflow, CronWorkflow or ClusterWorkflowTemplate."""
    spec = spec_of(manifest)
    templates = Templates(spec, mapping(manifest, "status"))
    reader = _Reader(spec, templates, Outcomes(manifest))
    metadata = mapping(manifest, "metadata")
    notes = mapping(metadata, "annotations")
    name = text(metadata.get("name")) or text(metadata.get("generateName")).rstrip("-") or text(manifest.get("kind"))
    entry = templates.named(text(spec.get("entrypoint")))
    return Chart(
        title=text(notes.get(f"{_ANNOTATION}/title")) or name,
        description=" ".join(text(notes.get(f"{_ANNOTATION}/description")).split()),
        inputs=_inputs(mapping(spec, "arguments")),
        outputs=tuple(
            text(one.get("name")) for kind in ("parameters", "artifacts") for one in mappings(_outputs(entry).get(kind))
        ),
        flow=reader.whole(spec),
        outcome=reader.outcomes.of_workflow(),
    )


def _outputs(entry: Template | None) -> Mapping[str, Any]:
    return mapping(entry, "outputs")


def _inputs(arguments: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    artifacts = [(text(one.get("name")), "") for one in mappings(arguments.get("artifacts"))]
    return (
        *artifacts,
        *((text(one.get("name")), text(one.get("value"))) for one in mappings(arguments.get("parameters"))),
    )


@dataclass(frozen=True)
class _Around:
    """What surrounds a task: its path, the templates that are open, and where its template's inputs come from."""

    path: Path = ()
    open: tuple[str, ...] = ()
    origins: Mapping[str, str] | None = None

    @property
    def names(self) -> Origins:
        return self.origins or {}


class _Reader:
    def __init__(self, spec: Mapping[str, Any], templates: Templates, outcomes: Outcomes) -> None:
        self.spec = spec
        self.templates = templates
        self.outcomes = outcomes

    def whole(self, spec: Mapping[str, Any]) -> Flow:
        """The entrypoint's flow, then the exit handler and the hooks."""
        entry = text(spec.get("entrypoint"))
        template = self.templates.named(entry)
        if not entry and mappings(spec.get("templates")):
            return self._library()
        if template is None and not mapping(spec, "workflowTemplateRef"):
            raise ManifestError(
                f"the entrypoint {entry!r} is not among the templates" if entry else "there is no entrypoint to draw",
                hint="give a manifest with spec.entrypoint and spec.templates",
            )
        flow = self._main(entry, template)
        ends = [node.name for node in flow.nodes if not any(edge.source == node.name for edge in flow.edges)]
        nodes, edges = list(flow.nodes), list(flow.edges)
        hooks = [(EXIT, {"template": spec["onExit"]})] if spec.get("onExit") else []
        hooks += [(f"hooks.{name}", hook) for name, hook in mapping(spec, "hooks").items() if name != "exit"]
        hooks += [(EXIT, hook) for name, hook in mapping(spec, "hooks").items() if name == "exit"]
        for key, hook in hooks:
            node = self._task({**mapping(hook), "name": key}, _Around(), kind="exit")
            shown = text(mapping(hook).get("template")) or key
            names = {one.name for one in nodes}
            node = replace(node, name=shown if shown not in names else f"{shown} ({key})")
            nodes.append(node)
            edges += [Edge(end, node.name, "exit") for end in ends]
        return replace(flow, nodes=tuple(nodes), edges=tuple(edges))

    def _library(self) -> Flow:
        """Without an entrypoint: the templates that no other one uses."""
        names = [text(one.get("name")) for one in mappings(self.spec.get("templates"))]
        used = {name for one in names for name in self.templates.used_by(one) if name != one}
        roots = [name for name in names if name not in used] or names
        return Flow(tuple(self._task({"name": n, "template": n}, _Around(), depth=self.templates.depth) for n in roots))

    def _main(self, entry: str, template: Template | None) -> Flow:
        if template is None:
            reference = text(mapping(self.spec, "workflowTemplateRef").get("name")) or "?"
            node = Node((reference,), reference, "reference", note="from another WorkflowTemplate")
            return Flow((replace(node, outcome=self.outcomes.at(())),))
        if "dag" in template or "steps" in template:
            return self._flow(template, _Around(open=(entry,)), self.templates.depth)
        node = self._task({"name": entry, "template": entry}, _Around())
        return Flow((replace(node, outcome=self.outcomes.at(())),))

    def _flow(self, template: Template, around: _Around, depth: int) -> Flow:
        if "dag" in template:
            return self._dag(mappings(mapping(template, "dag").get("tasks")), around, depth)
        return self._steps(stages_of(template), around, depth)

    def _dag(self, tasks: Sequence[Task], around: _Around, depth: int) -> Flow:
        tasks = list({text(task.get("name")): task for task in tasks}.values())
        names = {text(task.get("name")) for task in tasks}
        nodes: list[Node] = []
        edges: list[Edge] = []
        for task in tasks:
            name = text(task.get("name"))
            needs = text(task.get("depends")) or " && ".join(text(one) for one in sequence(task.get("dependencies")))
            given = sources([task.get("arguments"), task.get("when"), task.get("withParam")])
            nodes.append(self._task(task, around, depth=depth, needs=needs))
            for source, results in depended_on(needs, names - {name}).items():
                kind, label = dependency(results, carries_data=source in given)
                edges.append(Edge(source, name, kind, label))
            self._hooks(task, around, nodes, edges)
        return self._joined(nodes, edges)

    def _steps(self, stages: Sequence[Sequence[Task]], around: _Around, depth: int) -> Flow:
        """Stages follow one another; between two wide ones the edges meet in a junction."""
        nodes: list[Node] = []
        edges: list[Edge] = []
        rows: list[list[str]] = []
        for stage in stages:
            row: list[str] = []
            for task in stage:
                nodes.append(self._task(task, around, depth=depth))
                row.append(nodes[-1].name)
                self._hooks(task, around, nodes, edges)
            rows += [row] if row else []
        for number, (before, after) in enumerate(pairwise(rows), 1):
            if min(len(before), len(after)) == 1:
                edges += [Edge(source, target) for source in before for target in after]
                continue
            point = f"stage {number}"
            nodes.append(Node((*around.path, point), point, "junction"))
            edges += [Edge(source, point) for source in before] + [Edge(point, target) for target in after]
        return self._joined(nodes, edges)

    def _joined(self, nodes: list[Node], edges: list[Edge]) -> Flow:
        flow = Flow(tuple(nodes), with_implied(edges))
        return replace(failures_of(flow), choice=choice_of(flow))

    def _hooks(self, task: Task, around: _Around, nodes: list[Node], edges: list[Edge]) -> None:
        """A task's own exit handler and hooks, hanging from it."""
        name = text(task.get("name"))
        hooks = dict(mapping(task, "hooks"))
        if task.get("onExit"):
            hooks["exit"] = {"template": task["onExit"]}
        for event, hook in hooks.items():
            key = f"{name}.{EXIT}" if event == "exit" else f"{name}.hooks.{event}"
            when = text(mapping(hook).get("expression"))
            node = self._task({**mapping(hook), "name": key, "when": when}, around, kind="exit")
            nodes.append(node)
            edges.append(Edge(name, key, "exit"))

    def _task(self, task: Task, around: _Around, *, kind: Kind | None = None, depth: int = 0, needs: str = "") -> Node:
        name = text(task.get("name")) or text(task.get("template")) or "?"
        template_name = text(task.get("template"))
        path = (*around.path, name)
        found = self.templates.of_task(task)
        when, repeat = text(task.get("when")), repetition(task, around.names)
        plain: Kind = "loop" if repeat else "branch" if when else "step"
        arguments = _arguments(mapping(task, "arguments"))
        node = Node(
            path, name, kind or plain, template_name,
            condition=condition(when, around.names), when=when, repeat=repeat, needs=needs,
            arguments=tuple(arguments.items()), outcome=self.outcomes.at(path),
        )  # fmt: skip
        if found is None:
            reference = mapping(task, "templateRef")
            shown = "/".join(text(reference[key]) for key in ("name", "template") if reference.get(key))
            note = f"from {shown}" if shown else "template not in this manifest"
            return replace(node, kind=kind or "reference", template=shown or template_name, note=note)
        node = replace(node, limits=_limits(found))
        if "dag" in found or "steps" in found:
            return self._group(node, found, around, task, depth)
        place = place_of(found, arguments, self.spec)
        if "suspend" in found:
            length = text(mapping(found, "suspend").get("duration"))
            seconds = f"{length}s" if length.isdigit() else length
            return replace(node, kind=kind or "suspend", note=f"pauses {seconds}" if length else "waits for approval")
        other = next((one for one in ("resource", "http", "plugin", "data", "containerSet") if one in found), "")
        return replace(node, place=place, note="" if place.summary else _OTHER.get(other, ""))

    def _group(self, node: Node, found: Template, around: _Around, task: Task, depth: int) -> Node:
        key = node.template or f"inline {'/'.join(node.path)}"
        if key in around.open:
            return replace(node, kind="recursion", folded=True, note=f"again {shortened(key, 30)}")
        if depth <= 0 and node.kind != "exit":
            return replace(node, folded=True, note=_folded(found))
        origins = {
            text(one.get("name")): origin(text(one.get("name")), one.get("value"), around.names)
            for one in mappings(mapping(task, "arguments").get("parameters"))
        }
        inside = _Around(node.path, (*around.open, key), origins)
        return replace(node, inner=self._flow(found, inside, depth - 1))


_OTHER = {
    "resource": "Kubernetes resource",
    "http": "HTTP request",
    "plugin": "plugin",
    "data": "data",
    "containerSet": "containers",
}


def _folded(template: Template) -> str:
    count = len(tasks_of(template))
    return f"{count} step{'' if count == 1 else 's'} inside"


def _arguments(arguments: Mapping[str, Any]) -> dict[str, str]:
    given = {text(one.get("name")): text(one.get("value")) for one in mappings(arguments.get("parameters"))}
    for one in mappings(arguments.get("artifacts")):
        where = one.get("from") or one.get("fromExpression") or {k: v for k, v in one.items() if k != "name"}
        given[text(one.get("name"))] = text(where)
    return given


def _limits(template: Template) -> tuple[tuple[str, str], ...]:
    limits = [(shown, text(template[key])) for key, shown in _LIMITS if template.get(key)]
    strategy = template.get("retryStrategy")
    if isinstance(strategy, Mapping):
        limits.append(("retries", text(strategy.get("limit")) or "unlimited"))
    return tuple(limits)
