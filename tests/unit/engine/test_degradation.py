"""What a record tells of fallbacks, whoever wrote it."""

from __future__ import annotations

from typing import Any

import pytest

from kai_pipelines.engine.degradation import degradations

Object = dict[str, Any]


def record(phases: dict[str, str], *, messages: dict[str, str] | None = None, **more: Any) -> Object:
    """Of a DAG whose tasks `fine`, `fair` and `coarse` each stand in for the one before; the nodes' phases by path."""
    tasks = [
        {"name": "fine", "template": "work"},
        {"name": "fair", "template": "work", "depends": "(fine.Failed || fine.Errored)"},
        {"name": "coarse", "template": "work", "depends": "(fair.Failed || fair.Errored)"},
        {"name": "tidy", "template": "work", "depends": "fine.Failed"},
    ]
    nodes = {
        name: {
            "id": name,
            "name": name,
            "type": "DAG" if name == "wf" else "Pod",
            "templateName": "main" if name == "wf" else "work",
            "phase": phase,
            "message": (messages or {}).get(name, ""),
        }
        for name, phase in {"wf": "Succeeded", **phases}.items()
    }
    return {"spec": {"templates": [{"name": "main", "dag": {"tasks": tasks}}]}, "status": {"nodes": nodes}, **more}


def told(made: Object) -> list[str]:
    return [str(one) for one in degradations(made)]


def test_what_worked_at_once_is_no_degradation() -> None:
    assert told(record({"wf.fine": "Succeeded", "wf.fair": "Omitted", "wf.coarse": "Omitted"})) == []


@pytest.mark.parametrize(
    ("message", "why"),
    [
        ("main: OOMKilled (exit code 137)", "ran out of memory in work"),
        ("OOMKilled (exit code 137)", "ran out of memory in work"),
        ("Pod was active on the node longer than the specified deadline", "ran out of time in work"),
        ("main: Error (exit code 65)", "failed in work: main: Error (exit code 65)"),
        ("", "failed in work"),
    ],
)
def test_it_says_what_failed_where_and_what_took_its_place(message: str, why: str) -> None:
    made = record({"wf.fine": "Failed", "wf.fair": "Succeeded"}, messages={"wf.fine": message})

    assert told(made) == [f"fine {why}; built at fair"]


def test_every_try_of_a_chain_is_told_in_its_order() -> None:
    made = record({"wf.fine": "Failed", "wf.fair": "Error", "wf.coarse": "Succeeded"})

    assert told(made) == ["fine failed in work, fair failed in work; built at coarse"]


def test_a_chain_that_failed_to_its_end_has_nothing_lesser_left() -> None:
    made = record({"wf.fine": "Failed", "wf.fair": "Failed", "wf.coarse": "Failed"})

    assert told(made) == ["fine failed in work, fair failed in work, coarse failed in work; nothing lesser is left"]


def test_what_only_clears_up_after_a_failure_stands_in_for_nothing() -> None:
    made = record({"wf.fine": "Succeeded", "wf.tidy": "Succeeded"})

    assert told(made) == []


def test_of_a_branch_with_several_steps_the_one_that_failed_is_named() -> None:
    made = record(
        {"wf.fine": "Failed", "wf.fine.first": "Succeeded", "wf.fine.second(1)": "Failed", "wf.fair": "Succeeded"}
    )
    made["status"]["nodes"]["wf.fine"]["type"] = "DAG"
    made["status"]["nodes"]["wf.fine.second(1)"] |= {"templateName": "fuse", "message": "main: Error (exit code 137)"}

    assert told(made) == ["fine ran out of memory in fuse; built at fair"]


def test_a_log_that_says_why_is_believed_before_an_exit_code() -> None:
    made = record({"wf.fine": "Failed", "wf.fair": "Succeeded"}, messages={"wf.fine": "main: Error (exit code 65)"})

    assert [str(one) for one in degradations(made, {"wf.fine": "no-surface: there is none"}.__getitem__)] == [
        "fine failed in work: no-surface: there is none; built at fair"
    ]


def test_a_template_that_the_record_only_refers_to_is_read_where_it_is_stored() -> None:
    made = record({"wf.fine": "Failed", "wf.fair": "Succeeded"})
    made["status"]["storedWorkflowTemplateSpec"] = made.pop("spec")

    assert told(made) == ["fine failed in work; built at fair"]
