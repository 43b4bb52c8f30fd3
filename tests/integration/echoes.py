"""A pipeline through which values travel on every road there is, to a step that writes down what it was given."""

from __future__ import annotations

import json
from typing import Any

from kai_pipelines import Figures, Quality, for_each, pipeline, select, step, when
from kai_pipelines.pipeline import Pipeline


@step
def echo(text: str) -> str:
    """A text, as it came."""
    return text


@step
def echo_any(value: dict[str, Any]) -> dict[str, Any]:
    """A JSON object, as it came."""
    return value


@step
def repeat(texts: list[str]) -> list[str]:
    """A list of texts, as it came."""
    return texts


@step
def judge() -> Quality:
    """A quality to choose by."""
    return Quality.MEDIUM


@step
def is_so() -> bool:
    """A condition that holds."""
    return True


@step
def write_down(
    constant: str,
    given: str,
    made: str,
    chosen: str,
    optional: str | None,
    note: str | None,
    listed: list[str],
    items: list[str],
    elements: list[str],
    objects: list[dict[str, Any]],
    default: str = "{{workflow.name}} $(HOME) }}",
) -> Figures:
    """What arrived, as JSON."""
    figures = Figures.new("figures")
    figures.path.write_text(json.dumps({name: value for name, value in locals().items() if name != "figures"}))
    return figures


def travels(constant: str, items: list[str]) -> Pipeline[[str, list[str]], Figures]:
    """A pipeline with these constants written in it, and two parameters."""

    @pipeline
    def travel(given: str, texts: list[str]) -> Figures:
        """Every road."""
        made = echo(given)
        return write_down(
            constant=constant,
            given=given,
            made=made,
            chosen=select(judge(), low="no", medium=constant, high="no"),
            optional=when(is_so(), lambda: echo(constant)),
            note=made,
            listed=[constant, given, made],
            items=for_each(items, lambda item: echo(item)),
            elements=for_each(repeat(texts), lambda element: echo(element)),
            objects=for_each([{"text": item} for item in items], lambda item: echo_any(item)),
        )

    return travel


def expected(constant: str, items: list[str], given: str, texts: list[str]) -> dict[str, Any]:
    """What the last step must see."""
    return {
        "constant": constant,
        "given": given,
        "made": given,
        "chosen": constant,
        "optional": constant,
        "note": given,
        "listed": [constant, given, given],
        "items": items,
        "elements": texts,
        "objects": [{"text": item} for item in items],
        "default": "{{workflow.name}} $(HOME) }}",
    }
