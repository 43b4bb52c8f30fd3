"""`kai list`."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from kai_pipelines.cli.main import kai
from tests.unit.packages import GREETING, TWO, clean_imports, write_package


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder with a package of three pipelines."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("KAI_PIPELINES", "my_flows")
    write_package(tmp_path, "my_flows", {"greeting": GREETING, "two": TWO})
    with clean_imports():
        yield tmp_path


def test_pipelines_and_steps_are_listed_with_their_first_line() -> None:
    result = CliRunner().invoke(kai, ["list"])

    assert result.exit_code == 0
    assert result.stdout.splitlines() == [
        "pipelines",
        "  first       The first.",
        "  greeting    Hello to someone.",
        "  second-one  The second.",
        "",
        "steps",
        "  greet  Say hello.",
        "  mourn  Say how it ended.",
    ]


def test_json_describes_inputs_and_outputs() -> None:
    document = json.loads(CliRunner().invoke(kai, ["list", "--json"]).stdout)

    assert [one["name"] for one in document["pipelines"]] == ["first", "greeting", "second-one"]
    assert [one["name"] for one in document["steps"]] == ["greet", "mourn"]
    second = document["pipelines"][2]
    assert second["inputs"] == [
        {"name": "photos", "kind": "artifact", "type": "ImageSet", "required": False},
        {
            "name": "quality",
            "kind": "parameter",
            "type": "Quality",
            "required": False,
            "default": "low",
            "enum": ["low", "medium", "high"],
        },
    ]
    assert second["outputs"][0]["name"] == "result"
    assert document["pipelines"][1]["title"] == "A greeting"
    assert document["steps"][0]["address"] == "my_flows.greeting:greet"


def test_without_any_pipeline_the_lists_are_empty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KAI_PIPELINES", "absent")

    assert json.loads(CliRunner().invoke(kai, ["list", "--json"]).stdout) == {"pipelines": [], "steps": []}
