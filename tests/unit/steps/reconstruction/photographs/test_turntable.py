from __future__ import annotations

import cv2
import numpy as np
import pytest

from steps.reconstruction.photographs import turntable
from tests.unit.steps.reconstruction.photographs.pictures import on_a_turntable, scene


@pytest.mark.parametrize(("ground", "shade"), [(4, "black"), (22, "black"), (250, "white"), (232, "white")])
@pytest.mark.parametrize("noise", [0.0, 3.0])
def test_a_turntable_before_a_plain_background_is_noticed(ground, shade, noise):
    photos = [on_a_turntable(angle, ground, noise)[0] for angle in range(0, 360, 45)]

    assert turntable.of_the_set([turntable.look(photo) for photo in photos]) == shade


@pytest.mark.parametrize("ground", [4, 250])
def test_a_mask_has_the_whole_subject_with_its_hole_and_a_small_margin(ground):
    photo, block = on_a_turntable(30, ground)

    mask = turntable.mask(photo) > 0

    assert np.all(mask[block])  # also the hole, which is as black as the ground
    around = cv2.dilate(block.astype(np.uint8), np.ones((25, 25), np.uint8)) > 0
    assert not np.any(mask[~around])


def night(seed: int) -> np.ndarray:
    """A lit house in a street with lamps, each with its glow on the ground."""
    rng = np.random.default_rng(seed)
    rows, columns = np.mgrid[:480, :640]
    light = np.full((480, 640), 0.08)
    for x, y in zip(rng.integers(20, 620, 8), rng.integers(60, 400, 8), strict=True):
        light += 0.5 * np.exp(-((rows - y - 60) ** 2 + (columns - x) ** 2) / 5000)
    values = np.clip(scene(seed) * light[:, :, None], 0, 255).astype(np.uint8)
    values[150:330, 200:460] = scene(seed + 50)[150:330, 200:460]
    return values


def snow(seed: int) -> np.ndarray:
    """A hut in the snow: bright all around, but shaded."""
    rows, columns = np.mgrid[:480, :640]
    values = np.repeat((215 + 25 * np.sin(rows / 40 + seed) + 12 * np.cos(columns / 23))[:, :, None], 3, axis=2)
    values[200:320, 260:400] = scene(seed)[200:320, 260:400]
    return np.clip(values, 0, 255).astype(np.uint8)


def sky(seed: int) -> np.ndarray:
    """A burnt sky over a street."""
    values = scene(seed)
    values[:260] = 255
    return values


def wall(seed: int) -> np.ndarray:
    """A picture on a white wall, with light from one side."""
    columns = np.mgrid[:480, :640][1]
    values = np.repeat((180 + columns * 0.11)[:, :, None], 3, axis=2).astype(np.uint8)
    values[120:360, 200:440] = scene(seed)[120:360, 200:440]
    return values


@pytest.mark.parametrize("make", [night, snow, sky, wall, scene])
def test_ordinary_photographs_are_not_masked(make):
    assert turntable.of_the_set([turntable.look(make(seed)) for seed in range(6)]) is None


def test_a_few_plain_photographs_in_an_ordinary_set_are_not_masked():
    plain = [turntable.look(on_a_turntable(angle, 4)[0]) for angle in range(3)]

    assert all(plain)
    assert turntable.of_the_set([*plain, None, None, None]) is None


def test_backgrounds_of_different_brightness_are_not_one_turntable():
    looks = [turntable.look(on_a_turntable(0, ground)[0]) for ground in (0, 28, 0, 28, 0, 28)]

    assert all(looks)
    assert turntable.of_the_set(looks) is None
