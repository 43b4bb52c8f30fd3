from __future__ import annotations

import numpy as np
import pycolmap

from steps.reconstruction.alignment.standing import find_ground, stand_upright

from .conftest import ring


def _lying_model() -> pycolmap.Reconstruction:
    """A ring of level cameras around points above a floor, all turned on its side and moved away."""
    options = pycolmap.SyntheticDatasetOptions()
    options.num_frames_per_rig, options.num_points3D = 6, 1000
    model = pycolmap.synthesize_dataset(options)
    rng = np.random.default_rng(0)
    for index, point in enumerate(model.points3D.values()):
        point.xyz = rng.uniform([-1, 0 if index else 0.0, -1], [1, 2, 1])
    for index, frame in enumerate(model.frames.values()):
        angle = index * np.pi / 3
        forward = np.array([-np.sin(angle), 0, -np.cos(angle)])
        rotation = np.stack([np.cross([0, -1, 0], forward), [0, -1, 0], forward])
        center = -5 * forward + [0, 1, 0]
        frame.rig_from_world = pycolmap.Rigid3d(pycolmap.Rotation3d(rotation), -rotation @ center)
    side = np.array([[0, -1, 0], [1, 0, 0], [0, 0, 1.0]])
    model.transform(pycolmap.Sim3d(1.0, pycolmap.Rotation3d(side), np.array([7.0, -3, 2])))
    return model


def test_a_lying_model_is_put_on_its_feet_and_keeps_its_size() -> None:
    model = _lying_model()
    before = np.array([point.xyz for point in model.points3D.values()])

    stand_upright(model)

    after = np.array([point.xyz for point in model.points3D.values()])
    down = np.array([image.cam_from_world().matrix()[1, :3] for image in model.images.values()])
    assert np.allclose(down, [0, -1, 0], atol=1e-6)
    assert np.allclose(np.median(after[:, [0, 2]], axis=0), 0, atol=1e-9)
    assert abs(after[:, 1].min()) < 0.1
    assert np.isclose(np.linalg.norm(after[0] - after[1]), np.linalg.norm(before[0] - before[1]))


def _terrain(slope: float) -> np.ndarray:
    """A floor around a box that stands on it, the floor sloping by so many degrees toward +x."""
    rng = np.random.default_rng(2)
    floor = rng.uniform([-4, 0, -4], [4, 0.002, 4], (600, 3))
    floor[:, 1] += np.tan(np.radians(slope)) * floor[:, 0]
    return np.concatenate([floor, rng.uniform([-1, 0.05, -1], [1, 2, 1], (500, 3))])


def test_the_lowest_wide_plane_is_the_ground():
    points = np.concatenate([_terrain(0), np.random.default_rng(3).uniform([-1, -3, -1], [1, -0.2, 1], (12, 3))])

    ground = find_ground(points, ring(8, height=3.0), np.array([0.05, 0.998, 0.03]))

    assert ground is not None
    np.testing.assert_allclose(ground.normal, [0, 1, 0], atol=2e-3)
    assert abs(ground.height) < 0.01


def test_a_cloud_without_a_floor_has_no_ground():
    ball = np.random.default_rng(4).normal(size=(800, 3))
    ball /= np.linalg.norm(ball, axis=1, keepdims=True)

    assert find_ground(ball, ring(8, height=3.0), np.array([0.0, 1.0, 0.0])) is None


def test_cameras_all_around_know_up_better_than_a_slope(make_model):
    model = make_model(ring(12, height=2.5), _terrain(6))

    assert stand_upright(model) == "cameras"

    highest = max(point.xyz[1] for point in model.points3D.values())
    assert 1.8 < highest < 2.6
    down = [image.cam_from_world().rotation.matrix()[0] @ [0, 1, 0] for image in model.images.values()]
    np.testing.assert_allclose(down, 0, atol=0.01)  # level as they were held


def test_the_ground_corrects_cameras_that_all_look_down_a_little(make_model):
    row = np.stack([np.linspace(-1, 1, 7), np.full(7, 1.8), np.full(7, 7.0)], axis=1)
    model = make_model(row, _terrain(0), target=np.array([0.0, 0.5, 0.0]))

    assert stand_upright(model) == "ground"

    low = [point.xyz[1] for point in model.points3D.values() if abs(point.xyz[1]) < 0.03]
    assert len(low) > 400


def test_known_up_and_scale_are_taken(make_model):
    model = make_model(ring(10, height=1.0, degrees=90), _terrain(0))
    up = np.array([0.1, 1.0, -0.05]) / np.linalg.norm([0.1, 1.0, -0.05])
    before = np.array([point.xyz for _, point in sorted(model.points3D.items())])

    assert stand_upright(model, up, scale=3.0) == "positions"

    after = np.array([point.xyz for _, point in sorted(model.points3D.items())])
    np.testing.assert_allclose(np.diff(after[:, 1]), 3 * np.diff(before @ up), atol=1e-9)
