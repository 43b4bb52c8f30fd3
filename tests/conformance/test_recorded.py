"""Whole workflows against what a real controller wrote: the same tree, phases, messages and outputs.

Each recorded workflow runs twice: once with pods that end as they did on the cluster (so that chance, time
and foreign images play no part), and, where its commands are ordinary programs, really. Ids, times and hosts
do not count. What the engine refuses is listed with the engine's own reason.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from kai_pipelines.engine import Run, RunRequest, Silent, run
from kai_pipelines.engine.executor import Executor, Job
from kai_pipelines.errors import ManifestError, UsageError
from kai_pipelines.manifest.document import load
from tests.fakes import Answer, FakeClock, FakeExecutor

Object = Mapping[str, Any]

_DATA = Path(os.environ.get("KAI_ARGO_DATA") or Path(__file__).resolve().parents[2] / ".." / "shared" / "data" / "argo")
_CLUSTER_FAULTS = frozenset({"cron-backfill__2", "data-transformations"})
"""Failures of the recording's own cluster (its README)."""
_NOT_REPEATABLE = re.compile(r"random|sleep|date|timeout|activeDeadlineSeconds|hostname|wget|curl")
_MINIMUM = 0.95
"""Of the workflows that are not refused, how many must agree; the ones that do not are printed."""


def _workflows() -> dict[str, Object]:
    folder = _DATA / "recorded"
    if not folder.is_dir():
        pytest.skip(f"no Argo data: {folder} is absent (set KAI_ARGO_DATA)")
    return {
        path.stem: json.loads(path.read_text(encoding="utf-8"))
        for path in sorted(folder.glob("*.json"))
        if path.stem not in _CLUSTER_FAULTS
    }


def _nodes(workflow: Object) -> dict[str, dict[str, Any]]:
    """What counts of each node, by name; the workflow's own name, which is made up, is taken out."""
    own = workflow["metadata"]["name"]
    nodes = workflow["status"].get("nodes") or {}

    def name(node_id: str) -> str:
        return str(nodes[node_id]["name"]).replace(own, "WF", 1) if node_id in nodes else node_id

    def plain(text: str) -> str:
        return re.sub(rf"{re.escape(own)}(-\d+)?", lambda found: name(found[0]) if found[1] else "WF", text)

    return {
        name(node["id"]): {
            "displayName": plain(node["displayName"]),
            "type": node["type"],
            "templateName": node.get("templateName"),
            "templateRef": node.get("templateRef"),
            "templateScope": plain(node["templateScope"]),
            "phase": node["phase"],
            "message": plain(node.get("message", "")),
            "boundary": name(node.get("boundaryID", "")),
            "children": sorted(map(name, node.get("children") or [])),
            "outbound": sorted(map(name, node.get("outboundNodes") or [])),
            "flag": node.get("nodeFlag"),
            "inputs": _values(node.get("inputs") or {}),
            "outputs": _values(node.get("outputs") or {}),
            "progress": node.get("progress"),
        }
        for node in nodes.values()
    }


def _values(ports: Object) -> dict[str, Any]:
    return {
        "parameters": {one["name"]: one.get("value") for one in ports.get("parameters") or []},
        "artifacts": sorted(one["name"] for one in ports.get("artifacts") or [] if one["name"] != "main-logs"),
        "result": ports.get("result"),
        "exitCode": ports.get("exitCode"),
    }


def _replay(recorded: Object) -> FakeExecutor:
    """Pods that end as they did on the cluster."""
    nodes = {node["name"]: node for node in recorded["status"]["nodes"].values()}

    def answer(job: Job) -> Answer:
        node = nodes[job.name]
        outputs = node.get("outputs") or {}
        files = {one["name"]: str(one["value"]) for one in outputs.get("parameters") or []}
        written = {job.outputs.get(name) for name in files}  # a parameter may be read from an artifact's file
        artifacts = [one["name"] for one in outputs.get("artifacts") or [] if one["name"] in job.outputs]
        files |= {name: "" for name in artifacts if job.outputs[name] not in written}
        late = node.get("message", "").startswith("Pod was active")
        seconds = 1e9 if late else 0.0
        return Answer(int(outputs.get("exitCode", 0)), files, outputs.get("result", ""), seconds)

    return FakeExecutor(answer)


