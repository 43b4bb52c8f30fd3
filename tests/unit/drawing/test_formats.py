from __future__ import annotations

import copy
import json
import os
import re
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from typing import Any

import pytest

from kai_pipelines.drawing import to_html, to_mermaid, to_svg
from kai_pipelines.drawing.letters import fitted, width_of, wrapped
from kai_pipelines.errors import ManifestError
from kai_pipelines.manifest.document import load
from tests.unit.drawing.samples import SWITCH, container, dag, task, workflow

DRAWABLE = {"Workflow", "WorkflowTemplate", "CronWorkflow", "ClusterWorkflowTemplate"}
ARGO = Path(os.environ.get("KAI_ARGO_DATA", Path(__file__).parents[4] / "shared" / "data" / "argo"))
HOSTILE = """</script><script>alert("1 & 2")</script> `x` #a; [b] {c} | end"""


def texts(svg: str) -> list[str]:
    root = ElementTree.fromstring(svg)
    return ["".join(one.itertext()) for one in root.iter("{http://www.w3.org/2000/svg}text")]


def hostile() -> dict[str, Any]:
    manifest = workflow(
        dag("main", task(HOSTILE, when=f'"{HOSTILE}" == "x"'), task("b", depends="a")), container("work")
    )
    manifest["metadata"]["annotations"] = {"workflows.argoproj.io/title": HOSTILE}
    return manifest


def test_the_svg_says_names_places_conditions_and_what_happens_on_failure():
    words = texts(to_svg(SWITCH))

    for expected in ("assess work", "quality = low", "on failure", "cpu-optimized · 1 cpu · 1Gi", "the same 2 steps"):
        assert expected in words


def test_the_svg_needs_nothing_from_outside():
    svg = to_svg(SWITCH)

    assert "prefers-color-scheme: dark" in svg
    assert re.findall(r"https?://[^\"' ]+", svg) == ["http://www.w3.org/2000/svg"]
    assert not re.search(r"<script|<image|@import|@font-face", svg)


def test_equal_manifests_give_equal_bytes_in_any_process():
    program = (
        "import json,sys; from kai_pipelines.drawing import *; m = json.load(sys.stdin); "
        "sys.stdout.write(to_svg(m) + to_html(m) + to_mermaid(m))"
    )
    runs = [
        subprocess.run(
            [sys.executable, "-c", program], input=json.dumps(SWITCH), capture_output=True, text=True, check=True,
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(Path(__file__).parents[3]), "PYTHONUTF8": "1"},
        ).stdout
        for seed in ("1", "2")
    ]  # fmt: skip

    assert runs[0] == runs[1]


def test_text_stays_inside_its_box():
    long = "a-very-long-name-of-a-task-that-nobody-should-have-chosen-but-somebody-did"
    root = ElementTree.fromstring(to_svg(workflow(dag("main", task(long), task("b", long)), container("work"))))
    space = "{http://www.w3.org/2000/svg}"

    cards = [one for one in root.iter(f"{space}g") if "node" in one.get("class", "").split()]
    for card in cards:
        box = next(one for one in card.iter(f"{space}rect") if one.get("class") == "box")
        right = float(box.get("x", "")) + float(box.get("width", ""))
        for line in card.iter(f"{space}text"):
            size = 13.0 if line.get("class") == "name" else 11.0
            name_width = width_of(line.text or "", size, bold=size == 13.0)
            rest = sum(7 + width_of(span.text or "", 11.0) for span in line)
            assert float(line.get("x", "")) + name_width + rest <= right
    assert len(cards) == 2


def test_what_did_not_run_is_faded_and_what_ran_has_its_color_and_time():
    nodes = {
        "wf": {"id": "wf", "displayName": "wf", "type": "DAG", "phase": "Failed"},
        "a": {
            "id": "a", "displayName": "assess", "type": "Pod", "phase": "Failed", "boundaryID": "wf",
            "startedAt": "2026-01-01T00:00:00Z", "finishedAt": "2026-01-01T00:02:05Z",
        },
    }  # fmt: skip
    svg = to_svg({**SWITCH, "status": {"phase": "Failed", "finishedAt": "2026-01-01T00:02:06Z", "nodes": nodes}})

    assert re.search(r'class="node step ran-bad" data-node="assess"', svg)
    assert re.search(r'class="node step faded" data-node="mesh"', svg)
    assert "2m 05s" in texts(svg)


def test_hostile_names_stay_text():
    svg, page, mermaid = to_svg(hostile()), to_html(hostile()), to_mermaid(hostile())

    ElementTree.fromstring(svg)
    assert "<script>alert" not in svg
    assert "<script>alert" not in page
    assert page.count("</script>") == 2
    labels = [line for line in mermaid.splitlines() if "alert" in line]
    assert labels
    for line in labels:
        assert not set("<>`[]{}|") & set(re.sub(r"^\s*n\d+\(|\)$|<br/>|-->\|", "", line))


def test_the_page_holds_the_facts_of_every_node():
    page = to_html(SWITCH)
    data = re.search(r'<script type="application/json" id="nodes">(.*?)</script>', page, re.DOTALL)
    assert data is not None
    nodes = json.loads(data[1])

    assert set(re.findall(r'data-node="([^"]+)"', page)) == set(nodes)
    sections = {title: dict(rows) for title, rows, _ in nodes["dense"]["facts"]}
    assert sections["Task"]["after"] == "assess"
    assert sections["Arguments"] == {"chosen": "{{tasks.assess.outputs.parameters.quality}}"}


def test_mermaid_has_subgraphs_and_dashed_failures():
    lines = [line.strip() for line in to_mermaid(SWITCH).splitlines()]

    assert lines[0] == "flowchart TB"
    assert lines.count("end") == sum(line.startswith("subgraph") for line in lines) == 4
    assert 'subgraph n2["dense"]' in lines
    assert any(re.fullmatch(r'n\d+ -\.->\|"on failure"\| n\d+', line) for line in lines)
    assert any(re.fullmatch(r'n\d+ -->\|"quality = low"\| n\d+', line) for line in lines)


def test_a_label_is_never_read_as_a_list():
    mermaid = to_mermaid(workflow(dag("main", task("1. first")), container("work")))

    assert '"1#46; first<br/>' in mermaid


def test_drawing_changes_nothing_in_the_manifest():
    manifest = copy.deepcopy(SWITCH)
    for draw in (to_svg, to_html, to_mermaid):
        draw(manifest)

    assert manifest == SWITCH


def test_text_is_cut_and_wrapped_to_the_width():
    assert width_of("…", 10) < width_of("WW", 10)
    assert fitted("short", 12, 200) == "short"
    cut = fitted("a long sentence", 12, 60)
    assert cut.endswith("…") and width_of(cut, 12) <= 60
    lines = wrapped("one two three four five six seven", 12, 70, 2)
    assert len(lines) == 2 and all(width_of(line, 12) <= 70 for line in lines)


def _documents(file):
    try:
        return load(file)
    except ManifestError:  # one of Argo's examples has a key twice
        return []


@pytest.mark.skipif(not ARGO.is_dir(), reason="Argo's examples are not here")
def test_every_argo_example_and_recorded_run_can_be_drawn():
    files = [*sorted((ARGO / "examples").rglob("*.yaml")), *sorted((ARGO / "recorded").glob("*.json"))]
    manifests = [one for file in files for one in _documents(file) if one.get("kind") in DRAWABLE]

    for manifest in manifests:
        ElementTree.fromstring(to_svg(manifest))
        assert to_html(manifest).startswith("<!doctype html>")
        assert to_mermaid(manifest).startswith("flowchart TB\n")
    assert len(manifests) > 200
