from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pycolmap

from steps.data.render_scene import RenderedScene
from steps.reconstruction.alignment import features
from steps.reconstruction.alignment.mirrored import find_mirrored, flip


def test_flipped_descriptors_are_those_of_the_flipped_picture(rendered: RenderedScene):
    picture = cv2.imread(str(rendered.photos.path / "view-002.jpg"), cv2.IMREAD_GRAYSCALE)
    options = pycolmap.FeatureExtractionOptions()
    options.sift.first_octave, options.sift.max_num_orientations = 0, 1
    sift = pycolmap.Sift(options, device=pycolmap.Device.cpu)

    plain, flipped = sift.extract(picture), sift.extract(np.ascontiguousarray(picture[:, ::-1]))

    mirrored = np.stack([picture.shape[1] - plain[0][:, 0], plain[0][:, 1]], axis=1)
    apart = np.linalg.norm(mirrored[:, None] - flipped[0][None, :, :2], axis=2)
    same = apart.min(axis=1) < 0.1
    assert same.mean() > 0.8
    expected = np.asarray(flipped[1])[apart.argmin(axis=1)[same]]
    cosines = (flip(np.asarray(plain[1]))[same] * expected).sum(axis=1)
    assert np.median(cosines / np.linalg.norm(expected, axis=1) ** 2) > 0.99


def test_a_flipped_photograph_is_told_from_one_that_only_differs(rendered: RenderedScene, tmp_path: Path):
    pictures = [cv2.imread(str(rendered.photos.path / f"view-{number:03d}.jpg")) for number in (0, 1, 2, 12)]
    pictures[1] = pictures[1][:, ::-1]
    names = [f"{index}.png" for index in range(4)]
    for name, picture in zip(names, pictures, strict=True):
        cv2.imwrite(str(tmp_path / name), picture)
    database = tmp_path / "matches.db"
    features.register_photos(database, tmp_path, names)
    list(features.extract(database, tmp_path, names, features.Effort(1500)))

    found = find_mirrored(database, names, suspects=[1, 3], good=[0, 2])

    assert found == [1]
