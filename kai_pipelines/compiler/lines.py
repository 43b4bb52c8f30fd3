"""Which line of the author's a part of the manifest comes from: a table beside the manifest, never in it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from kai_pipelines.authoring.definition import PipelineDefinition
from kai_pipelines.authoring.step import StepUse
from kai_pipelines.compiler.workflow import all_graphs

Line = tuple[str, int]


def author_lines(pipeline: PipelineDefinition[Any, Any]) -> dict[tuple[str | int, ...], Line]:
    """The start of a place in the WorkflowTemplate → file and line.

    Tasks have the line of the call, templates of steps that of the function, everything else the pipeline's.
    """
    own = _line_of(pipeline.function)
    lines: dict[tuple[str | int, ...], Line] = {(): own}
    graphs = all_graphs([graph for graph in (pipeline.graph, pipeline.exit_graph) if graph is not None])
    steps: dict[str, Callable[..., Any]] = {}
    for index, graph in enumerate(graphs):
        for number, task in enumerate(graph.tasks):
            lines["spec", "templates", index, "dag", "tasks", number] = (task.place.path, task.place.line)
            if isinstance(task.target, StepUse):
                steps.setdefault(task.target.step.name, task.target.step.function)
    for index, function in enumerate(steps.values(), len(graphs)):
        lines["spec", "templates", index] = _line_of(function)
    return lines


def _line_of(function: Callable[..., Any]) -> Line:
    code = function.__code__
    return code.co_filename, code.co_firstlineno
