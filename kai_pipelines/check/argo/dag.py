"""Templates that are graphs of tasks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from kai_pipelines.check.argo.arguments import check_arguments, check_named
from kai_pipelines.check.argo.calls import Called
from kai_pipelines.check.argo.context import PLACEHOLDERS, Arguments, Site
from kai_pipelines.check.argo.decoding import Object
from kai_pipelines.check.argo.dependencies import Dependencies, check_dependencies, read_dependencies
from kai_pipelines.check.argo.graph import Ancestry, cycles, ordered
from kai_pipelines.check.argo.names import is_reference
from kai_pipelines.check.argo.templates import Template
from kai_pipelines.check.argo.variables import Scope, add_items, add_outputs, check_tags


@dataclass
class _Graph:
    """The tasks of one DAG by name, in an order in which each comes after what it waits for."""

    tasks: dict[str, Object]
    index: dict[str, int]
    waits: dict[str, Dependencies]
    order: list[str]
    before: Ancestry
    templates: dict[str, Template | None] = field(default_factory=dict)


def check_dag(site: Site, called: Called, scope: Scope) -> None:
    """Argo's validateDAG."""
    if "activeDeadlineSeconds" in called.body:
        site.add(
            "KAI121", "activeDeadlineSeconds is only for templates that do work themselves", "activeDeadlineSeconds"
        )
    dag: Object = called.body["dag"]
    tasks: list[Object] = dag.get("tasks", [])
    if not tasks:
        site.add("KAI149", "a dag needs at least one task", "dag")
        return
    check_named(site.add_at, tasks, "task", (*site.template.place, "dag", "tasks"))
    graph = _graph(site, tasks)
    _check_style(site, tasks)
    for name in graph.order:
        _enter(site, scope, graph, name)
    _check_target(site, called, scope, graph, dag.get("target", ""))
    for name in graph.order:
        _check_task(site, called, scope, graph, name)


def _graph(site: Site, tasks: list[Object]) -> _Graph:
    by_name: dict[str, Object] = {}
    index: dict[str, int] = {}
    for number, task in enumerate(tasks):
        by_name.setdefault(task.get("name", ""), task)
        index.setdefault(task.get("name", ""), number)
    waits = {name: read_dependencies(task, by_name) for name, task in by_name.items()}
    edges = {name: list(one.names) for name, one in waits.items()}
    for cycle in cycles(edges):
        number = index[cycle[0]]
        way = "depends" if by_name[cycle[0]].get("depends") else "dependencies"
        message = f"tasks wait for each other: {' → '.join([*cycle, cycle[0]])}"
        site.add("KAI140", message, "dag", "tasks", number, way)
    order = ordered(edges)
    return _Graph(by_name, index, waits, order, Ancestry(edges, order))


def _check_style(site: Site, tasks: list[Object]) -> None:
    """`depends` or `dependencies`, and what does not go with them."""
    uses_depends = any(task.get("depends") for task in tasks)
    for number, task in enumerate(tasks):
        name, at = task.get("name", ""), ("dag", "tasks", number)
        if (uses_depends or task.get("dependencies")) and name[:1].isascii() and name[:1].isdigit():
            message = f"task {name!r} must not begin with a digit where tasks wait for others"
            site.add("KAI143", message, *at, "name")
        if uses_depends and task.get("dependencies"):
            message = "`depends` and `dependencies` cannot be used in the same dag"
            site.add("KAI142", message, *at, "dependencies", hint="write `depends: A && B`")
        if uses_depends and "continueOn" in task:
            message = "`continueOn` cannot be used with `depends`"
            site.add("KAI142", message, *at, "continueOn", hint="write `depends: A.Succeeded || A.Failed`")


def _enter(site: Site, scope: Scope, graph: _Graph, name: str) -> None:
    """The first look at a task: its template, what it gives to others, and what it waits for."""
    task, number = graph.tasks[name], graph.index[name]
    place, before = site.below("dag", "tasks", number), len(site.context.problems)
    template = site.context.enter(site.context, task, place, site.template.home, PLACEHOLDERS, anchor=site.anchor)
    graph.templates[name] = template
    if template is None and len(site.context.problems) > before:
        scope.pass_over(f"tasks.{name}.")
    add_outputs(site.context, scope.names, template, f"tasks.{name}", looped=_loops(task))
    check_dependencies(site, task, graph.waits[name], graph.tasks, "dag", "tasks", number)


def _loops(task: Mapping[str, Any]) -> bool:
    return bool(task.get("withItems") or task.get("withParam"))


def _check_target(site: Site, called: Called, scope: Scope, graph: _Graph, target: str) -> None:
    check_tags(site, scope, called, "string", "dag", "target")
    for name in target.split(" ") if target else ():
        if not is_reference(name) and name not in graph.tasks:
            hint = site.context.problems.similar(name, graph.tasks)
            site.add("KAI146", f"the target {name!r} is no task of the dag", "dag", "target", hint=hint)


def _check_task(site: Site, called: Called, scope: Scope, graph: _Graph, name: str) -> None:
    task, number = graph.tasks[name], graph.index[name]
    context, template, at = site.context, graph.templates[name], ("dag", "tasks", number)
    if "hooks" in task:
        scope.names.add(f"tasks.{name}.status")
    own: set[str] = set()
    for parameter in task.get("inline", {}).get("inputs", {}).get("parameters", []):
        own.add(f"inputs.parameters.{parameter.get('name', '')}")
    add_items(site, task, own, *at)
    check_tags(site, scope, called, "DAGTask", *at, more=_own(graph, name, own))
    arguments = task.get("arguments", {})
    check_arguments(site.add_at, arguments, (*site.template.place, *at, "arguments"), may_lack_values=False)
    _check_order(site, graph, name, arguments, *at, "arguments")
    if template is not None:
        own_place = "arguments" in task and site.anchor is None
        given = Arguments(arguments, place=site.below(*at, "arguments") if own_place else site.below(*at))
        context.enter(context, task, site.below(*at), site.template.home, given, anchor=site.anchor)


def _own(graph: _Graph, name: str, own: set[str]) -> Callable[[str], bool]:
    """Whether a name exists for one task: its items, its inline inputs, the status of those it waits for."""

    def has(wanted: str) -> bool:
        if wanted in own:
            return True
        if wanted.startswith("tasks.") and wanted.endswith(".status"):
            return graph.before.has(name, wanted[6:-7])
        return False

    return has


def _check_order(site: Site, graph: _Graph, name: str, arguments: Object, *at: str | int) -> None:
    """An argument that begins with the output of a task needs that task among those before it."""
    for kind, field_name in (("parameters", "value"), ("artifacts", "from")):
        for index, one in enumerate(arguments.get(kind, [])):
            text = one.get(field_name, "")
            if not text.startswith("{{tasks."):
                continue
            other = text.split(".")[1]
            if not graph.before.has(name, other):
                what = kind.removesuffix("s")
                message = (
                    f"{what} {one.get('name', '')!r} is an output of task {other!r}, for which {name!r} does not wait"
                )
                way = "depends" if any(task.get("depends") for task in graph.tasks.values()) else "dependencies"
                site.add("KAI147", message, *at, kind, index, field_name, hint=f"add {other!r} to the task's {way}")
