"""For all tests: the order of two imports that matters, and nothing left behind."""

import tempfile
from collections.abc import Iterator

import PIL.Image  # noqa: F401  # before pycolmap, whose zlib Pillow's PNG encoder would otherwise call, and crash
import pytest


@pytest.fixture(autouse=True, scope="session")
def scratch_folder() -> Iterator[None]:
    """Steps that tests call directly write into a folder that goes with the session."""
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setenv("KAI_SCRATCH", folder)
        yield
