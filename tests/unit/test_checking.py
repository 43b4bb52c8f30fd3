"""Checking a pipeline from Python: what is returned, what is raised, and whose line it is."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from kai_pipelines.check.finding import Finding
from kai_pipelines.checking import source_of
from kai_pipelines.compiler import author_lines, compile_pipeline
from kai_pipelines.discovery import pipeline_in_file
from kai_pipelines.errors import CheckError
from tests.unit.packages import clean_imports

FLOW = '''\
from kai_pipelines import pipeline, step, switch


@step
def count(words: int) -> int: ...


@step
def kind(words: int) -> bool: ...


@pipeline
def flow(words: int) -> int:
    """Two branches."""
    many = kind(words)
    return switch(
        many,
        true=lambda: count(words),
        false=lambda: count(2),
    )
'''


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.chdir(tmp_path)
    with clean_imports():
        yield tmp_path


def test_every_task_and_template_of_the_manifest_has_a_line_of_the_author(folder: Path) -> None:
    path = folder / "flow_lines.py"
    path.write_text(FLOW)
    flow = pipeline_in_file(path, None)

    lines = author_lines(flow)
    templates = compile_pipeline(flow)["spec"]["templates"]  # type: ignore[index]  # a manifest

    told = {}
    for index, template in enumerate(templates):
        told[template["name"]] = lines.get(("spec", "templates", index), lines[()])[1]
        for number, task in enumerate(template.get("dag", {}).get("tasks", [])):
            told[f"{template['name']}/{task['name']}"] = lines["spec", "templates", index, "dag", "tasks", number][1]
    assert told["flow"] == 12
    assert told["flow/kind"] == 15
    assert told["count"] == 4
    assert told["kind"] == 8
    assert {line for name, line in told.items() if name.endswith(("true", "false"))} == {18, 19}


def test_a_finding_is_placed_by_the_nearest_part_that_has_a_line(folder: Path) -> None:
    path = folder / "flow_spots.py"
    path.write_text(FLOW)
    source = source_of(pipeline_in_file(path, None))

    (spot,) = source.spots(
        [Finding("KAI203", "x", ("spec", "templates", 0, "dag", "tasks", 0, "arguments", "parameters", 0))]
    )

    assert (spot.path, spot.line, spot.column) == ("flow_spots.py", 15, 5)
    assert spot.text == "    many = kind(words)"


def test_a_good_pipeline_has_no_diagnostics(folder: Path) -> None:
    path = folder / "flow_good.py"
    path.write_text(FLOW)

    assert pipeline_in_file(path, None).check() == []


def test_a_wrong_pipeline_raises_with_every_diagnostic(folder: Path) -> None:
    path = folder / "flow_wrong.py"
    path.write_text(FLOW.replace("    many = kind(words)", "    many = kind(words)\n    if many:\n        pass"))

    with pytest.raises(CheckError, match=r"flow has mistakes\n  flow_wrong\.py:16: KAI001 ") as caught:
        pipeline_in_file(path, None).check()

    (diagnostic,) = caught.value.diagnostics
    assert diagnostic.code == "KAI001"
