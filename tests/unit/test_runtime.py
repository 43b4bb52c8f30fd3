"""Inside the pod: arguments in, outputs written whole, and an exit code that says what kind of fault it was."""

from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import NamedTuple

import numpy as np
import pytest

from kai_pipelines import (
    Fatal,
    Figures,
    File,
    Folder,
    ImageSet,
    Mesh,
    Quality,
    Retryable,
    step,
)
from kai_pipelines.authoring.values import encode
from kai_pipelines.runtime import main

HERE = __name__


class Outcome(NamedTuple):
    """Several outputs."""

    title: str
    number: int
    mesh: Mesh
    mask: Mesh | None
    folder: Folder


@step
def build(
    photos: ImageSet, title: str = "untitled", count: int = 1, quality: Quality = Quality.LOW, mask: Mesh | None = None
) -> Outcome:
    """Everything at once."""
    mesh = Mesh.new("mesh")
    mesh.path.write_text(f"{title} {count} {quality} {sorted(p.name for p in photos.path.iterdir())}")
    folder = Folder.new()
    (folder.path / "inner").mkdir()
    (folder.path / "inner" / "file.txt").write_text("inside")
    return Outcome(title, count, mesh, mask, folder)


@step
def gather(parts: list[Mesh]) -> Figures:
    """Many files."""
    figures = Figures.new("figures")
    figures.path.write_text(json.dumps([part.path.name for part in parts]))
    return figures


@step
def pass_through(photos: ImageSet) -> ImageSet:
    """An input as it is."""
    return photos


@step
def echo(text: str) -> str:
    """A text as it is."""
    return text


@step
def leave_file_elsewhere(place: str) -> File:
    """A file outside the scratch folder."""
    path = Path(place)
    path.write_text("elsewhere")
    return File(path)


@step
def fail(how: str) -> int:
    """Ends badly in a given way."""
    match how:
        case "fatal":
            raise Fatal("the photographs are black", code="dark-photos", files=["a.jpg"], hint="use a lamp")
        case "retryable":
            raise Retryable("the service is busy", code="busy")
        case "memory":
            raise MemoryError
        case "allocation":
            np.empty(1 << 60, np.uint8)
            return 0
        case "c++":
            raise RuntimeError("std::bad_alloc")
        case "kernel":
            raise OSError(errno.ENOMEM, "Cannot allocate memory")
        case "opencv":
            error = type("error", (Exception,), {"code": -4, "__module__": "cv2"})
            raise error("(-4:Insufficient memory) Failed to allocate 1 bytes")
        case "disk":
            raise OSError(errno.ENOSPC, "No space left on device")
        case "missing":
            raise FileNotFoundError(errno.ENOENT, "No such file", "model.bin")
        case "value":
            raise ValueError("a bug of ours")
        case "mistake":
            return len(how.no_such_attribute)  # type: ignore[attr-defined]  # pyright: ignore
        case "exit":
            sys.exit(7)
        case _:
            return "not a number"  # type: ignore[return-value]  # pyright: ignore[reportReturnType]


@step
def give_wrong_file(kind: str) -> Mesh:
    """Returns what is no file."""
    return {"path": Path("mesh.ply"), "absent": Mesh(Path("absent.ply")), "none": None}[kind]  # type: ignore[return-value]  # pyright: ignore[reportReturnType]


def run(name: str, *flags: str) -> int:
    return main([f"{HERE}:{name}", *flags])


@pytest.fixture(autouse=True)
def importable(monkeypatch: pytest.MonkeyPatch) -> None:
    """The runtime imports this very module by its name."""
    monkeypatch.setitem(sys.modules, HERE, sys.modules[__name__])
    monkeypatch.delenv("KAI_SCRATCH", raising=False)


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    folder = tmp_path / "photos"
    folder.mkdir()
    (folder / "a.jpg").write_bytes(b"a")
    return folder


# Arguments


def test_arguments_are_read_with_the_annotations_of_the_step_and_defaults_fill_the_rest(
    tmp_path: Path, photos: Path
) -> None:
    mesh = tmp_path / "out" / "mesh.ply"

    code = run("build", f"--photos={photos}", "--title=a=b", "--quality=high", f"--output.mesh={mesh}")

    assert code == 0
    assert mesh.read_text() == "a=b 1 high ['a.jpg']"


@pytest.mark.parametrize("text", ["", "-x", "--output.x=y", "two\nlines\n", "=", "ü ☂"])
def test_a_text_arrives_and_leaves_as_it_is(tmp_path: Path, text: str) -> None:
    out = tmp_path / "text"

    assert run("echo", f"--text={text}", f"--output.result={out}") == 0

    assert out.read_bytes() == text.encode() + b"\n"  # Argo takes one newline off


