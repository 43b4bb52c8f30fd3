"""A step: outside a pipeline its plain function, inside one a task."""

# The wrong pipelines below are wrong for the type checkers too; tests/typing is where that is proved.
# mypy: disable-error-code="arg-type, call-arg, call-overload, type-var, misc, attr-defined"
# pyright: reportArgumentType=false, reportCallIssue=false, reportMatchNotExhaustive=false, reportAttributeAccessIssue=false

from __future__ import annotations

import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from kai_pipelines import Gpu, ImageSet, Mesh, PointCloud, Quality, Resources, Retry, pipeline, step
from kai_pipelines.authoring.graph import Constant, Task
from kai_pipelines.authoring.reference import Output
from kai_pipelines.authoring.step import StepUse
from kai_pipelines.errors import AuthoringError
from kai_pipelines.pipeline import Pipeline
from tests.vocabulary import cut, measure, polish, reconstruct, scan, surface


@step
def double(number: int, *, plus: int = 0) -> int:
    """Twice a number."""
    return 2 * number + plus


def wrong(record: Callable[[Any], Any]) -> Pipeline[[ImageSet], Mesh]:
    @pipeline
    def wrong(photos: ImageSet) -> Mesh:
        record(photos)
        return surface(reconstruct(photos))

    return wrong


def recorded(one: Pipeline[..., Any]) -> dict[str, Task]:
    return {task.name: task for task in one.graph.tasks}


