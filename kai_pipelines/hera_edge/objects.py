"""A manifest as an object of Hera's, to go on with in Hera's own ways."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from kai_pipelines.errors import ManifestError, UsageError
from kai_pipelines.hera_edge.file import EXTRA

if TYPE_CHECKING:
    from hera.workflows import CronWorkflow, Workflow, WorkflowTemplate

    __all__ = ["CronWorkflow", "Workflow", "WorkflowTemplate", "to_hera"]


def to_hera(manifest: Mapping[str, object]) -> Workflow:
    """Hera's Workflow, WorkflowTemplate, ClusterWorkflowTemplate or CronWorkflow; what it builds is the manifest."""
    try:
        import hera.workflows as hera
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] != "hera":
            raise
        raise UsageError("to_hera() needs Hera, which is not installed here", hint=EXTRA) from error
    kinds: dict[str, type[Workflow]] = {
        "Workflow": hera.Workflow,
        "WorkflowTemplate": hera.WorkflowTemplate,
        "ClusterWorkflowTemplate": hera.ClusterWorkflowTemplate,
        "CronWorkflow": hera.CronWorkflow,
    }
    kind = str(manifest.get("kind"))
    if kind not in kinds:
        raise ManifestError(f"Hera has no class for a {kind}", hint=f"it has {', '.join(kinds)}")
    made = kinds[kind].from_dict(dict(manifest))
    assert isinstance(made, hera.Workflow)
    return made