def test_an_escaped_text_is_a_plain_text_inside_the_step(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[str] = []

    def look(text: str) -> str:
        seen.append(text)
        return text

    monkeypatch.setattr(echo, "function", look)

    assert run("echo", f"--text={encode('{{x}}', str)}", f"--output.result={tmp_path / 'text'}") == 0

    assert seen == ["{{x}}"]
    assert (tmp_path / "text").read_text() == encode("{{x}}", str) + "\n"


def test_many_files_come_in_the_order_of_their_numbers(tmp_path: Path) -> None:
    parts, out = tmp_path / "parts", tmp_path / "figures.json"
    parts.mkdir()
    for name in ("10.ply", "9.ply", "0.ply", "notes.ply"):
        (parts / name).touch()

    assert run("gather", f"--parts={parts}", f"--output.result={out}") == 0

    assert json.loads(out.read_text()) == ["0.ply", "9.ply", "10.ply", "notes.ply"]


def test_no_files_at_all_are_an_empty_list(tmp_path: Path) -> None:
    out = tmp_path / "figures.json"

    assert run("gather", f"--parts={tmp_path / 'absent'}", f"--output.result={out}") == 0

    assert json.loads(out.read_text()) == []


def test_an_optional_file_for_which_kubernetes_mounted_an_empty_folder_is_none(tmp_path: Path, photos: Path) -> None:
    mounted, out = tmp_path / "mask.ply", tmp_path / "out.ply"
    mounted.mkdir()

    assert run("build", f"--photos={photos}", f"--mask={mounted}", f"--output.mask={out}") == 0
    assert not out.exists()


def test_an_optional_file_that_is_absent_is_none_and_leaves_no_output(tmp_path: Path, photos: Path) -> None:
    out = tmp_path / "mask.ply"

    assert run("build", f"--photos={photos}", f"--mask={tmp_path / 'absent.ply'}", f"--output.mask={out}") == 0

    assert not out.exists()


WRONG: list[tuple[str, Sequence[str], str]] = [
    ("build", ["--photos={photos}", "--count=many"], "--count: 'many' is not int"),
    ("build", ["--photos={photos}", "--quality=best"], "--quality: 'best' is not one of low, medium, high"),
    ("build", [], "--photos is missing"),
    ("build", ["--photos={photos}/absent"], "--photos: there is nothing at"),
    ("build", ["--photos={photos}", "--sise=3"], "build has no input sise"),
    ("build", ["photos"], "'photos' is not --name=value"),
    ("build", ["--photos"], "'--photos' is not --name=value"),
    ("echo", [], "--text is missing"),
    ("absent", [], ":absent is no step"),
    ("run", [], ":run is no step"),
]


@pytest.mark.parametrize(("name", "flags", "reason"), WRONG)
def test_a_wrong_argument_is_one_clear_line_and_exit_code_64(
    name: str, flags: Sequence[str], reason: str, photos: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code = run(name, *(flag.format(photos=photos) for flag in flags))

    said = capsys.readouterr().err
    assert code == 64
    assert said.startswith("error: ")
    assert reason in said
    assert "Traceback" not in said
    assert len(said.splitlines()) <= 2  # the second is a hint


def test_a_module_that_is_not_there_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["steps.no_such_module:step"]) == 64
    assert "cannot import steps.no_such_module" in capsys.readouterr().err
    assert main(["no_such_package.module:step"]) == 64
    assert main(["no address"]) == 64
    assert main([]) == 64
    assert "usage: " in capsys.readouterr().err


def test_an_output_that_the_step_does_not_have_is_refused_before_it_runs(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("fail", "--how=retryable", f"--output.imagined={tmp_path / 'x'}") == 64
    assert "fail has no output imagined" in capsys.readouterr().err


# How it ends


@pytest.mark.parametrize(
    ("how", "code", "said"),
    [
        ("fatal", 65, "error: dark-photos: the photographs are black [a.jpg]\n  hint: use a lamp\n"),
        ("retryable", 75, "error: busy: the service is busy\n"),
        *(
            (how, 137, "error: out-of-memory: out of memory")
            for how in ("memory", "allocation", "c++", "kernel", "opencv")
        ),
        ("disk", 75, "No space left on device"),
        ("wrong result", 65, "fail returned a wrong result: 'not a number' is not int"),
    ],
)
def test_a_fault_that_has_a_name_is_one_message_and_its_exit_code(
    how: str, code: int, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("fail", f"--how={how}", f"--output.result={tmp_path / 'result'}") == code

    error = capsys.readouterr().err
    assert said in error
    assert "Traceback" not in error
    assert not (tmp_path / "result").exists()


@pytest.mark.parametrize("kind", ["path", "absent", "none"])
def test_a_result_that_is_no_file_is_a_fault_of_the_step(
    kind: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("give_wrong_file", f"--kind={kind}", f"--output.result={tmp_path / 'mesh.ply'}") == 65
    assert "wrong-result: give-wrong-file returned" in capsys.readouterr().err


@pytest.mark.parametrize(("how", "code"), [("value", 1), ("missing", 1), ("mistake", 70)])
def test_a_crash_shows_its_traceback_and_a_mistake_in_the_code_is_told_from_bad_luck(how: str, code: int) -> None:
    made = subprocess.run(
        [sys.executable, "-m", "kai_pipelines.runtime", "tests.unit.test_runtime:fail", f"--how={how}"],
        cwd=Path(__file__).parents[2], capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert made.returncode == code
    assert "Traceback" in made.stderr


def test_a_step_that_exits_keeps_its_own_code() -> None:
    with pytest.raises(SystemExit) as caught:
        run("fail", "--how=exit")

    assert caught.value.code == 7


# Outputs


def test_outputs_land_where_the_manifest_says_and_nothing_else_is_left(tmp_path: Path, photos: Path) -> None:
    out = tmp_path / "out"

    flags = [f"--output.{name}={out / file}" for name, file in
             (("title", "title"), ("number", "number"), ("mesh", "mesh.ply"), ("folder", "folder"))]  # fmt: skip
    assert run("build", f"--photos={photos}", "--count=3", *flags) == 0

    assert sorted(path.name for path in out.iterdir()) == ["folder", "mesh.ply", "number", "title"]
    assert (out / "title").read_text() == "untitled\n"
    assert (out / "number").read_text() == "3\n"
    assert (out / "folder" / "inner" / "file.txt").read_text() == "inside"


def test_an_output_that_lies_there_already_is_replaced(tmp_path: Path, photos: Path) -> None:
    out = tmp_path / "folder"
    (out / "old").mkdir(parents=True)

    assert run("build", f"--photos={photos}", f"--output.folder={out}") == 0

    assert [path.name for path in out.iterdir()] == ["inner"]


def test_a_part_that_an_earlier_killed_try_left_behind_does_not_disturb(tmp_path: Path, photos: Path) -> None:
    (tmp_path / ".mesh.ply.part").mkdir()

    assert run("build", f"--photos={photos}", f"--output.mesh={tmp_path / 'mesh.ply'}") == 0

    assert sorted(path.name for path in tmp_path.iterdir()) == ["mesh.ply", "photos"]


def test_an_input_that_is_passed_through_is_copied_and_stays(tmp_path: Path, photos: Path) -> None:
    out = tmp_path / "out"

    assert run("pass_through", f"--photos={photos}", f"--output.result={out}") == 0

    assert (photos / "a.jpg").read_bytes() == (out / "a.jpg").read_bytes() == b"a"


def test_a_file_that_the_step_made_elsewhere_stays_there(tmp_path: Path) -> None:
    place, out = tmp_path / "elsewhere.bin", tmp_path / "out.bin"

    assert run("leave_file_elsewhere", f"--place={place}", f"--output.result={out}") == 0

    assert place.read_text() == out.read_text() == "elsewhere"


def test_an_output_nobody_wants_is_not_written(tmp_path: Path, photos: Path) -> None:
    before = sorted(tmp_path.rglob("*"))

    assert run("build", f"--photos={photos}", f"--output.title={tmp_path / 'title'}") == 0

    assert sorted(tmp_path.rglob("*")) == sorted([*before, tmp_path / "title"])


def test_the_scratch_folder_is_on_the_file_system_of_the_outputs_and_gone_afterwards(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[str] = []

    def look(text: str) -> str:
        seen.append(os.environ["KAI_SCRATCH"])
        return text

    monkeypatch.setattr(echo, "function", look)

    assert run("echo", "--text=x", f"--output.result={tmp_path / 'out' / 'text'}") == 0

    assert Path(seen[0]).parent == tmp_path / "out"
    assert not Path(seen[0]).exists()
    assert "KAI_SCRATCH" not in os.environ


def test_a_fault_leaves_no_scratch_behind(tmp_path: Path) -> None:
    assert run("fail", "--how=fatal", f"--output.result={tmp_path / 'result'}") == 65

    assert list(tmp_path.iterdir()) == []


def test_the_runtime_imports_nothing_heavy() -> None:
    program = "import sys, kai_pipelines.runtime; print(sorted({'numpy', 'click', 'rich', 'pydantic', 'hera'} & set(sys.modules)))"

    made = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert made.stdout.strip() == "[]"


def test_a_full_disk_is_told_as_such_however_a_library_says_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    source = (
        "from kai_pipelines import Report, step\n\n\n@step\ndef write() -> Report:\n"
        "    raise RuntimeError('short write')\n"
    )
    (tmp_path / "writing_to_a_full_disk.py").write_text(source, encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr("shutil.disk_usage", lambda _: SimpleNamespace(free=4096))

    code = main(["writing_to_a_full_disk:write", f"--output.result={tmp_path}/result.html"])

    told = capsys.readouterr().err
    assert code == 75
    assert "no-space: no space left on the disk of" in told
    assert "short write" in told
