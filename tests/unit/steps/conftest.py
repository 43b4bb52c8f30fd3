"""One rendered scene for all tests of steps, and where real photographs are, if they are."""

from __future__ import annotations

import os
from pathlib import Path

import PIL.Image  # before any test imports pycolmap, whose zlib Pillow's PNG encoder would otherwise call and crash  # noqa: F401
import pytest

from steps.data.render_scene import RenderedScene, render_scene

VIEWS = 24


@pytest.fixture(scope="session")
def rendered() -> RenderedScene:
    """Two dozen photographs of 480 x 360 pixels with known cameras."""
    return render_scene(views=VIEWS, image_size=480)


@pytest.fixture(scope="session")
def photo_data() -> Path:
    """The folder of real photo sets; a test that needs it is skipped without it."""
    beside = Path(__file__).parents[4] / "shared" / "data" / "photos"
    folder = Path(os.environ.get("KAI_PHOTO_DATA", beside))
    if not folder.is_dir():
        pytest.skip(f"no photo sets in {folder}; KAI_PHOTO_DATA names another folder")
    return folder
