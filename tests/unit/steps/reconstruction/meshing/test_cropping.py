"""What stands beside the subject stays, and the subject's cells stay as fine as they were."""

from __future__ import annotations

import numpy as np
import pytest

from steps.reconstruction.dense.views import read_views
from steps.reconstruction.meshing.cropping import DEEPEST, FAR, crop
from steps.reconstruction.meshing.ply import Cloud

AROUND = 4 * np.array([[np.cos(a), np.sin(a), 0] for a in np.arange(0, 2 * np.pi, np.pi / 4)])


def patch(away: float, side: float, count: int = 2000) -> Cloud:
    """A wall at x = -`away` that faces the origin."""
    y, z = np.random.default_rng(1).uniform(-side / 2, side / 2, (2, count))
    points = np.column_stack([np.full(count, -away), y, z])
    return Cloud(points, np.tile([1.0, 0.0, 0.0], (count, 1)), np.zeros((count, 3), np.uint8))


def together(*clouds: Cloud) -> Cloud:
    return Cloud(*(np.concatenate([getattr(c, name) for c in clouds]) for name in ("points", "normals", "colors")))


def test_a_wall_beside_the_subject_stays_and_does_not_coarsen_it(ball, model_around) -> None:
    views = read_views(model_around(AROUND))
    alone = crop(ball, views, 5)

    both = crop(together(ball, patch(11, 4)), views, 5)

    assert (both.cloud.points[:, 0] < -10).sum() > 200
    assert both.depth > alone.depth
    assert both.cell == pytest.approx(alone.cell, rel=0.5)
    here = np.linalg.norm(both.cloud.points, axis=1) < 2
    assert here.sum() == pytest.approx(len(alone.cloud.points), rel=0.02)


def test_what_is_far_goes(ball, model_around) -> None:
    views = read_views(model_around(AROUND))

    found = crop(together(ball, patch(4 + 1.2 * FAR * 3.5, 4)), views, 5)

    assert np.linalg.norm(found.cloud.points, axis=1).max() < 1.01


def test_an_octree_has_no_more_levels_than_is_good(ball, model_around) -> None:
    views = read_views(model_around(AROUND))

    assert crop(together(ball, patch(11, 8)), views, DEEPEST).depth == DEEPEST
