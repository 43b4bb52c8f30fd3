"""A function's annotations as ports."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, Literal, NamedTuple

import pytest
from pydantic import Field

from kai_pipelines import ImageSet, Mesh, PointCloud, Quality, Report
from kai_pipelines.authoring.signature import MISSING, Port, signature_of
from kai_pipelines.errors import AuthoringError


class Outcome(NamedTuple):
    quality: Quality
    report: Report | None


def example(
    photos: ImageSet,
    parts: list[Mesh],
    quality: Annotated[Quality | Literal["auto"], "auto chooses"] = "auto",
    mask: Mesh | None = None,
    sizes: list[int] | None = None,
) -> Outcome:
    raise NotImplementedError


def gives_one(points: PointCloud) -> int:
    raise NotImplementedError


def gives_nothing(points: PointCloud) -> None:
    raise NotImplementedError


def gives_plain_tuple() -> tuple[int, str]:
    raise NotImplementedError


def takes_unknown(size: Unknown) -> None: ...  # type: ignore[name-defined]  # noqa: F821  # pyright: ignore[reportUndefinedVariable, reportUnknownParameterType]
def takes_list_or_none(parts: list[Mesh] | None = None) -> None: ...
def takes_two_kinds(mesh: Mesh | PointCloud) -> None: ...
def gives_files_by_name() -> dict[str, Mesh]:
    raise NotImplementedError


def takes_many(*photos: ImageSet) -> None: ...
def takes_any(**sizes: int) -> None: ...
def takes_untyped(size) -> None: ...  # type: ignore[no-untyped-def]
def takes_umlaut(größe: int) -> None: ...
def gives_untyped(size: int):  # type: ignore[no-untyped-def]
    ...


def test_artifacts_and_parameters_are_told_apart_by_their_type() -> None:
    inputs = signature_of(example).inputs

    assert list(inputs) == ["photos", "parts", "quality", "mask", "sizes"]
    assert inputs["photos"] == Port("photos", ImageSet, is_artifact=True)
    assert inputs["parts"] == Port("parts", Mesh, is_artifact=True, many=True)
    assert inputs["quality"] == Port("quality", Quality | Literal["auto"], default="auto", description="auto chooses")
    assert inputs["mask"] == Port("mask", Mesh, is_artifact=True, optional=True, default=None)
    assert inputs["sizes"] == Port("sizes", list[int] | None, default=None)


def test_the_fields_of_a_named_tuple_are_outputs_of_their_own() -> None:
    signature = signature_of(example)

    assert signature.record is Outcome
    assert signature.outputs == {
        "quality": Port("quality", Quality),
        "report": Port("report", Report, is_artifact=True, optional=True),
    }


def test_one_result_is_called_result_and_none_is_no_output() -> None:
    assert signature_of(gives_one).outputs == {"result": Port("result", int)}
    assert signature_of(gives_nothing).outputs == {}
    assert signature_of(gives_plain_tuple).outputs == {"result": Port("result", tuple[int, str])}


def test_an_input_without_a_default_is_required() -> None:
    inputs = signature_of(example).inputs

    assert inputs["photos"].default is MISSING
    assert [name for name, port in inputs.items() if port.required] == ["photos", "parts"]


def test_constraints_of_an_annotation_hold() -> None:
    def bounded(views: Annotated[int, Field(ge=1), "photographs"]) -> None: ...

    port = signature_of(bounded).inputs["views"]

    assert port.decode("3") == 3
    assert port.description == "photographs"
    with pytest.raises(ValueError, match="greater than or equal to 1"):
        port.decode("0")


@pytest.mark.parametrize(
    ("function", "reason"),
    [
        (takes_many, r"takes_many takes \*photos: name every input"),
        (takes_unknown, "annotation that cannot be read: name 'Unknown' is not defined"),
        (takes_list_or_none, "takes_list_or_none mixes an artifact with something else in 'parts'"),
        (takes_two_kinds, "mixes an artifact with something else in 'mesh'"),
        (gives_files_by_name, "mixes an artifact with something else in 'result'"),
        (takes_any, r"takes_any takes \*sizes: name every input"),
        (takes_untyped, "takes_untyped has no annotation for 'size'"),
        (takes_umlaut, "takes_umlaut takes 'größe': Argo knows only"),
        (gives_untyped, "gives_untyped has no return annotation"),
    ],
)
def test_a_function_that_no_manifest_can_describe_is_refused_at_its_line(
    function: Callable[..., Any], reason: str
) -> None:
    with pytest.raises(AuthoringError, match=reason) as caught:
        signature_of(function)

    assert caught.value.path == __file__
    assert caught.value.line == function.__code__.co_firstlineno
