"""Every fault that people bring ends with its code and the names of its files, never in a silent success."""

from __future__ import annotations

import json
import os
import re
import shutil
import struct
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import PIL.Image
import pycolmap
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from kai_pipelines import Fatal, ImageSet, Quality
from steps.data.render_scene import RenderedScene, render_scene
from steps.reconstruction.assess import Assessment, assess_photos
from tests.faulty_photos import (
    FAULTS,
    LATITUDE,
    LONGITUDE,
    SECRETS,
    blurred,
    brighter,
    collage,
    pixels,
    save,
    turned_on_the_spot,
    with_private_data,
)

KAI = Path(sys.executable).parent / "kai"
ERRORS = Path(__file__).parents[2] / "docs" / "reference" / "errors.md"
HEIC = Path(__file__).parent / "photographs" / "view-002.heic"
"""The third of the good photographs, as a phone would have saved it, with GPS; nothing here can write such a file."""
WITHOUT_PRIVILEGE = ("setpriv", "--bounding-set=-dac_override,-dac_read_search", "--inh-caps=-dac_override")
"""Begins a command in which root may read no more than others."""
VIEWS = 6
METERS_PER_DEGREE, COSINE = 111_180.0, 0.6775
"""Along a meridian at 47.4° north, and by what a degree of longitude is shorter there."""
CAMERAS = """
from kai_pipelines import ImageSet, SparseModel, pipeline
from steps.reconstruction.align import align_photos
from steps.reconstruction.assess import assess_photos


@pipeline
def cameras(photos: ImageSet, largest: bool = False) -> SparseModel:
    assessed = assess_photos(photos)
    return align_photos(assessed.photos, assessed.masks, assessed.assessment, 3000, largest).sparse
"""


def _rendered(scratch: Path, seed: int) -> RenderedScene:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("KAI_SCRATCH", str(scratch))
        return render_scene(views=VIEWS, image_size=560, seed=seed)


@pytest.fixture(scope="session")
def scene(tmp_path_factory: pytest.TempPathFactory) -> RenderedScene:
    """A stone on a slab."""
    return _rendered(tmp_path_factory.mktemp("good"), 0)


@pytest.fixture
def good(scene: RenderedScene) -> Path:
    """Six good photographs of 560 by 420 pixels."""
    return scene.photos.path


@pytest.fixture
def truth(scene: RenderedScene) -> Path:
    """Where they were taken."""
    return scene.ground_truth.path


@pytest.fixture
def other(tmp_path: Path) -> Path:
    """As many good photographs of another stone."""
    scratch = tmp_path / "other"
    scratch.mkdir()
    return _rendered(scratch, 1).photos.path


