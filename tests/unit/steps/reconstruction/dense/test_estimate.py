"""Depth of a scene whose surface is known by formula."""

from __future__ import annotations

import numpy as np
import pytest

from steps.reconstruction.dense.estimate import Effort, Estimator, Scene
from steps.reconstruction.dense.pyramid import enlarged, starting_planes
from steps.reconstruction.dense.views import count_shared, read_views, relative, select_sources

ONE_PIXEL = 0.045
"""Relative change of a depth of 5.5 that moves a point by one pixel in the view 0.7 away: 5.5 / (176 · 0.7)."""


def estimate(workspace, scratch, seed=0, threads=1):
    views = read_views(workspace / "sparse")
    found = {}
    scratch.mkdir()
    scene = Scene(views, workspace / "images", 3)
    effort = Effort(levels=2, coarse_iterations=3, threads=threads)
    Estimator(scene, scratch, effort, seed).run(lambda view, e: found.update({view.name: e}), lambda *_: None)
    return [found[view.name] for view in views]


@pytest.fixture(scope="module")
def workspace(rendered, tmp_path_factory):
    return rendered.write(tmp_path_factory.mktemp("workspace") / "scene")


@pytest.fixture(scope="module")
def estimates(workspace, tmp_path_factory):
    return estimate(workspace, tmp_path_factory.mktemp("scratch") / "one")


def test_nearly_all_depths_are_right(rendered, estimates):
    errors, right = [], []
    for found, truth in zip(estimates[1:3], rendered.depths[1:3], strict=True):
        depth = found.depth()
        right.append((np.abs(depth / truth - 1) < 0.01).mean())
        errors.append(np.median(np.abs(depth / truth - 1)[depth > 0]))

    assert min(right) > 0.90
    assert max(errors) < 0.002


def test_what_is_kept_is_seldom_wrong(rendered, estimates):
    for found, truth in zip(estimates, rendered.depths, strict=True):
        depth = found.depth()
        assert (np.abs(depth / truth - 1)[depth > 0] < ONE_PIXEL).mean() > 0.97


def test_the_number_of_threads_changes_nothing(workspace, estimates, tmp_path):
    again = estimate(workspace, tmp_path / "three", threads=3)

    for first, second in zip(estimates, again, strict=True):
        assert np.array_equal(first.planes, second.planes)
        assert np.array_equal(first.costs, second.costs)


def test_another_seed_is_another_search_with_the_same_end(workspace, estimates, tmp_path):
    other = estimate(workspace, tmp_path / "other", seed=1)

    assert not np.array_equal(estimates[1].planes, other[1].planes)
    assert np.median(np.abs(estimates[1].planes[:, :, 0] / other[1].planes[:, :, 0] - 1)) < 0.05 * ONE_PIXEL


def test_a_written_model_is_read_as_it_was(rendered, workspace):
    views = read_views(workspace / "sparse")

    assert [view.name for view in views] == [view.name for view in rendered.views]
    assert views[2].calibration == pytest.approx(rendered.views[2].calibration)
    assert views[2].center == pytest.approx(rendered.views[2].center, abs=1e-9)
    assert views[2].points == pytest.approx(rendered.views[2].points)


def test_the_way_to_another_view_is_that_of_its_points(rendered):
    here, there = rendered.views[0], rendered.views[3]
    point = here.points[7]
    ours, theirs = (view.rotation @ point + view.translation for view in (here, there))
    pixel = (here.matrix() @ ours)[:2] / ours[2]

    u, v, scale = relative(here, there, here.calibration, there.calibration) @ [*pixel, 1, 1 / ours[2]]

    assert [u / scale, v / scale] == pytest.approx((there.matrix() @ theirs)[:2] / theirs[2])


def test_sources_are_those_at_a_good_angle(rendered):
    # Each step in the row is 3 to 4 degrees; MVSNet's score is 0.4 for one step, 0.97 for two, 0.8 for three.
    shared = count_shared(rendered.views)
    assert select_sources(rendered.views, shared, 0, 3) == [2, 3, 1]
    assert select_sources(rendered.views, shared, 1, 1) == [3]


def test_a_view_without_shared_points_is_no_source(rendered):
    from dataclasses import replace

    stranger = replace(rendered.views[0], point_ids=rendered.views[0].point_ids + 1000)

    views = [stranger, *rendered.views[1:]]
    shared = count_shared(views)
    assert shared[0].tolist() == [60, 0, 0, 0]
    assert shared[1].tolist() == [0, 60, 60, 60]
    assert select_sources(views, shared, 0, 3) == []


def test_the_search_starts_at_the_sparse_points(rendered):
    view, truth = rendered.views[2], rendered.depths[2]

    planes = starting_planes(view, truth.shape)

    local = view.points @ view.rotation.T + view.translation
    pixels = np.rint((local[:, :2] / local[:, 2:]) * view.calibration[:2] + view.calibration[2:]).astype(int)
    near = np.abs(planes[pixels[:, 1], pixels[:, 0], 0] * local[:, 2] - 1)
    assert np.median(near) < 0.02


def test_a_plane_stays_the_same_plane_when_its_image_grows():
    y, x = np.mgrid[:6, :8].astype(np.float32)
    coarse = np.stack([0.2 + 0.01 * x - 0.02 * y, 0 * x + 0.01, 0 * x - 0.02], axis=2)

    fine = enlarged(coarse, (12, 16))

    y, x = (np.mgrid[:12, :16] + 0.5) / 2 - 0.5
    assert fine[:, :, 0] == pytest.approx(0.2 + 0.01 * x - 0.02 * y, abs=1e-6)
    assert np.allclose(fine[:, :, 1:], [0.005, -0.01])
