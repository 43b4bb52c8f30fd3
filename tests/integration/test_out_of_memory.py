"""Memory limits with real processes: what holds too much fails alone, at once, and something lesser takes its place."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

KAI = Path(sys.executable).parent / "kai"
FLOW = """
import subprocess
import sys
import time

from kai_pipelines import Resources, Retry, fallback, pipeline, step

HOLD = "import time; held = bytearray(int(sys.argv[1]) << 20); time.sleep(3)"


@step(resources=Resources(memory="120Mi"), retry=Retry(limit=2, backoff="1s"))
def work(megabytes: int) -> int:
    held = []
    for _ in range(megabytes):
        held.append(b"x" * (1 << 20))
        time.sleep(0.005)
    return len(held)


@step(resources=Resources(memory="120Mi"), retry=Retry(limit=2, backoff="1s"))
def fail_to_allocate() -> int:
    return len(bytearray(1 << 60))


@step(resources=Resources(memory="120Mi"), retry=Retry(limit=2, backoff="1s"))
def start_a_child(megabytes: int) -> int:
    subprocess.run([sys.executable, "-c", f"import sys; {HOLD}", str(megabytes)], check=True)
    return megabytes


@pipeline
def degrading() -> int:
    return fallback(high=lambda: work(400), medium=lambda: fail_to_allocate(), low=lambda: work(10))


@pipeline
def hopeless() -> int:
    return fallback(high=lambda: work(400), low=lambda: work(300))


@pipeline
def parental() -> int:
    return start_a_child(400)
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "flow.py").write_text(FLOW, encoding="utf-8")
    return tmp_path


def kai(folder: Path, *arguments: str, memory: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "KAI_STORE": str(folder / "store"), "KAI_MEMORY": memory}
    return subprocess.run(
        [KAI, *arguments], cwd=folder, env=environment, capture_output=True, text=True, check=False, timeout=60
    )


def test_a_step_that_holds_more_than_it_asked_for_gives_way_to_something_lesser(folder: Path) -> None:
    ran = kai(folder, "run", "flow.py:degrading", "-o", "out", memory="requested")

    told = "high ran out of memory in work, medium ran out of memory in fail-to-allocate; built at low"
    assert ran.returncode == 0, ran.stderr
    assert f"degraded: {told}" in ran.stderr.splitlines()
    assert ran.stdout == "result: 10\n"
    assert not list((folder / "out" / "logs").glob("*(1).log"))  # it is not tried again
    record = json.loads((folder / "out" / "workflow.json").read_text(encoding="utf-8"))
    assert record["metadata"]["annotations"]["kai-pipelines/degraded"] == told
    assert "main: OOMKilled (exit code 137)" in {node.get("message") for node in record["status"]["nodes"].values()}
    assert f"degraded: {told}" in kai(folder, "status", "out", memory="off").stdout


def test_when_nothing_lesser_is_left_the_run_fails_with_every_reason(folder: Path) -> None:
    ran = kai(folder, "run", "flow.py:hopeless", "-o", "out", memory="requested")

    assert ran.returncode == 1
    assert "  high ran out of memory in work\n  low ran out of memory in work\n" in ran.stderr
    assert "MiB, and may hold 120 MiB" in ran.stderr


def test_what_a_step_starts_counts_as_its_own(folder: Path) -> None:
    ran = kai(folder, "run", "flow.py:parental", "-o", "out", memory="150Mi")

    assert ran.returncode == 1
    assert "killed for its memory" in ran.stderr


@pytest.mark.parametrize("memory", ["machine", "off", "4Gi"])
def test_what_fits_is_left_alone(folder: Path, memory: str) -> None:
    ran = kai(folder, "run", "flow.py:parental", "-o", "out", memory=memory)

    assert ran.returncode == 0, ran.stderr


def test_a_limit_that_is_no_quantity_is_refused_before_anything_runs(folder: Path) -> None:
    ran = kai(folder, "run", "flow.py:degrading", "-o", "out", memory="plenty")

    assert ran.returncode == 2
    assert "KAI_MEMORY is 'plenty'" in ran.stderr
    assert not (folder / "out").exists()
