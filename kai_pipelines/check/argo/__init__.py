"""Argo's own validator: what `argo lint` and the Argo Server refuse is a finding, and nothing else is.

What belongs here: Argo 4.1.2's rules (workflow/validate, and how Go reads the objects), one module for each family,
with codes KAI100 to KAI199. What never will: rules that are stricter than Argo; those stand beside this package.
Where Argo stops at the first mistake, every independent one is reported; whether there is any is Argo's verdict.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from kai_pipelines.check.argo.codes import CODES
from kai_pipelines.check.argo.context import Options
from kai_pipelines.check.finding import Finding

__all__ = ["CODES", "Options", "lint", "validate"]


def validate(
    document: Mapping[str, Any],
    *,
    siblings: Sequence[Mapping[str, Any]] = (),
    options: Options | None = None,
    workflow_defaults: Mapping[str, Any] | None = None,
) -> list[Finding]:
    """What Argo's validator finds in one Workflow, WorkflowTemplate, ClusterWorkflowTemplate or CronWorkflow.

    `siblings` are the templates that references may mean, `workflow_defaults` what the controller adds. Unknown
    fields are no matter here, as for the API server: see `lint`.
    """
    from kai_pipelines.check.argo.linting import validated

    return validated(document, siblings, options or Options(), workflow_defaults)


def lint(documents: Sequence[Mapping[str, Any]]) -> list[Finding]:
    """What ``argo lint --offline`` finds in documents given together; `Finding.document` is the index in them."""
    from kai_pipelines.check.argo.linting import linted

    return linted(documents)
