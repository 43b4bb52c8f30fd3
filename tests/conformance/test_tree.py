"""Recorded workflows as `kai status` shows them: each node once, below what it belongs to."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from kai_pipelines.drawing.tree import to_tree

_DATA = Path(os.environ.get("KAI_ARGO_DATA") or Path(__file__).resolve().parents[2] / ".." / "shared" / "data" / "argo")


def test_every_node_of_every_recorded_workflow_has_a_line() -> None:
    files = sorted((_DATA / "recorded").glob("*.json"))
    if not files:
        pytest.skip(f"no Argo data: {_DATA / 'recorded'} is absent (set KAI_ARGO_DATA)")
    wrong = []

    for file in files:
        workflow = json.loads(file.read_text(encoding="utf-8"))
        nodes = [one for one in (workflow["status"].get("nodes") or {}).values() if one["type"] != "StepGroup"]
        lines = to_tree(workflow).partition("\n\n")[2].splitlines()
        names = {one["displayName"] for one in nodes}
        if len(lines) != len(nodes) or not all(any(name in line for line in lines) for name in names):
            wrong.append(file.name)

    print(f"status: {len(files) - len(wrong)} / {len(files)} recorded workflows are shown whole")
    assert not wrong
