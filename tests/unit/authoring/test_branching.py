"""switch, select, when and fallback: in a pipeline as recorded choices, outside one at once."""

# The wrong pipelines below are wrong for the type checkers too; tests/typing is where that is proved.
# mypy: disable-error-code="arg-type, call-arg, call-overload, type-var, misc, attr-defined"
# pyright: reportArgumentType=false, reportCallIssue=false, reportMatchNotExhaustive=false, reportAttributeAccessIssue=false

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal, NamedTuple

import pytest

from kai_pipelines import (
    Fatal,
    ImageSet,
    Mesh,
    PointCloud,
    Quality,
    fallback,
    pipeline,
    select,
    step,
    switch,
    when,
)  # fmt: skip
from kai_pipelines.authoring.graph import Graph, Merge, Task
from kai_pipelines.authoring.reference import Input, Output, Selected
from kai_pipelines.errors import AuthoringError
from kai_pipelines.pipeline import Pipeline
from tests.vocabulary import Finish, choose_finish, cut, measure, polish, reconstruct, scan, surface


class Model(NamedTuple):
    """A mesh and its size."""

    mesh: Mesh
    size: float


@step
def mode(photos: ImageSet) -> Literal["very fast", "Fast", 3]:
    """How to work."""
    return "Fast"


def never() -> Any:
    raise AssertionError("this branch must not run")


def inner_of(one: Pipeline[..., Any], name: str) -> Graph:
    (graph,) = [task.target for task in one.graph.tasks if task.name == name]
    assert isinstance(graph, Graph)
    return graph


def by_name(graph: Graph) -> dict[str, Task]:
    return {task.name: task for task in graph.tasks}


# Outside a pipeline


def test_outside_a_pipeline_switch_runs_the_branch_of_the_value_and_no_other() -> None:
    assert switch(Quality.LOW, low=lambda: 1, medium=never, high=never) == 1
    assert switch(True, true=lambda: "yes", false=never) == "yes"
    assert switch(Finish.GLOSSY, {Finish.MATTE: never, Finish.GLOSSY: lambda: 2}) == 2


def test_outside_a_pipeline_select_gives_the_constant_of_the_value() -> None:
    assert select(Quality.HIGH, low=7, medium=9, high=10) == 10
    assert select(False, true="a", false="b") == "b"
    assert select(3, {3: "three", 4: "four"}) == "three"


def test_outside_a_pipeline_when_runs_the_body_or_gives_none() -> None:
    assert when(True, lambda: 5) == 5
    assert when(False, never) is None


def test_outside_a_pipeline_fallback_tries_the_next_body_after_a_failure() -> None:
    def fails() -> int:
        raise Fatal("too few features")

    assert fallback(high=fails, medium=lambda: 2, low=never) == 2


def test_outside_a_pipeline_the_last_failure_of_a_fallback_is_the_callers() -> None:
    def fails() -> int:
        raise Fatal("too few features")

    with pytest.raises(Fatal, match="too few features"):
        fallback(high=fails, low=fails)


def test_outside_a_pipeline_a_bug_is_no_reason_to_fall_back() -> None:
    def has_a_bug() -> int:
        raise TypeError("unsupported operand")

    with pytest.raises(TypeError):
        fallback(high=has_a_bug, low=never)


def test_outside_a_pipeline_a_missing_case_is_told() -> None:
    with pytest.raises(AuthoringError, match="there is no case for 'medium'"):
        switch("medium", {"low": never})


# switch


@pipeline
def switching(photos: ImageSet) -> PointCloud:
    seen = scan(photos)
    return switch(
        seen.quality,
        low=lambda: reconstruct(photos, size=480),
        high=lambda: reconstruct(photos, size=2400),
        medium=lambda: reconstruct(photos, size=800),
    )


def test_a_switch_is_one_task_that_runs_a_graph_with_a_conditional_task_for_each_value() -> None:
    inner = inner_of(switching, "switch-quality")

    tasks = by_name(inner)

    assert list(tasks) == ["low", "medium", "high"]
    for name, task in tasks.items():
        assert task.condition is not None
        assert task.condition.equals == name
        assert isinstance(task.condition.value, Input)
    merge = inner.results["result"]
    assert isinstance(merge, Merge)
    assert [(task.name, output) for task, output in merge.alternatives] == [
        ("low", "result"),
        ("medium", "result"),
        ("high", "result"),
    ]


def test_a_branch_takes_what_it_needs_from_the_graph_around_it_once() -> None:
    outer = {task.name: task for task in switching.graph.tasks}["switch-quality"]

    assert set(inner_of(switching, "switch-quality").inputs) == {"scan_quality", "photos"}
    assert isinstance(outer.arguments["scan_quality"], Output)
    assert outer.arguments["photos"] is switching.graph.inputs["photos"]


