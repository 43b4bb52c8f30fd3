"""Argo's own examples, run as a user runs them: `kai run FILE…`, each in a process with a limit.

What Argo's CI requires to succeed and can run without a cluster must succeed, expected failures must fail, and all
others run or are refused with a reason; none hangs or shows a traceback.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from kai_pipelines.errors import ManifestError
from kai_pipelines.manifest.document import WORKFLOW_KINDS, dump, load

_DATA = Path(os.environ.get("KAI_ARGO_DATA") or Path(__file__).resolve().parents[2] / ".." / "shared" / "data" / "argo")
_LIMIT = 90
"""Seconds for an example that must come to an end."""
_PATIENCE = 15
"""Seconds for one that Argo's CI leaves out; then it is stopped."""

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Ended:
    """How an example ended."""

    row: Row
    document: str
    code: int
    phase: str
    said: str
    stopped: bool

    @property
    def name(self) -> str:
        return f"{self.row['file']}#{self.row['index']}"

    @property
    def must_succeed(self) -> bool:
        return bool(self.row["ci_requires_succeeded"]) and self.row["class"] != "blocked"

    @property
    def may_succeed(self) -> bool:
        """Argo's label says only that CI leaves it out: chance decides, or the failure is one that is continued on."""
        return "random" in self.document or "continueOn:" in self.document

    @property
    def refused(self) -> bool:
        return self.code == 2

    def fault(self) -> str | None:
        """What is wrong with how it ended; None when nothing is."""
        if "Traceback" in self.said:
            return f"a traceback: {self.said[-400:]}"
        if self.stopped and (self.must_succeed or self.row["expected_failure"]):
            return f"not ended after {_LIMIT} s"
        if self.must_succeed and self.phase != "Succeeded":
            return f"{self.phase or 'refused'}, should succeed: {self.said[-300:].strip()}"
        if self.row["expected_failure"] and self.phase != "Failed" and not (self.may_succeed and self.phase):
            return f"{self.phase or 'refused'}, should fail: {self.said[-300:].strip()}"
        if self.refused and "error: " not in self.said:
            return f"refused without a reason: {self.said[-300:]}"
        return None


def _rows() -> list[Row]:
    path = _DATA / "examples.json"
    if not path.exists():
        pytest.skip(f"no Argo data: {path} is absent (set KAI_ARGO_DATA)")
    rows = json.loads(path.read_text(encoding="utf-8"))["documents"]
    return [row for row in rows if row["kind"] in WORKFLOW_KINDS]


def _documents(path: Path) -> list[dict[str, Any]]:
    """The documents of a file; none when it cannot be read as Argo reads it."""
    try:
        return load(path)
    except ManifestError:
        return []


def _run(row: Row, library: Path, folder: Path) -> Ended:
    folder.mkdir(parents=True)
    source = _DATA / "examples" / row["file"]
    documents = _documents(source)
    text = dump(documents[row["index"]]) if documents else source.read_text(encoding="utf-8")
    (folder / "example.yaml").write_text(text, encoding="utf-8")
    limit = _LIMIT if row["ci_requires_succeeded"] or row["expected_failure"] else _PATIENCE
    command = [sys.executable, "-m", "kai_pipelines.cli.main", "run", "example.yaml", "--with", str(library)]
    process = subprocess.Popen(
        [*command, "-o", "out"],
        cwd=folder,
        env={**os.environ, "KAI_STORE": str(folder / "store"), "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    )
    stopped = False
    try:
        said, _ = process.communicate(timeout=limit)
    except subprocess.TimeoutExpired:
        stopped = True
        process.send_signal(signal.SIGINT)
        said, _ = process.communicate(timeout=60)
    record = folder / "out" / "workflow.json"
    phase = json.loads(record.read_text(encoding="utf-8"))["status"]["phase"] if record.exists() else ""
    return Ended(row, text, process.returncode, phase, said, stopped)


def _library(folder: Path) -> Path:
    """What would be in the cluster: every template, ConfigMap and Secret of the examples."""
    folder.mkdir()
    kinds = {"WorkflowTemplate", "ClusterWorkflowTemplate", "ConfigMap", "Secret", "PersistentVolumeClaim"}
    found = [one for path in sorted((_DATA / "examples").rglob("*.yaml")) for one in _documents(path)]
    for number, document in enumerate(one for one in found if one.get("kind") in kinds):
        (folder / f"{number:03}.yaml").write_text(dump(document), encoding="utf-8")
    return folder


@pytest.mark.slow
def test_examples_end_as_argo_s_ci_wants_them(tmp_path: Path) -> None:
    rows = _rows()
    library = _library(tmp_path / "library")
    with ThreadPoolExecutor(4) as pool:
        ended = list(pool.map(lambda pair: _run(pair[1], library, tmp_path / str(pair[0])), enumerate(rows)))

    faults = [(one, fault) for one in ended if (fault := one.fault()) is not None]
    for one in ended:
        if one.refused:
            print(f"refused {one.name}: {one.said.strip().splitlines()[-1] if one.said.strip() else ''}")
    for one, fault in faults:
        print(f"disagrees {one.name}: {fault}")
    for label, chosen in (
        ("must succeed", [one for one in ended if one.must_succeed]),
        ("must fail", [one for one in ended if one.row["expected_failure"]]),
        ("all others", [one for one in ended if not one.must_succeed and not one.row["expected_failure"]]),
    ):
        wrong = sum(one.fault() is not None for one in chosen)
        print(
            f"examples, {label}: {len(chosen) - wrong} / {len(chosen)} agree, {sum(one.refused for one in chosen)} refused"
        )
    assert not faults
