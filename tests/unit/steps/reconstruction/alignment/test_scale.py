from __future__ import annotations

import numpy as np
import pytest

from kai_pipelines import Fatal
from steps.reconstruction.alignment.scale import find_scale, scale_from_positions, umeyama
from steps.reconstruction.known_distance import KnownDistance

from .conftest import HEIGHT, MakeModel, ring

SURFACE = np.random.default_rng(0).uniform([-1, -1, -0.001], [1, 1, 0.001], (1500, 3))
"""A board that faces +z."""
CENTERS = ring(9, degrees=100, height=0.4)
NAMES = [f"side a/{index}.jpg" for index in range(9)]


@pytest.fixture(scope="module")
def board(make_model: MakeModel):
    return make_model(CENTERS, SURFACE, NAMES)


def pixel(model, name: str, point: list[float]) -> str:
    """NAME@x,y of a point, the center of the top-left pixel at 0,0."""
    image = model.find_image_with_name(name)
    x, y = image.camera.img_from_cam(image.cam_from_world() * np.array(point)) - 0.5
    return f"{name}@{x:.2f},{y:.2f}"


def known(meters: float, *between: str | list[str]) -> KnownDistance:
    return KnownDistance.model_validate({"meters": meters, "between": between})


def test_the_way_between_two_cameras_gives_the_scale(board):
    length = float(np.linalg.norm(CENTERS[1] - CENTERS[6]))

    scale = find_scale(board, {}, [known(2.5 * length, "side a/1.jpg", "6.jpg")])

    assert scale.factor == pytest.approx(2.5)
    assert (scale.source, scale.unit) == ("known-distance", "m")


def test_two_pixels_of_one_photograph_meet_the_surface(board):
    ends = [pixel(board, NAMES[2], [-0.6, 0.2, 0.0]), pixel(board, NAMES[2], [0.5, -0.3, 0.0])]

    scale = find_scale(board, {}, [known(3.0, *ends)])

    assert scale.factor == pytest.approx(3.0 / np.hypot(1.1, 0.5), rel=0.005)
    assert scale.error_percent is not None
    assert 0 < scale.error_percent < 1


def test_pixels_of_several_photographs_are_where_their_rays_cross(board):
    aloft = [0.2, 0.3, 0.7]  # before the board, where there is no sparse point
    end = [pixel(board, NAMES[index], aloft) for index in (0, 4, 8)]

    scale = find_scale(board, {}, [known(1.0, end, pixel(board, NAMES[3], [0.2, 0.3, 0.0]))])

    assert scale.factor == pytest.approx(1 / 0.7, rel=0.01)


def test_distances_that_disagree_are_named(board):
    length = float(np.linalg.norm(CENTERS[0] - CENTERS[8]))
    good = [known(2 * length, NAMES[0], NAMES[8])] * 2
    bad = known(3 * float(np.linalg.norm(CENTERS[3] - CENTERS[4])), NAMES[3], NAMES[4])

    scale = find_scale(board, {}, [*good, bad])

    assert scale.factor == pytest.approx(2.0)
    assert scale.warning is not None
    assert scale.warning.code == "distances-disagree"
    assert scale.warning.files == [NAMES[3], NAMES[4]]


@pytest.mark.parametrize(
    ("end", "words"),
    [
        ("missing.jpg", "not one of the placed photographs"),
        (f"{NAMES[0]}@-7,5", "none at"),
        (f"{NAMES[4]}@3,{HEIGHT - 4}", "no surface"),
        (NAMES[1], "same place"),
    ],
)
def test_an_end_that_is_nowhere_is_refused(board, end, words):
    with pytest.raises(Fatal, match=words) as refusal:
        find_scale(board, {}, [known(1.0, NAMES[1], end)])

    assert refusal.value.code == "bad-known-distance"
    assert "IMG_1.jpg@812,340" in str(refusal.value.hint)


@pytest.mark.parametrize("between", [[["a.jpg"], "b.jpg"], [[], "b.jpg"], ["a.jpg"]])
def test_a_list_of_anything_but_pixels_is_refused(between):
    with pytest.raises(ValueError):
        KnownDistance.model_validate({"meters": 1.0, "between": between})


def drifting(noise: float, span: float = 60.0) -> tuple[dict[str, np.ndarray], dict[str, list[float]], float]:
    """Cameras of a model, their positions east, north, up, and the meters per unit between them."""
    random = np.random.default_rng(5)
    centers = random.uniform([-3, -2, 0], [3, 2, 0.4], (16, 3))
    factor = span / 6
    turned = np.linalg.qr(random.normal(size=(3, 3)))[0]
    turned *= np.sign(np.linalg.det(turned))
    positions = factor * centers @ turned.T + [12.0, -7.0, 3.0] + random.normal(0, noise, centers.shape)
    names = [f"{index}.jpg" for index in range(16)]
    return (
        dict(zip(names, centers, strict=True)),
        {name: position.tolist() for name, position in zip(names, positions, strict=True)},
        factor,
    )


def test_positions_give_the_scale_and_how_sure_it_is():
    centers, positions, factor = drifting(noise=0.5)

    scale = scale_from_positions(centers, positions)

    assert scale.source == "gps"
    assert scale.factor == pytest.approx(factor, rel=0.03)
    assert scale.error_percent is not None
    assert 100 * abs(scale.factor / factor - 1) < 3 * scale.error_percent
    rotation = umeyama(np.array([*centers.values()]), np.array([*positions.values()]))[1]
    np.testing.assert_allclose(scale.up, rotation[2], atol=0.01)


def test_a_position_far_off_does_not_count():
    centers, positions, factor = drifting(noise=0.2)
    positions["3.jpg"] = [500.0, 0.0, 0.0]

    assert scale_from_positions(centers, positions).factor == pytest.approx(factor, rel=0.03)


def test_positions_that_say_something_else_are_refused():
    centers, positions, _ = drifting(noise=0.2)
    shuffled = dict(zip(positions, np.random.default_rng(1).permutation(list(positions.values())), strict=True))

    scale = scale_from_positions(centers, shuffled)

    assert (scale.source, scale.unit, scale.factor) == ("none", "arbitrary", 1.0)
    assert scale.warning is not None
    assert scale.warning.code == "gps-disagrees"


def test_positions_within_the_noise_of_a_receiver_are_refused():
    centers, positions, _ = drifting(noise=0.1, span=3.0)

    scale = scale_from_positions(centers, positions)

    assert scale.source == "none"
    assert scale.warning is not None
    assert scale.warning.code == "gps-too-little"


def test_positions_on_a_line_do_not_tell_what_is_up():
    centers = drifting(noise=0.5)[0]
    line = {name: np.array([float(index), 0.0, 0.0]) for index, name in enumerate(centers)}
    flown = {name: [8.0 * index, 0.0, 0.0] for index, name in enumerate(centers)}

    scale = scale_from_positions(line, flown)

    assert scale.factor == pytest.approx(8.0)
    assert scale.up is None


def test_a_known_distance_goes_before_positions(board):
    positions = {name: (7.0 * center).tolist() for name, center in zip(NAMES, CENTERS, strict=True)}
    length = float(np.linalg.norm(CENTERS[0] - CENTERS[8]))

    assert find_scale(board, positions, []).source == "gps"
    assert find_scale(board, positions, [known(4 * length, NAMES[0], NAMES[8])]).factor == pytest.approx(4.0)


def test_nothing_known_leaves_the_scale_arbitrary(board):
    scale = find_scale(board, {}, [])

    assert (scale.source, scale.unit, scale.factor, scale.warning) == ("none", "arbitrary", 1.0, None)
