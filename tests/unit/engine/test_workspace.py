from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from kai_pipelines.cache.store import Store
from kai_pipelines.engine import RunRequest, Silent, run
from kai_pipelines.engine.facts import Facts
from kai_pipelines.engine.pod import discard
from kai_pipelines.engine.repository import Repository
from kai_pipelines.engine.view import Isolation
from kai_pipelines.engine.volumes import Volumes
from kai_pipelines.engine.workspace import Builder, Workspace, unnamed_outputs
from kai_pipelines.errors import ManifestError, UsageError
from kai_pipelines.manifest.library import Library

Object = dict[str, Any]

FACTS = Facts("wf", "wf", "wf", "wf", "default", "default")
OVERLAY = Isolation({"kind": "overlay", "user": False})


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return Repository(Store(tmp_path / "store"))


def _template(args: list[str], **more: Any) -> Object:
    inputs = {"artifacts": more.pop("inputs", [])}
    outputs = {"artifacts": more.pop("outputs", []), "parameters": more.pop("parameters", [])}
    container = {"image": "busybox", "command": ["sh"], "args": args, **more.pop("container", {})}
    return {"name": "t", "inputs": inputs, "outputs": outputs, "container": container, **more}


def _made(
    template: Object, folder: Path, repository: Repository, *, isolation: Isolation | None = None, **spec: Any
) -> Workspace:
    library = Library(spec.pop("given", []))
    volumes = Volumes(folder.parent / "run", folder.parent / "store", library, spec)
    return Builder(repository, volumes, library, isolation).make(template, folder, FACTS)


def _main(workspace: Workspace) -> Object:
    return next(part.container for part in workspace.parts if part.name == "main")


def test_tags_of_paths_lead_into_the_folder_and_keep_the_file_name(tmp_path: Path, repository: Repository) -> None:
    template = _template(["{{outputs.artifacts.a.path}}"], outputs=[{"name": "a", "path": "/kai/outputs/a.json"}])

    made = _made(template, tmp_path / "pod", repository)

    path = Path(_main(made)["args"][0])
    assert path.name == "a.json"
    assert path.parent.is_dir()
    assert path.is_relative_to(tmp_path / "pod")


def test_a_path_that_a_script_names_is_moved_too(tmp_path: Path, repository: Repository) -> None:
    words = "echo > /tmp/a; cat /tmp/a/below /tmp/a.txt /tmp/ab /x/tmp/a '/tmp/a'"
    template = _template([words], outputs=[{"name": "a", "path": "/tmp/a"}])

    made = _made(template, tmp_path / "pod", repository)

    place = made.template["outputs"]["artifacts"][0]["path"]
    assert _main(made)["args"] == [f"echo > {place}; cat {place}/below /tmp/a.txt /tmp/ab /x/tmp/a '{place}'"]


def test_an_output_that_no_word_of_a_command_names_cannot_be_kept_apart() -> None:
    outputs = [{"name": "a", "path": "/tmp/a"}, {"name": "b", "path": "/tmp/b"}]

    assert unnamed_outputs(_template(["-o", "{{outputs.artifacts.a.path}}"], outputs=outputs)) == ["/tmp/b"]


def test_in_a_view_paths_stay_what_the_manifest_says(tmp_path: Path, repository: Repository) -> None:
    template = _template(["cat {{inputs.artifacts.text.path}} > /out/a"], outputs=[{"name": "a", "path": "/out/a"}])
    template["inputs"]["artifacts"] = [{"name": "text", "path": "/in/text", "raw": {"data": "hello"}}]

    made = _made(template, tmp_path / "pod", repository, isolation=OVERLAY)

    view = made.views["main"]
    assert _main(made)["args"] == ["cat /in/text > /out/a"]
    assert view.where("/in/text").read_text(encoding="utf-8") == "hello"
    assert made.where("/out/a") == tmp_path / "pod" / "containers" / "main" / "upper" / "out" / "a"


def test_links_in_a_view_lead_where_they_lead_for_the_container(tmp_path: Path, repository: Repository) -> None:
    view = _made(_template([]), tmp_path / "pod", repository, isolation=OVERLAY).views["main"]
    (view.folder / "tmp" / "real").write_text("here", encoding="utf-8")
    (view.folder / "upper" / "link").symlink_to("/tmp/real")
    (view.folder / "tmp" / "round").symlink_to("round")

    assert view.where("/link").read_text(encoding="utf-8") == "here"
    assert view.where("/../tmp/./real").read_text(encoding="utf-8") == "here"
    assert not view.where("/tmp/round").is_file()


@pytest.mark.parametrize("image", ["busybox", "kai-pipelines:1"])
def test_what_a_foreign_step_changes_is_not_the_users_file(tmp_path: Path, repository: Repository, image: str) -> None:
    photos = tmp_path / "photos"
    photos.mkdir()
    (photos / "a.jpg").write_text("pixels", encoding="utf-8")
    repository.bring("wf/photos", photos)
    inputs = [{"name": "photos", "path": "/in", "s3": {"key": "wf/photos"}}]

    made = _made(_template([], inputs=inputs, container={"image": image}), tmp_path / "pod", repository)

    path = Path(made.template["inputs"]["artifacts"][0]["path"])
    assert (path / "a.jpg").read_text(encoding="utf-8") == "pixels"
    assert (path.resolve() == photos) == (image != "busybox")


