"""The engine with real processes: what they see, how they end, and that none of them stays behind."""

from __future__ import annotations

import json
import random
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from kai_pipelines.engine import Run, RunRequest, run
from kai_pipelines.errors import StoreError
from tests.fakes import Notes

Object = dict[str, Any]
ROOT = Path(__file__).resolve().parents[2]


def shell(name: str, script: str, *, outputs: Sequence[Object] = (), **more: Any) -> Object:
    """A template that runs a shell script; outputs are artifacts."""
    script = script.replace("$$", "$$$$")  # Kubernetes makes one dollar of two
    template = {"name": name, "container": {"image": "busybox", "command": ["sh", "-ec"], "args": [script]}}
    return {**template, "outputs": {"artifacts": list(outputs)}, **more}


def workflow(*templates: Object, **spec: Any) -> Object:
    return {
        "kind": "Workflow",
        "metadata": {"name": "wf"},
        "spec": {"entrypoint": templates[0]["name"], "templates": list(templates), **spec},
    }


def run_here(manifest: Object, folder: Path, notes: Notes | None = None, **artifacts: Path) -> Run:
    request = RunRequest(
        manifest,
        {},
        artifacts,
        folder / "out",
        jobs=2,
        use_cache=True,
        store=folder / "store",
        python_path=[str(ROOT), str(folder)],
    )
    return run(request, notes or Notes())


def chain() -> Object:
    """Two steps: a file is made and worked on; the result is an output of the workflow."""
    made = {"name": "made", "path": "/tmp/made.txt"}
    first = shell("first", "cat /tmp/photos/* > /tmp/made.txt; echo said", outputs=[made])
    first["inputs"] = {"artifacts": [{"name": "photos", "path": "/tmp/photos"}]}
    second = shell("second", "tr a-z A-Z < /tmp/in > /tmp/made.txt", outputs=[made])
    second["inputs"] = {"artifacts": [{"name": "text", "path": "/tmp/in"}]}
    tasks = [
        {
            "name": "first",
            "template": "first",
            "arguments": {"artifacts": [{"name": "photos", "from": "{{inputs.artifacts.photos}}"}]},
        },
        {
            "name": "second",
            "template": "second",
            "depends": "first",
            "arguments": {"artifacts": [{"name": "text", "from": "{{tasks.first.outputs.artifacts.made}}"}]},
        },
    ]
    main = {
        "name": "main",
        "inputs": {"artifacts": [{"name": "photos"}]},
        "dag": {"tasks": tasks},
        "outputs": {"artifacts": [{"name": "final_txt", "from": "{{tasks.second.outputs.artifacts.made}}"}]},
    }
    return workflow(main, first, second, arguments={"artifacts": [{"name": "photos"}]})


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    folder = tmp_path / "photos"
    folder.mkdir()
    (folder / "a").write_text("abc\n", encoding="utf-8")
    return folder


def test_files_pass_from_step_to_step_and_land_under_their_names(tmp_path: Path, photos: Path) -> None:
    notes = Notes()
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mine.txt").write_text("mine", encoding="utf-8")

    made = run_here(chain(), tmp_path, notes, photos=photos)

    assert made.phase == "Succeeded"
    assert (tmp_path / "out" / "final.txt").read_text(encoding="utf-8") == "ABC\n"
    assert (tmp_path / "out" / "mine.txt").read_text(encoding="utf-8") == "mine"
    assert (tmp_path / "out" / "logs" / "wf.first.log").read_text(encoding="utf-8") == "said\n"
    assert notes.lines == ["said"]
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        ".kai",
        "final.txt",
        "logs",
        "mine.txt",
        "workflow.json",
    ]
    assert list((tmp_path / "store" / "runs").iterdir()) == []


def test_a_second_run_takes_every_task_from_the_cache(tmp_path: Path, photos: Path) -> None:
    run_here(chain(), tmp_path, photos=photos)
    notes = Notes()

    made = run_here(chain(), tmp_path, notes, photos=photos)

    assert (made.executed, made.cached, made.phase) == (0, 2, "Succeeded")
    assert ("second", "Succeeded") in notes.phases


def test_a_changed_input_runs_what_depends_on_it_up_to_equal_outputs(tmp_path: Path, photos: Path) -> None:
    run_here(chain(), tmp_path, photos=photos)

    (photos / "a").write_text("xyz\n", encoding="utf-8")
    changed = run_here(chain(), tmp_path, photos=photos)
    (photos / "a").rename(photos / "b")  # another name, the same text: the first step gives what it gave
    renamed = run_here(chain(), tmp_path, photos=photos)

    assert (changed.executed, changed.cached) == (2, 0)
    assert (tmp_path / "out" / "final.txt").read_text(encoding="utf-8") == "XYZ\n"
    assert (renamed.executed, renamed.cached) == (1, 1)