def test_a_branch_of_several_steps_is_a_graph_and_of_one_step_that_step() -> None:
    @pipeline
    def mixed(photos: ImageSet) -> Mesh:
        points = reconstruct(photos)
        return switch(
            scan(photos).sharp, true=lambda: polish(surface(points), title="sharp"), false=lambda: surface(points)
        )

    tasks = by_name(inner_of(mixed, "switch-sharp"))

    assert isinstance(tasks["true"].target, Graph)
    assert [task.name for task in tasks["true"].target.tasks] == ["surface", "polish"]
    assert not isinstance(tasks["false"].target, Graph)


def test_a_switch_inside_a_switch_takes_its_values_through_both() -> None:
    @pipeline
    def nested(photos: ImageSet) -> Mesh:
        seen, points = scan(photos), reconstruct(photos)
        mesh = surface(points)
        return switch(
            seen.sharp,
            true=lambda: switch(
                choose_finish(mesh), {Finish.MATTE: lambda: polish(mesh), Finish.GLOSSY: lambda: surface(points)}
            ),
            false=lambda: polish(mesh),
        )

    outer = inner_of(nested, "switch-sharp")
    branch = by_name(outer)["true"].target

    assert set(outer.inputs) == {"scan_sharp", "surface_result", "reconstruct_result"}
    assert isinstance(branch, Graph)
    assert set(branch.inputs) == {"surface_result", "reconstruct_result"}


def test_two_switches_on_one_value_have_two_names_and_a_name_can_be_given() -> None:
    @pipeline
    def twice(photos: ImageSet) -> Mesh:
        sharp = scan(photos).sharp
        points = reconstruct(photos)
        mesh = switch(sharp, true=lambda: surface(points), false=lambda: surface(points, depth=5))
        mesh = switch(sharp, true=lambda: polish(mesh), false=lambda: polish(mesh, title="soft"))
        return switch(sharp, true=lambda: polish(mesh), false=lambda: polish(mesh, title="again"), name="Last polish!")

    assert [task.name for task in twice.graph.tasks][-3:] == ["switch-sharp", "switch-sharp-2", "last-polish"]


def test_the_texts_of_a_literal_become_task_names_that_argo_takes() -> None:
    @pipeline
    def modes(photos: ImageSet) -> PointCloud:
        return switch(
            mode(photos),
            {
                "very fast": lambda: reconstruct(photos, 1),
                "Fast": lambda: reconstruct(photos, 2),
                3: lambda: reconstruct(photos, 3),
            },
        )

    tasks = inner_of(modes, "switch-result").tasks

    assert [task.name for task in tasks] == ["very-fast", "fast", "value-3"]
    assert [task.condition.equals for task in tasks if task.condition] == ['"very fast"', '"Fast"', "3"]


def test_the_fields_of_a_branch_merge_one_by_one() -> None:
    def model(mesh: Mesh) -> Model:
        return Model(mesh, measure(mesh))

    @pipeline
    def fields(photos: ImageSet) -> Model:
        points = reconstruct(photos)
        return switch(
            scan(photos).sharp, true=lambda: model(surface(points)), false=lambda: model(surface(points, depth=5))
        )

    inner = inner_of(fields, "switch-sharp")

    assert list(inner.results) == ["mesh", "size"]
    assert inner.outputs["mesh"].type is Mesh
    assert inner.outputs["size"].type is float


# select


def test_a_select_is_an_argument_with_a_constant_for_each_value_and_no_task() -> None:
    @pipeline
    def selecting(photos: ImageSet) -> PointCloud:
        return reconstruct(photos, select(scan(photos).quality, high=2400, low=480, medium=800))

    size = by_name(selecting.graph)["reconstruct"].arguments["size"]

    assert len(selecting.graph.tasks) == 2
    assert isinstance(size, Selected)
    assert size.cases == {"low": 480, "medium": 800, "high": 2400}


# when


def test_optional_work_is_one_conditional_task_whose_result_may_be_absent() -> None:
    @pipeline
    def optional(photos: ImageSet) -> Mesh:
        points = reconstruct(photos)
        mask = when(scan(photos).sharp, lambda: surface(points, depth=4))
        return polish(surface(points), mask=mask)

    inner = inner_of(optional, "when-sharp")
    mask = by_name(optional.graph)["polish"].arguments["mask"]

    (then,) = inner.tasks
    assert then.condition is not None
    assert then.condition.equals == "true"
    assert isinstance(mask, Output)
    assert mask.port.optional


# fallback


def test_each_attempt_of_a_fallback_waits_for_the_failure_of_the_one_before() -> None:
    @pipeline
    def robust(photos: ImageSet) -> PointCloud:
        return fallback(
            high=lambda: reconstruct(photos, 2400),
            medium=lambda: reconstruct(photos, 800),
            low=lambda: reconstruct(photos),
        )

    tasks = inner_of(robust, "fallback").tasks

    assert [task.name for task in tasks] == ["high", "medium", "low"]
    assert [task.after_failure_of for task in tasks] == [None, tasks[0], tasks[1]]


