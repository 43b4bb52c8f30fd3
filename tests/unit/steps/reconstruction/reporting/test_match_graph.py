from __future__ import annotations

import base64
import io
import re

import numpy as np
from PIL import Image

from steps.reconstruction.documents import MatchDocument, MatchedPair, MatchedPhoto
from steps.reconstruction.reporting.content import short_names
from steps.reconstruction.reporting.match_graph import match_graph


def graph(count: int, reach: int = 3) -> MatchDocument:
    photos = [MatchedPhoto(name=f"IMG_{i:04}.jpg", features=100, registered=i != 1) for i in range(count)]
    pairs = [
        MatchedPair(a=a, b=b, inliers=10 * (b - a)) for a in range(count) for b in range(a + 1, min(count, a + reach))
    ]
    return MatchDocument(photos=photos, pairs=pairs)


def test_every_pair_is_a_chord_and_a_cell() -> None:
    drawn = match_graph(graph(11))

    assert len(re.findall(r'class="c c\d+ c\d+"', drawn)) == len(graph(11).pairs)
    assert drawn.count("<rect") == len(graph(11).pairs)
    assert drawn.count("IMG_0000.jpg – IMG_0002.jpg: 20 inliers") == 2


def test_more_inliers_make_a_thicker_chord() -> None:
    drawn = match_graph(graph(4))

    widths = {
        (int(a), int(b)): float(width)
        for a, b, width in re.findall(r'class="c c(\d+) c(\d+)" stroke-width="([\d.]+)"', drawn)
    }
    assert widths[0, 2] > widths[0, 1]


def test_a_photograph_that_was_not_placed_is_marked() -> None:
    assert re.findall(r'class="n n(\d+) missing"', match_graph(graph(5))) == ["1"]


def test_very_many_photographs_keep_the_drawing_light() -> None:
    drawn = match_graph(graph(200, reach=40))

    assert drawn.count('class="c c') == 1500
    assert "<rect" not in drawn and drawn.count('href="data:image/png') == 1
    assert len(drawn) < 900_000


def test_the_matrix_of_many_photographs_has_one_pixel_per_pair() -> None:
    drawn = match_graph(graph(100))

    picture = np.asarray(Image.open(io.BytesIO(base64.b64decode(re.findall(r"image/png;base64,([^\"]+)", drawn)[0]))))
    assert picture.shape == (100, 100, 4)
    marked = {(int(row), int(column)) for row, column in np.argwhere(picture[..., 3] > 0)}
    assert marked == {(pair.b, pair.a) for pair in graph(100).pairs}


def test_photographs_that_fall_into_groups_are_named_by_group() -> None:
    names = [f"IMG_{i:04}.jpg" for i in range(6)]
    document = graph(6).model_copy(update={"components": [names[:4], names[4:]]})

    drawn = match_graph(document)

    assert "2 groups that nothing joins" in drawn
    told = drawn[drawn.index("Group 2") : drawn.index("</ul>")]
    assert "IMG_0004.jpg" in told and "IMG_0005.jpg" in told and "IMG_0003.jpg" not in told
    assert "nothing joins" not in match_graph(graph(6))


def test_no_pairs_is_said_in_words() -> None:
    assert "No two photographs share verified matches." in match_graph(graph(3, reach=1))


def test_names_lose_what_most_share() -> None:
    assert short_names(["t/templeR0007.png", "t/templeR0008.png", "odd.png"]) == {
        "t/templeR0007.png": "0007",
        "t/templeR0008.png": "0008",
        "odd.png": "odd",
    }
    assert short_names(["left.jpg", "right.jpg"]) == {"left.jpg": "left", "right.jpg": "right"}
    assert short_names([]) == {}
