from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from kai_pipelines import Quality
from steps.reconstruction.finalize import finalize_reconstruction


def cameras_section(finished: Any, tmp_path: Path, **graph: Any) -> str:
    document = json.loads(finished.match_graph.path.read_text()) | graph
    path = tmp_path / "match_graph.json"
    path.write_text(json.dumps(document))
    inputs = vars(finished) | {"match_graph": type(finished.match_graph)(path)}
    report = finalize_reconstruction(**inputs, quality=Quality.LOW, requested="auto").report
    text = report.path.read_text(encoding="utf-8")
    return text[text.index('<section id="cameras"') : text.index('<section id="matches"')]


def test_size_scale_angle_and_depth_are_told(finished: Any, tmp_path: Path) -> None:
    told = cameras_section(finished, tmp_path)

    assert "1 \N{MULTIPLICATION SIGN} 1 \N{MULTIPLICATION SIGN} 1 m (width, height, depth)" in told
    assert "a distance that was given" in told
    assert "14.5° at the median point" in told and "depth is uncertain" not in told
    assert "0.40 of its extent" in told and "scale-bar" in told


def test_little_parallax_and_a_flat_cloud_are_called_so(finished: Any, tmp_path: Path) -> None:
    told = cameras_section(finished, tmp_path, median_parallax_deg=0.8, thickness=0.005)

    assert "depth is uncertain" in told and "nearly in one plane" in told


def test_photographs_without_a_place_come_first_with_their_reason(finished: Any, tmp_path: Path) -> None:
    told = cameras_section(finished, tmp_path)

    table = told[told.index("<tbody>") :]
    assert table.index("Not a photograph.") < table.index("front/IMG_0001.jpg")
    assert table.count(">placed<") == 7 and table.count(">not placed<") == 1
    assert "12.0°" in table and ">300<" in table


def test_gaps_are_told_in_words_with_their_photographs(finished: Any, tmp_path: Path) -> None:
    assert "Nobody looked from the back." in cameras_section(finished, tmp_path)
    assert "No gap was found" in cameras_section(finished, tmp_path, gaps=[])
    assert "Gaps were not looked for." in cameras_section(finished, tmp_path, gaps=[], inliers={})
