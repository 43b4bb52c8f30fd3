"""`kai compile`: exit codes are a contract, so most of it goes through `main`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import yaml

from kai_pipelines.cli.main import main
from kai_pipelines.discovery import known_pipelines
from tests.unit.packages import GREETING, TWO, clean_imports, write_package

ROOT = Path(__file__).parents[3]

Kai = Callable[..., tuple[int, str, str]]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder with a package of three pipelines."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("KAI_PIPELINES", "my_flows")
    write_package(tmp_path, "my_flows", {"greeting": GREETING, "two": TWO})
    with clean_imports():
        yield tmp_path


@pytest.fixture
def kai(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Kai:
    """The command: its exit code, and what it said on both channels."""

    def run(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr("sys.argv", ["kai", *arguments])
        with pytest.raises(SystemExit) as caught:
            main()
        out, err = capfd.readouterr()
        assert isinstance(caught.value.code, int)
        return caught.value.code, out, err

    return run


def test_one_pipeline_goes_to_standard_output(folder: Path, kai: Kai) -> None:
    code, out, _ = kai("compile", "greeting")

    manifest = yaml.safe_load(out)
    assert code == 0
    assert manifest["kind"] == "WorkflowTemplate"
    assert manifest["metadata"]["name"] == "greeting"


def test_several_pipelines_are_several_documents(folder: Path, kai: Kai) -> None:
    code, out, _ = kai("compile", "first", "second-one")

    assert code == 0
    assert [one["metadata"]["name"] for one in yaml.safe_load_all(out)] == ["first", "second-one"]


def test_all_pipelines_go_to_the_folder_of_manifests(folder: Path, kai: Kai) -> None:
    code, out, err = kai("compile", "--all")

    assert (code, out) == (0, "")
    assert sorted(path.name for path in (folder / "manifests").iterdir()) == [
        "first.yaml",
        "greeting.yaml",
        "second-one.yaml",
    ]
    assert "manifests/first.yaml" in err


def test_a_folder_and_a_kind_can_be_chosen(folder: Path, kai: Kai) -> None:
    code, _, _ = kai("compile", "greeting", "-o", "made/here", "--kind", "Workflow")

    assert code == 0
    assert yaml.safe_load((folder / "made" / "here" / "greeting.yaml").read_text())["kind"] == "Workflow"


def test_a_file_with_a_pipeline_is_a_target(folder: Path, kai: Kai) -> None:
    (folder / "flow.py").write_text(GREETING.replace("def greeting", "def hello_there"))

    code, out, _ = kai("compile", "flow.py:hello_there")

    assert code == 0
    assert yaml.safe_load(out)["metadata"]["name"] == "hello-there"


def test_check_passes_on_what_was_written_and_tells_how_a_stale_file_differs(folder: Path, kai: Kai) -> None:
    kai("compile", "--all")
    assert kai("compile", "--all", "--check")[0] == 0
    path = folder / "manifests" / "greeting.yaml"
    path.write_text(path.read_text().replace("Hello to someone.", "Goodbye."))

    code, out, err = kai("compile", "--all", "--check")

    assert code == 1
    assert "Goodbye." in out
    assert "1 of 3 manifests in manifests are stale; run `kai compile --all`" in err
    assert "Goodbye." in path.read_text()


def test_check_finds_missing_files_and_files_that_no_pipeline_makes(folder: Path, kai: Kai) -> None:
    kai("compile", "--all")
    (folder / "manifests" / "first.yaml").rename(folder / "manifests" / "old.yaml")

    code, out, _ = kai("compile", "--all", "--check")

    assert code == 1
    assert "old.yaml: no pipeline makes this file" in out
    assert "+  name: first" in out


def test_check_of_one_pipeline_does_not_mind_the_others(folder: Path, kai: Kai) -> None:
    kai("compile", "greeting", "-o", "manifests")

    assert kai("compile", "greeting", "--check")[0] == 0
    assert kai("compile", "first", "--check")[0] == 1


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["compile"], "name pipelines to compile, or give --all"),
        (["compile", "greeting", "--all"], "name pipelines to compile, or give --all"),
        (["compile", "greting"], "there is no pipeline 'greting'"),
        (["compile", "absent.py"], "there is no file absent.py"),
        (["compile", "absent.yaml"], "there is no file absent.yaml"),
        (["compile", "manifest.yaml"], "manifest.yaml is a manifest already"),
        (["compile", "greeting", "--kind", "CronWorkflow"], "greeting has no schedule"),
        (["compile", "greeting", "--kind", "Pod"], "'Pod' is not one of"),
        (["compile", "greeting", "-o", "manifest.yaml"], "cannot write to manifest.yaml"),
        (["compose"], "No such command 'compose'"),
    ],
)
def test_wrong_usage_is_one_message_and_exit_code_2(folder: Path, kai: Kai, arguments: list[str], reason: str) -> None:
    (folder / "manifest.yaml").write_text("kind: Workflow\nmetadata: {name: x}\nspec: {}\n")

    code, out, err = kai(*arguments)

    assert code == 2
    assert out == ""
    assert reason in err
    assert "Traceback" not in err


def test_a_pipeline_that_is_written_wrongly_is_told_at_its_line(folder: Path, kai: Kai) -> None:
    (folder / "flow.py").write_text(GREETING.replace("return greet(name)", "return greet(name + '!')"))

    code, _, err = kai("compile", "flow.py")

    assert code == 2
    assert "flow.py:20: arithmetic of 'name', whose value exists only when the pipeline runs" in err


def test_the_manifests_of_this_repository_are_fresh(monkeypatch: pytest.MonkeyPatch, kai: Kai) -> None:
    monkeypatch.chdir(ROOT)
    monkeypatch.delenv("KAI_PIPELINES", raising=False)

    code, out, err = kai("compile", "--all", "--check")

    assert set(known_pipelines(("pipelines",))) >= {"reconstruction", "demo"}
    assert code == 0, out + err
