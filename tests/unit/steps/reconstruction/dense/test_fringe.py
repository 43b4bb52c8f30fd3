"""Plain background beside an object does not get the object's depth."""

from __future__ import annotations

import numpy as np

from steps.reconstruction.dense.fringe import find_fringe


def test_a_fringe_in_the_plain_background_is_found_and_the_textured_object_stays():
    # An object of noise in columns 0 to 39 before a plain background, matched five pixels too wide.
    rng = np.random.default_rng(0)
    image = np.full((60, 80), 200, np.uint8)
    image[:, :40] = rng.integers(40, 140, (60, 40))
    depth = np.zeros((60, 80), np.float32)
    depth[:, :45] = 3.0

    fringe = find_fringe(image, depth)

    assert fringe[:, 42:45].all()
    assert not fringe[:, :40].any()
    assert not fringe[:, 45:].any(), "there is no depth to take away"


def test_flat_places_inside_a_surface_stay():
    image = np.full((60, 80), 128, np.uint8)
    image[:, ::12] = 30
    depth = np.full((60, 80), 3.0, np.float32)

    assert not find_fringe(image, depth).any()


def test_a_rim_as_plain_as_the_background_stays_because_its_outline_lies_between():
    # Texture in columns 0 to 33, a plain rim to column 39, a plain background that was matched to column 44.
    rng = np.random.default_rng(0)
    image = np.full((60, 80), 200, np.uint8)
    image[:, :34] = rng.integers(40, 140, (60, 34))
    image[:, 34:40] = 90
    depth = np.zeros((60, 80), np.float32)
    depth[:, :45] = 3.0

    fringe = find_fringe(image, depth)

    assert fringe[:, 43:45].all()
    assert not fringe[:, :40].any()
