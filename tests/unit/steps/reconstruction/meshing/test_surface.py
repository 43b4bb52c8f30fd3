from __future__ import annotations

import cv2
import numpy as np
import pytest
import trimesh
from numpy.typing import NDArray

from kai_pipelines import Fatal, PointCloud
from steps.reconstruction.artifacts import DenseScene, DepthMaps
from steps.reconstruction.dense.colmap_io import write_map
from steps.reconstruction.dense.views import View, read_views
from steps.reconstruction.dense.workspace import map_name
from steps.reconstruction.meshing.ply import Cloud, TriangleMesh, read_mesh, write_cloud
from steps.reconstruction.surface import Surface, mesh_surface

AROUND = 4 * np.array([[1, 0, 0], [-1, 0, 0], [0, 1, 0], [0, -1, 0], [0, 0, 1], [0, 0, -1]], float)
FRONT = 4 * np.array([[0, 0, 1], [0.5, 0, 1], [-0.5, 0, 1], [0, 0.5, 1]], float)


def joined(*clouds: Cloud) -> Cloud:
    return Cloud(*(np.concatenate([getattr(c, name) for c in clouds]) for name in ("points", "normals", "colors")))


def seen(view: View, cloud: Cloud) -> NDArray[np.float32]:
    """The depth map of a view: each point that faces it is a disc, the nearest ones in front."""
    toward = view.center - cloud.points
    shown = cloud.points[(toward * cloud.normals).sum(axis=1) > 0]
    local = shown @ view.rotation.T + view.translation
    local = local[np.argsort(-local[:, 2])]
    spots = local[:, :2] / local[:, 2:] * view.calibration[:2] + view.calibration[2:]
    depth = np.zeros((view.height, view.width), np.float32)
    for spot, z in zip(np.rint(spots).astype(int).tolist(), local[:, 2].tolist(), strict=True):
        cv2.circle(depth, spot, 6, z, -1)
    return depth


def meshed(tmp_path, cloud: Cloud, sparse, depth: int = 6) -> Surface:
    write_cloud(tmp_path / "points.ply", cloud)
    scene, maps = DenseScene(sparse.parent), DepthMaps(tmp_path / "maps")
    for view in read_views(sparse):
        write_map(maps.path / "depth_maps" / map_name(view.name), seen(view, cloud))
    return mesh_surface(PointCloud(tmp_path / "points.ply"), scene, maps, depth)


def as_trimesh(mesh: TriangleMesh) -> trimesh.Trimesh:
    return trimesh.Trimesh(mesh.vertices, mesh.faces, process=False)


def test_a_ball_becomes_a_closed_ball(tmp_path, ball, model_around) -> None:
    mesh = read_mesh(meshed(tmp_path, ball, model_around(AROUND)).mesh.path)

    assert as_trimesh(mesh).is_watertight
    assert as_trimesh(mesh).volume == pytest.approx(4 / 3 * np.pi, rel=0.01)  # positive: it faces outward
    assert np.abs(np.linalg.norm(mesh.vertices, axis=1) - 1).max() < 0.02


def test_no_skin_closes_what_was_not_seen(tmp_path, bowl, model_around) -> None:
    mesh = read_mesh(meshed(tmp_path, bowl, model_around(FRONT)).mesh.path)

    assert mesh.vertices[:, 2].min() > -0.2  # three times what lies between points at the border
    assert 0.98 * 2 * np.pi < as_trimesh(mesh).area < 1.2 * 2 * np.pi  # the closed ball's is twice as large


def test_a_small_hole_is_closed_and_a_large_one_stays(tmp_path, ball, model_around) -> None:
    away = np.linalg.norm(ball.points - [0, 0, 1], axis=1)
    back = np.linalg.norm(ball.points - [0, 0, -1], axis=1)
    keep = (away > 0.17) & (back > 0.8)
    holed = Cloud(ball.points[keep], ball.normals[keep], ball.colors[keep])

    mesh = read_mesh(meshed(tmp_path, holed, model_around(AROUND)).mesh.path)

    assert np.linalg.norm(mesh.vertices - [0, 0, 1], axis=1).min() < 0.06
    assert np.linalg.norm(mesh.vertices - [0, 0, -1], axis=1).min() > 0.5


def test_strays_and_far_background_neither_stay_nor_cost_resolution(tmp_path, ball, model_around) -> None:
    sparse = model_around(AROUND)
    random = np.random.default_rng(5)
    strays = random.uniform(-3, 3, (60, 3))
    wall = np.column_stack([random.uniform(-5, 5, (300, 2)), np.full(300, 40.0)])
    rest = np.concatenate([strays, wall])
    noise = Cloud(rest, np.tile([0.0, 0.0, -1.0], (len(rest), 1)), np.zeros((len(rest), 3), np.uint8))

    clean = read_mesh(meshed(tmp_path, ball, sparse).mesh.path)
    mesh = read_mesh(meshed(tmp_path, joined(ball, noise), sparse).mesh.path)

    assert np.linalg.norm(mesh.vertices, axis=1).max() < 1.1
    assert len(mesh.faces) > 0.8 * len(clean.faces)


def test_the_same_points_give_the_same_bytes(tmp_path, ball, model_around) -> None:
    sparse = model_around(AROUND)

    first, second = (meshed(tmp_path, ball, sparse).mesh.path.read_bytes() for _ in range(2))

    assert first == second


def test_too_few_points_are_refused_with_what_to_do(tmp_path, ball, model_around) -> None:
    few = Cloud(ball.points[:20], ball.normals[:20], ball.colors[:20])

    with pytest.raises(Fatal) as caught:
        meshed(tmp_path, few, model_around(AROUND))

    assert caught.value.code == "no-surface"
    assert caught.value.hint
