"""Our pipelines as Hera's objects: what Hera builds of them is our manifest."""

from __future__ import annotations

import json
from typing import Any

import pytest

from kai_pipelines import pipeline, step
from kai_pipelines.errors import ManifestError, UsageError
from kai_pipelines.hera_edge.objects import to_hera
from tests.unit.compiler.manifests import every_manifest

MANIFESTS = every_manifest()


@step
def greet(name: str) -> str:
    """Say hello."""
    return "hello " + name


@pipeline(schedule="0 3 * * *")
def greeting(name: str = "world") -> str:
    """Hello to someone."""
    return greet(name)


def built(workflow: Any) -> Any:
    return json.loads(workflow.build().model_dump_json(exclude_none=True, by_alias=True))


@pytest.mark.parametrize("name", MANIFESTS)
def test_what_hera_builds_is_the_manifest(name: str) -> None:
    assert built(to_hera(MANIFESTS[name])) == MANIFESTS[name]


@pytest.mark.parametrize("kind", ["Workflow", "WorkflowTemplate", "CronWorkflow"])
def test_a_pipeline_is_an_object_of_the_kind_that_is_asked_for(kind: Any) -> None:
    import hera.workflows

    made = greeting.to_hera(kind)

    assert type(made) is getattr(hera.workflows, kind)
    assert built(made) == greeting.to_dict(kind)


def test_a_kind_that_hera_does_not_have_is_refused() -> None:
    with pytest.raises(ManifestError, match="no class for a ConfigMap"):
        to_hera({"kind": "ConfigMap"})


def test_without_hera_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "hera.workflows", None)

    with pytest.raises(UsageError, match="to_hera"):
        greeting.to_hera()
