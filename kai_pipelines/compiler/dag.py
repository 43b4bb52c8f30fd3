"""A graph as a DAG template: tasks, what they wait for, and how results leave."""

from __future__ import annotations

from collections.abc import Mapping

from kai_pipelines.authoring.graph import Graph, Loop, Merge, Operand, Task, references
from kai_pipelines.authoring.reference import Output, Reference, Selected
from kai_pipelines.authoring.signature import Port
from kai_pipelines.authoring.step import StepUse
from kai_pipelines.authoring.values import is_text
from kai_pipelines.compiler import text
from kai_pipelines.compiler.objects import Object, ports
from kai_pipelines.compiler.step import PATCH, key_parameter, variant_patch


def dag_template(graph: Graph, names: Mapping[Graph, str], patched: set[str]) -> Object:
    """The template; `names` are those of all graphs, `patched` the steps whose template takes a patch of the pod."""
    template: Object = {"name": names[graph]}
    parameters: list[Object] = [{"name": name} for name, value in graph.inputs.items() if not value.port.is_artifact]
    artifacts = [_input_artifact(value.port) for value in graph.inputs.values() if value.port.is_artifact]
    if parameters or artifacts:
        template["inputs"] = ports(parameters, artifacts)
    template["dag"] = {"tasks": [_task(task, names, patched) for task in graph.tasks]}
    results = [(graph.outputs[name], value) for name, value in graph.results.items()]
    out_parameters = [_output_parameter(port, value) for port, value in results if not port.is_artifact]
    out_artifacts = [_output_artifact(port, value) for port, value in results if port.is_artifact]
    if results:
        template["outputs"] = ports(out_parameters, out_artifacts)
    return template


def _input_artifact(port: Port) -> Object:
    return {"name": port.name, "optional": True} if port.optional or port.many else {"name": port.name}


def _task(task: Task, names: Mapping[Graph, str], patched: set[str]) -> Object:
    target = task.target
    made: Object = {"name": task.name, "template": target.step.name if isinstance(target, StepUse) else names[target]}
    if waits := depends(task):
        made["depends"] = waits
    if task.condition is not None:
        made["when"] = text.condition(task.condition)
    if task.loop is not None:
        made.update(_loop(task.loop))
    if arguments := _arguments(task, patched):
        made["arguments"] = arguments
    return made


def depends(task: Task) -> str:
    """Every task that data comes from, those named by ``after``, and the one whose failure is waited for."""
    earlier: dict[str, None] = {}
    values = [value for operand in task.arguments.values() for value in references(operand)]
    if task.loop is not None and isinstance(task.loop.items, Reference):
        values.append(task.loop.items)
    if task.condition is not None:
        values.append(task.condition.value)
    for value in values:
        source = value.of if isinstance(value, Selected) else value
        if isinstance(source, Output):
            earlier[source.task.name] = None
    for other in task.after:
        earlier[other.name] = None
    waits = list(earlier)
    if task.after_failure_of is not None:
        name = task.after_failure_of.name
        waits.append(f"({name}.Failed || {name}.Errored)")
    return " && ".join(waits)


def _loop(loop: Loop) -> Object:
    items = loop.items
    if isinstance(items, tuple):
        return {
            "withItems": [{"index": i, "item": item} for i, item in enumerate(items)] if loop.indexed else list(items)
        }
    if not loop.indexed:
        return {"withParam": text.tag(items)}
    element = 'type(#) == "string" ? # : toJson(#)'
    numbered = f'map(fromJSON({text.expression(items)}), ({{"index": #index, "item": {element}}}))'
    return {"withParam": f"{{{{= toJson({numbered}) }}}}"}


def _arguments(task: Task, patched: set[str]) -> Object:
    target = task.target
    inputs = (
        target.step.signature.inputs if isinstance(target, StepUse) else {n: v.port for n, v in target.inputs.items()}
    )
    parameters: list[Object] = []
    artifacts: list[Object] = []
    for name, operand in task.arguments.items():
        if inputs[name].is_artifact:
            artifacts.append(_artifact_argument(name, operand, inputs[name]))
        else:
            parameters.append({"name": name, "value": text.argument(operand, inputs[name])})
    for output, part in task.parts.items():
        suffix = task.outputs[output].type.suffix
        key = f"{{{{workflow.name}}}}/{part.key}/{text.tag(part.index)}{suffix}"
        parameters.append({"name": key_parameter(output), "value": key})
    if isinstance(target, StepUse) and target.step.name in patched and (patch := variant_patch(target)):
        parameters.append({"name": PATCH, "value": patch})
    return ports(parameters, artifacts)


def _artifact_argument(name: str, operand: Operand, port: Port) -> Object:
    assert isinstance(operand, Reference)
    made: Object = {"name": name}
    if isinstance(operand, Output) and operand.port.name in operand.task.fan_in:
        made["s3"] = {"key": f"{{{{workflow.name}}}}/{operand.task.fan_in[operand.port.name]}"}
    else:
        made["from"] = text.tag(operand)
    if operand.port.optional or port.many:
        made["optional"] = True
    return made


def _output_parameter(port: Port, value: Reference | Merge) -> Object:
    if isinstance(value, Merge):
        return {"name": port.name, "valueFrom": {"expression": text.merged(value)}}
    if isinstance(value, Selected):
        made = Selected(value.graph, port, value.of, value.cases)
        return {"name": port.name, "valueFrom": {"expression": text.expression(made)}}
    if is_text(value.port.type) and not is_text(port.type):
        return {"name": port.name, "valueFrom": {"expression": f"toJson({text.expression(value)})"}}
    return {"name": port.name, "valueFrom": {"parameter": text.tag(value)}}


def _output_artifact(port: Port, value: Reference | Merge) -> Object:
    if not isinstance(value, Merge):
        made: Object = {"name": port.name, "from": text.tag(value)}
    elif port.optional and len(value.alternatives) == 1:
        # A skipped task leaves the name unresolved, which Argo forgives an optional artifact; an
        # expression over it would be an error (Argo 4.1.2, scope.go resolveArtifact).
        task, output = value.alternatives[0]
        made = {"name": port.name, "from": f"{{{{tasks.{task.name}.outputs.artifacts.{output}}}}}"}
    else:
        made = {"name": port.name, "fromExpression": text.merged(value)}
    if port.optional:
        made["optional"] = True
    return made
