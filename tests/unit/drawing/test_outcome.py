from __future__ import annotations

from typing import Any

from kai_pipelines.drawing.flow import read_chart
from kai_pipelines.drawing.model import Flow, Outcome
from tests.unit.drawing.samples import SWITCH, container, dag, task, workflow


def record(
    id_: str, display: str, phase: str, *, boundary: str = "", start: int = 0, end: int = 0, **more: Any
) -> dict[str, Any]:
    return {
        "id": id_,
        "name": id_,
        "displayName": display,
        "phase": phase,
        "type": "Pod",
        "boundaryID": boundary,
        "startedAt": f"2026-01-01T00:00:{start:02d}Z",
        "finishedAt": f"2026-01-01T00:00:{end:02d}Z",
        **more,
    }


def ran(manifest: dict[str, Any], phase: str, *records: dict[str, Any]) -> Flow:
    status = {"phase": phase, "finishedAt": "2026-01-01T00:01:00Z", "nodes": {one["id"]: one for one in records}}
    return read_chart({**manifest, "status": status}).flow


def outcome(flow: Flow, *path: str) -> Outcome | None:
    return next(node.outcome for node in flow.walk() if node.path == path)


def test_a_run_gives_each_node_its_phase_and_time():
    flow = ran(
        SWITCH, "Succeeded",
        record("wf", "wf", "Succeeded", type="DAG"),
        record("wf.assess", "assess", "Succeeded", boundary="wf", start=1, end=5),
        record("wf.dense", "dense", "Succeeded", boundary="wf", start=5, end=20, type="DAG"),
        record("wf.dense.low", "low", "Succeeded", boundary="wf.dense", start=5, end=19),
        record("wf.dense.high", "high", "Skipped", boundary="wf.dense", type="Skipped"),
        record("exit", "wf.onExit", "Failed", start=30, end=31, type="DAG", message="no mail"),
        record("tell", "tell", "Failed", boundary="exit", start=30, end=31),
    )  # fmt: skip

    assert outcome(flow, "assess") == Outcome("Succeeded", 4.0)
    assert outcome(flow, "dense", "low") == Outcome("Succeeded", 14.0)
    assert outcome(flow, "dense", "high") == Outcome("Skipped")
    assert outcome(flow, "dense", "high", "best", "one") == Outcome("Omitted")
    assert outcome(flow, "onExit") == Outcome("Failed", 1.0, "no mail")
    assert outcome(flow, "onExit", "tell") == Outcome("Failed", 1.0)


def test_retries_and_the_parts_of_a_loop_count_as_one_node():
    manifest = workflow(dag("main", task("a"), task("b", withItems=["x", "y"])), container("work"))
    flow = ran(
        manifest, "Failed",
        record("wf", "wf", "Failed", type="DAG"),
        record("a", "a", "Succeeded", boundary="wf", end=9, type="Retry", children=["a0", "a1"]),
        record("a0", "a(0)", "Failed", boundary="wf", end=3),
        record("a1", "a(1)", "Succeeded", boundary="wf", start=5, end=9),
        record("b", "b", "Failed", boundary="wf", end=8, type="TaskGroup", children=["b0", "b1"]),
        record("b0", "b(0:x (1).y)", "Succeeded", boundary="wf", end=8),
        record("b1", "b(1:y)", "Failed", boundary="wf", end=7),
    )  # fmt: skip

    assert outcome(flow, "a") == Outcome("Succeeded", 9.0, attempts=2)
    assert outcome(flow, "b") == Outcome("Failed", 8.0, parts=(1, 2))


def test_a_fallback_that_ran_shows_its_steps():
    flow = ran(
        SWITCH, "Succeeded",
        record("wf", "wf", "Succeeded", type="DAG"),
        record("d", "dense", "Succeeded", boundary="wf", type="DAG"),
        record("h", "high", "Succeeded", boundary="d", type="DAG"),
        record("p", "plain", "Succeeded", boundary="h", type="DAG"),
        record("p1", "one", "Succeeded", boundary="p", end=2),
    )  # fmt: skip

    assert outcome(flow, "dense", "high", "plain", "one") == Outcome("Succeeded", 2.0)


def test_what_still_runs_has_no_time_yet():
    running = record("a", "a", "Running", boundary="wf")
    del running["finishedAt"]
    status = {"phase": "Running", "nodes": {"wf": record("wf", "wf", "Running", type="DAG"), "a": running}}
    manifest = workflow(dag("main", task("a"), task("b", depends="a")), container("work"))
    flow = read_chart({**manifest, "status": status}).flow

    assert outcome(flow, "a") == Outcome("Running")
    assert outcome(flow, "b") == Outcome("Pending")


def test_records_that_surround_each_other_hold_nobody_up():
    flow = ran(SWITCH, "Failed", record("a", "a", "Failed", boundary="b"), record("b", "b", "Failed", boundary="a"))

    assert outcome(flow, "assess") == Outcome("Omitted")
