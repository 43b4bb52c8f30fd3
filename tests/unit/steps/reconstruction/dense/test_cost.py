"""The cost is a correlation of patches under a plane's homography."""

from __future__ import annotations

import numpy as np
import pytest

from steps.reconstruction.dense.cost import PADDING, Patch, describe_patch, match_cost, pack
from steps.reconstruction.dense.plane import gradient_of, normal_map, normal_of
from steps.reconstruction.dense.pyramid import gather_sources
from steps.reconstruction.dense.sources import count_consistent


def costs_at(rendered, scale, pixels):
    view, others = rendered.views[1], [rendered.views[0], rendered.views[2]]
    images = [rendered.images[0], rendered.images[2]]
    sources = gather_sources(view, others, images[0].shape, images)
    weights, deviations = np.empty(32, np.float32), np.empty(32, np.float32)
    costs = []
    for x, y in pixels:
        w = scale / rendered.depths[1][y, x]
        patch = Patch(weights, deviations, *describe_patch(x, y, rendered.images[1], weights, deviations))
        costs.append([match_cost(x, y, w, 0.0, 0.0, patch, j, sources) for j in range(2)])
    return np.array(costs)


def test_the_true_depth_costs_little_and_a_wrong_one_much(rendered):
    pixels = [(x, y) for x in range(60, 100, 8) for y in range(40, 80, 8)]

    true, wrong = costs_at(rendered, 1.0, pixels), costs_at(rendered, 1.25, pixels)

    assert np.median(true) < 0.1
    assert np.median(wrong) > 0.5


def test_weights_sum_to_one_and_leave_out_what_lies_outside(rendered):
    weights, deviations = np.empty(32, np.float32), np.empty(32, np.float32)

    mean, variance = describe_patch(0, 0, rendered.images[0], weights, deviations)

    assert weights.sum() == pytest.approx(1, abs=1e-5)
    assert deviations.sum() == pytest.approx(0, abs=1e-3)
    assert (weights == 0).sum() == 32 - 9 + 1, "offsets 1, 3, 5 both ways, without the corner"
    corner = rendered.images[0][:6, :6]
    assert corner.min() <= mean <= corner.max()
    assert 0 < variance < 128**2


def test_packed_words_hold_a_pixel_and_its_neighbors():
    image = np.arange(12, dtype=np.uint8).reshape(3, 4)

    words = pack(image)

    assert words.shape == (3 + 2 * PADDING, 4 + 2 * PADDING)
    assert int(words[PADDING + 1, PADDING + 2]) == 6 | 7 << 8 | 10 << 16 | 11 << 24
    assert int(words[0, 0]) == 0
    assert int(words[-1, -1]) == 11 | 11 << 8 | 11 << 16 | 11 << 24


def test_normal_and_gradient_are_each_others_inverse():
    fx, fy, cx, cy = 500.0, 480.0, 320.0, 240.0
    normal = np.array([0.3, -0.5, -0.8]) / np.linalg.norm([0.3, -0.5, -0.8])

    wx, wy = gradient_of(100.0, 400.0, 0.25, *normal, fx, fy, cx, cy)

    assert normal_of(100.0, 400.0, 0.25, wx, wy, fx, fy, cx, cy) == pytest.approx(normal)
    planes = np.ones((401, 101, 3), np.float32)
    planes[400, 100] = 0.25, wx, wy
    assert normal_map(planes, np.array([fx, fy, cx, cy]))[400, 100] == pytest.approx(normal, abs=1e-5)


def test_a_plane_meets_itself_in_every_view(rendered):
    planes = []
    for depth in rendered.depths:
        exact = np.zeros((*depth.shape, 3), np.float32)
        exact[:, :, 0] = 1 / depth
        exact[:, :, 1], exact[:, :, 2] = np.gradient(1 / depth, axis=1), np.gradient(1 / depth, axis=0)
        planes.append(exact)
    others = [0, 2, 3]
    sources = gather_sources(
        rendered.views[1], [rendered.views[j] for j in others], rendered.images[1].shape,
        [rendered.images[j] for j in others], [planes[j] for j in others],
    )  # fmt: skip

    center = count_consistent(planes[1], sources, 0.5)[30:90, 50:110]
    doubled = count_consistent(planes[1] * np.float32(1.5), sources, 0.5)[30:90, 50:110]

    assert (center == 3).mean() > 0.85
    assert (doubled > 0).mean() < 0.05
