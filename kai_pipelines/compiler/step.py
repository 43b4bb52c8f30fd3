"""A step as a container template: how its ports become arguments and files, and where its pod runs."""

from __future__ import annotations

import json
from collections.abc import Sequence

from kai_pipelines.authoring.pools import choose_pool
from kai_pipelines.authoring.resources import Resources, Retry
from kai_pipelines.authoring.signature import Port
from kai_pipelines.authoring.step import StepDefinition, StepUse
from kai_pipelines.compiler import text
from kai_pipelines.compiler.objects import Object, ports
from kai_pipelines.errors import EXITS_FOR_GOOD, PAST_DEADLINE, AuthoringError
from kai_pipelines.manifest.duration import format_duration, parse_duration, whole_seconds
from kai_pipelines.manifest.names import NO_CACHE

INPUTS = "/kai/inputs"
OUTPUTS = "/kai/outputs"
PATCH = "pod_spec_patch"
"""Input parameter of a step that some task uses with other resources."""


def key_parameter(artifact: str) -> str:
    """The parameter that says under which key of the artifact repository a file is stored."""
    return f"{artifact}_key"


def step_template(step: StepDefinition, image: str, *, keyed: Sequence[str] = (), patched: bool = False) -> Object:
    """The template of a step; `keyed` outputs are collected by a loop, `patched` pods vary by task."""
    inputs, outputs = step.signature.inputs, step.signature.outputs
    if taken := [name for name in (*map(key_parameter, keyed), *([PATCH] if patched else [])) if name in inputs]:
        raise AuthoringError(
            f"{step.address}: the template of the step needs the name {taken[0]} for a parameter of its own",
            hint="rename the parameter",
        )
    template: Object = {"name": step.name}
    if not step.options.cache:
        template["metadata"] = {"annotations": {NO_CACHE: "disabled"}}
    if made := _inputs(inputs, outputs, keyed, patched):
        template["inputs"] = made
    if made := _outputs(outputs, keyed):
        template["outputs"] = made
    if step.options.retry is not None:
        template["retryStrategy"] = retry_strategy(step.options.retry)
    if step.options.timeout is not None:
        template["activeDeadlineSeconds"] = whole_seconds(step.options.timeout)
    template.update(_placement(step.options.resources))
    if patched:
        template["podSpecPatch"] = f"{{{{inputs.parameters.{PATCH}}}}}"
    template["container"] = {
        "image": image,
        "command": ["python", "-m", "kai_pipelines.runtime"],
        "args": [step.address, *_flags(inputs, outputs)],
        "resources": container_resources(step.options.resources),
    }
    return template


def _inputs(inputs: dict[str, Port], outputs: dict[str, Port], keyed: Sequence[str], patched: bool) -> Object:
    parameters: list[Object] = []
    artifacts: list[Object] = []
    for name, port in inputs.items():
        if port.is_artifact:
            made: Object = {"name": name, "path": f"{INPUTS}/{name}{'' if port.many else port.type.suffix}"}
            if port.optional or port.many:
                made["optional"] = True
            artifacts.append(made)
        else:
            made = {"name": name}
            if not port.required:
                made["default"] = port.encode(port.default)
            parameters.append(made)
    for name in keyed:
        own = f"{{{{workflow.name}}}}/{{{{pod.name}}}}/{name}{outputs[name].type.suffix}"
        parameters.append({"name": key_parameter(name), "default": own})
    if patched:
        parameters.append({"name": PATCH, "default": "{}"})
    return ports(parameters, artifacts)


def _outputs(outputs: dict[str, Port], keyed: Sequence[str]) -> Object:
    parameters: list[Object] = []
    artifacts: list[Object] = []
    for name, port in outputs.items():
        if not port.is_artifact:
            parameters.append({"name": name, "valueFrom": {"path": f"{OUTPUTS}/{name}"}})
            continue
        made: Object = {"name": name, "path": f"{OUTPUTS}/{name}{port.type.suffix}"}
        if port.optional:
            made["optional"] = True
        if name in keyed:
            made["s3"] = {"key": f"{{{{inputs.parameters.{key_parameter(name)}}}}}"}
        if port.type.inline or name in keyed:
            made["archive"] = {"none": {}}
        artifacts.append(made)
    return ports(parameters, artifacts)


def _flags(inputs: dict[str, Port], outputs: dict[str, Port]) -> list[str]:
    """The arguments of `kai_pipelines.runtime`: one ``--name=value`` for each port."""
    flags = []
    for name, port in inputs.items():
        tag = f"inputs.artifacts.{name}.path" if port.is_artifact else f"inputs.parameters.{name}"
        flags.append(f"--{name}={{{{{tag}}}}}")
    for name, port in outputs.items():
        kind = "artifacts" if port.is_artifact else "parameters"
        flags.append(f"--output.{name}={{{{outputs.{kind}.{name}.path}}}}")
    return flags


def retry_strategy(retry: Retry) -> Object:
    """Argo's strategy; a step that says trying again cannot help is not tried again."""
    policy = {"any": "Always", "failure": "OnFailure", "error": "OnError"}[retry.on]
    backoff: Object = {"duration": format_duration(parse_duration(retry.backoff)), "factor": retry.factor}
    if retry.max_duration is not None:
        backoff["maxDuration"] = format_duration(parse_duration(retry.max_duration))
    for_good = f"lastRetry.exitCode in [{', '.join(text.literal(str(code)) for code in EXITS_FOR_GOOD)}]"
    if not retry.after_timeout:
        for_good += f" || lastRetry.message contains {text.literal(PAST_DEADLINE)}"
    return {
        "limit": retry.limit,
        "retryPolicy": policy,
        "expression": f"not ({for_good})",
        "backoff": backoff,
    }


def container_resources(resources: Resources) -> Object:
    """Requests and, the same, limits."""
    amounts: Object = {"cpu": str(resources.cpu), "memory": resources.memory, "ephemeral-storage": resources.disk}
    if resources.gpu is not None:
        amounts["nvidia.com/gpu"] = str(resources.gpu.count)
    return {"requests": amounts, "limits": dict(amounts)}


def _placement(resources: Resources) -> Object:
    pool = choose_pool(resources).name
    toleration = {"key": "node-type", "operator": "Equal", "value": pool, "effect": "NoSchedule"}
    return {"nodeSelector": {"node-type": pool}, "tolerations": [toleration]}


def variant_patch(use: StepUse) -> str | None:
    """What a task changes in the step's pod, as a strategic merge patch; None when nothing."""
    if use.resources == use.step.options.resources:
        return None
    main = {"name": "main", "resources": container_resources(use.resources)}
    return json.dumps({"containers": [main], **_placement(use.resources)})
