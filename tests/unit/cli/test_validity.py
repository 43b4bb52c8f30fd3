"""What Argo would not take is refused before anything starts, by every verb that goes through a manifest."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from kai_pipelines.cli.main import kai
from kai_pipelines.errors import KaiError, ManifestError
from kai_pipelines.manifest.document import dump

Object = dict[str, Any]

WAITING = {"name": "m", "dag": {"tasks": [{"name": "a", "template": "m", "depends": "a"}]}}


def _file(folder: Path, *templates: Object, **spec: Any) -> str:
    manifest = {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "Workflow",
        "metadata": {"name": "x"},
        "spec": {"entrypoint": "m", "templates": list(templates), **spec},
    }
    file = folder / "flow.yaml"
    file.write_text(dump(manifest), encoding="utf-8")
    return str(file)


@pytest.mark.parametrize("verb", ["run", "simulate", "plan"])
@pytest.mark.parametrize(
    ("template", "says"),
    [(WAITING, "tasks wait for each other"), ({"name": "m", "container": 5}, "container must be a mapping")],
)
def test_a_manifest_that_argo_refuses_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, verb: str, template: Object, says: str
) -> None:
    monkeypatch.chdir(tmp_path)

    result = CliRunner().invoke(kai, [verb, _file(tmp_path, template)])

    assert isinstance(result.exception, ManifestError)
    assert says in result.exception.message
    assert [path.name for path in tmp_path.iterdir()] == ["flow.yaml"]


def test_a_field_of_a_version_to_come_is_let_through(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    pod = {"name": "m", "container": {"image": "alpine", "command": ["true"]}, "ofTheFuture": True}

    assert CliRunner().invoke(kai, ["simulate", _file(tmp_path, pod)]).exit_code == 0


@pytest.mark.parametrize(
    ("words", "says"), [(["run", ""], "TARGET is empty"), (["run", "x.yaml", "-p", "v=\udcff"], "UTF-8")]
)
def test_texts_that_cannot_be_meant_are_refused(tmp_path: Path, words: list[str], says: str) -> None:
    file = _file(tmp_path, {"name": "m", "container": {"image": "alpine", "command": ["true"]}})

    result = CliRunner().invoke(kai, [file if word == "x.yaml" else word for word in words])

    assert isinstance(result.exception, KaiError)
    assert says in result.exception.message
