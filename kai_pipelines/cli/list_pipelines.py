"""`kai list`: the pipelines and steps that are known."""

from __future__ import annotations

import json
from typing import Any

import click

from kai_pipelines.authoring.graph import Graph
from kai_pipelines.authoring.signature import Port
from kai_pipelines.authoring.step import StepDefinition, StepUse
from kai_pipelines.authoring.values import choices, name_of
from kai_pipelines.discovery import AnyPipeline, known_pipelines
from kai_pipelines.settings import Settings


@click.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON document.")
def command(as_json: bool) -> None:
    """The pipelines and steps that are known."""
    pipelines = known_pipelines(Settings.from_environment().pipelines)
    steps = {step.name: step for one in pipelines.values() for graph in _graphs(one) for step in steps_of(graph)}
    if as_json:
        document = {
            "pipelines": [_describe(one) for one in pipelines.values()],
            "steps": [_describe_step(one) for _, one in sorted(steps.items())],
        }
        click.echo(json.dumps(document, indent=2, ensure_ascii=False))
        return
    _print("pipelines", {name: _first_line(one.description) for name, one in pipelines.items()})
    click.echo()
    _print("steps", {name: _first_line(step.__doc__ or "") for name, step in sorted(steps.items())})


def _graphs(pipeline: AnyPipeline) -> list[Graph]:
    return [graph for graph in (pipeline.graph, pipeline.exit_graph) if graph is not None]


def steps_of(graph: Graph) -> list[StepDefinition]:
    """Every step that a graph uses, once."""
    found: dict[str, StepDefinition] = {}
    for task in graph.tasks:
        inner = [task.target.step] if isinstance(task.target, StepUse) else steps_of(task.target)
        found.update({step.name: step for step in inner})
    return list(found.values())


def _print(title: str, rows: dict[str, str]) -> None:
    click.echo(title)
    width = max((len(name) for name in rows), default=0)
    for name, text in rows.items():
        click.echo(f"  {name:<{width}}  {text}")


def _first_line(text: str) -> str:
    return text.strip().partition("\n")[0]


def _describe(pipeline: AnyPipeline) -> dict[str, Any]:
    return {
        "name": pipeline.name,
        "title": pipeline.options.title,
        "description": pipeline.description,
        "priority": pipeline.options.priority,
        "inputs": [_port(port) for port in pipeline.signature.inputs.values()],
        "outputs": [_port(port) for port in pipeline.signature.outputs.values()],
    }


def _describe_step(step: StepDefinition) -> dict[str, Any]:
    return {
        "name": step.name,
        "address": step.address,
        "description": _first_line(step.__doc__ or ""),
        "inputs": [_port(port) for port in step.signature.inputs.values()],
        "outputs": [_port(port) for port in step.signature.outputs.values()],
    }


def _port(port: Port) -> dict[str, Any]:
    described: dict[str, Any] = {"name": port.name, "kind": "artifact" if port.is_artifact else "parameter"}
    described["type"] = name_of(port.type)
    described["required"] = port.required and not port.optional
    if not port.required and not port.is_artifact:
        described["default"] = port.encode(port.default)
    allowed = None if port.is_artifact else choices(port.type)
    if allowed is not None:
        described["enum"] = [port.encode(value) for value in allowed]
    if port.description:
        described["description"] = port.description
    return described
