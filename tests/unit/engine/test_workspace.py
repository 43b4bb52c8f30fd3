from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from kai_pipelines.cache.store import Store
from kai_pipelines.engine.command import expanded
from kai_pipelines.engine.repository import Repository
from kai_pipelines.engine.workspace import bind


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return Repository(Store(tmp_path / "store"))


def _template(args: list[str], **ports: Any) -> dict[str, Any]:
    inputs = {"artifacts": ports.get("inputs", [])}
    outputs = {"artifacts": ports.get("outputs", []), "parameters": ports.get("parameters", [])}
    return {"name": "t", "inputs": inputs, "outputs": outputs, "container": {"command": ["sh"], "args": args}}


def test_tags_of_paths_lead_into_the_folder_and_keep_the_file_name(tmp_path: Path, repository: Repository) -> None:
    template = _template(["{{outputs.artifacts.a.path}}"], outputs=[{"name": "a", "path": "/kai/outputs/a.json"}])

    bound = bind(template, tmp_path / "pod", repository, copies=False)

    path = Path(bound["container"]["args"][0])
    assert path.name == "a.json"
    assert path.parent.is_dir()
    assert path.is_relative_to(tmp_path / "pod")


def test_a_path_that_a_script_names_is_moved_too(tmp_path: Path, repository: Repository) -> None:
    words = "echo > /tmp/a; cat /tmp/a/below /tmp/a.txt /tmp/ab /x/tmp/a '/tmp/a'"
    template = _template([words], outputs=[{"name": "a", "path": "/tmp/a"}])

    bound = bind(template, tmp_path / "pod", repository, copies=False)

    place = bound["outputs"]["artifacts"][0]["path"]
    assert bound["container"]["args"] == [f"echo > {place}; cat {place}/below /tmp/a.txt /tmp/ab /x/tmp/a '{place}'"]


def test_inputs_are_links_for_our_steps_and_copies_for_others(tmp_path: Path, repository: Repository) -> None:
    photos = tmp_path / "photos"
    photos.mkdir()
    (photos / "a.jpg").write_text("pixels", encoding="utf-8")
    repository.bring("wf/photos", photos)
    template = _template([], inputs=[{"name": "photos", "path": "/in", "s3": {"key": "wf/photos"}}])

    linked = bind(template, tmp_path / "ours", repository, copies=False)["inputs"]["artifacts"][0]["path"]
    copied = bind(template, tmp_path / "theirs", repository, copies=True)["inputs"]["artifacts"][0]["path"]
    (Path(copied) / "a.jpg").write_text("changed", encoding="utf-8")

    assert Path(linked).resolve() == photos
    assert (photos / "a.jpg").read_text(encoding="utf-8") == "pixels"


def test_a_prefix_of_keys_is_a_folder_of_its_parts(tmp_path: Path, repository: Repository) -> None:
    store = Store(tmp_path / "store")
    for name in ("b", "a"):
        repository.add(f"wf/parts/{name}.txt", store.add_text(name))
    template = _template([], inputs=[{"name": "parts", "path": "/in", "s3": {"key": "wf/parts"}}])

    path = Path(bind(template, tmp_path / "pod", repository, copies=False)["inputs"]["artifacts"][0]["path"])

    assert {part.name: part.read_text(encoding="utf-8") for part in path.iterdir()} == {"a.txt": "a", "b.txt": "b"}


@pytest.mark.parametrize(
    ("word", "wanted"),
    [("$(A)", "1"), ("$$(A)", "$(A)"), ("$(B)", "$(B)"), ("$A", "$A"), ("$$", "$"), ("a$(A)b$(A)", "a1b1")],
)
def test_commands_are_expanded_as_kubernetes_does(word: str, wanted: str) -> None:
    assert expanded(word, {"A": "1"}) == wanted
