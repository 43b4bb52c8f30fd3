"""The record of a run: an Argo `Workflow` with its status, as a controller would have written it."""

from __future__ import annotations

import copy
import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kai_pipelines.cache.store import write_atomically
from kai_pipelines.engine.node import FULFILLED, Node, time_text
from kai_pipelines.errors import StoreError

if TYPE_CHECKING:
    from kai_pipelines.engine.workflow import Execution


def workflow_record(
    manifest: Mapping[str, Any], execution: Execution, root: Node | None, phase: str, message: str = ""
) -> dict[str, Any]:
    """The Workflow: the spec that ran, with its arguments, and its status."""
    program = execution.program
    spec = copy.deepcopy(program.spec)
    arguments = spec.get("arguments") or {}
    for one in arguments.get("parameters") or []:
        one["value"] = program.parameters[one["name"]]
    metadata = {key: value for key, value in program.metadata.items() if key != "generateName"}
    nodes = [execution.tree.by_name[name] for name in execution.tree.by_name]
    execution.tree.set_progress()
    status: dict[str, Any] = {
        "phase": phase,
        "startedAt": time_text(execution.started_at),
        "finishedAt": time_text(execution.clock.now()) if phase in FULFILLED else None,
        "progress": execution.tree.progress(),
        "message": message,
        "nodes": {node.id: node_record(node, program.name) for node in nodes},
        "outputs": root.outputs if root is not None else None,
    }
    return {
        "apiVersion": manifest.get("apiVersion", "argoproj.io/v1alpha1"),
        "kind": "Workflow",
        "metadata": {**metadata, "name": program.name},
        "spec": spec,
        "status": _filled(status),
    }


def node_record(node: Node, workflow: str) -> dict[str, Any]:
    """A node in the form of `status.nodes`."""
    inputs = {key: value for key, value in node.inputs.items() if value}
    record = {
        "id": node.id,
        "name": node.name,
        "displayName": node.display_name,
        "type": node.type,
        "templateName": node.template_name,
        "templateScope": f"local/{workflow}" if node.template_name or node.type == "StepGroup" else None,
        "phase": node.phase,
        "boundaryID": node.boundary_id,
        "message": node.message,
        "startedAt": time_text(node.started_at),
        "finishedAt": time_text(node.finished_at) if node.fulfilled else None,
        "progress": node.progress,
        "inputs": inputs,
        "outputs": node.outputs,
        "children": node.children,
        "outboundNodes": node.outbound,
    }
    filled = _filled(record)
    if node.flag is not None:
        filled["nodeFlag"] = node.flag
    return filled


def write_record(record: Mapping[str, Any], folder: Path) -> None:
    """Write workflow.json."""
    try:
        write_atomically(folder / "workflow.json", json.dumps(record, indent=1, ensure_ascii=False) + "\n")
    except OSError as error:
        raise StoreError(
            f"cannot write {folder / 'workflow.json'}: {error.strerror or error}", hint="free some space"
        ) from error


def _filled(record: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in record.items() if value not in (None, "", [], {})}
