"""The command line as its users meet it: real processes, exit codes, messages, files."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

KAI = Path(sys.executable).parent / "kai"

FLOW = '''
from typing import NamedTuple

from kai_pipelines import Fatal, Folder, Quality, Report, Retry, Retryable, pipeline, step


class Counted(NamedTuple):
    count: int
    report: Report


@step
def count_files(photos: Folder) -> Counted:
    """Count files."""
    found = len(list(photos.path.iterdir()))
    if found == 0:
        raise Fatal("the folder is empty", code="no-photos", files=["."], hint="put photographs into it")
    report = Report.new()
    report.path.write_text(f"<p>{found}</p>")
    return Counted(found, report)


@step
def double(number: int, quality: Quality) -> int:
    print("doubling", flush=True)
    return 2 * number


class Result(NamedTuple):
    number: int
    summary_html: Report


@pipeline(title="A flow")
def flow(photos: Folder, quality: Quality = Quality.LOW) -> Result:
    """Counts and doubles."""
    counted = count_files(photos)
    return Result(double(counted.count, quality), counted.report)
'''


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A folder with flow.py and three photographs."""
    (tmp_path / "flow.py").write_text(FLOW, encoding="utf-8")
    (tmp_path / "photos").mkdir()
    for name in ("a", "b", "c"):
        (tmp_path / "photos" / f"{name}.jpg").write_text(name, encoding="utf-8")
    return tmp_path


