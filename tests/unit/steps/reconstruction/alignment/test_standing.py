from __future__ import annotations

import numpy as np
import pycolmap

from steps.reconstruction.alignment.standing import stand_upright


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
