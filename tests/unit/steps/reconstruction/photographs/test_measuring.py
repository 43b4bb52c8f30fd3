from __future__ import annotations

import cv2
import numpy as np
import pytest

from steps.reconstruction.photographs.measuring import measure
from tests.faulty_photos import collage


def edges(contrast: float = 180, size: int = 480) -> np.ndarray:
    """Bright rectangles of all sizes on dark ground: nothing but step edges, gray float [h, w]."""
    rng = np.random.default_rng(2)
    picture = np.full((size, size), 30.0, np.float32)
    for _ in range(40):
        x, y = rng.integers(0, size - 60, 2)
        width, height = rng.integers(30, 60, 2)
        picture[y : y + height, x : x + width] = 30 + contrast * rng.uniform(0.6, 1)
    return picture


def as_photo(gray: np.ndarray) -> np.ndarray:
    return np.repeat(np.clip(gray + 0.5, 0, 255).astype(np.uint8)[:, :, None], 3, axis=2)


@pytest.mark.parametrize("blur", [1.0, 1.5, 2.0, 3.0])
def test_the_blur_that_was_added_is_the_blur_that_is_measured(blur):
    assert measure(as_photo(cv2.GaussianBlur(edges(), (0, 0), blur))).blur_px == pytest.approx(blur, rel=0.15, abs=0.1)


def test_sharpness_does_not_depend_on_contrast():
    strong, weak = (measure(as_photo(cv2.GaussianBlur(edges(c), (0, 0), 1.5))).blur_px for c in (200, 70))

    assert weak == pytest.approx(strong, rel=0.1)


@pytest.mark.parametrize("length", [5, 7])
@pytest.mark.parametrize("degrees", [0, 30, 45, 90, 120])
def test_motion_is_measured_along_its_direction(length, degrees):
    """A line of length L has the standard deviation L / sqrt(12), whatever way it lies."""
    kernel = np.zeros((2 * length + 1, 2 * length + 1), np.float32)
    dot = np.pad(np.ones((1, 1), np.float32), length)
    for way in np.linspace(-length / 2, length / 2, 20 * length + 1):
        x, y = way * np.cos(np.radians(degrees)), way * np.sin(np.radians(degrees))
        kernel += cv2.warpAffine(dot, np.array([[1, 0, x], [0, 1, y]], np.float32), kernel.shape)

    shaken = cv2.filter2D(collage(1, 640, 480, shapes=150), -1, kernel / kernel.sum())

    assert measure(shaken).blur_px == pytest.approx(length / 12**0.5, rel=0.2)


def test_a_sharp_photograph_is_sharp_at_every_noise():
    rng = np.random.default_rng(0)

    found = [measure(as_photo(edges() + rng.normal(0, noise, (480, 480)))).blur_px for noise in (0, 8, 16)]

    assert max(found) < 0.5


def test_an_empty_wall_has_no_sharpness_and_no_contrast():
    wall = measure(as_photo(np.full((200, 300), 128, np.float32)))

    assert wall.sharpness == 0
    assert wall.contrast == 0
    assert wall.brightness == pytest.approx(128 / 255)


def test_burnt_out_means_white_and_not_a_strong_color():
    photo = np.zeros((100, 100, 3), np.uint8)
    photo[:30] = 255
    photo[30:60] = (255, 40, 0)

    assert measure(photo).clipped == pytest.approx(0.3)
