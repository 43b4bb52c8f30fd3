"""for_each and pick: a loop is one task with items; what it gives are lists."""

# The wrong pipelines below are wrong for the type checkers too; tests/typing is where that is proved.
# mypy: disable-error-code="arg-type, call-arg, call-overload, type-var, misc, attr-defined, return-value"
# pyright: reportArgumentType=false, reportCallIssue=false, reportMatchNotExhaustive=false, reportAttributeAccessIssue=false

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from kai_pipelines import Figures, ImageSet, Mesh, Quality, Report, for_each, pick, pipeline, switch
from kai_pipelines.authoring.graph import Graph, Loop, Task
from kai_pipelines.authoring.reference import Output
from kai_pipelines.errors import AuthoringError
from kai_pipelines.pipeline import Pipeline
from tests.vocabulary import Part, cut, join, measure, polish, reconstruct, scan, summarize, surface


def by_name(one: Pipeline[..., Any]) -> dict[str, Task]:
    return {task.name: task for task in one.graph.tasks}


@pipeline
def tiles(photos: ImageSet) -> Mesh:
    """Artifacts and parameters that fan in."""
    points = reconstruct(photos)
    parts = for_each(scan(photos).tiles, lambda tile: cut(points, tile))
    return join(pick(parts, lambda part: part.mesh), pick(parts, lambda part: part.faces))


@pipeline
def sizes(photos: ImageSet) -> Figures:
    """Parameters that fan in, over constants."""
    points = reconstruct(photos)
    return summarize(for_each([5, 7, 9], lambda depth: measure(surface(points, depth))))


def test_outside_a_pipeline_for_each_is_a_loop_and_pick_takes_a_field() -> None:
    assert for_each([1, 2, 3], lambda number: number * 2) == [2, 4, 6]
    assert for_each([], lambda number: number) == []
    assert pick([complex(1, 2), complex(3, 4)], lambda number: number.imag) == [2.0, 4.0]


def test_a_loop_over_a_value_is_one_task_and_waits_for_the_value() -> None:
    task = by_name(tiles)["for-each-tiles"]

    assert list(by_name(tiles)) == ["reconstruct", "scan", "for-each-tiles", "join"]
    assert isinstance(task.loop, Loop)
    assert isinstance(task.loop.items, Output)
    assert task.loop.items.port.name == "tiles"


def test_a_loop_over_constants_carries_them_encoded() -> None:
    task = by_name(sizes)["for-each-item"]

    assert task.loop == Loop(("5", "7", "9"), indexed=False)


def test_parameters_fan_in_as_a_list_and_artifacts_as_many() -> None:
    arguments = by_name(tiles)["join"].arguments

    parts, faces = arguments["parts"], arguments["faces"]

    assert isinstance(parts, Output)
    assert isinstance(faces, Output)
    assert parts.port.is_artifact
    assert parts.port.many
    assert faces.port.type == list[int]


def test_artifacts_of_a_loop_are_stored_as_numbered_parts_under_a_key_of_their_own() -> None:
    task = by_name(tiles)["for-each-tiles"]

    assert task.loop is not None
    assert task.loop.indexed
    assert task.fan_in == {"mesh": "tiles/for-each-tiles/mesh"}
    assert task.parts["mesh"].key == "tiles/for-each-tiles/mesh"


def test_a_body_of_several_steps_is_a_graph_that_hands_the_index_to_the_step_that_makes_the_part() -> None:
    @pipeline
    def smooth(photos: ImageSet) -> Mesh:
        points = reconstruct(photos)

        def body(tile: int) -> Part:
            part = cut(points, tile)
            return Part(polish(part.mesh), part.faces)

        parts = for_each(scan(photos).tiles, body)
        return join(pick(parts, lambda part: part.mesh), pick(parts, lambda part: part.faces))

    body = by_name(smooth)["for-each-tiles"].target

    assert isinstance(body, Graph)
    assert [task.name for task in body.tasks] == ["cut", "polish"]
    assert [list(task.parts) for task in body.tasks] == [[], ["result"]]


def test_a_loop_may_switch_on_its_item() -> None:
    @pipeline
    def by_quality(photos: ImageSet) -> Figures:
        points = reconstruct(photos)

        def body(quality: Quality) -> float:
            mesh = switch(
                quality,
                low=lambda: surface(points, 5),
                medium=lambda: surface(points, 7),
                high=lambda: surface(points, 9),
            )
            return measure(mesh)

        return summarize(for_each(list(Quality), body))

    assert by_name(by_quality)["for-each-item"].loop == Loop(("low", "medium", "high"), indexed=False)


Record = Callable[[ImageSet], Any]

REFUSED: list[tuple[Record, str]] = [
    (lambda photos: for_each(photos, lambda one: cut(one, 1)), "for_each needs a list, and 'photos' is not one"),
    (lambda photos: for_each(scan(photos).quality, lambda one: photos), r"and 'scan\.quality' is not one"),
    (lambda photos: for_each([], lambda one: photos), "takes a list of constants"),
    (lambda photos: for_each([scan(photos).sharp], lambda one: photos), "takes a list of constants, or one list"),
    (lambda photos: for_each([1, "two"], lambda one: cut(reconstruct(photos), 1)), "for_each: 'two' is not int"),
    (lambda photos: for_each([1], lambda one: one), "for-each-item calls no step"),
    (lambda photos: for_each([1], lambda one: 5), "the result of for-each-item is 5, which is no result of a step"),
    (
        lambda photos: join(for_each([1], lambda one: cut(reconstruct(photos), one)), [1]),
        "'for-each-item' gives several lists, one for each field of Part",
    ),
    (
        lambda photos: for_each([1, 2], lambda one: for_each([3, 4], lambda two: cut(reconstruct(photos), two))),
        "for_each inside a branch or a loop cannot return artifacts",
    ),
    (
        lambda photos: surface(for_each([1], lambda one: reconstruct(photos, one))),
        "is a PointCloud artifact, 'for-each-item.result' is a list of PointCloud files",
    ),
    (
        lambda photos: polish(
            for_each(
                [1],
                lambda one: (
                    switch(
                        scan(photos).sharp,
                        true=lambda: cut(reconstruct(photos), one),
                        false=lambda: cut(reconstruct(photos), 2),
                    ).mesh
                ),
            )
        ),
        "an artifact that for_each collects must come directly from a step of its body",
    ),
]


@pytest.mark.parametrize(("record", "reason"), REFUSED)
def test_a_wrong_loop_is_refused_when_it_is_recorded(record: Record, reason: str) -> None:
    @pipeline
    def wrong(photos: ImageSet) -> Report:
        record(photos)
        return scan(photos).report

    with pytest.raises(AuthoringError, match=reason) as caught:
        _ = wrong.graph

    assert caught.value.path == __file__


def test_the_list_that_a_loop_makes_of_artifacts_is_no_result_of_a_pipeline() -> None:
    @pipeline
    def wrong(photos: ImageSet) -> list[Mesh]:
        points = reconstruct(photos)
        return for_each([1, 2], lambda depth: surface(points, depth))

    with pytest.raises(AuthoringError, match="gather its parts in a step first"):
        _ = wrong.graph
