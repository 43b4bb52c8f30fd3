"""A pipeline: its signature, its recorded graph, its exit handler, and pipelines inside pipelines."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal, NamedTuple

import pytest

from kai_pipelines import ImageSet, Mesh, PointCloud, Quality, Report, pipeline, step, when
from kai_pipelines.authoring.definition import PipelineDefinition
from kai_pipelines.authoring.graph import Constant, Graph, Task
from kai_pipelines.authoring.reference import Global, Input, Output
from kai_pipelines.errors import AuthoringError
from tests.vocabulary import notify, polish, reconstruct, scan, surface


class Model(NamedTuple):
    """A mesh and a page about it."""

    mesh: Mesh
    report: Report


@pipeline(title="A model", priority="interactive", on_exit=notify)
def model(photos: ImageSet, quality: Quality | Literal["auto"] = "auto", size: int = 480) -> Model:
    """Photographs to a mesh.

    Nothing more.
    """
    seen = scan(photos, quality)
    return Model(surface(reconstruct(photos, size)), seen.report)


@step
def celebrate(size: int, duration: str, unrelated: str = "x") -> None:
    """Tell of the size that was asked for."""


@step
def archive(photos: ImageSet) -> None:
    """Keep photographs."""


@step
def remember(result: str) -> None:
    """Needs what no exit handler gets."""


def tasks_of(one: PipelineDefinition[..., Any]) -> dict[str, Task]:
    return {task.name: task for task in one.graph.tasks}


def test_a_pipeline_is_named_and_described_by_its_function() -> None:
    assert model.name == "model"
    assert model.description == "Photographs to a mesh.\n\nNothing more."
    assert repr(model) == "<pipeline model>"
    assert list(model.signature.inputs) == ["photos", "quality", "size"]


def test_the_graph_is_recorded_once_with_references_for_the_inputs() -> None:
    assert model.graph is model.graph
    assert list(tasks_of(model)) == ["scan", "reconstruct", "surface"]
    assert tasks_of(model)["reconstruct"].arguments["size"] is model.graph.inputs["size"]
    assert isinstance(model.graph.inputs["size"], Input)


def test_outside_a_pipeline_a_pipeline_is_its_plain_function(tmp_path: Path) -> None:
    (tmp_path / "one.jpg").touch()

    made = model(ImageSet(tmp_path))

    assert made.mesh.path.read_text() == "480 points of 1 photographs\ndepth 7\n"
    assert made.report.path.read_text() == "<p>one.jpg</p>"


def test_a_pipeline_inside_a_pipeline_is_one_task_with_its_defaults_written_out() -> None:
    @pipeline
    def outer(photos: ImageSet) -> Mesh:
        first = model(photos, size=800)
        again = model(photos, Quality.LOW)
        return polish(first.mesh, mask=again.mesh)

    tasks = tasks_of(outer)

    assert list(tasks) == ["model", "model-2", "polish"]
    assert tasks["model"].target is tasks["model-2"].target is model.graph
    assert tasks["model"].arguments["quality"] == Constant("auto")
    assert tasks["model-2"].arguments["quality"] == Constant("low")
    assert tasks["model-2"].arguments["size"] == Constant("480")
    mesh = tasks["polish"].arguments["mesh"]
    assert isinstance(mesh, Output)
    assert mesh.port.name == "mesh"


def test_an_exit_handler_gets_what_argo_knows_when_a_workflow_ends() -> None:
    graph = model.exit_graph

    assert isinstance(graph, Graph)
    (task,) = graph.tasks
    status, failures = task.arguments["status"], task.arguments["failures"]
    assert isinstance(status, Global)
    assert isinstance(failures, Global)
    assert (status.name, failures.name) == ("workflow.status", "workflow.failures")


def test_an_exit_handler_gets_parameters_of_the_pipeline_by_name() -> None:
    @pipeline(on_exit=celebrate)
    def sized(photos: ImageSet, size: int = 480) -> PointCloud:
        return reconstruct(photos, size)

    assert sized.exit_graph is not None
    (task,) = sized.exit_graph.tasks
    assert {name: value.name for name, value in task.arguments.items() if isinstance(value, Global)} == {
        "size": "workflow.parameters.size",
        "duration": "workflow.duration",
    }


def test_an_exit_handler_that_takes_an_artifact_is_refused() -> None:
    @pipeline(on_exit=archive)
    def wrong(photos: ImageSet) -> PointCloud:
        return reconstruct(photos)

    with pytest.raises(AuthoringError, match="takes the artifact 'photos': an exit handler has parameters only"):
        _ = wrong.exit_graph


def test_an_exit_handler_that_needs_what_nobody_gives_is_refused() -> None:
    @pipeline(on_exit=remember)
    def wrong(photos: ImageSet) -> PointCloud:
        return reconstruct(photos)

    with pytest.raises(AuthoringError, match="remember: missing a required argument: 'result'"):
        _ = wrong.exit_graph


def promises_mesh(photos: ImageSet) -> Mesh:
    return reconstruct(photos)  # type: ignore[return-value]  # pyright: ignore[reportReturnType]


def promises_nothing(photos: ImageSet) -> None:
    return reconstruct(photos)  # type: ignore[return-value]  # pyright: ignore[reportReturnType]


def gives_nothing(photos: ImageSet) -> PointCloud:
    reconstruct(photos)
    return None  # type: ignore[return-value]  # pyright: ignore[reportReturnType]


def promises_record(photos: ImageSet) -> Model:
    return surface(reconstruct(photos))  # type: ignore[return-value]  # pyright: ignore[reportReturnType]


def gives_constant(photos: ImageSet) -> int:
    reconstruct(photos)
    return 5


def gives_path(photos: ImageSet) -> Mesh:
    reconstruct(photos)
    return Mesh(Path("mesh.ply"))


def may_give_nothing(photos: ImageSet) -> PointCloud:
    return when(scan(photos).sharp, lambda: reconstruct(photos))  # type: ignore[return-value]  # pyright: ignore[reportReturnType]


def calls_nothing(photos: ImageSet) -> ImageSet:
    return photos


@pytest.mark.parametrize(
    ("function", "reason"),
    [
        (promises_mesh, "promises-mesh promises result as Mesh and returns PointCloud"),
        (promises_nothing, "promises-nothing returns one result although it is annotated with None"),
        (gives_nothing, "gives-nothing returns None although it is annotated with one result"),
        (promises_record, "promises-record returns one result although it is annotated with Model"),
        (gives_constant, "the result of gives-constant is 5, which is no result of a step"),
        (gives_path, "which is no result of a step"),
        (may_give_nothing, "promises result, and 'when-sharp.result' may be absent"),
        (calls_nothing, "calls-nothing calls no step"),
    ],
)
def test_a_result_that_is_not_what_was_promised_is_refused(function: Any, reason: str) -> None:
    with pytest.raises(AuthoringError, match=reason) as caught:
        _ = pipeline(function).graph

    assert caught.value.path == __file__


def test_an_unknown_priority_is_refused_where_it_is_written() -> None:
    with pytest.raises(AuthoringError, match="there is no priority 'urgent'") as caught:
        pipeline(priority="urgent")(promises_mesh)

    assert caught.value.path == __file__
    assert "interactive" in (caught.value.hint or "")


@pytest.mark.parametrize(
    ("given", "text"),
    [("auto", "auto"), (Quality.HIGH, "high"), ("high", "high")],
)
def test_parameters_are_read_as_a_person_types_them(given: object, text: str) -> None:
    assert model.encode_parameters({"quality": given}) == {"quality": text}


def test_numbers_may_be_given_as_values_or_typed() -> None:
    assert model.encode_parameters({"size": 960}) == model.encode_parameters({"size": "960"}) == {"size": "960"}


@pipeline
def note(photos: ImageSet, title: str = "", remark: str | None = None) -> Report:
    """A page with words of the caller's."""
    return scan(photos).report


