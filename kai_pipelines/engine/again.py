"""Going on with a recorded run: `retry` after a failure, `resume` of what waits for a person (Argo, util/util.go).

These change a record as Argo changes a Workflow; running it then does the rest: what has ended is not run again.
"""

from __future__ import annotations

import copy
import time
from collections.abc import Iterator, Mapping
from typing import Any

from kai_pipelines.engine.node import BAD, time_text
from kai_pipelines.engine.scope import text_of
from kai_pipelines.errors import UsageError

Record = dict[str, Any]
Nodes = dict[str, dict[str, Any]]

_EXECUTES = frozenset({"Pod", "Container", "HTTP", "Plugin", "Skipped"})
"""Types of nodes that fail by themselves; a task whose references did not resolve is of the type Skipped."""


def retried(record: Mapping[str, Any], *, restart_successful: bool = False, selector: str = "") -> Record:
    """The workflow as it is before its failed nodes run again; raises UsageError when there is nothing to retry.

    With `restart_successful` the nodes that `selector` chooses run again, too, whatever became of them.
    """
    phase = record["status"].get("phase")
    if phase == "Succeeded" and not (restart_successful and selector):
        raise UsageError(
            "to retry a workflow that succeeded, say which of its nodes are to run again",
            hint="use --restart-successful with --node-field-selector",
        )
    if phase not in {*BAD, "Succeeded"}:
        raise UsageError(f"cannot retry a workflow in phase {phase}", hint="resume goes on with one that has not ended")
    again = copy.deepcopy(dict(record))
    nodes: Nodes = again["status"].get("nodes") or {}
    chosen = (
        {one["id"] for one in nodes.values() if matches(one, selector)} if restart_successful and selector else set()
    )
    failed = {
        one["id"]
        for one in nodes.values()
        if one["phase"] in BAD and one["type"] in _EXECUTES and not _led_on(nodes, _try_of(nodes, one), chosen)
    }
    exits = {one["id"] for one in nodes.values() if one["name"].startswith(f"{record['metadata']['name']}.onExit")}
    gone = set(exits)
    for node in failed | chosen:
        start = nodes[node]["boundaryID"] if nodes[node]["type"] == "Container" else node
        gone |= {start, *_below(nodes, start)}
    for node in (failed | chosen) & nodes.keys():
        for around in _around(nodes, node):
            if around not in gone:
                _reset(nodes[around])
    _remove(nodes, gone)
    _begin_again(again)
    again["status"].pop("startedAt", None)
    return again


def resumed(
    record: Mapping[str, Any], *, selector: str = "", parameters: Mapping[str, str] | None = None, message: str = ""
) -> Record:
    """The workflow as it is once a person has let its suspended nodes go on; raises UsageError when none waits.

    `parameters` are the values of outputs that the nodes expect to be supplied.
    """
    if record["status"].get("phase") in {*BAD, "Succeeded"}:
        raise UsageError(
            f"the workflow has ended: it {record['status']['phase'].lower()}", hint="retry runs what failed"
        )
    again = copy.deepcopy(dict(record))
    waiting = [
        one
        for one in (again["status"].get("nodes") or {}).values()
        if one["type"] == "Suspend" and one["phase"] == "Running" and matches(one, selector)
    ]
    if selector and not waiting:
        raise UsageError(f"no suspended node matches {selector}", hint="kai status shows the nodes")
    _supply(waiting, parameters or {})
    for node in waiting:
        _default(node)
        node |= {"phase": "Succeeded", "finishedAt": time_text(time.time())}
        if message:
            node["message"] = message
    again["spec"].pop("suspend", None)
    _begin_again(again)
    return again


def matches(node: Mapping[str, Any], selector: str) -> bool:
    """Whether a node has what a field selector asks for: ``displayName=approve,phase!=Failed``."""
    fields = {
        "displayName": node["displayName"],
        "templateName": (node.get("templateRef") or {}).get("template") or node.get("templateName", ""),
        "phase": node["phase"],
        "name": node["name"],
        "id": node["id"],
        "templateRef.name": (node.get("templateRef") or {}).get("name", ""),
        "templateRef.template": (node.get("templateRef") or {}).get("template", ""),
    }
    for one in (node.get("inputs") or {}).get("parameters") or []:
        fields[f"inputs.parameters.{one['name']}.value"] = text_of(one.get("value", ""))
    return all((fields.get(name, "") == text) != negated for name, text, negated in _conditions(selector))


