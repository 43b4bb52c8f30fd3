from __future__ import annotations

import json

import cv2
import numpy as np
import pytest
import trimesh

from kai_pipelines import Fatal
from steps.data.render_scene import RenderedScene, render_scene
from steps.data.scene.cameras import place_cameras
from steps.data.scene.light import build_tracer
from steps.data.scene.patch import Patch
from steps.data.scene.picture import LitScene, find_hits
from steps.data.scene.shape import slab_top, solid


def cameras_of(scene: RenderedScene) -> dict[str, dict]:
    return json.loads((scene.ground_truth.path / "cameras.json").read_text(encoding="utf-8"))


def project(points: np.ndarray, camera: dict) -> np.ndarray:
    """x_cam = R·X + t, then K: pixels [n, 2], the center of the top-left pixel at (0, 0)."""
    rays = (points @ np.array(camera["R"]).T + np.array(camera["t"])) @ np.array(camera["K"]).T
    return rays[:, :2] / rays[:, 2:]


def test_every_photograph_has_a_camera_that_turns_without_shear(rendered):
    cameras = cameras_of(rendered)

    names = sorted(path.name for path in rendered.photos.path.iterdir())
    assert names == sorted(cameras) and len(names) == 24
    for name, camera in cameras.items():
        assert cv2.imread(str(rendered.photos.path / name)).shape == (camera["height"], camera["width"], 3)
        rotation = np.array(camera["R"])
        np.testing.assert_allclose(rotation @ rotation.T, np.eye(3), atol=1e-12)
        assert np.linalg.det(rotation) == pytest.approx(1)


def test_the_true_mesh_seen_by_the_true_camera_has_the_outline_of_the_photograph(rendered):
    mesh = trimesh.load(rendered.ground_truth.path / "mesh.ply", process=False)

    for name in ("view-000.jpg", "view-007.jpg", "view-020.jpg"):
        picture = cv2.imread(str(rendered.photos.path / name)).astype(float)
        backdrop = np.median(picture[:, :8], axis=1, keepdims=True)  # nothing stands at the left border
        stands_out = np.abs(picture - backdrop).max(axis=2) > 28
        columns, rows = np.flatnonzero(stands_out.any(0)), np.flatnonzero(stands_out.any(1))
        pixels = project(np.asarray(mesh.vertices), cameras_of(rendered)[name])
        seen = [columns[0], columns[-1], rows[0]]
        expected = [pixels[:, 0].min(), pixels[:, 0].max(), pixels[:, 1].min()]
        np.testing.assert_allclose(seen, expected, atol=2)


def test_the_same_seed_gives_the_same_bytes_and_another_seed_another_scene():
    first, again = (render_scene(views=2, image_size=64, seed=3) for _ in range(2))

    def content(scene: RenderedScene) -> list[bytes]:
        folders = (scene.photos.path, scene.ground_truth.path)
        return [path.read_bytes() for folder in folders for path in sorted(folder.iterdir())]

    assert content(first) == content(again)
    assert not np.array_equal(*(solid(np.random.default_rng(seed)).points for seed in (3, 4)))


def test_no_views_are_refused():
    with pytest.raises(Fatal) as refusal:
        render_scene(views=0)
    assert refusal.value.code == "bad-scene-size"


def test_a_place_in_a_triangle_is_a_place_on_the_grid():
    rows, columns = 4, 5
    x, y = np.meshgrid(np.arange(columns), np.arange(rows))
    patch = Patch(np.stack([x, y, 0 * x], -1).astype(np.float32))
    triangles = patch.triangles()
    number = np.arange(len(triangles))
    u, v = np.full(len(number), 0.3, np.float32), np.full(len(number), 0.5, np.float32)

    found = np.stack(patch.locate(number, u, v), -1)

    corners = patch.points.reshape(-1, 3)[triangles][..., :2]
    expected = corners[:, 0] * 0.2 + corners[:, 1] * 0.3 + corners[:, 2] * 0.5  # Embree: (1 - u - v, u, v)
    np.testing.assert_allclose(found, expected, atol=1e-6)


def test_a_point_is_photographed_at_the_pixel_where_k_r_and_t_put_it():
    patch = slab_top(cells=21)
    scene = LitScene([patch], [np.zeros((101, 101, 3), np.float32)], build_tracer([patch]))
    row, column = np.meshgrid(np.arange(2, 18), np.arange(2, 18), indexing="ij")
    corners = patch.points[row, column], patch.points[row, column + 1], patch.points[row + 1, column]
    middles = np.mean(corners, axis=0, dtype=float).reshape(-1, 3)  # of each cell's first triangle

    for camera in place_cameras(4, 640, np.random.default_rng(0)):
        matrices = {"K": camera.calibration, "R": camera.rotation, "t": camera.translation}
        pixels = project(middles, matrices)
        part, x, y = find_hits(scene, camera, pixels[:, 0], pixels[:, 1])
        assert set(part.tolist()) == {0}
        np.testing.assert_allclose(x, (column.ravel() + 1 / 3) * 5, atol=0.01)  # 101 texels lie on 21 points
        np.testing.assert_allclose(y, (row.ravel() + 1 / 3) * 5, atol=0.01)
