from __future__ import annotations

import io

import cv2
import numpy as np
import PIL.Image
import pytest

from steps.reconstruction.photographs.likeness import find_copies, thumbnail
from tests.unit.steps.reconstruction.photographs.pictures import scene


def gray(values: np.ndarray) -> np.ndarray:
    return thumbnail(np.asarray(cv2.cvtColor(np.ascontiguousarray(values), cv2.COLOR_RGB2GRAY)))


def recompressed(values: np.ndarray, quality: int) -> np.ndarray:
    buffer = io.BytesIO()
    PIL.Image.fromarray(values).save(buffer, "JPEG", quality=quality)
    return np.asarray(PIL.Image.open(buffer))


CHANGES = {
    "compressed": (lambda v: recompressed(v, 15), "as it is"),
    "half as large": (lambda v: cv2.resize(v, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA), "as it is"),
    "a border cut off": (lambda v: v[20:-10, 40:], "as it is"),
    "brighter": (lambda v: np.clip(v * 1.2 + 5, 0, 255).astype(np.uint8), "as it is"),
    "mirrored": (lambda v: v[:, ::-1], "mirrored"),
    "upside down": (lambda v: v[::-1, ::-1], "upside down"),
    "turned left": (lambda v: np.rot90(v), "turned"),
    "turned right": (lambda v: np.rot90(v, 3), "turned"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_changed_picture_is_a_copy_of_its_original(change):
    make, how = CHANGES[change]
    pictures = [scene(seed) for seed in range(5)]

    found = find_copies([gray(one) for one in [*pictures, make(pictures[2])]], [(2,)] * 5 + [(1,)])

    assert [(copy.copy, copy.original, copy.how) for copy in found] == [(5, 2, how)]


def test_of_two_the_one_of_less_worth_is_the_copy():
    picture = gray(scene(1))

    assert [copy.copy for copy in find_copies([picture, picture], [(1,), (2,)])] == [0]


def test_views_of_the_same_plane_from_beside_are_no_copies():
    """A drone over flat ground: each photograph has something that the other has not."""
    ground = scene(4, 1600, 1200)
    views = [gray(ground[top : top + 600, left : left + 800]) for top in (0, 60) for left in (0, 80, 160)]

    assert find_copies(views, [(1,)] * len(views)) == []


def test_near_things_that_move_before_far_ones_are_no_copy():
    far, near = scene(5), scene(6)
    first, second = far.copy(), far.copy()
    first[100:380, 200:440] = near[100:380, 200:440]
    second[100:380, 212:452] = near[100:380, 200:440]

    assert find_copies([gray(first), gray(second)], [(1,), (1,)]) == []


def test_the_original_of_a_copy_is_never_a_copy():
    picture = scene(7)
    chain = [gray(picture), gray(picture[8:, 8:]), gray(picture[16:, 16:]), gray(scene(8))]

    found = find_copies(chain, [(4,), (3,), (2,), (1,)])

    assert {copy.copy for copy in found} == {1, 2}
    assert {copy.original for copy in found} == {0}


def test_plain_pictures_are_not_compared():
    assert find_copies([np.full((100, 192), value, np.uint8) for value in (10, 10, 200)], [(1,)] * 3) == []