def test_an_output_that_somebody_changed_is_put_right(tmp_path: Path, photos: Path) -> None:
    run_here(chain(), tmp_path, photos=photos)
    (tmp_path / "out" / "final.txt").write_text("scribble", encoding="utf-8")

    run_here(chain(), tmp_path, photos=photos)

    assert (tmp_path / "out" / "final.txt").read_text(encoding="utf-8") == "ABC\n"


def test_editing_one_step_runs_only_that_one(tmp_path: Path) -> None:
    source = (
        "from kai_pipelines import Report, step\n"
        "@step\ndef one() -> Report:\n    r = Report.new('r')\n    r.path.write_text('1')\n    return r\n"
        "@step\ndef two() -> Report:\n    r = Report.new('r')\n    r.path.write_text('2')\n    return r\n"
    )
    (tmp_path / "mysteps.py").write_text(source, encoding="utf-8")

    def pod(name: str) -> Object:
        return {
            "name": name,
            "outputs": {"artifacts": [{"name": "r", "path": "/kai/outputs/r.html"}]},
            "container": {
                "image": "kai-pipelines:0",
                "command": ["python", "-m", "kai_pipelines.runtime"],
                "args": [f"mysteps:{name}", "--output.result={{outputs.artifacts.r.path}}"],
            },
        }

    tasks = [{"name": name, "template": name} for name in ("one", "two")]
    manifest = workflow({"name": "main", "dag": {"tasks": tasks}}, pod("one"), pod("two"))
    first = run_here(manifest, tmp_path)
    (tmp_path / "mysteps.py").write_text(source.replace("'2'", "'3'"), encoding="utf-8")

    second = run_here(manifest, tmp_path)

    assert (first.phase, first.executed) == ("Succeeded", 2), first.failure
    assert (second.executed, second.cached) == (1, 1)


def test_only_standard_output_is_the_result_and_the_log_has_both(tmp_path: Path) -> None:
    script = {"image": "alpine", "command": ["sh"], "source": "echo out; echo err >&2"}
    main = {
        "name": "main",
        "steps": [[{"name": "a", "template": "say"}]],
        "outputs": {"parameters": [{"name": "r", "valueFrom": {"parameter": "{{steps.a.outputs.result}}"}}]},
    }

    made = run_here(workflow(main, {"name": "say", "script": script}), tmp_path)

    assert made.parameters == {"r": "out"}
    log = (tmp_path / "out" / "logs" / "wf_0_.a.log").read_text(encoding="utf-8")
    assert sorted(log.split()) == ["err", "out"]


def test_progress_of_a_step_reaches_the_observer_and_the_record(tmp_path: Path) -> None:
    notes = Notes()

    made = run_here(workflow(shell("main", "echo 3/8 > $ARGO_PROGRESS_FILE; sleep 0.9; exit 1")), tmp_path, notes)

    assert "3/8" in notes.progress
    assert made.workflow["status"]["progress"] == "3/8"


def test_a_step_that_runs_too_long_is_stopped_with_all_it_started(tmp_path: Path) -> None:
    began = time.monotonic()

    marker = sleeper()

    made = run_here(workflow(shell("main", f"sleep {marker} & sleep {marker}", activeDeadlineSeconds=1)), tmp_path)

    assert time.monotonic() - began < 10
    assert made.phase == "Failed"
    assert made.workflow["status"]["message"] == "Pod was active on the node longer than the specified deadline"
    assert not running(marker)


def test_a_program_that_is_not_there_fails_its_step_and_says_so(tmp_path: Path) -> None:
    pod = {"name": "main", "container": {"image": "debian", "command": ["no-such-program"]}}

    made = run_here(workflow(pod), tmp_path)

    assert made.failure is not None
    assert made.failure.exit_code == 64
    assert made.failure.message.endswith('exec: "no-such-program": executable file not found in $PATH')
    assert "no-such-program" in made.failure.log_lines[-1]


def test_an_output_that_was_not_written_is_an_error_with_its_name(tmp_path: Path) -> None:
    made = run_here(workflow(shell("main", "true", outputs=[{"name": "mesh", "path": "/tmp/mesh"}])), tmp_path)

    assert made.phase == "Error"
    assert made.failure is not None and "mesh" in made.failure.message


def test_steps_without_outputs_run_each_time(tmp_path: Path) -> None:
    manifest = workflow(shell("main", "true"))

    assert [run_here(manifest, tmp_path).executed for _ in range(2)] == [1, 1]


def test_a_store_without_room_is_a_clear_error_and_nothing_is_lost(tmp_path: Path, photos: Path) -> None:
    # A limit on the size of files stands for a full disk; processes inherit it, so it is set in one of its own.
    manifest = workflow(
        shell("main", "head -c 300000 /dev/zero > /tmp/big; echo ok", outputs=[{"name": "big", "path": "/tmp/big"}])
    )
    script = f"""
import resource, signal, sys
from pathlib import Path
from tests.integration.test_engine import chain, run_here
from kai_pipelines.errors import StoreError
folder = Path({str(tmp_path)!r})
run_here(chain(), folder, photos=folder / "photos")
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (16, resource.RLIM_INFINITY))
try:
    run_here(chain(), folder, photos=folder / "photos")
except StoreError as error:
    sys.exit(str(error))
"""
    ended = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=False)

    assert ended.returncode == 1
    assert "workflow.json" in ended.stderr
    assert "Traceback" not in ended.stderr
    assert run_here(chain(), tmp_path, photos=photos).executed == 0
    assert run_here(manifest, tmp_path).phase == "Succeeded"


