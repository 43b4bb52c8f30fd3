"""What rendered depth maps and masks say of places in front of, on and behind a wall."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from steps.reconstruction.dense.colmap_io import write_map
from steps.reconstruction.dense.masks import FOLDER
from steps.reconstruction.dense.views import View
from steps.reconstruction.dense.workspace import map_name
from steps.reconstruction.mask_files import mask_file
from steps.reconstruction.meshing.evidence import Evidence, gather_evidence

AWAY = 5.0
"""Of the wall z = 0 from the cameras, which look at it along +z."""
ON, BEFORE, BEHIND, BESIDE = np.array([[0.0, 0, 0], [0, 0, -1], [0, 0, 1], [40, 0, 0]])


@pytest.fixture
def views() -> list[View]:
    return [
        View(f"{k}.png", 40, 30, np.array([40.0, 40.0, 19.5, 14.5]), np.eye(3), np.array([0.1 * k, 0.0, AWAY]),
             np.zeros(0, np.int64), np.zeros((0, 3)))
        for k in range(4)
    ]  # fmt: skip


@pytest.fixture
def ask(tmp_path, views):
    def gather(place, facing=-1.0, depth=AWAY) -> Evidence:
        for view in views:
            write_map(tmp_path / "depth_maps" / map_name(view.name), np.full((30, 40), depth, np.float32))
        return gather_evidence(place[None], np.array([[0.0, 0, facing]]), 0.02, views, tmp_path, tmp_path)

    return gather


def test_a_place_on_the_surface_is_agreed_to_by_all(ask):
    found = ask(ON)

    assert (found.framed, found.agreeing, found.through, found.exposed) == (4, 4, 0, 4)
    assert found.supported() and not found.refuted()


def test_a_place_before_it_is_looked_through(ask):
    found = ask(BEFORE)

    assert (found.agreeing, found.through) == (0, 4)
    assert found.refuted() and not found.supported()


def test_a_place_behind_it_is_hidden_and_neither_supported_nor_refuted_by_what_cannot_see_it(ask):
    found = ask(BEHIND)

    assert (found.agreeing, found.through, found.exposed) == (0, 0, 0)
    assert found.supported(), "nobody looks at it"
    assert not found.refuted()


def test_a_place_where_nothing_was_measured_has_no_support_and_is_not_refuted(ask):
    found = ask(ON, depth=0.0)

    assert (found.exposed, found.agreeing, found.through) == (4, 0, 0)
    assert not found.supported() and not found.refuted()


def test_a_back_side_is_not_looked_at(ask):
    assert ask(ON, facing=1.0).exposed == 0


def test_a_place_beyond_the_borders_is_not_framed(ask):
    assert ask(BESIDE).framed == 0


@pytest.mark.parametrize(("leaving_out", "refuted"), [(1, False), (2, True)])
def test_several_masks_that_leave_a_place_out_refute_it(ask, tmp_path, views, leaving_out, refuted):
    (tmp_path / FOLDER).mkdir()
    for view in views[:leaving_out]:
        cv2.imwrite(str(mask_file(tmp_path / FOLDER, view.name)), np.zeros((30, 40), np.uint8))

    found = ask(ON)

    assert found.outside == leaving_out
    assert found.refuted() == refuted


def test_many_views_need_only_a_few_that_agree():
    count = np.array([40, 40, 8, 8, 2, 1])
    agreeing = np.array([4, 3, 2, 1, 2, 1])
    zero = np.zeros(6, np.int64)

    assert Evidence(count, agreeing, zero, count, zero).supported().tolist() == [True, False, True, False, True, True]
