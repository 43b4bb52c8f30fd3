from __future__ import annotations

import re

from steps.reconstruction.reporting.content import short_names
from steps.reconstruction.reporting.documents import MatchDocument, MatchedPair, MatchedPhoto
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
    assert "<rect" not in drawn


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
