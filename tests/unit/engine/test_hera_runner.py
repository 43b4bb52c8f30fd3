"""Functions that Hera's runner runs: whatever image they name, it holds this Python and the user's file."""

from __future__ import annotations

from pathlib import Path

import pytest

from kai_pipelines.engine.images import is_own, name_of, objection
from kai_pipelines.engine.view import Mount, uncovered

RUNNER = {"command": ["python"], "args": ["-m", "hera.workflows.runner", "-e", "flow:say"]}


@pytest.mark.parametrize("image", ["my-registry.example.com/team/flows:7", "python:3.10", "alpine"])
def test_the_image_of_a_runner_is_a_python_of_this_machine(image: str) -> None:
    container = {"image": image, **RUNNER}

    assert name_of(container) == "python"
    assert objection(container) is None
    assert not is_own(container)


def test_an_image_that_only_speaks_of_the_runner_is_still_foreign() -> None:
    container = {"image": "flows:7", "command": ["sh", "-c", "echo python -m hera.workflows.runner"]}

    assert "cannot run here without a container engine" in str(objection(container))


def test_what_lies_in_tmp_is_shown_once_and_cannot_be_changed(tmp_path: Path) -> None:
    outer, inner, absent = tmp_path / "project", tmp_path / "project" / "src", tmp_path / "absent"
    inner.mkdir(parents=True)

    found = uncovered([inner, outer, absent, Path("/usr"), Path("/tmp")])

    assert found == ([Mount(outer, str(outer), "read-only")] if Path("/tmp") in tmp_path.parents else [])
