"""Whatever needs the value of something that exists only at run time is refused, with file, line and a way out."""

# The wrong pipelines below are wrong for the type checkers too; tests/typing is where that is proved.
# mypy: disable-error-code="arg-type, call-arg, call-overload, type-var, misc, attr-defined"
# pyright: reportArgumentType=false, reportCallIssue=false, reportMatchNotExhaustive=false, reportAttributeAccessIssue=false

from __future__ import annotations

import math
import os
from collections.abc import Callable
from typing import Any

import pytest

from kai_pipelines import ImageSet, Mesh, Quality, pipeline
from kai_pipelines.errors import AuthoringError
from kai_pipelines.pipeline import Pipeline
from tests.vocabulary import measure, reconstruct, scan, surface


def by_if(value: Any) -> Any:
    if value:  # refused
        return 1


def by_while(value: Any) -> Any:
    while value:  # refused
        return 1


def by_for(value: Any) -> Any:
    for _ in value:  # refused
        return 1


def by_match(value: Any) -> Any:
    match value:
        case "low":  # refused
            return 1


def by_unpacking(value: Any) -> Any:
    _first, _second = value  # refused


def by_fstring(value: Any) -> Any:
    return f"model-{value}.glb"  # refused


def by_augmented_assignment(value: Any) -> Any:
    value += 1  # refused


def by_several_lines(value: Any) -> Any:
    return max(
        1,
        value,  # refused
    )


BRANCH, SELECT, LOOP, PASS, FIELD = "switch(", "select(", "for_each(", "pass it to a step", "NamedTuple field"

FORBIDDEN: list[tuple[str, Callable[[Any], Any], str]] = [
    ("if", by_if, BRANCH),
    ("while", by_while, BRANCH),
    ("for", by_for, LOOP),
    ("match", by_match, BRANCH),
    ("unpacking", by_unpacking, LOOP),
    ("f-string", by_fstring, PASS),
    ("+=", by_augmented_assignment, SELECT),
    ("bool()", lambda value: bool(value), BRANCH),
    ("not", lambda value: not value, BRANCH),
    ("and", lambda value: value and 1, BRANCH),
    ("x if y else z", lambda value: 1 if value else 2, BRANCH),
    ("==", lambda value: value == "low", BRANCH),
    ("== from the right", lambda value: Quality.LOW == value, BRANCH),  # noqa: SIM300
    ("!=", lambda value: value != "low", BRANCH),
    ("<", lambda value: value < 5, BRANCH),
    (">= from the right", lambda value: 5 >= value, BRANCH),  # noqa: SIM300
    ("in a list of constants", lambda value: value in ["low", "high"], BRANCH),
    ("in the value", lambda value: "a" in value, BRANCH),
    ("lookup in a dict", lambda value: {Quality.LOW: 480}[value], SELECT),
    ("membership of a set", lambda value: value in {"low"}, SELECT),
    ("len()", lambda value: len(value), LOOP),
    ("list()", lambda value: list(value), LOOP),
    ("comprehension", lambda value: [part for part in value], LOOP),  # noqa: C416
    ("star", lambda value: [*value], LOOP),
    ("sorted()", lambda value: sorted(value), LOOP),
    ("index", lambda value: value[0], LOOP),
    ("slice", lambda value: value[1:], LOOP),
    ("+", lambda value: value + 1, SELECT),
    ("+ from the right", lambda value: "name-" + value, SELECT),
    ("* from the right", lambda value: 2 * value, SELECT),
    ("-", lambda value: -value, SELECT),
    ("/", lambda value: value / 2, SELECT),
    ("%", lambda value: value % 2, SELECT),
    ("** from the right", lambda value: 2**value, SELECT),
    ("|", lambda value: value | 1, SELECT),
    ("abs()", lambda value: abs(value), SELECT),
    ("round()", lambda value: round(value), SELECT),
    ("int()", lambda value: int(value), SELECT),
    ("float()", lambda value: float(value), SELECT),
    ("range()", lambda value: range(value), SELECT),
    ("math.sqrt()", lambda value: math.sqrt(value), SELECT),
    ("math.floor()", lambda value: math.floor(value), SELECT),
    ("str()", lambda value: str(value), PASS),
    ("format()", lambda value: f"{value:>10}", PASS),
    ("% formatting", lambda value: "%s" % value, PASS),  # noqa: UP031
    ("print()", lambda value: print(value), PASS),
    ("call", lambda value: value(1), PASS),
    ("open()", lambda value: open(value), PASS),  # noqa: PTH123, SIM115
    ("os.fspath()", lambda value: os.fspath(value), PASS),
    (".path", lambda value: value.path, FIELD),
    (".value", lambda value: value.value, FIELD),
    ("a method", lambda value: value.upper(), FIELD),
]


def line_of(use: Callable[[Any], Any]) -> int:
    """The line that says so, or the lambda's own."""
    import inspect

    lines, first = inspect.getsourcelines(use)
    return next((first + i for i, line in enumerate(lines) if "# refused" in line), first)


def pipeline_that(use: Callable[[Any], Any]) -> Pipeline[[ImageSet], Mesh]:
    @pipeline
    def wrong(photos: ImageSet) -> Mesh:
        mesh = surface(reconstruct(photos))
        use(measure(mesh))
        return mesh

    return wrong


@pytest.mark.parametrize(("use", "instead"), [pytest.param(use, hint, id=name) for name, use, hint in FORBIDDEN])
def test_a_use_of_the_value_is_refused_with_its_place_its_name_and_the_construct_to_use(
    use: Callable[[Any], Any], instead: str
) -> None:
    with pytest.raises(AuthoringError) as caught:
        _ = pipeline_that(use).graph

    error = caught.value
    assert error.path == __file__
    assert error.line == line_of(use)
    assert "'measure.result'" in error.message
    assert instead in (error.hint or "")
    assert str(error).startswith(f"{__file__}:{error.line}: ")


def test_an_expression_over_several_lines_is_placed_inside_it() -> None:
    with pytest.raises(AuthoringError) as caught:
        _ = pipeline_that(by_several_lines).graph

    assert caught.value.path == __file__
    assert abs((caught.value.line or 0) - line_of(by_several_lines)) <= 2  # where Python says the call is


def test_an_input_of_the_pipeline_is_named_as_its_author_named_it() -> None:
    @pipeline
    def wrong(photos: ImageSet, size: int = 480) -> Mesh:
        return surface(reconstruct(photos, size=size * 2))

    with pytest.raises(AuthoringError, match="arithmetic of 'size'"):
        _ = wrong.graph


def test_a_field_of_several_outputs_is_named_after_its_step() -> None:
    @pipeline
    def wrong(photos: ImageSet) -> Mesh:
        if scan(photos).sharp:
            return surface(reconstruct(photos))
        return surface(reconstruct(photos, size=960))

    with pytest.raises(AuthoringError, match=r"the truth of 'scan\.sharp'"):
        _ = wrong.graph


def test_a_value_may_be_passed_kept_and_shown_in_a_debugger() -> None:
    seen: list[str] = []

    @pipeline
    def right(photos: ImageSet) -> Mesh:
        mesh = surface(reconstruct(photos))
        kept = {"mesh": [mesh]}
        seen.append(repr(kept["mesh"][0]))
        return kept["mesh"][0]

    assert right.graph.results
    assert seen == ["<Output surface.result>"]
