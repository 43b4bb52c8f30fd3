"""Machine code is kept where it can be written, apart for each state of the source."""

from __future__ import annotations

from pathlib import Path

import pytest

from steps.reconstruction.dense import jit


@pytest.fixture(autouse=True)
def forget():
    jit.cache_folder.cache_clear()
    yield
    jit.cache_folder.cache_clear()


def test_the_folder_that_numba_is_told_is_used(tmp_path, monkeypatch):
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path / "told"))

    assert jit.cache_folder().parent == tmp_path / "told"


def test_a_folder_that_cannot_be_written_is_replaced(tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path / "file"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "user"))

    assert jit.cache_folder().is_relative_to(tmp_path / "user")

    jit.cache_folder.cache_clear()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    monkeypatch.setattr("tempfile.gettempdir", lambda: str(tmp_path))
    assert jit.cache_folder().is_relative_to(tmp_path)


def test_kernels_are_kept_there_and_not_beside_the_source():
    from steps.reconstruction.dense import patchmatch

    assert not list(Path(patchmatch.__file__).parent.rglob("*.nbi"))