@pytest.mark.parametrize("text", ["null", '"quoted"', 'json:"quoted"'])
def test_a_value_that_looks_encoded_arrives_as_it_is(text: str) -> None:
    for name in ("title", "remark"):
        encoded = note.encode_parameters({name: text})[name]

        assert note.signature.inputs[name].decode(encoded) == text


def test_a_typed_null_is_nothing_where_that_may_be() -> None:
    assert note.read_parameters({"remark": "null", "title": "null"}) == {"remark": "null", "title": "null"}
    assert note.signature.inputs["remark"].decode("null") is None


def test_a_parameter_of_another_type_is_refused_by_name() -> None:
    with pytest.raises(AuthoringError, match="model: parameter size: 'large' is not int"):
        model.encode_parameters({"size": "large"})


def test_a_pipeline_that_calls_itself_is_refused() -> None:
    with pytest.raises(AuthoringError, match="calls itself"):
        _ = endless.graph


@pipeline
def endless(photos: ImageSet) -> PointCloud:
    """Never ends."""
    return endless(photos)


@pytest.mark.parametrize("name", ["output", "jobs", "cache"])
def test_an_input_cannot_have_the_name_of_an_option_of_run(name: str) -> None:
    space: dict[str, object] = {}
    exec(f"def flow({name}: int) -> None: ...", space)

    with pytest.raises(AuthoringError, match=f"cannot be called '{name}'"):
        pipeline(space["flow"])
