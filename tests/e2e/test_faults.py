"""Every fault that people bring ends with its code and the names of its files, never in a silent success."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import cv2
import numpy as np
import PIL.Image
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from kai_pipelines import Fatal, ImageSet, Quality
from steps.data.render_scene import render_scene
from steps.reconstruction.assess import Assessment, assess_photos
from tests.faulty_photos import FAULTS, SECRETS, blurred, brighter, pixels, save

KAI = Path(sys.executable).parent / "kai"
ERRORS = Path(__file__).parents[2] / "docs" / "reference" / "errors.md"
VIEWS = 6


@pytest.fixture(scope="session")
def good(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Six good photographs of 400 by 300 pixels."""
    scratch = tmp_path_factory.mktemp("good")
    before = os.environ.get("KAI_SCRATCH")
    os.environ["KAI_SCRATCH"] = str(scratch)
    try:
        return render_scene(views=VIEWS, image_size=560).photos.path
    finally:
        if before is None:
            del os.environ["KAI_SCRATCH"]
        else:
            os.environ["KAI_SCRATCH"] = before


@pytest.fixture
def folder(good: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The good photographs, to be spoiled."""
    monkeypatch.setenv("KAI_SCRATCH", str(tmp_path))
    return Path(shutil.copytree(good, tmp_path / "photos"))


def refused(folder: Path, *options: str) -> str:
    """What `kai run reconstruction` says about a folder that it refuses."""
    command = [KAI, "run", "reconstruction", "-a", f"photos={folder}", "-p", "quality=low", *options]
    with tempfile.TemporaryDirectory() as out:
        environment = {**os.environ, "KAI_STORE": f"{out}/store", "COLUMNS": "400"}
        ran = subprocess.run(
            [*command, "-o", f"{out}/out"], env=environment, capture_output=True, text=True, check=False, timeout=60
        )
        assert not (Path(out) / "out" / "model.glb").exists()
    assert ran.returncode == 1, ran.stderr
    assert "Traceback" not in ran.stderr
    assert "hint:" in ran.stderr
    return ran.stderr


def facts(result: Assessment) -> dict[str, list[dict[str, object]]]:
    document: dict[str, list[dict[str, object]]] = json.loads(result.assessment.path.read_text(encoding="utf-8"))
    return document


def codes_of(result: Assessment, files: set[str]) -> set[str]:
    """The codes of the issues that name one of some files."""
    return {str(issue["code"]) for issue in facts(result)["issues"] if files & {*issue["files"]}}


def all_files(folder: Path) -> set[str]:
    """Everything in a folder that is no folder with something in it."""
    found = {path for path in folder.rglob("*") if not path.is_dir() or not any(path.iterdir())}
    return {path.relative_to(folder).as_posix() for path in found}


# The whole pipeline: what ends the run


def test_two_photographs_are_too_few(folder: Path) -> None:
    for path in sorted(folder.iterdir())[2:]:
        path.unlink()

    said = refused(folder)

    assert "too-few-photos" in said
    assert "view-000.jpg" in said


def test_copies_of_one_photograph_are_named_as_such(folder: Path) -> None:
    first, *others = sorted(folder.iterdir())
    values = pixels(first)
    for number, path in enumerate(others):
        save(values, path, quality=60 + 5 * number)

    said = refused(folder)

    assert "copies" in said
    assert others[-1].name in said


def test_files_that_are_no_photographs_are_named_with_what_they_are(folder: Path) -> None:
    text, empty, cut, pipe, *others = sorted(folder.iterdir())
    text.write_text("no photograph", encoding="utf-8")
    empty.write_bytes(b"")
    cut.write_bytes(cut.read_bytes()[:5000])
    pipe.unlink()
    os.mkfifo(pipe)
    (folder / "again").symlink_to(folder)

    said = refused(folder)

    assert "too-few-photos" in said
    for name, reason in ((text, "no image"), (empty, "empty"), (cut, "ends too early"), (pipe, "named pipe")):
        assert re.search(rf"{name.name} \([^)]*{reason}", said)
    assert len(others) == 2


def test_photographs_that_are_all_blurred_are_refused(folder: Path) -> None:
    for path in folder.iterdir():
        save(blurred(pixels(path), 6), path)

    said = refused(folder)

    assert "blurred-photos" in said
    assert "view-003.jpg" in said


def test_photographs_that_are_all_too_dark_are_refused(folder: Path) -> None:
    for path in folder.iterdir():
        save(brighter(pixels(path), 0.04), path)

    said = refused(folder)

    assert "dark-photos" in said
    assert "view-003.jpg" in said


def test_masks_of_other_photographs_are_refused(folder: Path, tmp_path: Path) -> None:
    save(np.full((420, 560, 3), 255, np.uint8), tmp_path / "masks" / "elsewhere.png")

    said = refused(folder, "-a", f"masks={tmp_path / 'masks'}")

    assert "masks-match-no-photo" in said
    assert "elsewhere.png" in said


@pytest.mark.slow
def test_photographs_of_different_things_are_refused(folder: Path) -> None:
    rng = np.random.default_rng(3)
    for path in folder.iterdir():
        save(np.asarray(cv2.resize(rng.integers(0, 255, (42, 56, 3), np.uint8), (560, 420))), path)

    assert "unrelated-photos" in refused(folder)


@pytest.mark.slow
def test_a_camera_that_only_turned_is_refused(folder: Path) -> None:
    """Views of one panorama, as a camera that turns about its center sees it."""
    rng = np.random.default_rng(4)
    around = cv2.resize(rng.integers(0, 255, (120, 400, 3), np.uint8), (4000, 1200), interpolation=cv2.INTER_CUBIC)
    for number, path in enumerate(sorted(folder.iterdir())):
        columns, rows = np.meshgrid(np.arange(560) - 279.5, np.arange(420) - 209.5)
        angle = np.arctan2(columns, 500.0) + 0.12 * number
        height = rows / np.hypot(columns, 500.0)
        x, y = (1000 + 900 * angle).astype(np.float32), (600 + 900 * height).astype(np.float32)
        save(np.asarray(cv2.remap(around, x, y, cv2.INTER_LINEAR)), path)

    assert "no-parallax" in refused(folder)


# What is told and does not end the run, fault by fault


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_among_good_photographs_has_its_code_and_its_file(folder: Path, name: str) -> None:
    before = all_files(folder)
    FAULTS[name].make(folder / "view-002.jpg")
    new = all_files(folder) - before | {"view-002.jpg"}

    result = assess_photos(ImageSet(folder), Quality.LOW)

    told = codes_of(result, new)
    assert told & FAULTS[name].codes if FAULTS[name].codes else told == set()
    _check_invariant(folder, result)


# Any mix of faults


@settings(
    max_examples=8,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(mix=st.dictionaries(st.integers(0, VIEWS - 1), st.sampled_from(sorted(FAULTS)), max_size=VIEWS))
def test_a_mix_of_faults_is_refused_with_a_code_or_every_file_is_accounted_for(
    good: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mix: dict[int, str]
) -> None:
    with tempfile.TemporaryDirectory(dir=tmp_path) as scratch:
        monkeypatch.setenv("KAI_SCRATCH", scratch)
        folder = Path(shutil.copytree(good, Path(scratch) / "photos"))
        for index, name in mix.items():
            FAULTS[name].make(folder / f"view-{index:03}.jpg")

        try:
            result = assess_photos(ImageSet(folder))
        except Fatal as fault:
            _check_refusal(folder, fault)
        else:
            _check_invariant(folder, result)


def _check_refusal(folder: Path, fault: Fatal) -> None:
    assert f"| `{fault.code}` |" in ERRORS.read_text(encoding="utf-8")
    assert fault.hint
    assert fault.files
    names = all_files(folder)
    assert all(any(file == name or file.startswith(f"{name} (") for name in names) for file in fault.files)


def _check_invariant(folder: Path, result: Assessment) -> None:
    """Every file is used or named with a documented code; what is used is clean."""
    document = facts(result)
    used = {str(row["name"]) for row in document["photos"] if row["used"]}
    named = {str(name) for issue in document["issues"] for name in issue["files"]}  # type: ignore[attr-defined]
    for name in all_files(folder):
        assert name in used or f"{name}.jpg" in used or name in named, name
    listed = ERRORS.read_text(encoding="utf-8")
    assert all(f"| `{issue['code']}` |" in listed for issue in document["issues"])
    assert result.quality in set(Quality)
    written = {
        path.relative_to(result.photos.path).as_posix() for path in result.photos.path.rglob("*") if path.is_file()
    }
    assert written == used
    for name in written:
        _check_photo(result.photos.path / name)


def _check_photo(path: Path) -> None:
    with PIL.Image.open(path) as image:
        assert image.mode == "RGB"
        assert np.asarray(image).dtype == np.uint8
        assert image.getexif().get_ifd(0x8825) == {}
        assert image.getexif().get(0x0112, 1) == 1
    content = path.read_bytes()
    assert not any(secret in content for secret in SECRETS)