def _conditions(selector: str) -> Iterator[tuple[str, str, bool]]:
    """The field, the text and whether it is negated, of each part of a field selector."""
    for part in filter(None, (one.strip() for one in selector.split(","))):
        name, sign, value = part.partition("!=")
        if not sign:
            name, sign, value = part.partition("=")
        if not sign:
            raise UsageError(
                f"{part!r} is not a field selector", hint="write name=value or name!=value, with commas between"
            )
        yield name.strip(), value.removeprefix("=").strip(), sign == "!="


def _try_of(nodes: Nodes, node: Mapping[str, Any]) -> Mapping[str, Any]:
    """Of one try the node that retries."""
    if not (node.get("nodeFlag") or {}).get("retried"):
        return node
    return next((one for one in nodes.values() if one["type"] == "Retry" and node["id"] in _children(one)), node)


def _led_on(nodes: Nodes, node: Mapping[str, Any], chosen: set[str]) -> bool:
    """Whether something after a node succeeded all the same; its hooks run after every end, and say nothing."""
    after = (nodes[one] for one in _below(nodes, node["id"]) - chosen)
    return any(one["phase"] == "Succeeded" and not _is_hooked(nodes, one) for one in after)


def _is_hooked(nodes: Nodes, node: Mapping[str, Any]) -> bool:
    """Whether a node is a life-cycle hook's, or part of one."""
    while not (node.get("nodeFlag") or {}).get("hooked"):
        around = nodes.get(node.get("boundaryID") or "")
        if around is None:
            return False
        node = around
    return True


def _children(node: Mapping[str, Any]) -> list[str]:
    return list(node.get("children") or [])


def _below(nodes: Nodes, start: str) -> set[str]:
    found: set[str] = set()
    ahead = _children(nodes[start])
    while ahead:
        one = ahead.pop()
        if one not in found and one in nodes:
            found.add(one)
            ahead += _children(nodes[one])
    return found


def _around(nodes: Nodes, start: str) -> Iterator[str]:
    """The groups, retries and templates that a node is part of, from the inside out."""
    parents: dict[str, list[str]] = {}
    for one in nodes.values():
        for child in _children(one):
            parents.setdefault(child, []).append(one["id"])
    node = start
    while True:
        groups = [one for one in parents.get(node, []) if nodes[one]["type"] in {"Retry", "StepGroup", "TaskGroup"}]
        for group in groups:
            yield group
            yield from (one for one in parents.get(group, []) if nodes[one]["type"] in {"StepGroup", "TaskGroup"})
        node = nodes[node].get("boundaryID") or next((one for one in groups if nodes[one]["type"] == "Retry"), "")
        if node not in nodes:
            return
        yield node


def _reset(node: dict[str, Any]) -> None:
    if node["phase"] != "Skipped":
        node["phase"] = "Running"
    node.pop("message", None)
    node.pop("finishedAt", None)


def _remove(nodes: Nodes, gone: set[str]) -> None:
    for one in gone:
        nodes.pop(one, None)
    for node in nodes.values():
        for field in ("children", "outboundNodes"):
            if field in node:
                node[field] = [one for one in node[field] if one not in gone]


def _begin_again(record: Record) -> None:
    """The workflow goes on: nothing says any more that it has ended."""
    status = record["status"]
    for field in ("message", "finishedAt"):
        status.pop(field, None)
    status["phase"] = "Running"


def _supply(waiting: list[dict[str, Any]], parameters: Mapping[str, str]) -> None:
    """Give the waiting nodes the values of their outputs."""
    expected = [one for node in waiting for one in (node.get("outputs") or {}).get("parameters") or []]
    for name, value in parameters.items():
        found = [one for one in expected if one["name"] == name]
        if not found:
            names = ", ".join(dict.fromkeys(one["name"] for one in expected)) or "none"
            raise UsageError(f"no suspended node expects the output parameter {name}", hint=f"expected: {names}")
        for one in found:
            if "supplied" not in (one.get("valueFrom") or {}):
                raise UsageError(f"the output parameter {name} was set already")
            one["value"] = value
            one.pop("valueFrom")


def _default(node: dict[str, Any]) -> None:
    for one in (node.get("outputs") or {}).get("parameters") or []:
        source = one.get("valueFrom") or {}
        if "supplied" not in source:
            continue
        if "default" not in source:
            raise UsageError(
                f"{node['displayName']} expects the output parameter {one['name']}, which has no default",
                hint=f"give it with -p {one['name']}=…",
            )
        one["value"] = text_of(source["default"])
        one.pop("valueFrom")
