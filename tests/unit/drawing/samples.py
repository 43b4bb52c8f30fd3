"""Manifests for these tests, written as an author of YAML would."""

from __future__ import annotations

from typing import Any


def container(name: str, pool: str = "cpu-optimized", **asked: str) -> dict[str, Any]:
    """A template of one container."""
    return {
        "name": name,
        "nodeSelector": {"node-type": pool},
        "container": {"image": "kai", "resources": {"requests": dict(asked) or {"cpu": "1", "memory": "1Gi"}}},
    }


def workflow(*templates: dict[str, Any], entrypoint: str = "main", **spec: Any) -> dict[str, Any]:
    """A Workflow of these templates."""
    return {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "Workflow",
        "metadata": {"name": "wf"},
        "spec": {"entrypoint": entrypoint, "templates": list(templates), **spec},
    }


def dag(name: str, *tasks: dict[str, Any]) -> dict[str, Any]:
    """A DAG template."""
    return {"name": name, "dag": {"tasks": list(tasks)}}


def task(name: str, template: str = "work", **more: Any) -> dict[str, Any]:
    """A task."""
    return {"name": name, "template": template, **more}


SWITCH = workflow(
    dag(
        "main",
        task("assess"),
        task(
            "dense",
            "dense",
            depends="assess",
            arguments={"parameters": [{"name": "chosen", "value": "{{tasks.assess.outputs.parameters.quality}}"}]},
        ),
        task("mesh", depends="dense && assess"),
    ),
    dag(
        "dense",
        task("low", when='{{= inputs.parameters.chosen == "low" }}'),
        task("high", "high", when="{{= inputs.parameters['chosen'] == 'high' }}"),
    ),
    dag("high", task("best", "chain"), task("plain", "chain2", depends="(best.Failed || best.Errored)")),
    dag("chain", task("one"), task("two", depends="one")),
    dag("chain2", task("one"), task("two", depends="one")),
    dag("bye", task("tell")),
    container("work"),
    onExit="bye",
)
"""A switch with a fallback inside one of its branches, then a step, then an exit handler."""