def test_outside_a_pipeline_a_step_is_its_plain_function(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").touch()

    assert double(4, plus=1) == 9
    assert scan(ImageSet(tmp_path)).quality is Quality.LOW
    with pytest.raises(TypeError, match="unexpected keyword argument"):
        double(4, minus=1)


def test_outside_a_pipeline_a_variant_is_the_plain_function_too() -> None:
    assert double.with_(cpu=16, gpu=Gpu(4))(4) == 8


def test_a_step_keeps_what_python_knows_of_the_function() -> None:
    assert double.__name__ == "double"
    assert double.__doc__ == "Twice a number."
    assert double.__module__ == __name__
    assert list(inspect.signature(double).parameters) == ["number", "plus"]
    assert double.address == f"{__name__}:double"
    assert repr(reconstruct) == "<step reconstruct>"


def test_inside_a_pipeline_a_call_records_a_task_with_encoded_constants_and_leaves_defaults_out() -> None:
    @pipeline
    def chain(photos: ImageSet) -> Mesh:
        return surface(reconstruct(photos, 960))

    tasks = recorded(chain)

    assert list(tasks) == ["reconstruct", "surface"]
    assert tasks["reconstruct"].arguments["size"] == Constant("960")
    assert isinstance(tasks["surface"].arguments["points"], Output)
    assert "depth" not in tasks["surface"].arguments
    assert tasks["surface"].place.path == __file__


def test_the_second_call_of_a_step_gets_a_number() -> None:
    @pipeline
    def twice(mesh: Mesh) -> Mesh:
        return polish(polish(polish(mesh)))

    assert list(recorded(twice)) == ["polish", "polish-2", "polish-3"]


def test_the_fields_of_several_outputs_are_used_one_by_one() -> None:
    @pipeline
    def fields(photos: ImageSet) -> Mesh:
        points = reconstruct(photos)
        part = cut(points, tile=3)
        return polish(part.mesh)

    argument = recorded(fields)["polish"].arguments["mesh"]

    assert isinstance(argument, Output)
    assert (argument.task.name, argument.port.name) == ("cut", "mesh")


def test_with_changes_the_resources_of_one_task_only() -> None:
    @pipeline
    def variants(photos: ImageSet) -> PointCloud:
        reconstruct(photos)
        return reconstruct.with_(gpu=Gpu(4), memory="64Gi")(photos)

    first, second = (task.target for task in variants.graph.tasks)

    assert isinstance(first, StepUse)
    assert isinstance(second, StepUse)
    assert first.resources == reconstruct.options.resources == Resources(cpu=4, memory="16Gi", gpu=Gpu(1))
    assert second.resources == Resources(cpu=4, memory="64Gi", gpu=Gpu(4))


def test_after_waits_for_values_records_or_all_calls_of_a_step() -> None:
    @pipeline
    def waiting(photos: ImageSet) -> Mesh:
        seen = scan(photos)
        points = reconstruct(photos)
        reconstruct(photos, size=960)
        by_value = surface.with_(after=[points])(points)
        by_record = polish.with_(after=[seen])(by_value)
        return polish.with_(after=[reconstruct])(by_record)

    tasks = recorded(waiting)

    assert [task.name for task in tasks["surface"].after] == ["reconstruct"]
    assert [task.name for task in tasks["polish"].after] == ["scan"]
    assert [task.name for task in tasks["polish-2"].after] == ["reconstruct", "reconstruct-2"]


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        (lambda photos: surface(photos), r"surface\(points=…\) is a PointCloud artifact, 'photos' is an ImageSet"),
        (lambda photos: surface(Path("points.ply")), "is not one that a step or an input of the pipeline gives"),
        (lambda photos: surface(PointCloud(Path("points.ply"))), "is not one that a step or an input"),
        (lambda photos: surface(measure(surface(reconstruct(photos)))), "'measure.result' is a parameter"),
        (lambda photos: reconstruct(photos, size=photos), "is a parameter, 'photos' is an ImageSet artifact"),
        (lambda photos: reconstruct(photos, size="480"), r"reconstruct\(size=…\): '480' is not int"),
        (lambda photos: reconstruct(photos, sise=480), "unexpected keyword argument 'sise'"),
        (lambda photos: reconstruct(), "missing a required argument: 'photos'"),
        (
            lambda photos: reconstruct.with_(after=["surface"])(photos),
            "after= takes what a step of this pipeline returned",
        ),
        (lambda photos: reconstruct.with_(after=[double])(photos), "after= takes what a step"),
        (lambda photos: polish.with_(cpu="a lot"), "polish: 'a lot' is not a Kubernetes quantity"),
        (lambda photos: polish.with_(pool="gpu"), "there is no node pool 'gpu'"),
    ],
)
def test_a_wrong_call_is_refused_at_its_line(record: Callable[[Any], Any], reason: str) -> None:
    with pytest.raises(AuthoringError, match=reason) as caught:
        _ = wrong(record).graph

    assert caught.value.path == __file__
    assert caught.value.line == record.__code__.co_firstlineno


@pytest.mark.parametrize(
    "options",
    [
        {"resources": Resources(memory="lots")},
        {"resources": Resources(gpu=Gpu(memory="much"))},
        {"resources": Resources(pool="nowhere")},
        {"timeout": "soon"},
        {"retry": Retry(backoff="a while")},
        {"retry": Retry(max_duration="1 hour")},
    ],
)
def test_wrong_options_are_refused_where_the_step_is_written(options: dict[str, Any]) -> None:
    with pytest.raises(AuthoringError) as caught:
        step(**options)

    assert caught.value.path == __file__


def split(points: PointCloud) -> list[Mesh]:
    raise NotImplementedError


def test_a_step_that_gives_a_list_of_files_is_refused_at_its_line() -> None:
    with pytest.raises(AuthoringError, match="split gives the list result") as caught:
        _ = step(split).signature

    assert (caught.value.path, caught.value.line) == (__file__, split.__code__.co_firstlineno)


def test_a_name_that_kubernetes_refuses_is_refused_where_the_step_is_written() -> None:
    def größe() -> None: ...
    def measure_the_size_of_every_single_one_of_the_many_photographs_again() -> None: ...

    for function in (größe, measure_the_size_of_every_single_one_of_the_many_photographs_again):
        with pytest.raises(AuthoringError, match="cannot name a template") as caught:
            step(function)
        assert caught.value.path == __file__
