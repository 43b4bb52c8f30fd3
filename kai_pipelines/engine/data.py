"""Data templates: the paths of artifacts as a list, and expressions over it (Argo, workflow/data)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kai_pipelines.engine.call import Call
from kai_pipelines.engine.node import Node
from kai_pipelines.errors import ExpressionError, ManifestError
from kai_pipelines.expression import evaluate
from kai_pipelines.expression.gojson import marshal
from kai_pipelines.manifest.library import Template

if TYPE_CHECKING:
    from kai_pipelines.engine.workflow import Execution


async def run_data(execution: Execution, call: Call, node: Node, template: Template) -> None:
    """List the keys below the source, transform the list, and give it as the node's result."""
    node.phase = "Running"
    execution.changed(node)
    data = template["data"]
    source = (data.get("source") or {}).get("artifactPaths")
    if source is None:
        raise ManifestError("unable to process data source: no valid source is used for data template")
    found: object = execution.repository.keys_below(source)
    for number, step in enumerate(data.get("transformation") or []):
        if not step.get("expression"):
            continue
        try:
            found = evaluate(str(step["expression"]), {"data": found})
        except ExpressionError as error:
            raise ManifestError(
                f"unable to process data transformation: error processing data step {number}: {error.message}"
            ) from error
    node.outputs = {"result": marshal(found), "exitCode": "0"}
    execution.executed += 1
    execution.end(node, "Succeeded")