def kai(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run `kai` in a folder, with a store of its own there."""
    environment = {**os.environ, "KAI_STORE": str(folder / "store"), "XDG_CACHE_HOME": str(folder / "cache")}
    return subprocess.run([KAI, *arguments], cwd=folder, env=environment, capture_output=True, text=True, check=False)


def test_a_run_leaves_its_outputs_logs_and_record(project: Path) -> None:
    ran = kai(project, "run", "flow.py", "-a", "photos=photos", "-o", "out")

    assert ran.returncode == 0, ran.stderr
    assert (project / "out" / "summary.html").read_text(encoding="utf-8") == "<p>3</p>"
    record = json.loads((project / "out" / "workflow.json").read_text(encoding="utf-8"))
    assert record["kind"] == "Workflow"
    assert record["status"]["phase"] == "Succeeded"
    entrypoint = record["status"]["nodes"][record["metadata"]["name"]]
    assert {"name": "number", "value": "6"} in entrypoint["outputs"]["parameters"]
    assert any("doubling" in log.read_text(encoding="utf-8") for log in (project / "out" / "logs").iterdir())


def test_a_second_run_executes_nothing(project: Path) -> None:
    kai(project, "run", "flow.py", "-a", "photos=photos", "-o", "out")

    again = kai(project, "run", "flow.py", "-a", "photos=photos", "-o", "elsewhere")

    assert "0 executed, 2 from the store" in again.stderr
    assert (project / "elsewhere" / "summary.html").is_file()


def test_editing_a_step_runs_it_again_and_what_depends_on_a_changed_output(project: Path) -> None:
    kai(project, "run", "flow.py", "-a", "photos=photos", "-o", "out")

    (project / "flow.py").write_text(FLOW.replace("2 * number", "number + number"), encoding="utf-8")
    last_edited = kai(project, "run", "flow.py", "-a", "photos=photos", "-o", "out")
    (project / "flow.py").write_text(FLOW.replace("<p>{found}", "<p>{found:d}"), encoding="utf-8")
    first_edited = kai(project, "run", "flow.py", "-a", "photos=photos", "-o", "out")

    assert "1 executed, 1 from the store" in last_edited.stderr
    assert "1 executed, 1 from the store" in first_edited.stderr  # its count did not change


def test_a_changed_photograph_is_noticed(project: Path) -> None:
    kai(project, "run", "flow.py", "-a", "photos=photos", "-o", "out")

    (project / "photos" / "d.jpg").write_text("d", encoding="utf-8")
    again = kai(project, "run", "flow.py", "-a", "photos=photos", "-o", "out")

    assert "2 executed, 0 from the store" in again.stderr


def test_json_prints_one_document_and_nothing_else(project: Path) -> None:
    ran = kai(project, "run", "flow.py", "-a", "photos=photos", "-o", "out", "--json")

    assert json.loads(ran.stdout)["status"]["phase"] == "Succeeded"


def test_a_failed_run_names_step_reason_log_and_the_command_to_run_again(project: Path) -> None:
    (project / "empty").mkdir()

    ran = kai(project, "run", "flow.py", "-a", "photos=empty", "-o", "out")

    assert ran.returncode == 1
    assert "failed: flow.count-files" in ran.stderr
    told, _, where = ran.stderr.partition("failed: ")
    assert told.endswith("error: no-photos: the folder is empty [.]\n  hint: put photographs into it\n")
    assert where.splitlines()[1] == f"  all that it said is in {project}/out/logs/flow.count-files.log"
    assert "kai run flow.py -a photos=empty -o out" in ran.stderr
    assert "Traceback" not in ran.stderr
    assert json.loads((project / "out" / "workflow.json").read_text(encoding="utf-8"))["status"]["phase"] == "Failed"


def test_ctrl_c_says_how_to_go_on_and_no_more(project: Path) -> None:
    slow = FLOW.replace('print("doubling", flush=True)', "import time; time.sleep(60)")
    (project / "flow.py").write_text(slow, encoding="utf-8")
    command = [str(KAI), "run", "flow.py", "-a", "photos=photos", "-o", "out"]
    environment = {**os.environ, "KAI_STORE": str(project / "store")}
    with subprocess.Popen(command, cwd=project, env=environment, stderr=subprocess.PIPE, text=True) as running:
        assert running.stderr is not None
        seen = next(line for line in running.stderr if "double" in line)
        running.send_signal(signal.SIGINT)
        seen += running.stderr.read()

    assert running.returncode == 1
    assert "stopped; what is finished is kept. Go on with:" in seen
    assert "kai run flow.py -a photos=photos -o out" in seen
    assert "the last lines of" not in seen


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("run", "nothing"), "there is no pipeline 'nothing'"),
        (("run", "missing.py"), "there is no file missing.py"),
        (("run", "missing.yaml"), "there is no file missing.yaml"),
        (("run", "flow.py:other", "-a", "photos=photos"), "has no pipeline 'other'"),
        (("run", "flow.py"), "needs the artifact photos"),
        (("run", "flow.py", "-a", "photos=nowhere"), "there is nothing at"),
        (("run", "flow.py", "-a", "photos="), "-a photos= names no file or folder"),
        (("run", "flow.py", "-a", "photos=flow.py"), "artifact photos: flow.py is a file"),
        (("run", "flow.py", "-a", "photos=photos", "-p", "quality=best"), "'best' is not one of low, medium, high"),
        (("run", "flow.py", "-a", "photos=photos", "-p", "qualty=low"), "has no parameter qualty"),
        (("run", "flow.py", "-a", "photos=photos", "-p", "quality"), "is not name=value"),
        (("run", "flow.py", "-a", "pictures=photos"), "has no artifact pictures"),
        (("run", "flow.py", "-a", "photos=photos", "-o", "flow.py/out"), "cannot be written"),
        (("run", "flow.py", "-a", "photos=photos", "--jobs", "0"), "--jobs"),
        (("compile",), "name pipelines to compile"),
        (("graph", "flow.py", "--format", "png"), "--format"),
        (("nonsense",), "nonsense"),
    ],
)
def test_wrong_usage_exits_2_with_one_clear_message(project: Path, arguments: tuple[str, ...], said: str) -> None:
    ran = kai(project, *arguments)

    assert ran.returncode == 2, ran.stderr
    assert said in ran.stderr
    assert "Traceback" not in ran.stderr


def test_a_compiled_manifest_runs_like_its_pipeline(project: Path) -> None:
    manifest = kai(project, "compile", "flow.py").stdout
    (project / "flow.yaml").write_text(manifest, encoding="utf-8")
    environment = {**os.environ, "KAI_STORE": str(project / "store"), "PYTHONPATH": str(project)}

    command = [KAI, "run", "flow.yaml", "-a", "photos=photos", "-o", "out", "-p", "quality=high"]
    ran = subprocess.run(command, cwd=project, env=environment, capture_output=True, text=True, check=False)

    assert ran.returncode == 0, ran.stderr
    assert (project / "out" / "summary.html").is_file()


def test_a_store_of_another_layout_is_refused_and_left_alone(project: Path) -> None:
    (project / "store").mkdir()
    (project / "store" / "VERSION").write_text("999\n", encoding="utf-8")

    ran = kai(project, "run", "flow.py", "-a", "photos=photos", "-o", "out")

    assert ran.returncode == 2
    assert "has layout 999" in ran.stderr
    assert (project / "store" / "VERSION").read_text(encoding="utf-8") == "999\n"


def test_new_writes_a_pipeline_a_step_and_a_test_that_work(project: Path) -> None:
    made = kai(project, "new", "my-first")
    ran = kai(project, "run", "my-first", "-a", "photos=photos", "-o", "out")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests"]
    tested = subprocess.run(
        command, cwd=project, capture_output=True, text=True, check=False, env={**os.environ, "PYTHONPATH": "."}
    )

    assert made.returncode == 0
    assert ran.returncode == 0, ran.stderr
    assert tested.returncode == 0, tested.stdout
    assert kai(project, "new", "my-first").returncode == 2  # it is there already
    assert kai(project, "new", "class").returncode == 2


def test_the_graph_shows_the_steps(project: Path) -> None:
    drawn = kai(project, "graph", "flow.py", "--format", "mermaid")

    assert drawn.returncode == 0, drawn.stderr
    assert drawn.stdout.startswith("flowchart")
    assert "count-files" in drawn.stdout
