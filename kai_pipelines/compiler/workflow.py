"""The manifest around the templates: kind, arguments, and the defaults of a cluster in production."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256
from typing import Any, Literal

from kai_pipelines.authoring import values
from kai_pipelines.authoring.definition import PipelineDefinition
from kai_pipelines.authoring.graph import Graph, Task
from kai_pipelines.authoring.signature import Port
from kai_pipelines.authoring.step import StepDefinition, StepUse
from kai_pipelines.compiler.dag import dag_template
from kai_pipelines.compiler.objects import Object, ports
from kai_pipelines.compiler.step import OUTPUTS, key_parameter, step_template
from kai_pipelines.errors import AuthoringError
from kai_pipelines.manifest.duration import whole_seconds
from kai_pipelines.manifest.names import unused_name
from kai_pipelines.settings import Settings

Kind = Literal["WorkflowTemplate", "Workflow", "CronWorkflow"]
AnyPipeline = PipelineDefinition[Any, Any]

_DAY = 86_400
_LONGEST_NAME = 120
"""Of a template; Argo allows 128 characters (workflow/validate), and a number may be added."""


def compile_pipeline(pipeline: AnyPipeline, kind: Kind = "WorkflowTemplate", image: str | None = None) -> Object:
    """The manifest of a pipeline."""
    spec = _spec(pipeline, image or Settings.from_environment().image)
    metadata = _metadata(pipeline)
    if kind == "CronWorkflow":
        if pipeline.options.schedule is None:
            raise AuthoringError(f"{pipeline.name} has no schedule", hint='write @pipeline(schedule="0 3 * * *")')
        cron = {"schedules": [pipeline.options.schedule], "concurrencyPolicy": "Forbid", "workflowSpec": spec}
        return {"apiVersion": "argoproj.io/v1alpha1", "kind": kind, "metadata": metadata, "spec": cron}
    if kind == "Workflow":
        metadata = {"generateName": f"{pipeline.name}-", **{k: v for k, v in metadata.items() if k != "name"}}
    return {"apiVersion": "argoproj.io/v1alpha1", "kind": kind, "metadata": metadata, "spec": spec}


def _metadata(pipeline: AnyPipeline) -> Object:
    annotations: Object = {"workflows.argoproj.io/title": pipeline.options.title or pipeline.name.replace("-", " ")}
    if pipeline.description:
        annotations["workflows.argoproj.io/description"] = pipeline.description
    return {"name": pipeline.name, "labels": _labels(pipeline), "annotations": annotations}


def _labels(pipeline: AnyPipeline) -> Object:
    return {"app.kubernetes.io/name": pipeline.name, "app.kubernetes.io/part-of": "kai-pipelines"}


def _spec(pipeline: AnyPipeline, image: str) -> Object:
    spec: Object = {"entrypoint": pipeline.name}
    if arguments := _arguments(pipeline):
        spec["arguments"] = arguments
    if pipeline.exit_graph is not None:
        spec["onExit"] = pipeline.exit_graph.name
    if pipeline.options.timeout is not None:
        spec["activeDeadlineSeconds"] = whole_seconds(pipeline.options.timeout)
    spec.update(_production_defaults(pipeline, image))
    spec["templates"] = list(_templates(pipeline, image))
    return spec


def _arguments(pipeline: AnyPipeline) -> Object:
    inputs = pipeline.signature.inputs.values()
    parameters = [_parameter(port) for port in inputs if not port.is_artifact]
    parameters += [_key_of(port) for port in inputs if port.is_artifact]
    artifacts = [_input_artifact(port) for port in inputs if port.is_artifact]
    names = [str(one["name"]) for one in parameters]
    if twice := [name for name in names if names.count(name) > 1]:
        raise AuthoringError(
            f"{pipeline.name}: the parameter {twice[0]} has the name of the key of an input file",
            hint="rename the parameter",
        )
    return ports(parameters, artifacts)


def _input_artifact(port: Port) -> Object:
    """An input file: Argo wants to know where it is, so its key in the repository is a parameter of the submit form."""
    made: Object = {"name": port.name, "s3": {"key": f"{{{{workflow.parameters.{key_parameter(port.name)}}}}}"}}
    return {**made, "optional": True} if port.optional else made


def _key_of(port: Port) -> Object:
    description = f"Where the input {port.name} is: its key in the artifact repository."
    return {
        "name": key_parameter(port.name),
        "value": f"inputs/{port.name}{port.type.suffix}",
        "description": description,
    }


def _parameter(port: Port) -> Object:
    """A parameter of the submit form."""
    made: Object = {"name": port.name}
    if not port.required:
        made["value"] = port.encode(port.default)
    choices = values.choices(port.type)
    if choices is not None:
        made["enum"] = [port.encode(choice) for choice in choices]
    if port.description:
        made["description"] = port.description
    return made


def _production_defaults(pipeline: AnyPipeline, image: str) -> Object:
    """Non-root, read-only root file system, limited lifetime, kept logs."""
    return {
        "podPriorityClassName": pipeline.options.priority,
        "podMetadata": {"labels": _labels(pipeline)},
        "archiveLogs": True,
        "ttlStrategy": {"secondsAfterSuccess": _DAY, "secondsAfterFailure": 7 * _DAY},
        "podGC": {"strategy": "OnPodSuccess", "deleteDelayDuration": "600s"},
        "securityContext": {
            "runAsNonRoot": True,
            "runAsUser": 1000,
            "fsGroup": 1000,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "volumes": [{"name": "outputs", "emptyDir": {}}, {"name": "tmp", "emptyDir": {}}],
        "templateDefaults": {
            "container": {
                "image": image,  # every template says it too; Argo's schema has no container without
                "env": [{"name": "HOME", "value": "/tmp"}, {"name": "NUMBA_CACHE_DIR", "value": "/tmp/numba"}],
                "securityContext": {
                    "allowPrivilegeEscalation": False,
                    "readOnlyRootFilesystem": True,
                    "capabilities": {"drop": ["ALL"]},
                },
                "volumeMounts": [{"name": "outputs", "mountPath": OUTPUTS}, {"name": "tmp", "mountPath": "/tmp"}],
            }
        },
    }


def _templates(pipeline: AnyPipeline, image: str) -> Iterator[Object]:
    """Graphs in the order in which they are met, then steps in the order of first use."""
    roots = [graph for graph in (pipeline.graph, pipeline.exit_graph) if graph is not None]
    graphs = all_graphs(roots)
    names = _names(graphs)
    for root in roots:
        _check_collected_once(root)
    tasks = [task for graph in graphs for task in graph.tasks]
    steps: dict[str, StepDefinition] = {}
    keyed: dict[str, list[str]] = {}
    patched: set[str] = set()
    for task in tasks:
        if not isinstance(task.target, StepUse):
            continue
        step = task.target.step
        if steps.setdefault(step.name, step).function is not step.function:
            raise AuthoringError(
                f"two steps are called {step.name}: {steps[step.name].address} and {step.address}",
                hint="rename one of the functions; the name is the template's",
                path=task.place.path,
                line=task.place.line,
            )
        keyed.setdefault(step.name, []).extend(name for name in task.parts if name not in keyed[step.name])
        if task.target.resources != step.options.resources:
            patched.add(step.name)
    for name in names.values():
        if name in steps:
            raise AuthoringError(
                f"the step {steps[name].address} has the name of the template {name!r}",
                hint="rename the step or the pipeline; on_exit handlers run in a template called on-exit",
            )
    yield from (dag_template(graph, names, patched) for graph in graphs)
    for name, step in steps.items():
        yield step_template(step, image, keyed=keyed[name], patched=name in patched)


def all_graphs(roots: list[Graph]) -> list[Graph]:
    """Every graph once, parents before children."""
    found: dict[Graph, None] = {}

    def visit(graph: Graph) -> None:
        if graph in found:
            return
        found[graph] = None
        for task in graph.tasks:
            if isinstance(task.target, Graph):
                visit(task.target)

    for root in roots:
        visit(root)
    return list(found)


def _names(graphs: list[Graph]) -> dict[Graph, str]:
    """A template name for each graph: a second graph of a name gets a number, a long name a digest for its end."""
    names: dict[Graph, str] = {}
    for graph in graphs:
        name = graph.name
        if len(name) > _LONGEST_NAME:
            name = f"{name[: _LONGEST_NAME - 9].rstrip('-')}-{sha256(name.encode()).hexdigest()[:8]}"
        names[graph] = unused_name(name, names.values())
    return names


def _check_collected_once(root: Graph) -> None:
    """Refuse to run a loop that collects artifacts twice: its parts have one place in the repository."""
    runs: dict[Task, int] = {}

    def visit(graph: Graph, looped: bool) -> None:
        for task in graph.tasks:
            if task.fan_in:
                runs[task] = runs.get(task, 0) + 1
                if looped or runs[task] > 1:
                    raise AuthoringError(
                        f"{task.name} of {graph.name} collects artifacts and runs more than once",
                        hint="its parts would be mixed up: call the pipeline that holds it once, outside of loops",
                        path=task.place.path,
                        line=task.place.line,
                    )
            if isinstance(task.target, Graph):
                visit(task.target, looped or task.loop is not None)

    visit(root, False)
