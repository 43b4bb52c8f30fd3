"""The record of a run: an Argo `Workflow` with its status, as a controller would have written it."""

from __future__ import annotations

import copy
import json
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kai_pipelines.engine.node import FULFILLED, Node, NodeTree, time_text
from kai_pipelines.errors import StoreError

if TYPE_CHECKING:
    from kai_pipelines.engine.workflow import Execution

FILE = "workflow.json"
OWN = ".kai"
"""The engine's own folder beside the outputs: what it needs to go on with a run."""


def workflow_record(manifest: Mapping[str, Any], execution: Execution, phase: str, message: str = "") -> dict[str, Any]:
    """The Workflow: the spec that ran, with its arguments, and its status."""
    program = execution.program
    spec = copy.deepcopy(program.submitted)
    _set_arguments(spec, program.parameters)
    metadata = {key: value for key, value in program.metadata.items() if key not in {"generateName", "name"}}
    execution.tree.set_progress()
    status: dict[str, Any] = {
        "phase": phase,
        "startedAt": time_text(execution.started_at),
        "finishedAt": time_text(execution.clock.now()) if phase in FULFILLED else None,
        "progress": execution.tree.progress(),
        "message": message,
        "nodes": {node.id: node_record(node) for node in execution.tree.by_name.values()},
        "outputs": _filled(execution.outputs),
    }
    if spec.get("workflowTemplateRef"):
        status["storedWorkflowTemplateSpec"] = copy.deepcopy(program.spec)
    return {
        "apiVersion": manifest.get("apiVersion", "argoproj.io/v1alpha1"),
        "kind": "Workflow",
        "metadata": {"name": program.name, **metadata},
        "spec": spec,
        "status": _filled(status),
    }


def _set_arguments(spec: dict[str, Any], values: Mapping[str, str]) -> None:
    """Write into a spec the values that its parameters have, also those that a template declares."""
    if not values:
        return
    arguments = spec.setdefault("arguments", {}) or {}
    spec["arguments"] = arguments
    declared = arguments.setdefault("parameters", []) or []
    arguments["parameters"] = declared
    known = {one["name"]: one for one in declared}
    for name, value in values.items():
        if name in known:
            known[name]["value"] = value
            known[name].pop("valueFrom", None)
        else:
            declared.append({"name": name, "value": value})


def node_record(node: Node) -> dict[str, Any]:
    """A node in the form of `status.nodes`."""
    record = {
        "id": node.id,
        "name": node.name,
        "displayName": node.display_name,
        "type": node.type,
        "templateName": node.template_name,
        "templateRef": node.template_ref,
        "templateScope": node.template_scope,
        "phase": node.phase,
        "boundaryID": node.boundary_id,
        "message": node.message,
        "startedAt": time_text(node.started_at) if node.started_at else None,
        "finishedAt": node.finished_text,
        "progress": node.progress,
        "podIP": node.address,
        "hostNodeName": node.host,
        "memoizationStatus": node.memoization,
        "synchronizationStatus": node.synchronization,
        "inputs": {key: value for key, value in node.inputs.items() if value},
        "outputs": node.outputs,
        "children": node.children,
        "outboundNodes": node.outbound,
    }
    filled = _filled(record)
    if node.daemoned:
        filled["daemoned"] = True
    if node.flag is not None:
        filled["nodeFlag"] = node.flag
    return filled


def restored(workflow: str, status: Mapping[str, Any]) -> NodeTree:
    """The nodes of a status, as they were."""
    tree = NodeTree(workflow)
    for record in (status.get("nodes") or {}).values():
        node = Node(
            record["id"],
            record["name"],
            record.get("displayName", record["name"]),
            record["type"],
            template_name=record.get("templateName", ""),
            boundary_id=record.get("boundaryID", ""),
            phase=record["phase"],
            message=record.get("message", ""),
            progress=record.get("progress", ""),
            started_at=seconds_of(record.get("startedAt")),
            finished_at=seconds_of(record.get("finishedAt")),
            children=list(record.get("children") or []),
            outbound=list(record.get("outboundNodes") or []),
            inputs=copy.deepcopy(record.get("inputs") or {}),
            outputs=copy.deepcopy(record.get("outputs") or {}),
            flag=record.get("nodeFlag"),
            template_ref=record.get("templateRef"),
            template_scope=record.get("templateScope", ""),
            memoization=record.get("memoizationStatus"),
            host=record.get("hostNodeName", ""),
        )
        tree.by_name[node.name] = tree.by_id[node.id] = node
    return tree


def seconds_of(text: str | None) -> float:
    """Seconds since the epoch of a time as Kubernetes writes it."""
    if not text:
        return 0.0
    return datetime.fromisoformat(text.replace("Z", "+00:00")).astimezone(UTC).timestamp()


def write_record(record: Mapping[str, Any], folder: Path) -> None:
    """Write workflow.json, which gets its name when it is whole."""
    part = folder / OWN / f"{FILE}.part"
    try:
        part.parent.mkdir(exist_ok=True)
        part.write_text(_text(record), encoding="utf-8")
        part.replace(folder / FILE)
    except OSError as error:
        raise StoreError(f"cannot write {folder / FILE}: {error.strerror or error}", hint="free some space") from error


def _text(record: Mapping[str, Any]) -> str:
    """A record as JSON to be read by people: each node is one line, which also costs a tenth of the time."""
    nodes = (record.get("status") or {}).get("nodes")
    if not nodes:
        return json.dumps(record, indent=1, ensure_ascii=False) + "\n"
    lines = (f"{json.dumps(name)}: {json.dumps(node, ensure_ascii=False)}" for name, node in nodes.items())
    place = f"nodes {uuid.uuid4()}"
    around = {**record, "status": {**record["status"], "nodes": place}}
    before, _, after = json.dumps(around, indent=1, ensure_ascii=False).partition(json.dumps(place))
    inner = ",\n   ".join(lines)
    return f"{before}{{\n   {inner}\n  }}{after}\n"


def _filled(record: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in record.items() if value not in (None, "", [], {})}
