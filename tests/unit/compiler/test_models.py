"""A second opinion: every manifest survives Hera's and Argo's own models unchanged."""

from __future__ import annotations

import copy
import importlib
from typing import Any

import pytest

from tests.unit.compiler.manifests import compiled, every_manifest, templates_of

MANIFESTS = every_manifest()
MODULES = {"Workflow": "workflow", "WorkflowTemplate": "workflow_template", "CronWorkflow": "cron_workflow"}


def through_hera_models(manifest: dict[str, Any]) -> Any:
    """The pydantic models that Hera generates from Argo's schema."""
    models: Any = importlib.import_module("hera.workflows.models")
    made = getattr(models, manifest["kind"]).model_validate(manifest)
    return made.model_dump(by_alias=True, exclude_none=True, mode="json")


def through_hera(manifest: dict[str, Any]) -> Any:
    """The classes that people write Hera workflows with."""
    hera: Any = importlib.import_module("hera.workflows")
    return getattr(hera, manifest["kind"]).from_dict(manifest).to_dict()


def as_schema_says(value: Any, name: str = "") -> Any:
    """Mend what Argo's swagger.json says wrongly: an IntOrString is text there, and an item of a loop an object."""
    if name in {"limit", "factor", "deadline of a template"}:
        return str(value)
    if name == "withItems":
        return [{"item": item} for item in value]
    if isinstance(value, dict):
        names = {"activeDeadlineSeconds": "deadline of a template"} if "container" in value else {}
        return {key: as_schema_says(part, str(names.get(key, key))) for key, part in value.items()}
    return [as_schema_says(part) for part in value] if isinstance(value, list) else value


def through_argo_workflows(manifest: dict[str, Any]) -> Any:
    """Argo's OpenAPI client, as it reads a server's answer and writes a request."""
    given = as_schema_says(manifest)
    utilities: Any = importlib.import_module("argo_workflows.model_utils")
    client: Any = importlib.import_module("argo_workflows.api_client")
    configuration: Any = importlib.import_module("argo_workflows.configuration")
    module: Any = importlib.import_module(
        f"argo_workflows.model.io_argoproj_workflow_v1alpha1_{MODULES[manifest['kind']]}"
    )
    kind = getattr(module, f"IoArgoprojWorkflowV1alpha1{manifest['kind']}")
    # Positional: the type that is required, where the value is, a spec's names, with type checks. It changes its input.
    made = utilities.validate_and_convert_types(
        copy.deepcopy(given), (kind,), ["manifest"], True, True, configuration.Configuration(discard_unknown_keys=False)
    )
    survived = client.ApiClient.sanitize_for_serialization(made)
    return manifest if survived == given else survived


READERS = [through_hera_models, through_hera, through_argo_workflows]


@pytest.mark.parametrize("read", READERS)
@pytest.mark.parametrize("name", MANIFESTS)
def test_a_manifest_survives_the_models_of_others_unchanged(name: str, read: Any) -> None:
    manifest = MANIFESTS[name]

    assert read(copy.deepcopy(manifest)) == manifest


@pytest.mark.parametrize("read", [through_hera_models, through_hera])
def test_the_models_of_others_do_notice_a_field_that_argo_does_not_know(read: Any) -> None:
    manifest = compiled("plain-chain")
    templates_of(manifest)["surface"]["container"]["imagine"] = "a field"

    try:
        survived = read(copy.deepcopy(manifest)) == manifest
    except Exception:  # a refusal is fine too, whatever its class
        survived = False

    assert not survived


@pytest.mark.parametrize("read", READERS)
def test_the_models_of_others_do_notice_a_value_of_another_type(read: Any) -> None:
    manifest = compiled("plain-chain")
    templates_of(manifest)["surface"]["container"]["args"] = "one text"

    try:
        survived = read(copy.deepcopy(manifest)) == manifest
    except Exception:  # see above
        survived = False

    assert not survived