def sleeper() -> str:
    """A length of sleep that nobody else asks for."""
    return f"29{random.randrange(10**6):06d}"


def running(marker: str) -> bool:
    """Whether a process sleeps that long."""
    listed = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True).stdout
    return any(line.split()[:2] == ["sleep", marker] for line in listed.splitlines())


def _engine(manifest: Object, folder: Path) -> subprocess.Popen[str]:
    """An engine in a process of its own."""
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    script = f"""
import json
from pathlib import Path
from tests.integration.test_engine import run_here
folder = Path({str(folder)!r})
made = run_here(json.loads((folder / "manifest.json").read_text()), folder)
print(made.phase, made.executed, made.cached)
"""
    return subprocess.Popen(
        [sys.executable, "-c", script], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def _wait_for(condition: Any, seconds: float = 20.0) -> None:
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, "waited in vain"
        time.sleep(0.02)


def _long(marker: str) -> Object:
    quick = shell("quick", "echo done > /tmp/q", outputs=[{"name": "q", "path": "/tmp/q"}])
    slow = shell("slow", f"sh -c 'sleep {marker}' & trap 'exit 3' TERM; wait")
    tasks = [{"name": "quick", "template": "quick"}, {"name": "slow", "template": "slow", "depends": "quick"}]
    last = {"name": "last", "template": "quick", "depends": "slow"}
    return workflow({"name": "main", "dag": {"tasks": [*tasks, last]}}, quick, slow)


@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_the_steps_and_leaves_a_state_that_resumes(tmp_path: Path, sign: signal.Signals) -> None:
    marker = sleeper()
    engine = _engine(_long(marker), tmp_path)
    _wait_for(lambda: running(marker))

    engine.send_signal(sign)
    output, errors = engine.communicate(timeout=30)

    assert output.split() == ["Failed", "2", "0"], errors
    assert not running(marker)
    status = json.loads((tmp_path / "out" / "workflow.json").read_text(encoding="utf-8"))["status"]
    assert (status["phase"], status["message"]) == ("Failed", "Stopped with strategy 'Terminate'")
    found = {node["displayName"]: node for node in status["nodes"].values()}
    assert found["slow"]["message"] == "workflow shutdown with strategy:  Terminate"
    assert found["last"]["phase"] == "Omitted"
    resumed = workflow(
        {"name": "main", "dag": {"tasks": [{"name": "quick", "template": "quick"}]}},
        _long(marker)["spec"]["templates"][1],
    )
    assert run_here(resumed, tmp_path).cached == 1


def test_a_second_signal_kills_at_once(tmp_path: Path) -> None:
    marker = sleeper()
    engine = _engine(workflow(shell("main", f"trap '' TERM INT; while :; do sleep {marker}; done")), tmp_path)
    _wait_for(lambda: running(marker))

    began = time.monotonic()
    engine.send_signal(signal.SIGINT)
    time.sleep(0.3)
    engine.send_signal(signal.SIGINT)
    engine.communicate(timeout=30)

    assert time.monotonic() - began < 4
    assert not running(marker)


def test_no_step_outlives_an_engine_that_is_killed(tmp_path: Path) -> None:
    marker = sleeper()
    engine = _engine(_long(marker), tmp_path)
    _wait_for(lambda: running(marker))

    engine.kill()
    engine.communicate()

    _wait_for(lambda: not running(marker), 5)


def test_two_engines_share_one_store(tmp_path: Path) -> None:
    made = [{"name": "r", "path": "/tmp/r"}]
    tasks = [{"name": f"t{number}", "template": f"t{number}"} for number in range(6)]
    pods = [shell(f"t{number}", f"echo {number} > /tmp/r", outputs=made) for number in range(6)]
    manifest = workflow({"name": "main", "dag": {"tasks": tasks}}, *pods)
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "store").symlink_to(tmp_path / "store")
    (tmp_path / "store").mkdir()

    engines = [_engine(manifest, tmp_path / name) for name in ("a", "b")]
    said = [engine.communicate(timeout=60) for engine in engines]

    assert [output.split()[:1] for output, _ in said] == [["Succeeded"], ["Succeeded"]], said
    assert run_here(manifest, tmp_path).executed == 0


def test_a_store_of_another_version_is_refused_with_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "store").mkdir()
    (tmp_path / "store" / "VERSION").write_text("0\n", encoding="utf-8")

    with pytest.raises(StoreError, match="KAI_STORE"):
        run_here(workflow(shell("main", "true")), tmp_path)
