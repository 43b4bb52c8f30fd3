"""What `finalize_reconstruction` leaves: cameras.json, metrics.json and report.html."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from kai_pipelines import Fatal, Quality
from steps.reconstruction.finalize import Finalized, finalize_reconstruction

HOSTILE = 'x"><script>alert(1)</script>.jpg'


def finalize(finished: Any, **changes: Any) -> Finalized:
    inputs = dict(vars(finished)) | {"quality": Quality.LOW, "requested": "auto"} | changes
    return finalize_reconstruction(**inputs)


@pytest.fixture(scope="module")
def result(finished: Any) -> Finalized:
    return finalize(finished)


class Elements(HTMLParser):
    """Every start tag with its attributes, and the text outside scripts and styles."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        if self.tags and self.tags[-1][0] not in ("script", "style"):
            self.text.append(data)


def parsed(path: Path) -> Elements:
    elements = Elements()
    elements.feed(path.read_text(encoding="utf-8"))
    return elements


def test_cameras_project_points_where_colmap_does_half_a_pixel_further(finished: Any, result: Finalized) -> None:
    import pycolmap

    cameras = json.loads(result.cameras.path.read_text())
    model = pycolmap.Reconstruction(str(finished.sparse.path))

    assert len(cameras) == 7
    for image in model.images.values():
        camera = cameras[image.name]
        assert (camera["width"], camera["height"]) == (96, 64)
        seen = np.array(camera["R"]) @ [0.1, -0.2, 0.3] + camera["t"]
        x, y = seen[:2] / seen[2]
        bend = 1 + camera["distortion"][0] * (x * x + y * y)  # COLMAP's SIMPLE_RADIAL
        pixel = np.array(camera["K"]) @ [x * bend, y * bend, 1]
        expected = image.project_point(np.array([0.1, -0.2, 0.3]))
        assert camera["model"] == "SIMPLE_RADIAL"
        np.testing.assert_allclose(pixel[:2], expected - 0.5, atol=1e-9)


def test_figures_count_what_the_artifacts_hold(result: Finalized) -> None:
    figures = json.loads(result.metrics.path.read_text())

    expected = {
        "quality": "low",
        "requested_quality": "auto",
        "device": "cpu",
        "photos": 8,
        "photos_used": 7,
        "registered": 7,
        "sparse_points": 40,
        "dense_points": 1234,
        "faces": 12,
        "vertices": 24,
        "texture_px": 32,
        "cpu_seconds": {"assess_photos": 1.5, "align_photos": 20.25, "fuse_depth": 4.0},
        "wall_seconds": {"assess_photos": 1.0, "align_photos": 11.0, "fuse_depth": 4.0},
        "total_cpu_seconds": 25.75,
        "total_wall_seconds": 16.0,
        "peak_memory_bytes": 900_000_000,
        "fallbacks": [{"step": "fuse_depth", "message": "No GPU: the CPU did it."}],
    }
    assert {name: figures[name] for name in expected} == expected
    assert figures["mean_reprojection_px"] == pytest.approx(0.5, abs=1e-3)  # the fixture moves every observation so far
    assert [(w["step"], w["code"]) for w in figures["warnings"]] == [
        ("assess_photos", "unreadable"),
        ("align_photos", "few-matches"),
    ]
    assert figures["warnings"][0]["files"] == [HOSTILE]
    assert "pycolmap" in figures["versions"]


def test_the_report_needs_nothing_but_itself(result: Finalized) -> None:
    page = parsed(result.report.path)

    for tag, attributes in page.tags:
        assert tag not in {"link", "iframe", "object", "embed", "base"}
        for name in ("src", "href", "srcset", "data", "action", "poster"):
            target = attributes.get(name)
            assert target is None or target.startswith(("data:image/", "#")), (tag, name, target)
        assert not (tag == "script" and "src" in attributes)
    text = result.report.path.read_text(encoding="utf-8")
    assert "url(" not in text and "@import" not in text and "http://" not in text.replace("http://www.w3.org", "")
    policies = [a["content"] for tag, a in page.tags if tag == "meta" and a.get("http-equiv")]
    assert policies and "default-src 'none'" in (policies[0] or "")