@pytest.fixture
def folder(good: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The good photographs, to be spoiled."""
    monkeypatch.setenv("KAI_SCRATCH", str(tmp_path))
    return Path(shutil.copytree(good, tmp_path / "photos"))


def refused(folder: Path, *options: str, through: Sequence[str] = ()) -> str:
    """What `kai run reconstruction` says about a folder that it refuses, perhaps started by another command."""
    command = [*through, KAI, "run", "reconstruction", "-a", f"photos={folder}", "-p", "quality=low", *options]
    with tempfile.TemporaryDirectory() as out:
        environment = {**os.environ, "KAI_STORE": f"{out}/store", "COLUMNS": "400"}
        ran = subprocess.run(
            [*command, "-o", f"{out}/out"], env=environment, capture_output=True, text=True, check=False, timeout=600
        )
        assert not (Path(out) / "out" / "model.glb").exists()
    assert ran.returncode == 1, ran.stderr
    assert "Traceback" not in ran.stderr
    assert "hint:" in ran.stderr
    return ran.stderr


def kai(folder: Path, place: Path, target: str | Path, *options: str) -> subprocess.CompletedProcess[str]:
    """`kai run` on a folder of photographs, with its outputs and its store in a place."""
    environment = {**os.environ, "KAI_STORE": f"{place}/store", "COLUMNS": "400"}
    command = [KAI, "run", target, "-a", f"photos={folder}", *options, "-o", place / "out"]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=600)


@dataclass(frozen=True)
class Cameras:
    """What `CAMERAS` made of a folder."""

    said: str
    placed: list[str]
    """Names of the photographs that have a camera."""
    peak_bytes: dict[str, int]
    """Memory, by step."""


def cameras(folder: Path, place: Path, *options: str) -> Cameras:
    """The cameras of a folder's photographs."""
    flow = place / "flow.py"
    flow.write_text(CAMERAS, encoding="utf-8")
    ran = kai(folder, place, flow, *options)
    assert ran.returncode == 0, ran.stderr
    record = json.loads((place / "out" / "workflow.json").read_text(encoding="utf-8"))
    metrics = {
        node["templateName"]: json.loads(parameter["value"])
        for node in record["status"]["nodes"].values()
        if node["type"] == "Pod"
        for parameter in node["outputs"]["parameters"]
        if parameter["name"] == "metrics"
    }
    model = pycolmap.Reconstruction(place / "out" / "result")
    placed = [image.name for image in model.images.values() if image.has_pose]
    return Cameras(ran.stderr, placed, {name: one["peak_memory_bytes"] for name, one in metrics.items()})


def gives_away() -> list[bytes]:
    """What tells of a person or, as EXIF packs numbers, of a place."""
    degrees = [
        struct.pack(f"{order}4I", whole, 1, minutes, 1) for order in "<>" for whole, minutes in ((47, 22), (8, 32))
    ]
    return [*SECRETS, *degrees]


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


def test_masks_of_another_shape_are_refused(folder: Path, tmp_path: Path) -> None:
    save(np.full((300, 300, 3), 255, np.uint8), tmp_path / "masks" / "view-001.png")

    said = refused(folder, "-a", f"masks={tmp_path / 'masks'}")

    assert "mask-size" in said
    assert "view-001.jpg (300 × 300 for 560 × 420 pixels)" in said


def test_raw_files_alone_are_refused(folder: Path) -> None:
    for path in folder.iterdir():
        path.rename(path.with_suffix(".CR2"))

    said = refused(folder)

    assert "unsupported-photos" in said
    assert "view-003.CR2" in said
    assert "Export them as JPEG or TIFF" in said


def test_photographs_of_one_pixel_are_refused(folder: Path) -> None:
    for path in folder.iterdir():
        save(np.full((1, 1, 3), 200, np.uint8), path)

    said = refused(folder)

    assert "too-few-photos" in said
    assert "view-000.jpg (it is 1 × 1 pixels; 64 are the least), view-001.jpg (it is 1 × 1" in said


@pytest.mark.skipif(os.geteuid() == 0 and not shutil.which("setpriv"), reason="root may read everything")
def test_photographs_that_may_not_be_read_are_named(folder: Path) -> None:
    for path in sorted(folder.iterdir())[:4]:
        path.chmod(0)

    said = refused(folder, through=WITHOUT_PRIVILEGE if os.geteuid() == 0 else ())

    assert "too-few-photos" in said
    assert "view-003.jpg (it cannot be read (Permission denied))" in said


@pytest.mark.slow
def test_photographs_of_different_things_are_refused(folder: Path) -> None:
    for number, path in enumerate(sorted(folder.iterdir())):
        save(collage(number, 560, 420), path)

    said = refused(folder)

    assert "unrelated-photos" in said
    assert all(path.name in said for path in folder.iterdir())


@pytest.mark.slow
def test_a_camera_that_only_turned_is_refused(folder: Path) -> None:
    around = collage(4, 4000, 1200, shapes=4000)
    for number, path in enumerate(sorted(folder.iterdir())):
        save(turned_on_the_spot(around, 0.12 * number), path)

    said = refused(folder)

    assert "no-parallax" in said
    assert all(path.name in said for path in folder.iterdir())


@pytest.mark.slow
def test_two_scenes_are_refused_and_with_largest_the_smaller_one_is_left_out(
    folder: Path, other: Path, tmp_path: Path
) -> None:
    others = [shutil.copy(path, folder / f"other {path.name}").name for path in sorted(other.iterdir())[:5]]

    said = refused(folder)
    found = cameras(folder, tmp_path, "--largest")

    assert "two-scenes" in said
    assert f"5: {', '.join(others)}" in said
    assert "6: view-000.jpg" in said
    assert "largest=true" in said
    assert set(found.placed) == {f"view-{number:03}.jpg" for number in range(VIEWS)}
    assert "warning: other-scene: 5 of 11 photographs are of something else, and left out" in found.said


@pytest.mark.slow
def test_two_scenes_under_the_same_logo_are_refused_by_name(folder: Path, other: Path) -> None:
    for path in sorted(other.iterdir())[:4]:
        shutil.copy(path, folder / f"other {path.name}")
    logo = collage(9, 130, 60, 120)
    for path in folder.iterdir():
        values = pixels(path).copy()
        values[-70:-10, 10:140] = logo
        save(values, path)

    said = refused(folder)

    assert "two-scenes" in said
    assert "6: view-000.jpg" in said
    assert ": other view-000.jpg, other view-" in said


# The cameras: what is left out, and what is as good as any


@pytest.mark.slow
def test_an_unrelated_photograph_and_a_flipped_one_among_good_ones_are_left_out_by_name(
    folder: Path, tmp_path: Path
) -> None:
    save(collage(7, 560, 420), folder / "holiday.jpg")
    save(np.ascontiguousarray(pixels(folder / "view-002.jpg")[:, ::-1]), folder / "a flipped one.jpg", quality=97)

    found = cameras(folder, tmp_path)

    assert set(found.placed) == {f"view-{number:03}.jpg" for number in range(VIEWS)}
    assert re.search("warning: unrelated-photo: .*holiday.jpg", found.said)
    assert re.search("warning: mirrored-photo: .*a flipped one.jpg", found.said)


@pytest.mark.slow
def test_odd_names_the_same_name_twice_and_a_heic_are_as_good_as_any(folder: Path, tmp_path: Path) -> None:
    odd = {
        "view-000.jpg": "left side/IMG 1.jpg", "view-001.jpg": "right/IMG 1.jpg", "view-003.jpg": "Фото 写真 🏛.jpg",
        "view-004.jpg": "-n 'quoted' \"twice\" $HOME; & #1.jpg", "view-005.jpg": " {{inputs.parameters.x}} %20 .JPG",
    }  # fmt: skip
    for name, new in odd.items():
        (folder / new).parent.mkdir(exist_ok=True)
        (folder / name).rename(folder / new)
    (folder / "view-002.jpg").unlink()
    shutil.copy(HEIC, folder)

    found = cameras(folder, tmp_path)

    assert set(found.placed) == {*odd.values(), "view-002.heic.jpg"}
    (warning,) = [line for line in found.said.splitlines() if line.startswith("warning: ")]
    assert warning.startswith("warning: gps-too-little")  # it alone has GPS


@pytest.mark.slow
def test_a_photograph_of_200_million_pixels_takes_bounded_memory(folder: Path, tmp_path: Path) -> None:
    save(np.tile(pixels(folder / "view-000.jpg"), (24, 36, 1)), folder / "view-000.jpg")

    found = cameras(folder, tmp_path)

    assert "warning: very-large: 1 of 6 photographs are so large" in found.said
    assert found.peak_bytes["assess-photos"] < 1.5 * 2**30
    assert found.peak_bytes["align-photos"] < 2 * 2**30
    assert {f"view-{number:03}.jpg" for number in range(1, VIEWS)} <= set(found.placed)


@pytest.mark.slow
def test_gps_gives_meters_and_is_in_nothing_that_is_written(folder: Path, truth: Path, tmp_path: Path) -> None:
    known = json.loads((truth / "cameras.json").read_text(encoding="utf-8"))
    centers = {name: 30 * -np.array(one["R"]).T @ one["t"] for name, one in known.items()}
    secrets = gives_away()
    for name, (east, north, up) in centers.items():
        place = LATITUDE + north / METERS_PER_DEGREE, LONGITUDE + east / METERS_PER_DEGREE / COSINE, 400 + up
        with_private_data(pixels(folder / name), folder / name, place)
        secrets += [f"{place[0]:.6f}".encode(), f"{place[1]:.6f}".encode()]
    given = {path.read_bytes() for path in folder.iterdir()}

    ran = kai(folder, tmp_path, "reconstruction", "-p", "quality=low")

    assert ran.returncode == 0, ran.stderr
    figures = json.loads((tmp_path / "out" / "metrics.json").read_text(encoding="utf-8"))
    assert (figures["scale_source"], figures["unit"]) == ("gps", "m")
    cameras = json.loads((tmp_path / "out" / "cameras.json").read_text(encoding="utf-8"))
    found = [-np.array(one["R"]).T @ one["t"] for _, one in sorted(cameras.items())]
    true = [center for _, center in sorted(centers.items())]
    assert np.linalg.norm(found[0] - found[3]) == pytest.approx(np.linalg.norm(true[0] - true[3]), rel=0.01)
    written = [path for path in tmp_path.rglob("*") if path.is_file() and path.parent != folder]
    assert len(written) > 50
    for path in written:
        content = path.read_bytes()
        if content not in given:  # the store keeps what it was given beside what it made
            assert [secret for secret in secrets if secret in content] == [], path


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
