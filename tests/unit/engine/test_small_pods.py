"""What is done lightly for a small step is done as well."""

from __future__ import annotations

import asyncio
import json
import os
from pathlib import Path

import pytest

from kai_pipelines.engine import RunRequest, Silent, run
from kai_pipelines.engine.clearing import cleared
from kai_pipelines.engine.record import write_record

_MODULE = """
import os, random, threading
from kai_pipelines import step


@step
def chance(number: int) -> str:
    return f"{random.random()} {os.getpid()} {threading.active_count()}"
"""


def _chances(folder: Path) -> list[list[str]]:
    """What two warm steps say, one after the other."""
    template = {
        "name": "chance",
        "inputs": {"parameters": [{"name": "number"}]},
        "container": {
            "image": "kai-pipelines:0",
            "command": ["python", "-m", "kai_pipelines.runtime"],
            "args": [
                "dice:chance",
                "--number={{inputs.parameters.number}}",
                "--output.result={{outputs.parameters.result.path}}",
            ],
        },
        "outputs": {"parameters": [{"name": "result", "valueFrom": {"path": "/kai/outputs/result"}}]},
    }
    steps = [
        [{"name": f"s{n}", "template": "chance", "arguments": {"parameters": [{"name": "number", "value": str(n)}]}}]
        for n in (1, 2)
    ]
    manifest = {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "Workflow",
        "metadata": {"name": "dice"},
        "spec": {"entrypoint": "main", "templates": [{"name": "main", "steps": steps}, template]},
    }
    (folder / "dice.py").write_text(_MODULE)
    paths = (str(folder), *os.environ.get("PYTHONPATH", "").split(os.pathsep), str(Path.cwd()))
    made = run(RunRequest(manifest, {}, {}, folder / "out", 1, False, folder / "store", python_path=paths), Silent())
    nodes = [node for node in made.workflow["status"]["nodes"].values() if node["type"] == "Pod"]
    return [node["outputs"]["parameters"][0]["value"].split() for node in nodes]


def test_forks_of_one_worker_throw_dice_of_their_own(tmp_path: Path) -> None:
    first, second = _chances(tmp_path)

    assert first[0] != second[0]
    assert first[1] != second[1]
    assert first[2] == second[2] == "1"


def test_a_record_is_the_same_object_with_a_line_for_each_node(tmp_path: Path) -> None:
    nodes = {"a": {"id": "a", "message": 'says "nodes": {}\n'}, "b": {"id": "b", "phase": "Gelungen é"}}
    record = {"kind": "Workflow", "spec": {"nodes": {}}, "status": {"nodes": nodes, "phase": "Running"}}

    write_record(record, tmp_path)

    text = (tmp_path / "workflow.json").read_text(encoding="utf-8")
    assert json.loads(text) == record
    assert sum(line.startswith(('   "a": {', '   "b": {')) for line in text.splitlines()) == 2


def test_a_record_without_nodes_is_written_too(tmp_path: Path) -> None:
    write_record({"kind": "Workflow", "status": {"phase": "Error"}}, tmp_path)

    assert json.loads((tmp_path / "workflow.json").read_text()) == {"kind": "Workflow", "status": {"phase": "Error"}}


@pytest.mark.parametrize("files", [0, 3, 50], ids=["empty", "few", "many"])
def test_a_pods_folder_goes_with_all_that_is_in_it(tmp_path: Path, files: int) -> None:
    # Given a folder with files, a folder that may not be listed, and a link to what is not the pod's
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "kept").write_text("kept")
    folder = tmp_path / "pod"
    (folder / "closed" / "inner").mkdir(parents=True)
    (folder / "link").symlink_to(outside)
    for number in range(files):
        (folder / f"file{number}").write_text("x")
    (folder / "closed").chmod(0)

    asyncio.run(cleared(folder))

    assert not folder.exists()
    assert (outside / "kept").read_text() == "kept"
