"""Finding pipelines by name and in files."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from kai_pipelines.discovery import known_pipelines, pipeline_in_file, pipeline_named
from kai_pipelines.errors import UsageError
from tests.unit.packages import GREETING, TWO, clean_imports, write_package


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The folder in which kai is started."""
    monkeypatch.chdir(tmp_path)
    with clean_imports():
        yield tmp_path


def test_every_pipeline_of_a_package_is_known_once_by_its_name(folder: Path) -> None:
    write_package(folder, "my_flows", {"greeting": GREETING, "two": TWO})

    assert list(known_pipelines(("my_flows",))) == ["first", "greeting", "second-one"]


def test_packages_that_are_not_there_are_passed_over(folder: Path) -> None:
    write_package(folder, "my_flows", {"greeting": GREETING})

    assert list(known_pipelines(("absent", "my_flows"))) == ["greeting"]
    assert known_pipelines(("absent",)) == {}


def test_a_pipeline_is_found_by_its_name_with_either_kind_of_dash(folder: Path) -> None:
    write_package(folder, "my_flows", {"greeting": GREETING, "two": TWO})

    assert pipeline_named("second-one", ("my_flows",)).name == "second-one"
    assert pipeline_named("second_one", ("my_flows",)).name == "second-one"


def test_the_module_of_the_pipelines_name_is_imported_and_no_other(folder: Path) -> None:
    write_package(folder, "my_flows", {"greeting": GREETING, "broken": "raise RuntimeError('imported')"})

    assert pipeline_named("greeting", ("my_flows",)).name == "greeting"


def test_an_unknown_name_is_told_with_the_known_ones(folder: Path) -> None:
    write_package(folder, "my_flows", {"greeting": GREETING})

    with pytest.raises(UsageError, match="there is no pipeline 'greting'") as caught:
        pipeline_named("greting", ("my_flows",))

    assert "known are: greeting" in (caught.value.hint or "")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("import no_such_module\n", "cannot import my_flows.broken: No module named 'no_such_module'"),
        ("def wrong(:\n", r"my_flows/broken\.py:1: invalid syntax"),
        ("import os\nint('x')\n", r"(?s)cannot import my_flows.broken: ValueError: .*my_flows/broken\.py:2"),
    ],
)
def test_a_module_that_cannot_be_imported_is_told_with_the_reason(folder: Path, text: str, reason: str) -> None:
    write_package(folder, "my_flows", {"broken": text})

    for find in (lambda: known_pipelines(("my_flows",)), lambda: pipeline_named("broken", ("my_flows",))):
        with pytest.raises(UsageError, match=reason):
            find()


def test_the_only_pipeline_of_a_file_needs_no_name(folder: Path) -> None:
    (folder / "flow.py").write_text(GREETING)

    assert pipeline_in_file(folder / "flow.py", None).name == "greeting"
    assert pipeline_in_file(Path("flow.py"), "greeting").name == "greeting"


def test_of_several_pipelines_in_a_file_one_is_named(folder: Path) -> None:
    write_package(folder, "my_flows", {"greeting": GREETING})
    (folder / "flows.py").write_text(TWO)

    with pytest.raises(UsageError, match="has 2 pipelines") as caught:
        pipeline_in_file(folder / "flows.py", None)

    assert "one of first, second-one" in (caught.value.hint or "")
    assert pipeline_in_file(folder / "flows.py", "second_one").name == "second-one"
    with pytest.raises(UsageError, match="has no pipeline 'third'"):
        pipeline_in_file(folder / "flows.py", "third")


@pytest.mark.parametrize(
    ("name", "text", "reason"),
    [
        ("absent.py", None, "there is no file"),
        ("json.py", GREETING, "another module is called json"),
        ("broken.py", "def wrong(:\n", r"broken\.py:1: invalid syntax"),
        ("lacking.py", "import no_such_module\n", "cannot import lacking: No module named 'no_such_module'"),
        ("empty.py", "", "has 0 pipelines"),
    ],
)
def test_a_file_that_gives_no_pipeline_is_told_with_the_reason(
    folder: Path, name: str, text: str | None, reason: str
) -> None:
    if text is not None:
        (folder / name).write_text(text)

    with pytest.raises(UsageError, match=reason):
        pipeline_in_file(folder / name, None)
