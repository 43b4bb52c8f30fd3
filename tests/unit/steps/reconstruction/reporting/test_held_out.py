from __future__ import annotations

import json
from pathlib import Path

import pytest
from PIL import Image

from kai_pipelines import Fatal
from steps.reconstruction.reporting.held_out import HeldOutPair, Score, comparisons, read_held_out


def pair(name: str = "a.jpg", decibels: float = 28.0, coverage: float = 0.9, **files: str) -> HeldOutPair:
    return HeldOutPair(
        name=name,
        photo=files.get("photo", "0-photo.jpg"),
        render=files.get("render", "0-render.jpg"),
        psnr_db=decibels,
        coverage=coverage,
    )


@pytest.mark.parametrize(
    ("decibels", "start"), [(31, "Beyond"), (30, "Beyond"), (28, "Between 26"), (23, "Between 22"), (9, "Below")]
)
def test_every_score_has_a_meaning(decibels: float, start: str) -> None:
    assert Score(decibels, 0.9, 1).meaning.startswith(start)


def test_a_model_that_held_nothing_out_has_no_pairs(tmp_path: Path) -> None:
    assert read_held_out(tmp_path) == []


def test_a_document_of_another_shape_is_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "held_out").mkdir()
    (tmp_path / "held_out" / "held_out.json").write_text(json.dumps({"pairs": [{"name": "a.jpg"}]}))

    with pytest.raises(Fatal, match=r"held_out\.json is not a HeldOutDocument: pairs\.0\.photo"):
        read_held_out(tmp_path)


def test_pictures_are_shown_small_and_only_from_their_folder(tmp_path: Path) -> None:
    folder = tmp_path / "held_out"
    folder.mkdir()
    for name in ("0-photo.jpg", "0-render.jpg"):
        Image.new("RGB", (2000, 1000)).save(folder / name)
    Image.new("RGB", (20, 10)).save(tmp_path / "outside.jpg")

    whole, *rest = comparisons([pair(), pair(photo="../outside.jpg"), pair(render="missing.jpg")], tmp_path)

    assert (whole.photograph.width, whole.photograph.height) == (960, 480)
    assert (whole.psnr_db, whole.coverage) == (28.0, 0.9)
    assert rest == []
