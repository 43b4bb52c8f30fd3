"""Rules of our own over Argo's examples: an error is told only for what fails or hangs for certain."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from kai_pipelines.check.diagnostic import FileSource, diagnose

_DATA = Path(os.environ.get("KAI_ARGO_DATA") or Path(__file__).resolve().parents[2] / ".." / "shared" / "data" / "argo")


def test_examples_that_must_succeed_have_no_errors() -> None:
    table = _DATA / "examples.json"
    if not table.is_file():
        pytest.skip(f"no Argo data: {table} is absent (set KAI_ARGO_DATA)")
    rows = json.loads(table.read_text(encoding="utf-8"))["documents"]
    succeeding = {row["file"] for row in rows if row["ci_requires_succeeded"] and not row["expected_failure"]}
    files = sorted((_DATA / "examples").rglob("*.yaml"))
    sources = [FileSource.of(str(path.relative_to(_DATA / "examples")), path.read_bytes()) for path in files]

    errors = [one for one in diagnose(sources) if one.severity == "error"]

    for one in errors:
        print(f"{one.spot.path}:{one.spot.line}:{one.spot.column}: {one.code} {one.message}")
    wrong = {one.spot.path for one in errors} & succeeding
    print(f"examples without an error: {len(succeeding - wrong)} / {len(succeeding)} of those that must succeed")
    assert not wrong
