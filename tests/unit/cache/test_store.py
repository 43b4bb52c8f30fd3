from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from kai_pipelines.cache.store import Result, Store, digest_of
from kai_pipelines.errors import StoreError


def _file(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def test_equal_contents_are_one_object(tmp_path: Path) -> None:
    store = Store(tmp_path / "store")

    first = store.adopt(_file(tmp_path / "a", "same"))
    second = store.adopt(_file(tmp_path / "b", "same"))

    assert first == second
    assert store.path(first).read_text(encoding="utf-8") == "same"
    assert not (tmp_path / "a").exists()
    assert not (tmp_path / "b").exists()


def test_a_folder_is_its_names_and_contents(tmp_path: Path) -> None:
    def folder(name: str, files: dict[str, str]) -> str:
        (tmp_path / name).mkdir()
        for file, text in files.items():
            _file(tmp_path / name / file, text)
        return digest_of(tmp_path / name)

    plain = folder("a", {"x": "1", "sub/y": "2"})

    assert folder("b", {"sub/y": "2", "x": "1"}) == plain
    assert folder("c", {"x": "1", "sub/z": "2"}) != plain
    assert folder("d", {"x": "1", "sub/y": "3"}) != plain
    assert folder("e", {}) != plain


def test_a_result_is_found_again_only_while_its_objects_are_there(tmp_path: Path) -> None:
    store = Store(tmp_path / "store")
    digest = store.adopt(_file(tmp_path / "a", "content"))
    result = Result({"quality": "löw\n"}, {"a": digest}, "out")
    store.put("key", result)

    assert Store(tmp_path / "store").get("key") == result
    assert store.get("other") is None

    store.path(digest).unlink()
    assert store.get("key") is None


def test_a_torn_result_is_no_result(tmp_path: Path) -> None:
    store = Store(tmp_path / "store")
    _file(store.results / "key.json", '{"parameters": {')

    assert store.get("key") is None


def test_outputs_stand_on_their_own(tmp_path: Path) -> None:
    outside = _file(tmp_path / "outside", "far")
    folder = tmp_path / "out"
    folder.mkdir()
    (folder / "link").symlink_to(outside)
    (folder / "dangling").symlink_to(tmp_path / "nowhere")
    os.mkfifo(folder / "pipe")
    store = Store(tmp_path / "store")

    kept = store.path(store.adopt(folder))
    outside.unlink()

    assert [path.name for path in kept.iterdir()] == ["link"]
    assert (kept / "link").read_text(encoding="utf-8") == "far"


def test_a_file_that_did_not_change_is_not_read_again(tmp_path: Path) -> None:
    photo = _file(tmp_path / "photo", "pixels")
    store = Store(tmp_path / "store")
    digest = store.digest_outside(photo)
    store.remember()
    stamp = photo.stat()
    photo.write_text("PIXELS", encoding="utf-8")
    os.utime(photo, ns=(stamp.st_atime_ns, stamp.st_mtime_ns))  # as if nothing had happened: same size, same time

    assert Store(tmp_path / "store").digest_outside(photo) == digest

    os.utime(photo, ns=(stamp.st_atime_ns, stamp.st_mtime_ns + 1))
    assert Store(tmp_path / "store").digest_outside(photo) == digest_of(photo) != digest


def test_a_store_of_another_version_is_left_alone(tmp_path: Path) -> None:
    Store(tmp_path / "store")
    (tmp_path / "store" / "VERSION").write_text("99\n", encoding="utf-8")

    with pytest.raises(StoreError, match="layout 99") as caught:
        Store(tmp_path / "store")

    assert "KAI_STORE" in str(caught.value)


def test_a_store_that_cannot_be_made_says_so(tmp_path: Path) -> None:
    _file(tmp_path / "store", "a file")

    with pytest.raises(StoreError, match="cannot be used"):
        Store(tmp_path / "store")


def test_folders_of_killed_runs_are_removed_and_those_of_living_ones_stay(tmp_path: Path) -> None:
    store = Store(tmp_path / "store")
    script = (
        "import os, sys; from pathlib import Path; from kai_pipelines.cache.store import Store\n"
        "with Store(Path(sys.argv[1])).workspace() as folder:\n"
        "    (folder / 'file').touch(); os.kill(os.getpid(), 9)\n"
    )
    subprocess.run([sys.executable, "-c", script, str(store.root)], check=False)
    assert len(list(store.runs.glob("*/file"))) == 1

    with store.workspace() as mine:
        (mine / "file").touch()
        with Store(store.root).workspace():
            assert list(store.runs.glob("*/file")) == [mine / "file"]

    assert list(store.runs.iterdir()) == []


def test_a_folder_with_a_pipe_a_dangling_link_and_a_link_to_itself_has_a_digest(tmp_path: Path) -> None:
    folder = tmp_path / "photos"
    _file(folder / "a.jpg", "1")
    plain = digest_of(folder)

    os.mkfifo(folder / "pipe.jpg")
    (folder / "gone.jpg").symlink_to(tmp_path / "nowhere")
    (folder / "again").symlink_to(folder)
    (folder / "sub").mkdir()
    (folder / "sub" / "up").symlink_to(folder)

    assert digest_of(folder) == digest_of(folder) != plain
    _file(folder / "a.jpg", "2")
    assert digest_of(folder) != plain


def test_a_link_to_a_folder_beside_counts_as_what_is_in_it(tmp_path: Path) -> None:
    _file(tmp_path / "outside" / "a.jpg", "1")
    (tmp_path / "linked").mkdir()
    (tmp_path / "linked" / "sub").symlink_to(tmp_path / "outside")
    _file(tmp_path / "copied" / "sub" / "a.jpg", "1")

    assert digest_of(tmp_path / "linked") == digest_of(tmp_path / "copied")
