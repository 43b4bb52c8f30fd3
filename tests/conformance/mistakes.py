"""Manifests with one mistake each, several ways of making every kind of it."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

Object = dict[str, Any]


def good() -> Object:
    """A workflow without a mistake: two tasks, a script, a loop, a condition, a retry."""
    resources = {"requests": {"cpu": "1", "memory": "1Gi"}, "limits": {"cpu": "1", "memory": "1Gi"}}
    return {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "Workflow",
        "metadata": {"generateName": "photos-"},
        "spec": {
            "entrypoint": "main",
            "arguments": {"parameters": [{"name": "quality", "value": "low"}]},
            "templates": [
                {
                    "name": "main",
                    "dag": {
                        "tasks": [
                            {"name": "count", "template": "count"},
                            {
                                "name": "shrink",
                                "template": "shrink",
                                "depends": "count",
                                "when": "{{tasks.count.outputs.result}} > 3",
                                "arguments": {
                                    "parameters": [
                                        {"name": "size", "value": "480"},
                                        {"name": "quality", "value": "{{workflow.parameters.quality}}"},
                                    ]
                                },
                            },
                            {
                                "name": "show",
                                "template": "show",
                                "depends": "count.Succeeded && shrink",
                                "arguments": {
                                    "parameters": [
                                        {"name": "text", "value": "{{tasks.count.outputs.result}} photos"},
                                    ],
                                    "artifacts": [{"name": "file", "raw": {"data": "x"}}],
                                },
                            },
                        ]
                    },
                },
                {
                    "name": "count",
                    "script": {
                        "image": "python:3.12",
                        "command": ["python"],
                        "source": "import os\nprint(len(os.listdir('/')))\n",
                        "resources": resources,
                    },
                },
                {
                    "name": "shrink",
                    "inputs": {
                        "parameters": [{"name": "size"}, {"name": "quality", "enum": ["low", "high"]}],
                    },
                    "retryStrategy": {"limit": 2, "retryPolicy": "Always", "expression": "lastRetry.exitCode != '2'"},
                    "script": {
                        "image": "python:3.12",
                        "command": ["python"],
                        "source": "size = {{inputs.parameters.size}}\nprint(size, '{{inputs.parameters.quality}}')\n",
                        "resources": resources,
                    },
                    "outputs": {
                        "parameters": [{"name": "files", "valueFrom": {"path": "/tmp/files", "default": "[]"}}]
                    },
                },
                {
                    "name": "show",
                    "inputs": {"parameters": [{"name": "text"}], "artifacts": [{"name": "file", "path": "/tmp/file"}]},
                    "container": {
                        "image": "alpine:3.20",
                        "command": ["echo"],
                        "args": ["{{= inputs.parameters.text }}", "{{inputs.artifacts.file.path}}"],
                        "resources": resources,
                    },
                },
            ],
        },
    }


def tasks(workflow: Object) -> dict[str, Object]:
    """The tasks by name."""
    return {task["name"]: task for task in workflow["spec"]["templates"][0]["dag"]["tasks"]}


def templates(workflow: Object) -> dict[str, Object]:
    """The templates by name."""
    return {template["name"]: template for template in workflow["spec"]["templates"]}


Change = Callable[[Object], object]


def _set(path: str, value: object) -> Change:
    """Set a value: ``show.args.text`` is an argument of a task, ``show/container.image`` a field of a template."""

    def change(workflow: Object) -> None:
        if "/" in path:
            name, _, rest = path.partition("/")
            target: Any = templates(workflow)[name]
        elif path.startswith("spec."):
            target, rest = workflow["spec"], path.removeprefix("spec.")
        elif path.startswith("metadata."):
            target, rest = workflow["metadata"], path.removeprefix("metadata.")
        else:
            name, _, rest = path.partition(".")
            target = tasks(workflow)[name]
            if rest.startswith("args."):
                named = {one["name"]: one for one in target["arguments"]["parameters"]}
                target, rest = named[rest.removeprefix("args.")], "value"
        *steps, last = rest.split(".")
        for step in steps:
            target = target[int(step)] if isinstance(target, list) else target.setdefault(step, {})
        if isinstance(target, list):
            target[int(last)] = value
        elif value is None:
            target.pop(last, None)
        else:
            target[last] = value

    return change


def _argument(task: str, name: str, value: object) -> Change:
    return lambda w: (
        tasks(w)[task].setdefault("arguments", {}).setdefault("parameters", []).append({"name": name, "value": value})
    )


def _without_argument(task: str, name: str) -> Change:
    def change(workflow: Object) -> None:
        arguments = tasks(workflow)[task]["arguments"]
        arguments["parameters"] = [one for one in arguments["parameters"] if one["name"] != name]

    return change


def _task(**fields: object) -> Change:
    return lambda w: w["spec"]["templates"][0]["dag"]["tasks"].append(fields)


def _template(**fields: object) -> Change:
    return lambda w: w["spec"]["templates"].append(fields)


def _all(*changes: Change) -> Change:
    def change(workflow: Object) -> None:
        for one in changes:
            one(workflow)

    return change


def _copy_of(name: str, /, **fields: object) -> Change:
    return lambda w: w["spec"]["templates"].append({**copy.deepcopy(templates(w)[name]), **fields})


SCRIPT = "count/script.source"

MISTAKES: dict[str, list[Change]] = {
    "wrong output reference in a string": [
        _set("show.args.text", "{{tasks.count.outputs.parameters.total}} photos"),
        _set("show.args.text", "made of {{tasks.cuont.outputs.result}}"),
        _set("show.args.text", "{{task.count.outputs.result}} photos"),
        _set("show.args.text", "n={{tasks.count.output.result}}"),
        _set("show.args.text", "{{= 'n=' + tasks.count.outputs.parameters.total }}"),
        _set("show.args.text", "{{steps.count.outputs.result}} photos"),
    ],
    "use without dependency": [
        _all(_set("show.depends", "shrink"), _set("shrink.depends", None), _set("shrink.when", None)),
        _all(_set("show.depends", None), _set("show.args.text", "{{tasks.count.outputs.result}}")),
        _all(_set("show.depends", None), _set("show.args.text", "{{= tasks['count'].outputs.result }}")),
        _set("shrink.depends", None),
        _all(_set("show.depends", "count"), _set("show.withParam", "{{tasks.shrink.outputs.parameters.files}}")),
    ],
    "missing argument": [
        _without_argument("shrink", "size"),
        _set("show.arguments", None),
        _set("show.arguments.artifacts", None),
        lambda w: templates(w)["show"]["inputs"]["parameters"].append({"name": "color"}),
    ],
    "extra argument": [
        _argument("shrink", "colour", "red"),
        _argument("count", "photos", "3"),
        _set(
            "show.arguments.artifacts", [{"name": "file", "raw": {"data": "x"}}, {"name": "more", "raw": {"data": "x"}}]
        ),
    ],
    "mistyped argument": [
        _set("shrink.args.size", "large"),
        _set("shrink.args.quality", "medium"),
        _all(_set("shrink/activeDeadlineSeconds", "{{inputs.parameters.size}}"), _set("shrink.args.size", "1m")),
        _all(
            _set(
                "shrink/script.source",
                "print({{= asInt(inputs.parameters.size) * 2 }}, '{{inputs.parameters.quality}}')",
            ),
            _set("shrink.args.size", "4.5"),
        ),
        _all(
            _set("spec.arguments.parameters", [{"name": "quality", "value": "low"}, {"name": "ids", "value": "1 2"}]),
            _set("show.withParam", "{{workflow.parameters.ids}}"),
        ),
        lambda w: (
            templates(w)["show"].update(
                container={
                    **templates(w)["show"]["container"],
                    "command": ["python", "-m", "kai_pipelines.runtime"],
                    "args": ["steps.reconstruction.simplify:simplify_mesh", "--max_faces={{inputs.parameters.text}}"],
                }
            )
            or tasks(w)["show"]["arguments"]["parameters"][0].update(value="many")
        ),
    ],
    "positional argument dropped": [
        _all(_set("shrink.arguments", None)),
        _set("show.arguments.parameters", None),
        _set("shrink.arguments.parameters", [{"name": "quality", "value": "low"}]),
    ],
    "cycle": [
        _set("count.depends", "shrink"),
        _set("count.depends", "count"),
        _set("count.depends", "show.Succeeded || shrink.Failed"),
        _all(_set("shrink.depends", "show"), _set("show.depends", "shrink")),
    ],
    "unknown dependency": [
        _set("show.depends", "counts && shrink"),
        _set("show.depends", "count.Succeeded && shrnk.Failed"),
        _all(*(_set(f"{name}.depends", None) for name in ("shrink", "show")), _set("show.dependencies", ["nothing"])),
    ],
    "malformed when": [
        _set("shrink.when", "{{tasks.count.outputs.result}} = 3"),
        _set("shrink.when", "{{tasks.count.outputs.result}} >"),
        _set("shrink.when", "({{tasks.count.outputs.result}} > 3"),
        _set("shrink.when", "{{tasks.count.outputs.result}} == 'a"),
        _set("shrink.when", "{{tasks.count.outputs.result}} and 3 > 2"),
        _set("shrink.when", "heads"),
        _set("shrink.when", "{{= tasks.count.outputs.result }}"),
        _set("shrink.when", "{{tasks.count.outputs.result}} => 3"),
        _set("shrink.when", "{{tasks.count.outputs.result > 3"),
        _set("shrink.when", "!low"),
    ],
    "malformed depends": [
        _set("show.depends", "count && (shrink"),
        _set("show.depends", "count &&"),
        _set("show.depends", "count shrink"),
        _set("show.depends", "count and shrink."),
        _set("show.depends", "count, shrink"),
        _set("show.depends", "count & shrink"),
        _set("show.depends", "count.Finished && shrink"),
        _set("show.depends", "count.succeeded"),
    ],
    "malformed retry expression": [
        _set("shrink/retryStrategy.expression", "lastRetry.exitCode != "),
        _set("shrink/retryStrategy.expression", "lastRetry.exitCode > 1"),
        _set("shrink/retryStrategy.expression", "lastRetry.exitcode == '1'"),
        _set("shrink/retryStrategy.expression", "asInt(lastRetry.exitCode"),
        _set("shrink/retryStrategy.expression", "exitCode == '1'"),
        _set("shrink/retryStrategy.expression", "lastRetry.exitCode"),
        _set("shrink/retryStrategy.expression", "lastRetry.exitCode == 1"),
    ],
    "malformed {{=": [
        _set("show/container.args.0", "{{= inputs.parameters.text + }}"),
        _set("show/container.args.0", "{{= inputs.parameters.text"),
        _set("show/container.args.0", "{{= asInt(inputs.parameters.text }}"),
        _set("show/container.args.0", "{{= input.parameters.text }}"),
        _set("show/container.args.0", "{{= inputs.parameters.txt }}"),
        _set("show/container.args.0", "{{= uppercase(inputs.parameters.text) }}"),
        _set("show/container.args.0", "{{= inputs.parameters.text * 2 }}"),
        _set("show/container.args.0", "{{= sprig.uper(inputs.parameters.text) }}"),
        _set("show/container.args.0", "{{=}}"),
    ],
    "unknown entrypoint": [
        _set("spec.entrypoint", "mian"),
        _set("spec.entrypoint", None),
        _set("spec.entrypoint", "Main"),
        _set("spec.onExit", "clean-up"),
    ],
    "unknown template": [
        _set("count.template", "cuont"),
        _set("count.template", None),
        _set("count.hooks", {"exit": {"template": "clean-up"}}),
        _set("spec.hooks", {"exit": {"template": "clean-up"}}),
    ],
    "invalid name": [
        _set("count.name", "count_photos"),
        _set("metadata.name", "Photos"),
        _set("metadata.name", "a" * 64),
        _set("metadata.name", "photos_one"),
        _set("metadata.labels", {"purpose": "not a label!"}),
        _copy_of("count", name="Count Photos"),
        _all(_copy_of("count", name="Count"), _set("count.template", "Count")),
        lambda w: templates(w)["show"]["inputs"]["parameters"].append({"name": "a.b", "default": "x"}),
    ],
    "duplicate name": [
        _copy_of("count"),
        _task(name="count", template="count"),
        lambda w: templates(w)["show"]["inputs"]["parameters"].append({"name": "text", "default": "x"}),
        lambda w: w["spec"]["arguments"]["parameters"].append({"name": "quality", "value": "high"}),
    ],
    "depends with dependencies": [
        _all(_set("show.depends", None), _set("show.dependencies", ["count", "shrink"])),
        _set("show.dependencies", ["count"]),
    ],
    "artifact into parameter": [
        _set("show.args.text", "{{tasks.count.outputs.artifacts.file}}"),
        _all(
            lambda w: templates(w)["count"].update(outputs={"artifacts": [{"name": "list", "path": "/tmp/list"}]}),
            _set("show.args.text", "{{tasks.count.outputs.artifacts.list}}"),
        ),
        _all(_set("show.arguments.artifacts", None), _argument("show", "file", "photos.zip")),
        _set("show.arguments.artifacts", [{"name": "file", "from": "{{tasks.shrink.outputs.parameters.files}}"}]),
        _all(
            lambda w: templates(w)["count"].update(outputs={"artifacts": [{"name": "list", "path": "/tmp/list"}]}),
            _set("show.args.text", "{{= tasks.count.outputs.artifacts.list }}"),
        ),
    ],
    "unknown workflow parameter": [
        _set("shrink.args.quality", "{{workflow.parameters.qualty}}"),
        _set("shrink.args.quality", "{{= workflow.parameters.qualty }}"),
        _set("show/container.args.0", "{{workflow.parameters.color}}"),
        _set("spec.arguments", None),
    ],
    "bad retryPolicy": [
        _set("shrink/retryStrategy.retryPolicy", "always"),
        _set("shrink/retryStrategy.retryPolicy", "OnFail"),
        _set("shrink/retryStrategy.retryPolicy", "Never"),
        _all(
            _set("shrink/retryStrategy.retryPolicy", "OnError"),
            _set("shrink/retryStrategy.expression", "lastRetry.exitCode == '1'"),
        ),
        _set("spec.templateDefaults", {"retryStrategy": {"retryPolicy": "onFailure"}}),
    ],
    "bad quantity": [
        _set("count/script.resources.requests.memory", "1 GB"),
        _set("count/script.resources.requests.memory", "1GB"),
        _set("count/script.resources.limits.cpu", "two"),
        _set("count/script.resources.requests.cpu", "4"),
        _set("count/script.resources.requests.cpu", "-1"),
    ],
    "bad nodeSelector": [
        _set("count/nodeSelector", {"gpu": True}),
        _set("spec.nodeSelector", {"zone": 1}),
        _set("count/nodeSelector", "ssd"),
        _set("count/nodeSelector", ["ssd"]),
    ],
    "closure over a module global": [
        _set(SCRIPT, "print(THRESHOLD + 1)\n"),
        _set(SCRIPT, "import json\nvalues = [one * FACTOR for one in range(3)]\nprint(json.dumps(values))\n"),
        _set(SCRIPT, "def work():\n    return helper(3)\nprint(work())\n"),
        _set(SCRIPT, "import os\nprint(np.zeros(3), os.getcwd())\n"),
        _set(
            "shrink/script.source",
            "size = json.loads('''{{inputs.parameters.size}}''')\nprint('{{inputs.parameters.quality}}')\n",
        ),
        _set("count/script.command", ["/usr/bin/env", "python3"]) and _set(SCRIPT, "print(CONFIG['a'])"),
    ],
    "withParam that is not JSON": [
        _set("show.withParam", "a, b, c"),
        _set("show.withParam", "[1, 2"),
        _set("show.withParam", "['a', 'b']"),
        _set("show.withParam", '{"a": 1}'),
        _all(
            lambda w: templates(w)["main"].update(inputs={"parameters": [{"name": "ids", "default": "1,2"}]}),
            _set("show.withParam", "{{inputs.parameters.ids}}"),
        ),
        _set("show.withParam", "5"),
    ],
    "template shadowing": [
        _copy_of("count"),
        _set("count.inline", {"container": {"image": "alpine:3.20", "command": ["true"]}}),
        _all(_set("count.templateRef", {"name": "other", "template": "count"})),
    ],
    "reads a skipped task": [
        _set("show.args.text", "{{tasks.shrink.outputs.result}}"),
        _set("show.args.text", "{{= tasks.shrink.status == 'Succeeded' ? tasks.shrink.outputs.result : 'none' }}"),
        _all(
            _set("shrink/outputs.parameters", [{"name": "files", "valueFrom": {"path": "/tmp/files"}}]),
            _set("show.args.text", "{{tasks.shrink.outputs.parameters.files}}"),
        ),
    ],
    "depends on a reserved word": [
        _all(_task(name="in", template="count"), _set("show.depends", "count && shrink && in")),
        _all(_task(name="not", template="count"), _set("show.depends", "not.Succeeded && count && shrink")),
        _all(_task(name="if", template="count"), _task(name="z", template="count", depends="if")),
    ],
    "GPU without a pool": [
        _set("count/script.resources.limits", {"cpu": "1", "memory": "1Gi", "nvidia.com/gpu": 1}),
        _all(
            _set("count/script.resources.limits", {"cpu": "1", "memory": "1Gi", "amd.com/gpu": "2"}),
            _set("count/nodeSelector", {"node-type": "gpu"}),
        ),
    ],
    "image that floats, container without limits": [
        _set("show/container.image", "alpine"),
        _set("show/container.image", "alpine:latest"),
        _set("show/container.resources", None),
        _set("show/container.image", "registry.example:5000/team/tool"),
    ],
}
"""Kind of mistake → changes of the good workflow that make it."""


def made(change: Change) -> Object:
    """The good workflow with a mistake in it."""
    workflow = good()
    change(workflow)
    return workflow