def _siblings(recorded: Object) -> list[Object]:
    """What else was in the cluster: the examples' ConfigMaps, and the templates that the workflow refers to."""
    found: list[Object] = []
    for path in sorted((_DATA / "examples").rglob("*.yaml")):
        with contextlib.suppress(ManifestError):  # one of Argo's examples has a key twice
            found += [one for one in load(path) if one.get("kind") in {"ConfigMap", "Secret"}]
    if reference := recorded["spec"].get("workflowTemplateRef"):
        kind = "ClusterWorkflowTemplate" if reference.get("clusterScope") else "WorkflowTemplate"
        spec = recorded["status"]["storedWorkflowTemplateSpec"]
        found.append({"kind": kind, "metadata": {"name": reference["name"]}, "spec": spec})
    homes: dict[tuple[str, str], list[Any]] = {}
    for place, template in (recorded["status"].get("storedTemplates") or {}).items():
        scope, home, _ = place.split("/", 2)
        homes.setdefault((scope, home), []).append(template)
    for (scope, home), templates in homes.items():
        kind = "ClusterWorkflowTemplate" if scope == "cluster" else "WorkflowTemplate"
        found.append({"kind": kind, "metadata": {"name": home}, "spec": {"templates": templates}})
    return found


def _run(recorded: Object, folder: Path, executor: Executor | None) -> Run:
    manifest = {key: recorded[key] for key in ("apiVersion", "kind", "metadata", "spec")}
    request = RunRequest(
        manifest, {}, {}, folder / "out", jobs=2, use_cache=False, store=folder / "store", siblings=_siblings(recorded)
    )
    return run(request, Silent(), executor=executor, clock=FakeClock())


def _disagreements(recorded: Object, made: Object) -> list[str]:
    wanted, got = _nodes(recorded), _nodes(made)
    found = [f"{name}: missing" for name in wanted.keys() - got.keys()]
    found += [f"{name}: should not be there" for name in got.keys() - wanted.keys()]
    for name in sorted(wanted.keys() & got.keys()):
        for field in wanted[name]:
            if wanted[name][field] != got[name][field]:
                found.append(f"{name}: {field}: {wanted[name][field]!r}, not {got[name][field]!r}")
    for field, wanted_one, got_one in _whole(recorded["status"], made["status"]):
        if wanted_one != got_one:
            found.append(f"workflow: {field}: {wanted_one!r}, not {got_one!r}")
    return found


def _whole(recorded: Object, made: Object) -> list[tuple[str, Any, Any]]:
    """What counts of the workflow as a whole: each field as it was recorded, and as it came here."""
    fields = [(one, recorded.get(one), made.get(one)) for one in ("phase", "progress")]
    fields.append(("outputs", _values(recorded.get("outputs") or {}), _values(made.get("outputs") or {})))
    messages = [re.sub(r"-\d{6,}", "-ID", status.get("message", "")) for status in (recorded, made)]
    return [*fields, ("message", messages[0], messages[1])]


def _compare(names: Mapping[str, Object], folder: Path, *, replayed: bool) -> tuple[int, dict[str, list[str]], int]:
    """How many ran, what disagrees by workflow, and how many were refused."""
    ran, refused, found = 0, 0, {}
    for name, recorded in names.items():
        place = folder / name
        try:
            made = _run(recorded, place, _replay(recorded) if replayed else None)
        except (ManifestError, UsageError) as error:
            refused += 1
            print(f"refused {name}: {error.message}")
            continue
        finally:
            shutil.rmtree(place, ignore_errors=True)
        ran += 1
        if different := _disagreements(recorded, made.workflow):
            found[name] = different
    for name, lines in found.items():
        print("\n    ".join([f"disagrees {name}", *lines[:10]]))
    print(f"recorded{' (replayed)' if replayed else ''}: {ran - len(found)} / {ran} agree, {refused} refused")
    return ran, found, refused


def test_replayed_workflows_leave_the_record_that_the_controller_left(tmp_path: Path) -> None:
    ran, found, refused = _compare(_workflows(), tmp_path, replayed=True)

    assert ran > refused
    assert len(found) <= (1 - _MINIMUM) * ran


def test_real_runs_leave_the_record_that_the_controller_left(tmp_path: Path) -> None:
    workflows = {
        name: recorded
        for name, recorded in _workflows().items()
        if not _NOT_REPEATABLE.search(json.dumps(recorded["spec"])) and "cowsay" not in json.dumps(recorded["spec"])
    }

    ran, found, _ = _compare(workflows, tmp_path, replayed=False)

    assert ran
    assert len(found) <= (1 - _MINIMUM) * ran
