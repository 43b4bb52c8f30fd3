"""What `finalize_reconstruction` leaves: cameras.json, metrics.json and report.html."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import re
import shutil
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from kai_pipelines import Fatal, Figures, Quality
from steps.reconstruction.finalize import Finalized, finalize_reconstruction
from steps.reconstruction.metrics import FailedTry, StepMetrics
from steps.reconstruction.reporting import geometry

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
        "requested": "auto",
        "chosen": "low",
        "built": "low",
        "unregistered": {HOSTILE: "Not a photograph."},
        "dimensions": [1.0, 1.0, 1.0],
        "unit": "m",
        "scale_source": "known-distance",
        "held_out_psnr_db": 29.5,
        "held_out_coverage": 0.91,
        "held_out_photos": 2,
        "device": "cpu",
        "photos": 8,
        "photos_used": 7,
        "registered": 7,
        "sparse_points": 40,
        "dense_points": 1234,
        "faces": 12,
        "vertices": 24,
        "texture_px": 32,
        "cpu_seconds": {"assess_photos": 1.5, "align_photos": 20.25, "fuse_depth": 4.0, "texture_mesh": 0.0},
        "wall_seconds": {"assess_photos": 1.0, "align_photos": 11.0, "fuse_depth": 4.0, "texture_mesh": 0.0},
        "total_cpu_seconds": 25.75,
        "total_wall_seconds": 16.0,
        "peak_memory_bytes": 900_000_000,
        "fallbacks": [],
    }
    assert {name: figures[name] for name in expected} == expected
    assert figures["predictions"]["medium"] == {"cpu_seconds": 200.0, "peak_memory_bytes": 2_000_000_000}
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

    pictures = [attributes for tag, attributes in page.tags if tag == "img" and attributes.get("class") != "through"]
    held_out, others = 2, 2
    assert len(pictures) == sum((
        1,  # the hero
        4,  # front, its left and right, from high up: the cameras stand on an arc
        2 * (held_out + others),  # photograph and model
        7,  # the photographs
        3,  # with their masks
        2 + 2,  # beside a warning and a gap
    ))  # fmt: skip
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
    assert hooks == {
        "data-side", "data-skin", "data-cameras", "data-camera", "data-whole", "data-step", "data-leave",
    }  # fmt: skip
    assert hooks <= attributes
    wanted = set(re.findall(r'getElementById\("([^"]+)"\)', script))
    assert wanted and wanted <= identifiers


def test_the_only_script_that_may_run_is_the_page_s_own(result: Finalized) -> None:
    text = result.report.path.read_text(encoding="utf-8")
    policy = re.findall(r'Content-Security-Policy" content="([^"]+)"', text)[0]

    (script,) = re.findall(r"<script>(.*)</script>", text, re.DOTALL)

    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert f"script-src 'sha256-{digest}'" in policy
    assert "connect-src" not in policy  # default-src 'none' holds
    assert not [name for _, given in parsed(result.report.path).tags for name in given if name.startswith("on")]


def test_nothing_of_the_machine_or_of_the_place_is_told(finished: Any, result: Finalized) -> None:
    for path in (result.report.path, result.metrics.path, result.cameras.path):
        text = path.read_text(encoding="utf-8")
        assert str(finished.photos.path.parent) not in text
        assert "/tmp/" not in text and "/home/" not in text
        for uri in re.findall(r"data:image/[a-z]+;base64,([A-Za-z0-9+/=]+)", text):
            image = Image.open(io.BytesIO(base64.b64decode(uri)))
            assert not image.getexif() and "gps" not in str(image.info).lower()


def test_the_held_out_score_leads_the_comparison_and_says_what_it_is_worth(result: Finalized) -> None:
    text = result.report.path.read_text(encoding="utf-8")
    compare = text[text.index('<section id="compare"') : text.index('<section id="views"')]

    assert "29.5 dB" in compare and "over 91 % of the frame" in compare
    assert "Between 26 and 30 dB" in compare and "What it does not tell" in compare
    names = re.findall(r"<figcaption><bdi>([^<]+)</bdi>", compare)
    assert names[:2] == ["front/IMG_0002.jpg", "front/IMG_0005.jpg"]
    assert len(names) == len(set(names)) == 4


def test_without_held_out_photographs_there_is_no_score(finished: Any, tmp_path: Path) -> None:
    folder = tmp_path / "model"
    shutil.copytree(finished.model.path, folder, ignore=shutil.ignore_patterns("held_out"))

    result = finalize(finished, model=type(finished.model)(folder), steps=finished.steps[:-1])

    assert json.loads(result.metrics.path.read_text())["held_out_psnr_db"] is None
    told = "".join(parsed(result.report.path).text)
    assert "no photograph was kept back" in told and "29.5 dB" not in told


def test_expected_and_real_cost_stand_side_by_side(result: Finalized) -> None:
    told = " ".join("".join(parsed(result.report.path).text).split())

    assert "Expected time" in told and "3 min 20 s" in told  # of medium
    assert "low took 26 s of processor time and 900 MB of memory: 29 % more than expected." in told


def test_without_masks_and_without_a_choice_the_page_says_less(finished: Any) -> None:
    result = finalize(finished, masks=None, choice=None)

    told = "".join(parsed(result.report.path).text)
    assert "Masks" not in told and "Expected time" not in told
    assert "Nothing was predicted." in told


def test_masks_tint_what_is_ignored_and_leave_the_subject(result: Finalized) -> None:
    masked = re.findall(
        r'<figure class="masked"><img src="data:image/webp;base64,([^"]+)"', result.report.path.read_text()
    )

    picture = np.asarray(Image.open(io.BytesIO(base64.b64decode(masked[0]))).convert("RGB"), np.float64)
    kept, ignored = picture[:, :40].mean(axis=(0, 1)), picture[:, 56:].mean(axis=(0, 1))
    assert len(masked) == 3
    assert ignored[0] - ignored[1] > 50 and abs(kept[0] - kept[1]) < 10


def test_a_degraded_run_says_so_above_everything(finished: Any, tmp_path: Path) -> None:
    chosen = tmp_path / "choice.json"
    chosen.write_text('{"quality": "medium"}', encoding="utf-8")
    steps = [*finished.steps, StepMetrics(step="find_device", values={"device": "cpu", "why_cpu": "no GPU here"})]
    given_up = FailedTry(name="medium", step="fuse-depth", why="ran out of memory", instead="low")

    result = finalize(finished, quality=Quality.LOW, steps=steps, degraded=[given_up], choice=Figures(chosen))

    text = result.report.path.read_text(encoding="utf-8")
    banner = text[text.index('class="banner') : text.index("<h1>")]
    assert "Built at low quality, not medium." in banner
    assert "medium ran out of memory in fuse-depth; the model was built at low." in banner
    figures = json.loads(result.metrics.path.read_text())
    assert (figures["chosen"], figures["built"], figures["device_reason"]) == ("medium", "low", "no GPU here")
    assert "Device of the dense stereo: cpu; no GPU here." in text


def test_why_a_quality_was_given_up_is_told_without_places(finished: Any) -> None:
    given_up = FailedTry(name="medium", step="fuse-depth", why="failed: cannot write /var/tmp/kai-7/points.ply")

    result = finalize(
        finished, quality=Quality.LOW, choice=_choice_of("medium", finished.choice.path.parent), degraded=[given_up]
    )

    (told,) = json.loads(result.metrics.path.read_text())["fallbacks"]
    assert told["message"].startswith("medium failed: cannot write points.ply in fuse-depth")
    text = result.report.path.read_text(encoding="utf-8")
    assert told["message"] in text[text.index('class="banner') : text.index("<h1>")]


def _choice_of(quality: str, folder: Path) -> Figures:
    path = folder / f"choice-{quality}.json"
    path.write_text(json.dumps({"quality": quality, "reason": "Enough for it."}))
    return Figures(path)


def test_a_model_too_big_to_turn_is_a_picture_that_says_why(finished: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(geometry, "VIEWER_FACES", 5)

    result = finalize(finished)

    text = result.report.path.read_text(encoding="utf-8")
    assert "too many for a page; open model.glb" in text
    assert "<canvas" not in text and 'id="viewer-data"' not in text


@pytest.mark.parametrize(
    "name",
    [
        "<script>alert(1)</script>.jpg",
        "two\nlines.jpg",
        "Ünï çødé 写真 \u202egpj.exe",
        "a  b&amp;'\".jpg",
        "]]>--></style>.jpg",
    ],
)
def test_hostile_names_are_text_wherever_they_stand(finished: Any, tmp_path: Path, name: str) -> None:
    graph = json.loads(finished.match_graph.path.read_text())
    graph["photos"].append({"name": name, "features": 3, "registered": False})
    graph["pairs"].append({"a": 0, "b": 7, "inliers": 20})
    graph["components"].append([name])
    graph["unregistered"][name] = f"Nothing matches {name}."
    graph["gaps"].append({"code": "weak-link", "message": f"{name} hangs loose.", "files": [name]})
    path = tmp_path / "match_graph.json"
    path.write_text(json.dumps(graph))

    result = finalize(finished, match_graph=type(finished.match_graph)(path))

    page = parsed(result.report.path)
    assert [tag for tag, _ in page.tags].count("script") == 2 and [tag for tag, _ in page.tags].count("style") == 2
    assert "".join(page.text).count(f"Nothing matches {name}.") == 1
    assert json.loads(result.metrics.path.read_text())["unregistered"][name] == f"Nothing matches {name}."