def test_in_a_view_folders_are_given_without_a_copy(tmp_path: Path, repository: Repository) -> None:
    photos = tmp_path / "photos"
    photos.mkdir()
    repository.bring("wf/photos", photos)
    inputs = [{"name": "photos", "path": "/in", "s3": {"key": "wf/photos"}}]

    made = _made(_template([], inputs=inputs), tmp_path / "pod", repository, isolation=OVERLAY)
    passed_on = _template([], inputs=inputs, outputs=[{"name": "again", "path": "/in"}])
    copied = _made(passed_on, tmp_path / "other", repository, isolation=OVERLAY)

    mount = next(one for one in made.views["main"].mounts if one.target == "/in")
    assert (mount.kind, mount.source) == ("copy-on-write", photos)
    assert copied.where("/in").is_relative_to(tmp_path / "other")


def test_a_prefix_of_keys_is_a_folder_of_its_parts(tmp_path: Path, repository: Repository) -> None:
    store = Store(tmp_path / "store")
    for name in ("b", "a"):
        repository.add(f"wf/parts/{name}.txt", store.add_text(name))
    template = _template([], inputs=[{"name": "parts", "path": "/in", "s3": {"key": "wf/parts"}}])

    made = _made(template, tmp_path / "pod", repository)

    path = Path(made.template["inputs"]["artifacts"][0]["path"])
    assert {part.name: part.read_text(encoding="utf-8") for part in path.iterdir()} == {"a.txt": "a", "b.txt": "b"}


def test_an_artifact_inside_a_volume_is_put_into_the_volume(tmp_path: Path, repository: Repository) -> None:
    template = _template(
        [],
        inputs=[{"name": "text", "path": "/work/in/text", "raw": {"data": "hello"}}],
        container={"volumeMounts": [{"name": "work", "mountPath": "/work"}]},
        volumes=[{"name": "work", "emptyDir": {}}],
    )

    viewed = _made(template, tmp_path / "viewed", repository, isolation=OVERLAY)
    replaced = _made(template, tmp_path / "replaced", repository)

    for folder in ("viewed", "replaced"):
        place = tmp_path / folder / "volumes" / "work" / "in" / "text"
        assert place.read_text(encoding="utf-8") == "hello"
    assert viewed.in_volume("/work/out")
    assert not viewed.in_volume("/workshop")
    assert replaced.template["inputs"]["artifacts"][0]["path"] == str(place)


def test_a_sub_path_that_leads_out_of_its_volume_is_refused(tmp_path: Path, repository: Repository) -> None:
    template = _template(
        [],
        container={"volumeMounts": [{"name": "work", "mountPath": "/work", "subPath": "../../x"}]},
        volumes=[{"name": "work", "emptyDir": {}}],
    )

    with pytest.raises(ManifestError, match="leads out of its volume"):
        _made(template, tmp_path / "pod", repository, isolation=OVERLAY)


def test_an_input_that_is_not_there_says_where_it_was_looked_for(tmp_path: Path, repository: Repository) -> None:
    missing = {"name": "x", "path": "/x", "s3": {"bucket": "models", "key": "a/b"}}

    with pytest.raises(ManifestError, match=r"artifact x failed to load: there is nothing at .*repository/models/a/b"):
        _made(_template([], inputs=[missing]), tmp_path / "pod", repository, isolation=OVERLAY)

    made = _made(_template([], inputs=[{**missing, "optional": True}]), tmp_path / "pod", repository, isolation=OVERLAY)
    assert [mount.target for mount in made.views["main"].mounts] == ["/argo"]


def test_a_mirroring_container_sees_the_mounts_of_the_main_one(tmp_path: Path, repository: Repository) -> None:
    template = _template(
        [],
        container={"volumeMounts": [{"name": "work", "mountPath": "/work"}]},
        volumes=[{"name": "work", "emptyDir": {}}],
        initContainers=[{"name": "first", "image": "busybox", "mirrorVolumeMounts": True}],
        sidecars=[{"name": "beside", "image": "busybox"}],
    )

    views = _made(template, tmp_path / "pod", repository, isolation=OVERLAY).views

    targets = {name: [mount.target for mount in view.mounts] for name, view in views.items()}
    assert targets == {"first": ["/work", "/argo"], "main": ["/work", "/argo"], "beside": []}


@pytest.mark.skipif(os.geteuid() == 0, reason="root may open every folder")
def test_a_folder_that_its_container_has_closed_is_removed_all_the_same(tmp_path: Path) -> None:
    folder = tmp_path / "pod"
    (folder / "a" / "b").mkdir(parents=True)
    (folder / "a" / "b" / "file").touch()
    (folder / "a" / "b").chmod(0)
    (folder / "a").chmod(0)

    discard(folder)

    assert not folder.exists()


def test_an_output_folder_inside_an_input_is_refused(tmp_path: Path) -> None:
    photos = tmp_path / "photos"
    photos.mkdir()
    pod = {"name": "m", "container": {"image": "busybox", "command": ["true"]}}
    spec = {"entrypoint": "m", "templates": [pod], "arguments": {"artifacts": [{"name": "photos"}]}}
    manifest = {"kind": "Workflow", "metadata": {"name": "wf"}, "spec": spec}

    with pytest.raises(UsageError, match="lies in the artifact photos"):
        run(RunRequest(manifest, {}, {"photos": photos}, photos / "out", 1, False, tmp_path / "store"), Silent())

    assert list(photos.iterdir()) == []
