from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from steps.reconstruction.texturing.packing import CELL, Chart, pack

SIZE = 512


def rectangle(width: float, height: float) -> Chart:
    """Turned by 20 degrees, as charts come."""
    corner = np.array([[0, 0], [width, 0], [width, height], [0, height]], float)
    a = np.radians(20)
    turned = corner @ np.array([[np.cos(a), np.sin(a)], [-np.sin(a), np.cos(a)]])
    return Chart(turned - 7, np.array([[0, 1, 2], [0, 2, 3]]))


def ring(radius: float) -> Chart:
    """A flat ring with a hole of 0.8 of its radius."""
    angles = np.linspace(0, 2 * np.pi, 49)[:-1]
    circle = np.stack([np.cos(angles), np.sin(angles)], axis=1) * radius
    i = np.arange(48)
    j = (i + 1) % 48
    triangles = np.concatenate([np.stack([i, j, i + 48], axis=1), np.stack([j, j + 48, i + 48], axis=1)])
    return Chart(np.concatenate([circle, 0.8 * circle]), triangles)


def mixed() -> list[Chart]:
    random = np.random.default_rng(4)
    return [rectangle(*random.uniform(1, 12, 2)) for _ in range(60)] + [ring(9.0)]


def texels_of(points: NDArray[np.float64], triangles: NDArray[np.int64]) -> set[tuple[int, int]]:
    """Texels whose centers lie in a triangle, by the signs of three cross products."""
    low, high = np.floor(points.min(axis=0)).astype(int), np.ceil(points.max(axis=0)).astype(int)
    x, y = np.meshgrid(np.arange(low[0], high[0] + 1) + 0.5, np.arange(low[1], high[1] + 1) + 0.5)
    found = np.zeros(x.shape, bool)
    for a, b, c in points[triangles]:
        sides = [(q[0] - p[0]) * (y - p[1]) - (q[1] - p[1]) * (x - p[0]) for p, q in ((a, b), (b, c), (c, a))]
        found |= np.all([side >= 0 for side in sides], axis=0) | np.all([side <= 0 for side in sides], axis=0)
    return set(zip((x[found] - 0.5).astype(int).tolist(), (y[found] - 0.5).astype(int).tolist(), strict=True))


def lengths(points: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.linalg.norm(points[:, None] - points[None], axis=2)


def test_charts_keep_a_texel_between_them_and_lie_in_the_texture() -> None:
    charts = mixed()

    places = pack(charts, SIZE)

    owner = np.full((SIZE, SIZE), -1)
    for number, (chart, points) in enumerate(zip(charts, places, strict=True)):
        assert points.min() >= 0
        assert points.max() <= SIZE
        for x, y in texels_of(points, chart.triangles):
            around = owner[max(0, y - 1) : y + 2, max(0, x - 1) : x + 2]
            assert set(np.unique(around)) <= {-1, number}
            owner[y, x] = number
    assert CELL == 2


def test_charts_keep_their_shape_and_share_one_scale_and_one_side() -> None:
    charts = mixed()

    places = pack(charts, SIZE)

    scale = lengths(places[0])[0, 1] / lengths(charts[0].points)[0, 1]
    for chart, points in zip(charts, places, strict=True):
        np.testing.assert_allclose(lengths(points), scale * lengths(chart.points), rtol=1e-6, atol=1e-6)
        before, after = (each[chart.triangles[0]] for each in (chart.points, points))
        assert np.linalg.det(np.diff(before, axis=0)) * np.linalg.det(np.diff(after, axis=0)) > 0  # not mirrored


def test_most_of_the_texture_is_used_also_inside_of_rings() -> None:
    charts = mixed()

    places = pack(charts, SIZE)

    used = sum(len(texels_of(points, chart.triangles)) for chart, points in zip(charts, places, strict=True))
    assert used / SIZE**2 > 0.7
    middle, radius = places[-1].mean(axis=0), np.linalg.norm(places[-1][0] - places[-1].mean(axis=0))
    assert any(np.linalg.norm(points.mean(axis=0) - middle) < 0.8 * radius for points in places[:-1])


@pytest.mark.parametrize("count", [1, 300])
def test_a_texture_too_small_for_shapes_still_has_room_for_all(count: int) -> None:
    places = pack([rectangle(1, 2)] * count, 16)

    assert len(places) == count
    assert all(points.min() >= 0 and points.max() <= 16 for points in places)


def test_a_chart_without_area_is_placed_too() -> None:
    flat = Chart(np.zeros((3, 2)), np.array([[0, 1, 2]]))

    places = pack([rectangle(3, 4), flat], 64)

    assert np.isfinite(places[1]).all()