def test_names_and_messages_stay_text(result: Finalized) -> None:
    page = parsed(result.report.path)

    scripts = [attributes for tag, attributes in page.tags if tag == "script"]
    assert len(scripts) == 2  # the data of the viewer, and the page's own
    assert "<script>alert" not in result.report.path.read_text(encoding="utf-8")
    told = "".join(page.text)
    assert HOSTILE in told
    assert "Not a photograph: <b>text</b>." in told
    assert "A & B <i>decide</i>." in told
    assert not [tag for tag, _ in page.tags if tag in {"b", "i"}]


def test_every_picture_says_what_it_shows(result: Finalized) -> None:
    page = parsed(result.report.path)

    pictures = [attributes for tag, attributes in page.tags if tag == "img"]
    assert len(pictures) == 1 + 8 + 2 * 4 + 7  # hero, sides, compared twice, photographs
    assert all(attributes.get("alt") for attributes in pictures)
    drawings = [attributes for tag, attributes in page.tags if tag == "svg"]
    assert len(drawings) == 5 and all(a.get("role") == "img" and a.get("aria-label") for a in drawings)


def test_links_and_labels_lead_somewhere(result: Finalized) -> None:
    page = parsed(result.report.path)

    identifiers = [attributes["id"] for _, attributes in page.tags if attributes.get("id")]
    assert len(identifiers) == len(set(identifiers))
    wanted = {a["href"][1:] for tag, a in page.tags if tag == "a" and a.get("href")}
    wanted |= {a[name] for _, a in page.tags for name in ("aria-labelledby", "aria-describedby") if a.get(name)}
    assert wanted <= set(identifiers)


def test_the_same_inputs_give_the_same_bytes(finished: Any, result: Finalized) -> None:
    again = finalize(finished)

    for first, second in zip(result, again, strict=True):
        assert first.path != second.path
        assert first.path.read_bytes() == second.path.read_bytes()


def test_photographs_that_were_not_placed_are_counted_and_shown(finished: Any, tmp_path: Path) -> None:
    graph = json.loads(finished.match_graph.path.read_text())
    graph["photos"].append({"name": "lost.jpg", "features": 3, "registered": False})
    path = tmp_path / "match_graph.json"
    path.write_text(json.dumps(graph))

    result = finalize(finished, match_graph=type(finished.match_graph)(path))

    told = "".join(parsed(result.report.path).text)
    assert "lost.jpg" in told
    assert "2 of 9 photographs could not be placed" in told


def test_a_document_of_another_shape_is_named_with_its_fault(finished: Any, tmp_path: Path) -> None:
    path = tmp_path / "assessment.json"
    path.write_text('{"photos": [{"width": 3}]}')

    with pytest.raises(Fatal, match=r"assessment\.json is not a AssessmentDocument: photos\.0\.name") as error:
        finalize(finished, assessment=type(finished.assessment)(path))

    assert error.value.code == "unreadable-document"


def test_what_the_script_looks_for_is_in_the_page(result: Finalized) -> None:
    page = parsed(result.report.path)
    script = result.report.path.read_text(encoding="utf-8").rsplit("<script>", 1)[1]

    attributes = {name for _, given in page.tags for name in given}
    identifiers = {given.get("id") for _, given in page.tags}
    hooks = set(re.findall(r"\[(data-[a-z]+)", script))
    assert hooks == {"data-side", "data-skin", "data-cameras", "data-camera"}
    assert hooks <= attributes
    wanted = set(re.findall(r'getElementById\("([^"]+)"\)', script))
    assert wanted and wanted <= identifiers
