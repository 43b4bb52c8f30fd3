"""A run as a tree of text: what stands below what, in which order, and with which words."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from kai_pipelines.drawing.tree import to_tree

NOW = datetime(2026, 11, 27, 12, 10, 0, tzinfo=UTC)


def node(name: str, second: int = 0, **given: Any) -> dict[str, Any]:
    """A node of a run that began at 12:00, which took two seconds."""
    began = f"2026-11-27T12:00:{second:02}Z"
    ended = f"2026-11-27T12:00:{second + 2:02}Z"
    short = name.rpartition(".")[2]
    common = {"id": name, "name": name, "displayName": short, "type": "Pod", "phase": "Succeeded"}
    return {**common, "startedAt": began, "finishedAt": ended, **given}


def run(*nodes: dict[str, Any], **status: Any) -> dict[str, Any]:
    times = {"phase": "Succeeded", "startedAt": "2026-11-27T12:00:00Z", "finishedAt": "2026-11-27T12:01:05Z"}
    return {
        "kind": "Workflow",
        "metadata": {"name": "wf", "namespace": "argo"},
        "status": {**times, "nodes": {one["id"]: one for one in nodes}, **status},
    }


def tree(workflow: dict[str, Any]) -> list[str]:
    """The lines of the tree, without the table above it."""
    return to_tree(workflow, NOW).partition("\n\n")[2].splitlines()


def test_the_head_says_how_the_run_stands() -> None:
    text = to_tree(run(progress="2/3", message="too late", outputs={"parameters": [{"name": "n", "value": "4"}]}), NOW)

    assert text.splitlines() == [
        "Name:       wf",
        "Namespace:  argo",
        "Status:     Succeeded",
        "Message:    too late",
        "Started:    2026-11-27 12:00:00 UTC",
        "Finished:   2026-11-27 12:01:05 UTC",
        "Duration:   1m 05s",
        "Progress:   2/3",
        "Output:     n = 4",
    ]


def test_tasks_stand_below_their_dag_in_the_order_they_began() -> None:
    lines = tree(
        run(
            node("wf", type="DAG", children=["wf.b"]),
            node("wf.c", 6, boundaryID="wf", phase="Failed", message="main: Error\n(exit code 1)"),
            node("wf.b", 1, boundaryID="wf", type="DAG", children=["wf.b.x"]),
            node("wf.b.x", 2, boundaryID="wf.b"),
            node("wf.d", 6, boundaryID="wf", type="Skipped", phase="Skipped"),
        )
    )

    assert lines == [
        "✓ wf             2s",
        "├─ ✓ b           2s",
        "│  └─ ✓ x        2s",
        "├─ ✗ c           2s  main: Error (exit code 1)",
        "└─ – d",
    ]


def test_tries_stand_below_their_retry_and_items_below_their_loop() -> None:
    lines = tree(
        run(
            node("wf", type="Steps", children=["wf[0]"]),
            node("wf[0]", boundaryID="wf", type="StepGroup", children=["wf[0].a", "wf[0].l"]),
            node("wf[0].a", 1, boundaryID="wf", type="Retry", children=["wf[0].a(0)", "wf[0].a(1)"], displayName="a"),
            node("wf[0].a(0)", 1, boundaryID="wf", phase="Failed", displayName="a(0)"),
            node("wf[0].a(1)", 3, boundaryID="wf", displayName="a(1)"),
            node("wf[0].l", 5, boundaryID="wf", type="TaskGroup", children=["wf[0].l(0:x)"], displayName="l"),
            node("wf[0].l(0:x)", 5, boundaryID="wf", displayName="l(0:x)"),
        )
    )

    assert [line.rstrip("0123456789s ") for line in lines] == [
        "✓ wf",
        "├─ ✓ a",
        "│  ├─ ✗ a(0)",
        "│  └─ ✓ a(1)",
        "└─ ✓ l",
        "   └─ ✓ l(0:x)",
    ]


def test_an_exit_handler_stands_on_its_own() -> None:
    lines = tree(run(node("wf"), node("wf.onExit", 8)))

    assert [line.split()[1] for line in lines] == ["wf", "onExit"]


def test_what_still_runs_counts_up_to_now() -> None:
    lines = tree(run(node("wf", 30, phase="Running", finishedAt=None), phase="Running", finishedAt=None))

    assert lines == ["● wf    9m 30s"]


def test_records_that_name_each_other_or_nothing_do_not_hold_us() -> None:
    workflow = run(
        node("a", boundaryID="b", children=["b"]),
        node("b", boundaryID="a", children=["a"]),
        node("c", boundaryID="absent", children=["absent"], startedAt="soon"),
        {**node("d"), "boundaryID": "d", "type": None, "displayName": None, "phase": None},
    )

    assert {line.split()[1] for line in tree(workflow)} >= {"c", "d"}


def test_a_workflow_without_a_status_is_pending() -> None:
    assert to_tree({"metadata": {"name": "wf"}}, NOW).splitlines() == ["Name:       wf", "Status:     Pending"]


def test_ten_thousand_nodes_inside_each_other_are_drawn() -> None:
    nodes = [node(f"wf.{number}", boundaryID=f"wf.{number - 1}" if number else "") for number in range(10_000)]

    lines = tree(run(*nodes))

    assert len(lines) == 10_000
    assert max(map(len, lines)) < 200
