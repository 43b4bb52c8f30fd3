"""`kai` on Hera's own files: found, chosen by name, compiled, drawn and run."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import hera.workflows  # noqa: F401  # stays imported for all tests
import pytest
import yaml

from kai_pipelines.cli.main import main
from tests.unit.packages import clean_imports

FLOW = """
from hera.workflows import DAG, Parameter, Steps, Workflow, WorkflowTemplate, script


@script(outputs=Parameter(name="total", value_from={"path": "/tmp/total"}))
def add(a: int, b: int):
    with open("/tmp/total", "w") as file:
        file.write(str(a + b))


@script()
def say(word: str):
    print(f"it is {word}")


with WorkflowTemplate(name="words", entrypoint="say") as words:
    say()

with Workflow(generate_name="sum-", entrypoint="all", arguments={"a": 2, "b": 3}) as w:
    with DAG(name="all"):
        added = add(arguments={"a": "{{workflow.parameters.a}}", "b": "{{workflow.parameters.b}}"})
        added >> say(arguments={"word": added.get_parameter("total")})
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("KAI_STORE", str(tmp_path / "store"))
    (tmp_path / "flow.py").write_text(FLOW, encoding="utf-8")
    with clean_imports():
        yield tmp_path


def kai(monkeypatch: pytest.MonkeyPatch, *words: str) -> int:
    monkeypatch.setattr(sys, "argv", ["kai", *words])
    with pytest.raises(SystemExit) as ended:
        main()
    return int(ended.value.code or 0)


def test_a_hera_workflow_runs(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    code = kai(monkeypatch, "run", "flow.py", "-p", "b=40", "-o", "out", "--quiet")

    assert code == 0
    status = json.loads((folder / "out" / "workflow.json").read_text())["status"]
    assert status["phase"] == "Succeeded"
    (added,) = [one for one in status["nodes"].values() if one["displayName"] == "add"]
    assert added["outputs"]["parameters"][0]["value"] == "42"


def test_compile_prints_what_hera_makes_of_the_file(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert kai(monkeypatch, "compile", "flow.py") == 0

    documents = list(yaml.safe_load_all(capsys.readouterr().out))
    assert [one["kind"] for one in documents] == ["Workflow", "WorkflowTemplate"]


def test_an_object_is_chosen_by_its_variable_or_its_name(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("w", "sum"):
        assert kai(monkeypatch, "compile", f"flow.py:{name}") == 0
        assert yaml.safe_load(capsys.readouterr().out)["metadata"] == {"generateName": "sum-"}


def test_another_kind_than_the_objects_is_refused(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert kai(monkeypatch, "compile", "flow.py", "--kind", "CronWorkflow") == 2
    assert "is a Workflow of Hera's" in capsys.readouterr().err


def test_several_workflows_are_told_apart_by_name(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "two.py").write_text(FLOW + 'other = Workflow(name="other", entrypoint="x")\n', encoding="utf-8")

    assert kai(monkeypatch, "graph", "two.py") == 2
    assert "say which: two.py:w, two.py:other" in capsys.readouterr().err
    assert kai(monkeypatch, "graph", "two.py:w") == 0


def test_a_name_that_is_not_there_is_told_with_those_that_are(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert kai(monkeypatch, "graph", "flow.py:word") == 2
    assert "did you mean words?" in capsys.readouterr().err


def test_a_file_without_a_workflow_is_refused(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "none.py").write_text("import hera.workflows\n", encoding="utf-8")

    assert kai(monkeypatch, "run", "none.py") == 2
    assert "defines no Hera workflow" in capsys.readouterr().err


def test_our_pipelines_and_heras_may_share_a_file(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    ours = """
from kai_pipelines import pipeline, step

@step
def greet(name: str) -> str:
    return "hello " + name

@pipeline
def greeting(name: str = "world") -> str:
    return greet(name)
"""
    (folder / "both.py").write_text(ours + FLOW, encoding="utf-8")

    assert kai(monkeypatch, "compile", "both.py") == 2
    assert "say which: both.py:w, both.py:greeting" in capsys.readouterr().err
    assert kai(monkeypatch, "compile", "both.py:greeting") == 0
    assert yaml.safe_load(capsys.readouterr().out)["metadata"]["name"] == "greeting"


def test_templates_of_another_hera_file_are_given_with_it(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    referring = """
from hera.workflows import Step, Steps, Workflow
from hera.workflows.models import TemplateRef

with Workflow(generate_name="refers-", entrypoint="all") as w:
    with Steps(name="all"):
        Step(name="a", template_ref=TemplateRef(name="words", template="say"), arguments={"word": "there"})
"""
    (folder / "refers.py").write_text(referring, encoding="utf-8")

    assert kai(monkeypatch, "run", "refers.py", "-o", "out", "--quiet") == 2
    assert kai(monkeypatch, "run", "refers.py", "--with", "flow.py", "-o", "out", "--quiet") == 0
    assert "it is there" in next((folder / "out" / "logs").iterdir()).read_text()


RUNNER = """
from typing import Annotated, Tuple

from hera.workflows import Artifact, NoneArchiveStrategy, Parameter, Steps, Workflow, script
from hera.workflows.artifact import ArtifactLoader


@script(constructor="runner", image="my-registry.example.com/flows:7")
def write(number: int) -> Tuple[
    Annotated[dict, Artifact(name="page", archive=NoneArchiveStrategy())], Annotated[int, Parameter(name="doubled")]
]:
    return {"number": number}, 2 * number


@script(constructor="runner", image="my-registry.example.com/flows:7")
def read(page: Annotated[dict, Artifact(loader=ArtifactLoader.json)], doubled: int):
    print(page["number"], "and", doubled)


with Workflow(generate_name="runner-", entrypoint="all") as w:
    with Steps(name="all"):
        written = write(arguments={"number": 21})
        read(arguments={"page": written.get_artifact("page"), "doubled": written.get_parameter("doubled")})
"""


def test_functions_of_the_hera_runner_run_with_their_files_and_values(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "runner_flow.py").write_text(RUNNER, encoding="utf-8")

    code = kai(monkeypatch, "run", "runner_flow.py", "-o", "out", "--quiet")

    assert code == 0, capsys.readouterr().err
    assert kai(monkeypatch, "logs", "out", "--step", "read") == 0
    assert capsys.readouterr().out == "21 and 42\n"
