from __future__ import annotations

import numpy as np
import pytest

from kai_pipelines import Fatal
from steps.reconstruction.alignment import coverage, verdict
from steps.reconstruction.alignment.consistency import Agreement, agreement
from steps.reconstruction.alignment.graph import Edge, Graph

from .conftest import ring

BALL = np.random.default_rng(0).normal(0, 0.4, (300, 3))


def graph(count: int, inliers: dict[tuple[int, int], int]) -> Graph:
    edges = [
        Edge(a, b, np.repeat(np.arange(number, dtype=np.uint32)[:, None], 2, axis=1))
        for (a, b), number in inliers.items()
    ]
    return Graph([(800, 600)] * count, [np.zeros((500, 2))] * count, edges)


def names(count: int) -> list[str]:
    return [f"{index}.jpg" for index in range(count)]


def test_every_field_is_there_by_the_photographs_names(make_model):
    model = make_model(ring(6, height=0.0), BALL)

    found = coverage.document(
        [*names(6), "cat.jpg"], graph(7, {(i, i + 1): 100 for i in range(5)}), model, {"cat.jpg": "it matches nothing"}
    )

    assert found["photos"][6] == {"name": "cat.jpg", "features": 500, "registered": False}
    assert found["pairs"][0] == {"a": 0, "b": 1, "inliers": 100}
    assert found["components"] == [names(6), ["cat.jpg"]]
    assert found["inliers"]["0.jpg"] == 100
    assert found["inliers"]["cat.jpg"] == 0
    assert found["unregistered"] == {"cat.jpg": "it matches nothing"}
    assert set(found["parallax_deg"]) == set(names(6))


def test_parallax_is_the_angle_under_which_points_were_seen(make_model):
    model = make_model(ring(2, degrees=40, height=0.0), BALL * 0.01)  # 20 degrees apart, all points in the middle

    angles, median = coverage.parallax(model)

    assert median == pytest.approx(20, abs=0.3)
    assert angles["0.jpg"] == pytest.approx(20, abs=0.3)


def test_thickness_tells_a_board_from_a_ball():
    assert coverage.thickness(BALL) > 0.8
    assert coverage.thickness(BALL * [1, 0.002, 1]) < 0.005
    assert coverage.thickness(BALL[:2]) == 0.0


def test_a_photograph_on_which_a_group_hangs_is_named():
    joined = dict.fromkeys([(0, 1), (1, 2), (0, 2), (0, 3), (1, 3), (2, 3), (3, 4), (4, 5), (3, 6), (5, 6)], 200)

    found = coverage.bridges(names(7), graph(7, joined), frozenset(names(7)))

    assert [(gap["code"], gap["files"][0]) for gap in found] == [("bridge-photo", "3.jpg")]
    assert found[0]["files"][1:] == ["4.jpg", "5.jpg", "6.jpg"]


def test_a_group_that_few_matches_join_is_named():
    joined = {(0, 1): 300, (0, 2): 300, (1, 2): 300, (2, 3): 20, (3, 4): 300, (4, 5): 300, (3, 5): 300}

    found = coverage.bridges(names(6), graph(6, joined), frozenset(names(6)))

    assert [gap["files"] for gap in found if gap["code"] == "weak-link"] == [["3.jpg", "4.jpg", "5.jpg"]]


def test_a_walk_around_that_leaves_a_side_out_says_between_whom(make_model):
    model = make_model(
        ring(12, height=0.5)[:10], BALL - np.median(BALL, axis=0)
    )  # 300 degrees of the circle: 90 are missing

    gaps = coverage.azimuth_gaps(model)

    assert [gap["code"] for gap in gaps] == ["azimuth-gap"]
    assert gaps[0]["files"] == ["9.jpg", "0.jpg"]
    assert "90 degrees" in gaps[0]["message"]


def test_a_closed_walk_and_a_facade_have_no_gap(make_model):
    assert coverage.azimuth_gaps(make_model(ring(12, height=0.5), BALL)) == []
    assert coverage.azimuth_gaps(make_model(ring(8, height=0.5, degrees=100), BALL)) == []


def test_matches_that_the_cameras_contradict_are_found(make_model):
    model = make_model(ring(4, height=0.5), BALL)
    keypoints = [
        np.asarray(image.camera.img_from_cam(image.cam_from_world() * BALL))
        for _, image in sorted(model.images.items())
    ]
    same = np.repeat(np.arange(len(BALL), dtype=np.uint32)[:, None], 2, axis=1)
    wrong = np.stack([same[:, 0], np.random.default_rng(1).permutation(len(BALL)).astype(np.uint32)], axis=1)
    seen = Graph([(800, 600)] * 4, keypoints, [Edge(0, 1, same), Edge(1, 3, wrong)])

    agreed = agreement(model, seen, names(4))
    assert [(edge.a, edge.b) for edge in agreed.contradicted] == [(1, 3)]
    assert not agreed.is_lost


def test_a_model_that_most_pairs_contradict_is_lost_and_refused_by_name():
    pair = Edge(0, 1, np.zeros((50, 2), np.uint32))

    assert Agreement(fitting=[pair], contradicted=[pair, pair]).is_lost
    assert not Agreement(fitting=[], contradicted=[]).is_lost
    with pytest.raises(Fatal, match="20 of 28 pairs") as refusal:
        verdict.refuse_contradicted(["a.png", "b.png"], 20, 28)
    assert refusal.value.code == "look-alikes"
    assert refusal.value.files == ("a.png", "b.png")
