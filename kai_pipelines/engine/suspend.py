"""Suspend templates: they wait for a time, or for a person (Argo, operator.go executeSuspend)."""

from __future__ import annotations

import asyncio
import copy
from typing import TYPE_CHECKING, Any

from kai_pipelines.engine.call import Call
from kai_pipelines.engine.node import Node
from kai_pipelines.engine.scope import text_of
from kai_pipelines.errors import ManifestError
from kai_pipelines.manifest.duration import parse_duration
from kai_pipelines.manifest.library import Template

if TYPE_CHECKING:
    from kai_pipelines.engine.workflow import Execution


async def run_suspend(execution: Execution, call: Call, node: Node, template: Template) -> None:
    """Wait as long as the template says; without a duration until somebody resumes the run."""
    node.outputs = _supplied(template)
    node.phase = "Running"
    execution.changed(node)
    duration = (template["suspend"] or {}).get("duration")
    shutdown = execution.shutdown
    if duration not in (None, ""):
        until = node.started_at + parse_duration(str(duration))
        await execution.pause(max(0.0, until - execution.clock.now()), exiting=call.exiting)
    elif execution.person is not None:
        with execution.rest.busy():
            given = await execution.person.approve(node, template)
        for one in node.outputs.get("parameters") or []:
            if one["name"] in given:
                one["value"] = given[one["name"]]
                one.pop("valueFrom", None)
    elif not shutdown.halts(exiting=call.exiting):
        with execution.rest.waiting(node.name):
            await (shutdown.told.wait() if not call.exiting else asyncio.Event().wait())
    if shutdown.halts(exiting=call.exiting):
        execution.end(node, "Failed", shutdown.message)
        return
    take_defaults(node)
    execution.end(node, "Succeeded")


def _supplied(template: Template) -> dict[str, Any]:
    """The outputs that somebody is to supply; the default of an input of that name is theirs too."""
    inputs = {one["name"]: one for one in (template.get("inputs") or {}).get("parameters") or []}
    found = []
    for one in (template.get("outputs") or {}).get("parameters") or []:
        source = one.get("valueFrom") or {}
        if "supplied" not in source:
            continue
        parameter = copy.deepcopy(one)
        default = inputs.get(one["name"], {}).get("default")
        if "default" not in source and default is not None:
            parameter["valueFrom"]["default"] = default
        found.append(parameter)
    return {"parameters": found} if found else {}


def take_defaults(node: Node) -> None:
    """Give outputs that nobody supplied their defaults; raises ManifestError for one without."""
    for one in node.outputs.get("parameters") or []:
        source = one.get("valueFrom") or {}
        if one.get("value") is not None:
            continue
        if "default" not in source:
            raise ManifestError(
                f"raw output parameter '{one['name']}' has not been set and does not have a default value"
            )
        one["value"] = text_of(source["default"])
        one.pop("valueFrom")