# What is refused

Record = Callable[[ImageSet], Any]

REFUSED: list[tuple[Record, str]] = [
    (
        lambda photos: switch(scan(photos).quality, low=lambda: reconstruct(photos), high=lambda: reconstruct(photos)),
        r"switch on 'scan\.quality' has no case for medium",
    ),
    (
        lambda photos: switch(scan(photos).sharp, true=lambda: reconstruct(photos)),
        r"switch on 'scan\.sharp' has no case for false",
    ),
    (
        lambda photos: switch(scan(photos).sharp, true=lambda: photos, false=lambda: photos, maybe=lambda: photos),
        r"switch on 'scan\.sharp': it is never maybe",
    ),
    (
        lambda photos: select(scan(photos).quality, low=1, medium=2),
        r"select on 'scan\.quality' has no case for high",
    ),
    (
        lambda photos: switch(measure(surface(reconstruct(photos))), {1.0: lambda: photos}),
        r"switch needs a value of an enum, a Literal or a bool, and 'measure\.result' is not",
    ),
    (
        lambda photos: select(photos, {"a": 1}),
        "select needs a value of an enum, a Literal or a bool, and 'photos' is not",
    ),
    (
        lambda photos: select(scan(photos).sharp, true=scan(photos).quality, false=Quality.LOW),
        r"select maps to constants, and 'scan-2\.quality' is known at run time only",
    ),
    (
        lambda photos: reconstruct(photos, size=select(scan(photos).sharp, true=480, false="large")),
        r"reconstruct\(size=…\): 'large' is not int",
    ),
    (
        lambda photos: switch(
            scan(photos).sharp, true=lambda: reconstruct(photos), false=lambda: surface(reconstruct(photos))
        ),
        "result is Mesh in one branch and PointCloud in another",
    ),
    (
        lambda photos: switch(scan(photos).sharp, true=lambda: reconstruct(photos), false=lambda: scan(photos)),
        r"false gives \(quality, sharp, tiles, report\), true gives \(result\)",
    ),
    (
        lambda photos: switch(
            scan(photos).sharp,
            true=lambda: reconstruct(photos),
            false=lambda: measure(surface(reconstruct(photos))),
        ),
        "result is a file in one branch and a parameter in another",
    ),
    (
        lambda photos: switch(
            scan(photos).sharp,
            true=lambda: choose_finish(surface(reconstruct(photos))),
            false=lambda: measure(surface(reconstruct(photos))),
        ),
        "in one branch and",
    ),
    (
        lambda photos: switch(scan(photos).sharp, true=lambda: 1, false=lambda: 2),
        r"the result of false is 2, which is no result of a step",
    ),
    (
        lambda photos: switch(scan(photos).sharp, true=lambda: reconstruct(photos), false=lambda: photos),
        "false calls no step",
    ),
    (lambda photos: when(scan(photos).sharp, lambda: photos), "then calls no step"),
    (
        lambda photos: fallback(fine=lambda: cut(reconstruct(photos), 1), coarse=lambda: surface(reconstruct(photos))),
        r"fine gives \(mesh, faces\), coarse gives \(result\)",
    ),
    (
        lambda photos: surface(when(scan(photos).sharp, lambda: reconstruct(photos))),
        "must be there, and 'when-sharp.result' may be absent",
    ),
]


@pytest.mark.parametrize(("record", "reason"), REFUSED)
def test_a_wrong_choice_is_refused_when_it_is_recorded(record: Record, reason: str) -> None:
    @pipeline
    def wrong(photos: ImageSet) -> ImageSet:
        record(photos)
        return photos

    with pytest.raises(AuthoringError, match=reason) as caught:
        _ = wrong.graph

    assert caught.value.path == __file__


def test_a_value_of_another_pipeline_is_refused() -> None:
    kept: list[PointCloud] = []

    @pipeline
    def first(photos: ImageSet) -> PointCloud:
        kept.append(reconstruct(photos))
        return kept[0]

    @pipeline
    def second(photos: ImageSet) -> Mesh:
        return surface(kept[0])

    _ = first.graph
    with pytest.raises(AuthoringError, match=r"'reconstruct\.result' belongs to another pipeline"):
        _ = second.graph


def test_a_plain_function_that_uses_the_words_can_be_tested_without_a_pipeline(tmp_path: Path) -> None:
    (tmp_path / "one.jpg").touch()

    def by_quality(photos: ImageSet) -> PointCloud:
        quality = scan(photos).quality
        return reconstruct(photos, size=select(quality, low=480, medium=800, high=2400))

    assert by_quality(ImageSet(tmp_path)).path.read_text() == "480 points of 1 photographs\n"
