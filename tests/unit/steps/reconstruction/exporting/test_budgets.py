"""How many bytes a model may have, however rich its texture."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from steps.reconstruction.artifacts import TexturedModel
from steps.reconstruction.export import export_model
from steps.reconstruction.exporting.pictures import FOR_PHONES, FOR_SCREENS, as_jpeg
from steps.reconstruction.model_io import Model, write_model


def ground(cells: int, side: int, noise: int) -> Model:
    """A square of `cells`² pairs of triangles in 4 x 4 charts, its texture gray with so much noise."""
    edge = np.arange(cells // 4 + 1)
    tile = np.stack(np.meshgrid(edge, edge), axis=-1).reshape(-1, 2)
    tiles = [tile + np.array([x, y]) * edge[-1] for x in range(4) for y in range(4)]
    places = np.concatenate(tiles).astype(np.float32) / (4 * edge[-1])
    first = (np.arange(edge[-1])[:, None] * len(edge) + np.arange(edge[-1])).reshape(-1, 1)
    pair = np.concatenate([first + np.array([0, 1, len(edge)]), first + np.array([1, len(edge) + 1, len(edge)])])
    faces = np.concatenate([pair + number * len(tile) for number in range(16)]).astype(np.int32)
    random = np.random.default_rng(3)
    height = random.normal(0, 1e-3, len(places)).astype(np.float32)
    vertices = np.column_stack([places[:, 0], height, -places[:, 1]])
    texture = random.integers(128 - noise, 128 + noise, (side, side, 3), endpoint=True, dtype=np.uint8)
    return Model(vertices, faces, places, np.tile(np.array([[0, 1, 0]], np.float32), (len(places), 1)), texture)


@pytest.mark.parametrize("noise", [0, 20, 127])
def test_a_model_of_medium_quality_fits_a_screen_and_a_phone(noise: int, tmp_path: Path) -> None:
    write_model(tmp_path, ground(172, 2048, noise))

    files = export_model(TexturedModel(tmp_path))

    assert files.glb.path.stat().st_size < 6_000_000
    assert files.usdz.path.stat().st_size < 2_500_000


def test_what_has_room_keeps_the_best_picture() -> None:
    model = ground(20, 512, 6)

    found = as_jpeg(model, FOR_SCREENS, 0)

    picture = Image.open(io.BytesIO(found))
    assert picture.size == (512, 512)
    assert len(found) <= FOR_SCREENS.per_texel * 512**2
    assert np.abs(np.asarray(picture, int) - model.texture).mean() < 3


def test_a_texture_too_rich_for_its_room_is_made_smaller_not_poorer() -> None:
    found = as_jpeg(ground(20, 512, 127), FOR_PHONES, FOR_PHONES.least - 30_000)

    assert len(found) <= 30_000
    assert Image.open(io.BytesIO(found)).size == (256, 256)


def test_more_triangles_have_more_bytes() -> None:
    few, many = ground(172, 64, 0), ground(344, 64, 0)

    assert FOR_PHONES.picture(many, 4_000_000) > 0 > FOR_PHONES.picture(few, 4_000_000)
