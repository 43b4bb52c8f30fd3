"""Fusing depth maps of a scene whose surface is known by formula."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from steps.reconstruction.dense.colmap_io import write_map
from steps.reconstruction.dense.fusion import Fusion
from steps.reconstruction.dense.masks import FOLDER
from steps.reconstruction.dense.workspace import map_name
from steps.reconstruction.mask_files import mask_file


class Maps:
    """Exact maps, spoiled where a test asks for it."""

    def __init__(self, rendered, folder: Path) -> None:
        self.rendered, self.folder = rendered, folder
        self.depths = [depth.astype(np.float32) for depth in rendered.depths]
        rendered.write(folder / "scene")

    def fused(self):
        views = self.rendered.views
        for index, (view, depth) in enumerate(zip(views, self.depths, strict=True)):
            write_map(self.folder / "depth_maps" / map_name(view.name), depth)
            write_map(self.folder / "normal_maps" / map_name(view.name), self.rendered.normal_map(index))
        parts = list(Fusion(views, self.folder / "scene", self.folder).run(lambda *_: None))
        return tuple(
            np.concatenate([getattr(part, name) for part in parts]) for name in ("points", "normals", "colors")
        )


@pytest.fixture
def maps(rendered, tmp_path) -> Maps:
    return Maps(rendered, tmp_path)


def off_surface(rendered, points):
    return np.minimum(*rendered.distances(points))


def test_exact_maps_give_points_on_the_surface_with_its_normals(rendered, maps):
    points, normals, _ = maps.fused()

    assert off_surface(rendered, points).max() < 3e-3
    assert np.percentile((normals * rendered.normals(points)).sum(axis=1), 2) > 0.99


def test_a_place_that_all_views_see_becomes_about_one_point(rendered, maps):
    points, _, _ = maps.fused()

    assert rendered.depths[0].size * 0.8 < len(points) < rendered.depths[0].size * 1.6


def test_independent_errors_are_averaged_away(rendered, maps):
    noise = np.random.default_rng(4)
    maps.depths = [d * (1 + noise.normal(0, 0.002, d.shape)).astype(np.float32) for d in maps.depths]

    points, _, _ = maps.fused()

    single = np.median(np.abs(noise.normal(0, 0.002, 1000))) * np.median(rendered.depths[0])
    assert np.median(off_surface(rendered, points)) < 0.75 * single


def test_what_one_view_alone_measured_is_no_point(rendered, maps):
    maps.depths[1][40:60, 60:80] *= 0.8

    points, _, _ = maps.fused()

    assert off_surface(rendered, points).max() < 3e-3


def test_what_two_views_measured_and_others_look_through_is_no_point(rendered, maps):
    """A floating square, right in its two views' own eyes."""
    for index in (0, 1):
        view = rendered.views[index]
        corners = np.array([[x, y, 2.5] for y in (-0.2, 0.2) for x in (-0.2, 0.2)])
        local = corners @ view.rotation.T + view.translation
        spot = local[:, :2] / local[:, 2:] * view.calibration[:2] + view.calibration[2:]
        (left, top), (right, bottom) = np.rint(spot.min(axis=0)).astype(int), np.rint(spot.max(axis=0)).astype(int)
        y, x = np.mgrid[top:bottom, left:right]
        rays = np.stack([(x - view.calibration[2]) / view.calibration[0], (y - view.calibration[3]) / view.calibration[1],
                         np.ones(x.shape)], -1) @ view.rotation  # fmt: skip
        maps.depths[index][top:bottom, left:right] = (2.5 - view.center[2]) / rays[..., 2]

    points, _, _ = maps.fused()

    assert not (np.abs(points[:, 2] - 2.5) < 0.3).any()


def test_pixels_outside_a_mask_are_not_asked(rendered, maps):
    for view in rendered.views:
        path = mask_file(maps.folder / "scene" / FOLDER, view.name)
        path.parent.mkdir(parents=True, exist_ok=True)
        mask = np.zeros((view.height, view.width), np.uint8)
        mask[:, : view.width // 2] = 255
        cv2.imwrite(str(path), mask)

    points, _, _ = maps.fused()

    middle = rendered.views[1]
    local = points @ middle.rotation.T + middle.translation
    column = local[:, 0] / local[:, 2] * middle.calibration[0] + middle.calibration[2]
    assert len(points) > 1000
    assert np.percentile(column, 95) < 0.6 * middle.width


def test_a_view_without_maps_takes_no_part(rendered, maps):
    maps.fused()
    for kind in ("depth_maps", "normal_maps"):
        (maps.folder / kind / map_name(rendered.views[3].name)).unlink()

    parts = list(Fusion(rendered.views, maps.folder / "scene", maps.folder).run(lambda *_: None))

    assert sum(len(part.points) for part in parts) > 5000
