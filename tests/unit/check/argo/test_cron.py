"""CronWorkflows: when they run, and the workflow in them."""

from __future__ import annotations

import pytest

from kai_pipelines.check.argo.cron import schedule_fault
from tests.unit.check.argo.workflows import Document, found, leaf, linted, read, workflow


def _cron(settings: str = "schedules: ['* * * * *']", *, name: str = "nightly", spec: str = "{}") -> Document:
    inner = workflow(leaf(), spec=spec)["spec"]
    kind = {"apiVersion": "argoproj.io/v1alpha1", "kind": "CronWorkflow", "metadata": {"name": name}}
    return {**kind, "spec": {**read(settings), "workflowSpec": inner}}


@pytest.mark.parametrize(
    "schedule",
    [
        "* * * * *",
        "? ? ? ? ?",
        "0 0 1 1 0",
        "59 23 31 12 6",
        "*/5 1-3 1,15 JAN-mar Mon",
        "5/15 * * * *",
        "1-59/2,3 * * * *",
        ", * * * *",
        "@hourly",
        "@every 1h30m",
        "@every 0",
        "CRON_TZ=Europe/Berlin 0 6 * * *",
        "TZ=UTC @daily",
    ],
)
def test_schedules_that_cron_reads(schedule: str) -> None:
    assert schedule_fault(schedule) == ""


@pytest.mark.parametrize(
    "schedule",
    [
        "",
        "* * * *",
        "* * * * * *",
        "60 * * * *",
        "* 24 * * *",
        "* * 0 * *",
        "* * * 13 *",
        "* * * * 7",
        "5-1 * * * *",
        "1-2-3 * * * *",
        "*/0 * * * *",
        "*/-1 * * * *",
        "1/2/3 * * * *",
        "a * * * *",
        "* * * * monday",
        "@never",
        "@every",
        "@every soon",
        "@daily ",
        "TZ=Nowhere/Land * * * * *",
        "TZ=UTC",
        f"*/{10**30} * * * *",
    ],
)
def test_schedules_that_cron_refuses(schedule: str) -> None:
    assert schedule_fault(schedule) != ""


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ("schedules: []", ["KAI160 spec"]),
        ("schedules: ['* * * * *', nightly]", ["KAI160 spec.schedules.1"]),
        ("{schedules: ['@daily'], timezone: Europe/Berlin}", []),
        ("{schedules: ['@daily'], timezone: Berlin}", ["KAI161 spec.timezone"]),
        ("{schedules: ['@daily'], timezone: ../UTC}", ["KAI161 spec.timezone"]),
        ("{schedules: ['@daily'], concurrencyPolicy: Replace}", []),
        ("{schedules: ['@daily'], concurrencyPolicy: replace}", ["KAI162 spec.concurrencyPolicy"]),
        ("{schedules: ['@daily'], startingDeadlineSeconds: 0}", []),
        ("{schedules: ['@daily'], startingDeadlineSeconds: -1}", ["KAI162 spec.startingDeadlineSeconds"]),
    ],
)
def test_settings(settings: str, expected: list[str]) -> None:
    assert found(_cron(settings)) == expected


@pytest.mark.parametrize(("length", "fits"), [(52, True), (53, False)])
def test_the_name_leaves_room_for_the_time(length: int, fits: bool) -> None:
    assert found(_cron(name="a" * length)) == ([] if fits else ["KAI113 metadata.name"])


def test_the_workflow_inside_is_judged() -> None:
    assert found(_cron(spec="entrypoint: nope")) == ["KAI116 spec.workflowSpec.entrypoint"]


def test_its_arguments_need_values_even_when_it_is_linted() -> None:
    waits = _cron(spec="arguments: {parameters: [{name: a}]}")

    assert linted(waits) == ["KAI132 spec.workflowSpec.arguments.parameters.0"]


def test_the_old_single_schedule_is_no_longer_known() -> None:
    assert linted(_cron("schedule: '* * * * *'")) == ["KAI100 spec.schedule"]


def test_labels_for_the_workflow_are_known_to_its_tags() -> None:
    cron = _cron("{schedules: ['@daily'], workflowMetadata: {labels: {team: a}}}")
    cron["spec"]["workflowSpec"]["templates"][0]["container"]["args"] = [
        "{{workflow.labels.team}}",
        "{{workflow.labels.workflows.argoproj.io/cron-workflow}}",
        "{{workflow.annotations.workflows.argoproj.io/scheduled-time}}",
    ]

    assert found(cron) == []
