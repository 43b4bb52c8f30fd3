from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pycolmap
import pytest

from steps.data.render_scene import RenderedScene
from steps.reconstruction.alignment import features


@pytest.fixture
def photo(rendered: RenderedScene, tmp_path: Path) -> Path:
    """One photograph, under its number, in a folder of its own."""
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "000000.jpg").symlink_to(rendered.photos.path / "view-000.jpg")
    return tmp_path / "photos"


def places(photo: Path, effort: features.Effort, mask: np.ndarray | None = None) -> np.ndarray:
    """Where features are found, [n, 2]."""
    work = photo.parent / f"work-{len(list(photo.parent.iterdir()))}"
    (work / "given").mkdir(parents=True)
    masks, shares = None, {}
    if mask is not None:
        cv2.imwrite(str(work / "given" / "left.JPG.png"), mask)
        masks = work / "masks"
        shares = features.link_masks(work / "given", ["left.JPG"], ["000000.jpg"], masks)
    features.register_photos(work / "matches.db", photo, ["000000.jpg"])
    list(features.extract(work / "matches.db", photo, ["000000.jpg"], effort, masks, shares))
    with pycolmap.Database.open(work / "matches.db") as opened:
        return np.asarray(opened.read_keypoints(1))[:, :2]


def test_features_lie_inside_the_mask_and_the_limit_counts_there(photo):
    mask = np.zeros((360, 480), np.uint8)
    mask[120:240, 160:320] = 255

    inside = places(photo, features.Effort(150), mask)
    everywhere = places(photo, features.Effort(150))

    assert np.all(mask[inside[:, 1].astype(int), inside[:, 0].astype(int)] == 255)
    within = np.all((everywhere >= [160, 120]) & (everywhere < [320, 240]), axis=1)
    assert len(inside) > 1.5 * within.sum()


def test_a_photograph_without_a_mask_is_taken_whole(photo):
    work = photo.parent
    (work / "given").mkdir()

    assert features.link_masks(work / "given", ["left.JPG"], ["000000.jpg"], work / "masks") == {}


def test_a_thorough_search_finds_more(photo):
    assert len(places(photo, features.Effort(8000, thorough=True))) > 1.2 * len(places(photo, features.Effort(8000)))


@pytest.mark.parametrize(
    ("width", "height", "features_wanted", "octave", "threads"),
    [
        (480, 360, 3000, -1, 2),
        (1536, 1024, 2000, 0, 2),
        (4000, 3000, 8000, 0, 2),
        (4000, 3000, 24000, -1, 1),
    ],
    ids=["small", "enough", "large", "large and enlarged"],
)
def test_photographs_are_enlarged_where_they_must_be_and_threads_share_the_memory(
    width, height, features_wanted, octave, threads
):
    manner = features._manner(width, height, features.Effort(features_wanted), share=1.0)

    assert (manner.first_octave, manner.threads) == (octave, threads)
