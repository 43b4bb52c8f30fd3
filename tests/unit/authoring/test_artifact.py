"""Typed files and folders."""

from __future__ import annotations

import os
from dataclasses import FrozenInstanceError
from pathlib import Path

import pytest

import kai_pipelines
from kai_pipelines import Figures, ImageSet, Mesh, Report
from kai_pipelines.authoring import artifact
from kai_pipelines.authoring.artifact import SCRATCH, Artifact

TYPES = [kind for kind in vars(artifact).values() if isinstance(kind, type) and issubclass(kind, Artifact)]


@pytest.fixture(autouse=True)
def scratch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder that the runtime would give."""
    monkeypatch.setenv(SCRATCH, str(tmp_path))
    return tmp_path


def test_a_new_file_does_not_exist_yet_and_has_the_suffix_of_its_type(scratch: Path) -> None:
    mesh = Mesh.new("model")

    assert mesh.path.name == "model.ply"
    assert not mesh.path.exists()
    assert mesh.path.parent.parent == scratch


def test_a_new_folder_is_empty() -> None:
    assert list(ImageSet.new().path.iterdir()) == []


def test_two_new_artifacts_never_meet() -> None:
    assert Mesh.new("model").path != Mesh.new("model").path


def test_an_artifact_is_a_path_to_whoever_wants_one(tmp_path: Path) -> None:
    (tmp_path / "page.html").write_text("text")
    report = Report(tmp_path / "page.html")

    assert os.fspath(report) == str(tmp_path / "page.html")
    assert Path(report).read_text() == "text"


def test_an_artifact_keeps_its_path_and_is_equal_to_another_of_its_type_there() -> None:
    mesh = Mesh("a.ply")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]

    assert mesh == Mesh(Path("a.ply"))
    assert mesh != Figures(Path("a.ply"))
    with pytest.raises(FrozenInstanceError):
        mesh.path = Path("b.ply")  # type: ignore[misc]  # pyright: ignore[reportAttributeAccessIssue]


@pytest.mark.parametrize("kind", TYPES)
def test_every_type_is_public_and_says_what_it_is(kind: type[Artifact]) -> None:
    assert getattr(kai_pipelines, kind.__name__) is kind
    assert kind.__name__ in kai_pipelines.__all__
    assert kind.__doc__
    assert kind.suffix == "" or kind.suffix.startswith(".")
    assert not kind.inline or kind.suffix in {".html", ".json", ".png"}
